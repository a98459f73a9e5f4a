/* SPDX-License-Identifier: MIT */
#ifndef CCENV_CCENV_H
#define CCENV_CCENV_H

/*
 * ccenv: a CUDA toolchain from conda-forge, locked and installed into a build tree.
 *
 * libccenv, the library under the program. This header includes all others, one a subject. Until 1.0 its
 * interface may change with the second number of the version, and so does the name of the shared library
 * (libccenv.so.0.1).
 *
 * One handle (struct ccenv) is one project: a manifest, its lock file, a package cache and a
 * prefix. A call is one step of the pipeline (lock, install, emit); a call that fails leaves the old
 * state intact.
 *
 * Threads: a handle is used by one thread at a time; different handles are independent.
 * Memory: out of memory, the process aborts with a message (libsolv does the same).
 * Errors: a call returns 0 or a negative enum ccenv_code, and then *err holds one complete sentence
 * for a person: the thing, the cause and the way out. `err` is never NULL.
 */

#include "ccenv/build.h"
#include "ccenv/check.h"
#include "ccenv/core.h"
#include "ccenv/edit.h"
#include "ccenv/exchange.h"
#include "ccenv/install.h"
#include "ccenv/project.h"
#include "ccenv/query.h"
#include "ccenv/reproduce.h"
#include "ccenv/run.h"

#endif
