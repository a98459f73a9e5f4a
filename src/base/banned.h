/* SPDX-License-Identifier: MIT */
#ifndef CE_BASE_BANNED_H
#define CE_BASE_BANNED_H

/*
 * Calls that have no bound or no error report. Included by force into every file of src/ (see
 * src/CMakeLists.txt), after the system headers that declare them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* macOS has some of them as macros, and declares others in headers that come later. The sources are the same. */
#ifndef __APPLE__
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atoll
#pragma GCC poison mktemp tmpnam tempnam system popen
#endif

#endif
