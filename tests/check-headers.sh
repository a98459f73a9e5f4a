#!/bin/sh
# SPDX-License-Identifier: MIT
# Each header compiles alone. Usage: check-headers.sh SOURCE_DIR CC
set -u
cd "$1" || exit 2
flags="-std=gnu17 -fsyntax-only -D_GNU_SOURCE -Wall -Wextra -Werror -Isrc -Iinclude"
flags="$flags $(pkg-config --cflags jansson libcurl libarchive libzstd)"
find src include -name '*.h' | sort | xargs -P 2 -n 8 sh -c '
	cc=$1 flags=$2; shift 2
	for h in "$@"; do $cc $flags -x c -include "$h" /dev/null || { echo "$h does not compile alone"; exit 1; }; done
' sh "$2" "$flags"
