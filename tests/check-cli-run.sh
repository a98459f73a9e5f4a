#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/cli/run --update writes what a case prints, and never what a run printed that failed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
bad=0

# program TEXT: a ccenv that is a shell script.
program() {
	printf '#!/bin/sh\n%s\n' "$1" >ccenv
	chmod +x ccenv
}
# expect WHAT COMMAND…
expect() {
	local what=$1
	shift
	"$@" || { echo "FAILED: $what"; bad=1; }
}
update() { "$here/cli/run" "$@" >log 2>&1; }
fails() { ! "$@"; }
says() { [ "$(cat case/stdout)" = "$1" ]; }

mkdir case
echo 'ccenv' >case/cmd
program 'echo one'
expect "a new case is written" update ./ccenv --update "$work/case"
expect "its text" says one
program 'echo two'
expect "another text fails without --update" fails update ./ccenv "$work/case"
expect "and is written with it, by a relative path" update ccenv --update "$work/case"
expect "the new text" says two
expect "the case passes then" update "$work/ccenv" "$work/case"
expect "a program that is not there is refused" fails update build/ccenv --update "$work/case"
program 'echo three; exit 1'
expect "another exit status is refused" fails update ./ccenv --update "$work/case"
program 'echo four; kill -SEGV $$'
expect "a crash is refused" fails update ./ccenv --update "$work/case"
rm case/stdout
expect "a crash of a new case is refused" fails update ./ccenv --update "$work/case"
expect "and nothing is written" fails test -e case/stdout
[ $bad -eq 0 ] && echo "tests/cli/run --update writes good runs only"
exit $bad
