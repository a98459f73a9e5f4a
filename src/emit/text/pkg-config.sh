#!/bin/sh
# pkg-config for @TARGET@, written by ccenv. It finds its files from its own place, and no others.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
root=$(dirname -- "$here")
case @ENV@ in
/*) env=@ENV@ ;;
*) env=$root/@ENV@ ;;
esac
PKG_CONFIG_LIBDIR=$root/pkgconfig/@TARGET@:$env/lib/pkgconfig:$env/share/pkgconfig
export PKG_CONFIG_LIBDIR
unset PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS
for tool in "$env/bin/pkgconf" "$env/bin/pkg-config"; do
	[ -x "$tool" ] && exec "$tool" "$@"
done
for tool in pkgconf pkg-config; do
	command -v "$tool" >/dev/null 2>&1 && exec "$tool" "$@"
done
echo "$0: there is no pkgconf or pkg-config; install one, or add pkgconf to the dependencies of ccenv.json" >&2
exit 127
