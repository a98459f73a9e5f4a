#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every file that a comment of the code or a Markdown text names exists. Usage: check-links.sh [SOURCE_DIR]
#
# Looked at: names that end in .md, .c or .h in comments of .c and .h files and in `code` of Markdown, and the targets of
# Markdown links. A name is looked for next to the file that has it, at the top, in src/ and include/; one without a
# directory anywhere in the tree. Names of other projects' files are listed in check-links.foreign next to this script.
set -u
foreign=$(cd "$(dirname "$0")" && pwd)/check-links.foreign
cd "${1:-$(dirname "$0")/..}" || exit 2

files=$(find . -path ./build -prune -o -name .git -prune -o -type f -print | sed 's|^\./||')
basenames=$(printf '%s\n' "$files" | sed 's|.*/||' | sort -u)

# named: FILE:LINE TAB NAME for each name.
named() {
	printf '%s\n' "$files" | grep -E '^(src|include|tests|bench)/.*\.[ch]$' | xargs awk '
		FNR == 1 { inside = 0 }
		{
			text = $0; comment = ""
			while (text != "") {
				if (inside) {
					end = index(text, "*/")
					comment = comment " " (end ? substr(text, 1, end - 1) : text)
					text = end ? substr(text, end + 2) : ""
					inside = !end
				} else if (match(text, /"([^"\\]|\\.)*"|\/\*|\/\/.*/)) {
					hit = substr(text, RSTART, RLENGTH)
					text = substr(text, RSTART + RLENGTH)
					if (hit == "/*") inside = 1
					else if (hit ~ /^\/\//) comment = comment " " hit
				} else
					text = ""
			}
			while (match(comment, /[A-Za-z0-9_][A-Za-z0-9_.\/+-]*\.(md|c|h)/)) {
				name = substr(comment, RSTART, RLENGTH)
				comment = substr(comment, RSTART + RLENGTH)
				if (comment !~ /^[A-Za-z0-9_]/) print FILENAME ":" FNR "\t" name
			}
		}'
	printf '%s\n' "$files" | grep '\.md$' | xargs awk '
		{
			text = $0
			while (match(text, /\]\([^)]*\)/)) {
				name = substr(text, RSTART + 2, RLENGTH - 3)
				text = substr(text, RSTART + RLENGTH)
				sub(/#.*/, "", name)
				if (name != "" && name !~ /^[a-z]+:/) print FILENAME ":" FNR "\t" name
			}
			text = $0
			while (match(text, /`[^`]*`/)) {
				code = substr(text, RSTART + 1, RLENGTH - 2)
				text = substr(text, RSTART + RLENGTH)
				if (code ~ /^[A-Za-z0-9_.\/+-]+\.(md|c|h)$/) print FILENAME ":" FNR "\t" code
			}
		}'
}

exists() {
	local dir=${1%/*} name=$2
	[ "$dir" != "$1" ] || dir=.
	[ -e "$dir/$name" ] || [ -e "$name" ] || [ -e "src/$name" ] || [ -e "include/$name" ] ||
		{ [ "$name" = "${name##*/}" ] && grep -qxF -- "$name" <<<"$basenames"; } ||
		grep -qxF -- "$name" "$foreign"
}

bad=0 n=0
while IFS=$'\t' read -r place name; do
	n=$((n + 1))
	exists "${place%:*}" "$name" || { echo "$place: $name does not exist"; bad=1; }
done < <(named)
[ "$n" -gt 0 ] || { echo "no names found"; exit 2; }
[ $bad -eq 0 ] && echo "$n names of files lead to a file"
exit $bad
