#!/bin/sh
# A command that looks for nvcc and g++ by itself, with those of CUDA @CUDA_VERSION@ (@TARGET@). Written by ccenv: changes are lost.
view=$(CDPATH= cd -- "${0%/*}/.." && pwd -P) || exit 1
PATH=$view/bin:$view/../../bin:$PATH
CUDA_ROOT=$view
CUDA_HOME=$view
CUDA_PATH=$view
NVCC_WRAPPER_DEFAULT_COMPILER=$view/host/@TRIPLET@-g++
export PATH CUDA_ROOT CUDA_HOME CUDA_PATH NVCC_WRAPPER_DEFAULT_COMPILER
exec "$@"
