#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints name, version and license of every package that a project has locked, by ctypes: licenses.py LIBCCENV [ccenv.json]

The structs are those of include/ccenv/ccenv.h, field by field.
"""
import ctypes
import sys
from ctypes import POINTER, byref, c_bool, c_char, c_char_p, c_int, c_size_t, c_uint64, c_void_p


class Error(ctypes.Structure):
    _fields_ = [("code", c_int), ("text", c_char * 4096)]


class Options(ctypes.Structure):
    _fields_ = [("manifest", c_char_p), ("lock", c_char_p), ("root", c_char_p), ("cache_dir", c_char_p),
                ("shared_cache", c_bool), ("offline", c_bool),
                ("package_caches", POINTER(c_char_p)), ("n_package_caches", c_size_t),
                ("trusted_caches", POINTER(c_char_p)), ("n_trusted_caches", c_size_t),
                ("cuda_version", c_char_p), ("components", POINTER(c_char_p)), ("n_components", c_size_t),
                ("channels", POINTER(c_char_p)), ("n_channels", c_size_t), ("getenv_fn", c_void_p),
                ("user", c_void_p), ("log", c_void_p), ("progress", c_void_p)]


class Package(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("version", c_char_p), ("build", c_char_p), ("subdir", c_char_p),
                ("channel", c_char_p), ("url", c_char_p), ("sha256", c_char_p), ("license", c_char_p),
                ("size", c_uint64), ("timestamp", c_uint64), ("build_number", c_uint64), ("requested", c_bool),
                ("depends", POINTER(c_char_p)), ("n_depends", c_size_t),
                ("depends_on", POINTER(c_size_t)), ("n_depends_on", c_size_t), ("side", c_char_p),
                ("source", c_char_p), ("md5", c_char_p), ("license_family", c_char_p), ("noarch", c_char_p),
                ("requested_spec", c_char_p), ("constrains", POINTER(c_char_p)), ("n_constrains", c_size_t)]


class Packages(ctypes.Structure):
    _fields_ = [("items", POINTER(Package)), ("n", c_size_t), ("owner", c_void_p)]


def main(library, manifest=None):
    ccenv = ctypes.CDLL(library)
    ccenv.ccenv_close.argtypes = [c_void_p]
    error, project, packages = Error(), c_void_p(), Packages()
    options = Options(manifest=manifest.encode() if manifest else None)
    if ccenv.ccenv_open(byref(options), byref(project), byref(error)) < 0:
        sys.exit(error.text.decode())
    if ccenv.ccenv_list(project, None, byref(packages), byref(error)) < 0:
        sys.exit(error.text.decode())
    for p in packages.items[:packages.n]:
        print(p.name.decode(), p.version.decode(), (p.license or b"-").decode())
    ccenv.ccenv_packages_free(byref(packages))
    ccenv.ccenv_close(project)


if __name__ == "__main__":
    main(*sys.argv[1:])
