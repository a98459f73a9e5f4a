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
esac
if [ "${CCENV_HERMETIC:-1}" != 0 ]; then
	unset CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX
fi
@EXEC@
