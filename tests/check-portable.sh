#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A release starts with glibc 2.17, and macOS has less than Linux: names that one of them lacks are used in base/os.c alone, whose
# functions the rest calls. Usage: check-portable.sh [SOURCE_DIR]
set -u
cd "${1:-$(dirname "$0")/..}" || exit 2

calls='memrchr memfd_create renameat2 copy_file_range getrandom getentropy explicit_bzero qsort_r strverscmp pipe2 statx close_range
gettid prctl sched_getaffinity posix_fadvise strchrnul mempcpy reallocarray fexecve execveat secure_getenv get_current_dir_name
canonicalize_file_name sendfile splice statfs eventfd epoll_create1 inotify_init1 signalfd timerfd_create'
headers='elf.h linux/ sys/vfs.h sys/prctl.h sys/random.h sys/syscall.h sys/sendfile.h sys/epoll.h sys/eventfd.h'
allowed='^src/(base/os\.c|base/elf_types\.h|io/places\.c):'

words=$(tr -s ' \n' '||' <<<"$calls" | sed 's/|$//')
names=$(tr -s ' \n' '||' <<<"$headers" | sed 's/|$//; s/\./\\./g')
pattern="(^|[^A-Za-z0-9_\"])(($words)\(|HOST_NAME_MAX)|#include <($names)"
found=$(grep -nE "$pattern" -r src --include='*.c' --include='*.h' --include='*.cpp' | grep -vE "$allowed" |
	sed 's@/\*.*@@' | grep -E "$pattern" | grep -vE '^[^:]*:[0-9]+:[[:space:]]*\*' || true)
if [ -n "$found" ]; then
	echo "$found"
	echo "not in glibc 2.17 or not on macOS: use or add a function of base/os.h"
	exit 1
fi
echo "$(find src -name '*.[ch]' | wc -l) files call only what every system has"
