#!/bin/sh
# nvcc of CUDA @CUDA_VERSION@ (@TARGET@), written by ccenv. What it does is decided by its arguments alone: variables of the
# environment would change every object, and no build tool and no compiler cache would know. CCENV_HERMETIC=0 lets them in.
# nvcc looks for its nvcc.profile next to the name it was called by, and follows no link.
self=$0
[ ! -L "$self" ] || self=$(readlink -f -- "$self")
case $self in
*/*) here=${self%/*} ;;
*) here=. ;;
esac
if [ "${CCENV_HERMETIC:-1}" != 0 ]; then
	unset NVCC_PREPEND_FLAGS NVCC_APPEND_FLAGS NVCC_CCBIN@SCRUB@
fi
cxx=@CXX@
if [ -n "$cxx" ] && [ -z "$NVCC_CCBIN" ]; then
	# Where no -ccbin is given; a -ccbin wins.
	NVCC_CCBIN=$cxx
	export NVCC_CCBIN
fi
exec "$here/nvcc.bin" "$@"
