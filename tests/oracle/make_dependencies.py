#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks rattler what it makes of the texts of dependencies: lenient, as it reads records, and strict, as it reads people.

    make_dependencies.py >tests/conformance/dependencies.json

Rows are [text, lenient, strict]; an answer is null where the text is refused, else for each of `versions` in turn, with each of
`builds`, "1" or "0": does the spec admit it? Texts are made of pieces that people and records do write, well and badly.
"""

import itertools
import json

from rattler import MatchSpec, PackageRecord
from rattler.package.build_string import BuildString

VERSIONS = ["0.9", "1.0a1", "1.0", "1.0.0", "1.0.1", "1.1", "1.2", "1.2.3", "1.2.3.4", "1.10", "2.0", "2.0.post1", "2024a", "1!0.5", "1.0+cuda",
            "12.0", "12.0.1", "12.1"]  # fmt: skip
BUILDS = ["0", "py312_1", "h1_0", "cuda_129"]

CONSTRAINTS = [
    "", "*", "1", "1.0", "1.0.*", "1.0*", "1.*", "1.*.*", "1*", "*.*", "*.1", "1.*.1", "=1.0", "=1.0.*", "=1.0*", "=1.0=*", "==1.0", "==1.0.*", "==1.0*",
    "= 1.0", "== 1.0", "=  1.0", "===1.0", "!=1.0", "!=1.0.*", "!=1.0*", "! =1.0", "~=1.0", "~=1.0.*", "~=1.2.3", "~=1", "~1.0", ">1.0", ">=1.0", "<1.2",
    "<=1.2", "> 1.0", ">= 1.0", "=>1.0", "=<1.0", ">=1.0.*", ">=1.0*", "<1.2.*", "<=1.2.*", ">1.0.*", ">=*", "==*", "=*", "!=*", ">=1.0,<2", ">=1.0, <2",
    ">=1.0 ,<2", ">=1.0 , <2", ">=1.0 <2", ">=1.0<2", ">=1.0,", ",>=1.0", ">=1.0,,<2", ",", "|", "1.0|2.0", "1.0 | 2.0", "1.0||2.0", "|1.0", "1.0|", "1.0|2.0,<1",
    ">=1.0,<1.2|2.0", "(1.0|2.0)", "(>=1.0,<1.2)|2.0", "(1.0", "1.0)", "()", "1!0.5", ">=1!0", "1.0+cuda", "==1.0+cuda", "=1.0+cuda", ">=1.0+cuda", "1.0-1",
    "2.0.post1", ">=2.0.post1", "2024a", "2024*", "1.0a1", ">=1.0a0", "1.0.dev", "<1.0.dev0", "1.0_1", "1_0", "v1.0", ".1", "1.", "1..0", "1.0..", "_1", "1_",
    "1.0\t", "\t1.0", "1.0 *", "1.0.* *", "* *", "* h1*", "* *_0", "1.0 0", "1.0 py3*", "1.0 *cuda*", "=1.0=0", "==1.0=0", "=1.0=py3*", "=1.0=*cuda*",
    "==1.0 0", "=1.0 0", ">=1.0 0", ">=1.0=0", ">=1.0,<2 h1_0", ">=1.0,<2=h1_0", "1.0 0 x", "1.0=0", "1.0==0", "1.0 =0", "=1.0 =0", "= 1.0 = 0", "==1.0==0",
    ">=1 !2.0,<1!165", ">=1 !2", "1.0 !=2", "1.0 ~2",
    "1.0 h1_0|0", "* ^py3.*$", "* ^.*$", "1.0 ^h1_[0-9]$", "1.0 ^h1", "^1.0$", "[version=1.0]", "[version='1.0']", '[version="1.0"]', "[version='>=1.0,<2']",
    "[version=>=1.0]", "[version='>=1.0']", "[version='1.0.*']", "[build=0]", "[build='py3*']", "[build='^py3.*$']", "[build_number=0]", "[build_number='>=1']",
    "[build_number>=1]", "[version='1.0',build='0']", "[version='1.0', build='0']", "[version='1.0' build='0']", "[version='1.0',]", "[,version='1.0']", "[]",
    "[", "]", "[version]", "[version=]", "[version='1.0'", "version='1.0']", "[version='1.0'] x", "[foo=1]", "[Version='1.0']", "[md5=x]", "[license=MIT]",
    "[subdir=linux-64]", "[channel=conda-forge]", "[name=other]", "[fn=x]", "[url=x]", "[features=x]", "[track_features=x]", "[version='1.0'][build='0']",
    "1.0[build=0]", "=1.0[build=0]", " 1.0[build=0]", "1.0 [build=0]", " 1.0 0[version='2.0']", ">=1.0[version='2.0']", "# comment", " # comment", "1.0 # c",
    " ; python_version > '3'", "; x", " @1.0", "@1.0", ":1.0", "/1.0", "1.0/2", "$1.0", "%1", "1.0%", "'1.0'", '"1.0"', "1,0", "1;0", "1.0 é", "é", "１.0", "1.0\u00a0",
    "99999999999999999999", "1.99999999999999999999", ">=1.99999999999", "1" * 70, "1.0" + ".0" * 60,
]  # fmt: skip

# Between the name and the constraint.
JOINS = ["", " ", "  "]

NAMES = [
    "p", "P", "p_q", "p-q", "p.q", "_p", "__p", "___p", "p--q", "p..q", "p_", "p-", "p.", "-p", ".p", "1p", "1", "p+q", "p/q", "p@q", "p,q", "p|q", "p:q", "p:q:r", "c::p", "c::P",
    "c/linux-64::p", "c/label/x::p", "c::d::p", "::p", "c::", "c:: p", "c ::p", "https://h/c::p", "https://h/c/linux-64::p", "./c::p", "/c::p", "p*", "*", "*p", "p*q",
    "^p.*$", "p?", "p!", "p~", "p(", "p)", "(p)", "'p'", '"p"', " p", "\tp", "p ", "p\t", "p\n", "\np", "p\u00a0", "pé", "", " ", "p" * 128, "p" * 129, "p q r s", "p;q", "p#q", "#p",
    "https://h/c/linux-64/p-1.0-0.conda", "https://h/c/linux-64/p-1.0-0.tar.bz2", "file:///c/linux-64/p-1.0-0.conda", "/c/linux-64/p-1.0-0.conda", "p-1.0-0.conda",
    "./p-1.0-0.conda", "https://h/c/linux-64/p-1.0.conda", "https://h/c/linux-64/p-1.0-0.conda#" + "a1" * 16, "https://h/c/linux-64/p-1.0-0.conda#" + "a1" * 32,
    "https://h/c/linux-64/p-1.0-0.whl", "https://h/c/linux-64/p-1%210-0.conda",
]  # fmt: skip

# What stands behind the name in brackets, for newer records (CEP 43 to 45).
CONDITIONS = [
    "q", "q >=1", "q>=1", "q >=1 and r", "q and r or s", "q or r and s", "(q)", "(q or r) and s", "((q))", "( q )", "(q)and r", "(q)andr", "q and(r)", "q or", "or q",
    "and", "q and and r", "q q", "(q", "q)", "()", "", " ", " q ", " (q)", "(q) ", "q and", "q AND r", "q && r", "not q", "!q", "__unix", "__cuda >=12,<13", "q >=1,<2 or r",
    "q[version='>=1']", "q[build='a and b']", "q[build='(']", "q[extras=[g]]", "q[extras=[G]]", "q[flags=[f]]", "q[foo=1]", "q[when='r']", "q >=1 h*", "q (>=1|<3)",
    "c::q", "q*", "*", "Q", "q;r", "q; if r", "a b c d", "q >=", "orange and andy", "q-or-r", "q >=1 or r <2 and (s or t)", "q\tand\tr",
]  # fmt: skip
KEYS = [f'[when="{c}"]' for c in CONDITIONS] + [
    "[when='q']", "[when=q]", "[when=q and r]", "[when=[q]]", '[when="q", when="r"]', "[when=\"q[version=\\\">=1\\\"]\"]", "[when='q[build=\\'x\\']']",
    "[when=\"q[version='>=1']\"]", "[version='>=1', when='q']", "[when='q'", "[when=]", "[if='q']", " >=1[when='q']", "; if q", ";if q", "; q", "[when='q'] x",
    "[extras=[g]]", "[extras=[g, h]]", "[extras=[g,h]]", "[extras=[g h]]", "[extras=[ g ]]", "[extras=['g']]", '[extras=["g", h]]', "[extras=g]", "[extras='g']",
    "[extras='g, h']", "[extras=g,h]", "[extras=[]]", "[extras=[,]]", "[extras=[g,]]", "[extras=]", "[extras='']", "[extras=[G]]", "[extras=[g*]]", "[extras=[g:h]]",
    "[extras=[g.h+i-j_k]]", "[extras=[g/h]]", "[extras=[1]]", "[extras=[" + "g" * 64 + "]]", "[extras=[" + "g" * 65 + "]]", "[extras=[g], extras=[h]]", "[extras=[g]",
    "[extras=[[g]]]", "[extras=(g)]", "[g]", "[extras=[g], version='>=1']", "[extras=[g],when='q',flags=[f]]", "[extra=[g]]",
    "[flags=[f]]", "[flags=[f, g]]", "[flags=[f g]]", "[flags=['f']]", '[flags=["f"]]', "[flags=f]", "[flags='f']", "[flags='f,g']", "[flags=[]]", "[flags=[f,]]",
    "[flags=[,f]]", "[flags=[F]]", "[flags=[f*]]", "[flags=[*]]", "[flags=[f:g]]", "[flags=[f:*]]", "[flags=[*:g]]", "[flags=[f:]]", "[flags=[:f]]", "[flags=[f:g:h]]",
    "[flags=[f::g]]", "[flags=[f-g]]", "[flags=[f.g]]", "[flags=[f+g]]", "[flags=[^f$]]", "[flags=['f]]", "[flags=[f'g]]", "[flags=[f], flags=[g]]", "[flag=[f]]",
]  # fmt: skip


def records(name):
    """A record for each version and build."""
    return [
        PackageRecord(name, v, BuildString(b), int(b[-1]), "linux-64")
        for v, b in itertools.product(VERSIONS, BUILDS)
    ]


def ask(text, strict, of):
    try:
        spec = MatchSpec(text, strict=strict)
    except Exception:  # of a dozen kinds, none of which is told apart here
        return None
    return "".join("1" if spec.matches(r) else "0" for r in of)


def main():
    p = records("p")
    texts = dict.fromkeys(f"p{join}{c}" for c in CONSTRAINTS for join in JOINS)
    rows = [[t, ask(t, False, p), ask(t, True, p)] for t in texts]
    # Of other names: only whether they are taken.
    rows += [[n, *("" if ask(n, s, p) is not None else None for s in (False, True))] for n in NAMES]
    rows += [[f"{n} >=1.0", *("" if ask(f"{n} >=1.0", s, p) is not None else None for s in (False, True))] for n in NAMES]
    rows += [[f"p{k}", *("" if ask(f"p{k}", s, p) is not None else None for s in (False, True))] for k in KEYS]
    print(json.dumps({"versions": VERSIONS, "builds": BUILDS})[:-1] + ', "rows": [')
    print(",\n".join("  " + json.dumps(r) for r in rows))
    print("]}")


if __name__ == "__main__":
    main()
