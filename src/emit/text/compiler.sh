#!/bin/sh
# @TOOL@ for CUDA @CUDA_VERSION@ (@TARGET@), written by ccenv: changes are lost.
# It takes no directories from the environment unless CCENV_HERMETIC=0.@ABOUT@
self=$0
[ ! -L "$self" ] || self=$(readlink -f -- "$self")
case $self in
*/*) here=${self%/*} ;;
*) here=. ;;
esac
root=$(CDPATH= cd -- "$here/@UP@" && pwd -P) || exit 1
case @ENV@ in
/*) env=@ENV@ ;;
*) env=$root/@ENV@ ;;
esac@SET_TOOLS@
if [ "${CCENV_HERMETIC:-1}" != 0 ]; then
	unset CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX
fi
# Of the last commit, for __DATE__ and __TIME__. There in reproducible builds only.
if [ -z "$SOURCE_DATE_EPOCH" ] && [ -r "$root/source-date" ]; then
	read -r SOURCE_DATE_EPOCH <"$root/source-date"
	export SOURCE_DATE_EPOCH
fi
case ${CCENV_REPRODUCIBLE:-@REPRODUCIBLE@} in
'' | 0 | [Oo][Ff][Ff] | [Ff][Aa][Ll][Ss][Ee] | [Nn][Oo]) ;;
*)
	bare=@BARE@
	. "$root/@VIEW@/host/reproducible.sh"
	;;
esac
# Moved or copied since it was installed, gcc may not find its headers: in its files is the path that it had.
run=exec
if [ -r "$@HOME@/conda-meta/ccenv" ]; then
	while IFS='"' read -r space key colon from rest && [ "$key" != prefix ]; do :; done <"$@HOME@/conda-meta/ccenv"
	[ -z "$from" ] || [ "$from" -ef "$@HOME@" ] || run=
fi
@EXEC@
status=$?
[ $status = 0 ] ||
	echo "@TOOL@: $@HOME@ was installed as $from and has moved, but its files hold the old path: run \`ccenv install --root $root@OF_TARGET@\`" >&2
exit $status
