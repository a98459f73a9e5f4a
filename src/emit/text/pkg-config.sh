#!/bin/sh
# pkg-config for @TARGET@, written by ccenv. It finds its files from its own place, and no others.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
root=$(CDPATH= cd -- "$here/@UP@" && pwd -P) || exit 1
case @ENV@ in
/*) env=@ENV@ ;;
*) env=$root/@ENV@ ;;
esac
case @TOOLS@ in
/*) tools=@TOOLS@ ;;
*) tools=$root/@TOOLS@ ;;
esac
PKG_CONFIG_LIBDIR=$root/pkgconfig/@TARGET@:$env/lib/pkgconfig:$env/share/pkgconfig
export PKG_CONFIG_LIBDIR
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS
# A pkg-config of the system, and not this one again.
path=:$PATH:
for dir in "$here" "${0%/*}"; do
	while [ "${path#*:"$dir":}" != "$path" ]; do
		path=${path%%:"$dir":*}:${path#*:"$dir":}
	done
done
PATH=${path#:}
for tool in "$tools/bin/pkgconf" "$tools/bin/pkg-config" pkgconf pkg-config; do
	command -v "$tool" >/dev/null 2>&1 || continue
	case $root in
	*[!A-Za-z0-9/._+@~^-]*) ;;
	*) exec "$tool" "$@" ;;
	esac
	# pkgconf escapes each byte beyond ASCII, which $(pkg-config …) would not take back.
	said=$("$tool" "$@")
	status=$?
	[ -z "$said" ] || printf '%s\n' "$said" | LC_ALL=C sed 's/\\\([^ -~]\)/\1/g'
	exit $status
done
echo "$0: there is no pkgconf or pkg-config; install one, or add pkgconf to the dependencies of ccenv.json" >&2
exit 127
