#!/bin/sh
# SPDX-License-Identifier: MIT
# Each message of ccenv that docs/howto/errors.md explains is one that the program prints: a text between two "…" of a heading stands in the
# source, or in what the solver's tests expect, as it is. Usage: check-errors.sh [SOURCE_DIR]
set -u
cd "${1:-$(dirname "$0")/..}" || exit 2

# A value of printf() is "…" in the page, and what a search would not find in it is left out (backquotes within code).
source=$(find src cmake -name '*.c' -o -name '*.cmake' -o -name '*.h' | sort | xargs cat tests/solve/*.t | tr -d '`' | sed 's/%[.0-9]*\(llu\|zu\|[sdu]\)/…/g; s/\\"/"/g; s/${[^}]*}/…/g')
pieces=$(sed -n '/^## From ccenv/,/^## From compilers/s/^### `\(.*\)`$/\1/p' docs/howto/errors.md | sed 's/>=13/…/; s/ 12\.4$//' | sed 's/…/\n/g' |
	sed 's/^[ :,;()]*//; s/[ :,;()]*$//' | awk 'length($0) > 7')
bad=0 n=0
while IFS= read -r piece; do
	n=$((n + 1))
	printf '%s\n' "$source" | grep -qF -- "$piece" || { echo "docs/howto/errors.md: no message has \"$piece\""; bad=1; }
done <<END
$pieces
END
[ "$n" -gt 10 ] || { echo "only $n messages found"; exit 2; }
[ $bad -eq 0 ] && echo "$n parts of messages are in the source"
exit $bad
