#!/bin/sh
# SPDX-License-Identifier: MIT
# Who may include whom (src/README.md). Prints each include that breaks the rule; fails if there is one.
set -u
cd "${1:-$(dirname "$0")/..}/src" || exit 2

# allowed FILE HEADER: may FILE include "HEADER"?
allowed() {
	from=${1%%/*}
	to=${2%%/*}
	case $from:$to in
	*:ccenv) return 0 ;;
	base:base | spec:base | model:base | model:spec) return 0 ;;
	io:base | io:model) return 0 ;;
	cache:base | cache:spec | cache:model | cache:io) return 0 ;;
	cli:base) return 0 ;;
	api:cli) return 1 ;;
	api:*) return 0 ;;
	base:* | spec:* | model:* | io:* | cache:* | cli:*) ;;
	*:base | *:spec | *:model | *:io | *:cache) return 0 ;;
	esac
	[ "$from" = "$to" ]
}

# outside FILE HEADER: may FILE include the outside library's <HEADER>?
outside() {
	case $2 in
	solv/*) case $1 in solve/*) return 0 ;; esac ;;
	curl/*) case $1 in io/download*) return 0 ;; esac ;;
	archive.h | archive_entry.h) case $1 in io/archive*) return 0 ;; esac ;;
	zstd.h | zstd_errors.h) case $1 in io/zst*) return 0 ;; esac ;;
	libpkgconf/*) case $1 in emit/*) return 0 ;; esac ;;
	xxhash.h) case $1 in repodata/name_index.c) return 0 ;; esac ;;
	yaml.h) case $1 in io/yaml.c) return 0 ;; esac ;;
	toml++/*) case $1 in io/toml.cpp) return 0 ;; esac ;;
	openssl/*) case $1 in base/digest.c) return 0 ;; esac ;;
	*) return 0 ;;
	esac
	return 1
}

bad=0 n=0
for f in $(find . -name '*.[ch]' -o -name '*.cpp' | sed 's|^\./||' | sort); do
	n=$((n + 1))
	for h in $(sed -n 's/^#include "\(.*\)".*/\1/p' "$f"); do
		allowed "$f" "$h" || { echo "src/$f may not include \"$h\""; bad=1; }
	done
	for h in $(sed -n 's/^#include <\(.*\)>.*/\1/p' "$f"); do
		outside "$f" "$h" || { echo "src/$f may not include <$h>"; bad=1; }
	done
done
[ "$n" -gt 0 ] || { echo "no sources found"; exit 2; }
[ $bad -eq 0 ] && echo "$n files keep to the layers"
exit $bad
