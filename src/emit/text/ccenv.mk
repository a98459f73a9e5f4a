# CUDA @CUDA_VERSION@ (@TARGET@) for GNU make, written by ccenv: changes are lost. It moves with its directory.
#
#     include build/_ccenv/make/ccenv.mk
#     app: main.o kernel.o
#     	$(CXX) $^ -o $@ $(CUDA_LDFLAGS) $(CUDA_LDLIBS) $(CUDA_RPATH)
#
# Variables are set with := so that CUDA_HOME and its like of the environment have no say; the command line still has.
#   NVCC CC CXX CUDA_HOME CUDA_HOSTCXX            absolute paths
#   CUDA_CPPFLAGS                                 for CC and CXX; nvcc knows its own
#   CUDA_LDFLAGS CUDA_LDLIBS CUDA_LDLIBS_STATIC   -lcudart, shared or static; CUDA_DRIVER_LDLIBS: the driver API
#   CUDA_RPATH                                    finds the shared libraries from where the program is built
#   CUDA_ARCHS                                    set it before the include: 80 90 (default: nvcc's own)
#   CCENV_REPRODUCIBLE                            1: the same bytes from any directory; 0: not even names that nvcc makes up
#                                                 (default: what ccenv.json says)
#   NVCCFLAGS                                     yours, as CFLAGS and CXXFLAGS are
# Rules: %.o from %.cu; %.rdc.o from %.cu for relocatable device code, and $(call ccenv_dlink,out.o,a.rdc.o b.rdc.o) as a
# command that links it; %.ptx %.cubin %.fatbin from %.cu. All write depfiles, and are made again when the lock changes. Your
# own rules are too if they have $(CCENV_MK) among their prerequisites.

CCENV_MK := $(abspath $(lastword $(MAKEFILE_LIST)))
CCENV_ROOT := $(patsubst %/make/,%,$(dir $(CCENV_MK)))
ifneq ($(words $(CCENV_ROOT)),1)
$(error ccenv: make cannot work in a path with spaces: $(CCENV_ROOT); use a build directory without spaces)
endif
CCENV_COMMA := ,
ifneq ($(filter-out @NAMES@,$(CCENV_TARGET)),)
$(error ccenv: the target $(CCENV_TARGET) is asked for, and this toolchain is for @NAMES@; include make/ccenv.mk for any)
endif
CCENV_TARGET := @TARGET@
CCENV_CUDA_VERSION := @CUDA_VERSION@
CCENV_CONTENT := @CONTENT@
CCENV_ENV := $(abspath $(if $(filter /%,@ENV@),@ENV@,$(CCENV_ROOT)/@ENV@))
CCENV_TOOLS := $(abspath $(if $(filter /%,@TOOLS@),@TOOLS@,$(CCENV_ROOT)/@TOOLS@))
CCENV_LOCK := @LOCK@
CUDA_HOME := $(CCENV_ROOT)/@VIEW@
CUDA_PATH := $(CUDA_HOME)

ifneq ($(words $(wildcard $(CCENV_ENV)/conda-meta) $(wildcard $(CCENV_TOOLS)/conda-meta)),2)
$(error ccenv: $(CCENV_ENV) or $(CCENV_TOOLS) is gone; run `ccenv install --root $(CCENV_ROOT)@OF_TARGET@`)
endif
ifneq ($(words $(wildcard $(CUDA_HOME)/version.json) $(if $(filter ON,@HAS_NVCC@),$(wildcard $(CUDA_HOME)/bin/nvcc),-) $(if $(filter ON,@HAS_GCC@),$(wildcard $(CUDA_HOME)/host/@TRIPLET@-gcc),-)),3)
$(error ccenv: $(CUDA_HOME) is gone or not complete; run `ccenv install --root $(CCENV_ROOT)@OF_TARGET@`)
endif

# Moved or copied since it was installed? In its files is the path that it had. ccenv.mk of the project installs again by itself.
ccenv_moved := $(shell for d in $(sort $(CCENV_ENV) $(CCENV_TOOLS)); do \
	[ ! -r "$$d/conda-meta/ccenv" ] || while IFS='"' read -r space key colon from rest; do \
	[ "$$key" != prefix ] || [ "$$from" -ef "$$d" ] || echo "$$d was installed as $$from and has moved,"; done <"$$d/conda-meta/ccenv"; done)
ifneq ($(and $(ccenv_moved),$(if $(ccenv_installs),,-)),)
$(warning ccenv: $(ccenv_moved) but its files hold the old path: gcc may not find its headers; run `ccenv install --root $(CCENV_ROOT)@OF_TARGET@`)
endif

NVCC := $(CUDA_HOME)/bin/nvcc
ifeq (@HAS_GCC@,ON)
CC := $(CUDA_HOME)/host/@TRIPLET@-gcc
CXX := $(CUDA_HOME)/host/@TRIPLET@-g++
AR := $(CUDA_HOME)/host/@TRIPLET@-ar
endif
CUDA_HOSTCXX := $(CXX)
PKG_CONFIG := $(CCENV_ROOT)/@WRAPPER@

CUDA_CPPFLAGS := -isystem $(CUDA_HOME)/include$(if $(wildcard $(CUDA_HOME)/include/cccl), -isystem $(CUDA_HOME)/include/cccl)
CUDA_LDFLAGS := -L$(CUDA_HOME)/lib
CUDA_LDLIBS := -L$(CUDA_HOME)/lib -lcudart
CUDA_LDLIBS_STATIC := -L$(CUDA_HOME)/lib -lcudart_static -lrt -lpthread -ldl
CUDA_DRIVER_LDLIBS := -L$(CUDA_HOME)/lib/stubs -lcuda
CUDA_RPATH := -Wl,-rpath,$(CUDA_HOME)/lib$(if $(wildcard $(CCENV_ENV)/lib/libstdc++.so.6), -Wl$(CCENV_COMMA)-rpath$(CCENV_COMMA)$(CCENV_ENV)/lib)

# "90", "90-real" and "90-virtual" as in CMAKE_CUDA_ARCHITECTURES.
ccenv_code = -gencode=arch=compute_$1$(CCENV_COMMA)code=$2_$1
ccenv_arch = $(if $(filter-out %-virtual,$1),$(call ccenv_code,$(1:-real=),sm)) $(if $(filter-out %-real,$1),$(call ccenv_code,$(1:-virtual=),compute))
CUDA_ARCHS ?= @ARCHS@
NVCC_GENCODE := $(foreach a,$(CUDA_ARCHS),$(call ccenv_arch,$a))

# What the environment could slip into each command.
CCENV_HERMETIC ?= 1
ifeq ($(CCENV_HERMETIC),1)
unexport NVCC_PREPEND_FLAGS NVCC_APPEND_FLAGS NVCC_CCBIN CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH
export CUDA_HOME CUDA_PATH
endif

# The compilers see to it themselves; here is what they cannot know.
CCENV_REPRODUCIBLE ?= @REPRODUCIBLE@
ifneq ($(filter-out 0 OFF off NO no FALSE false,$(CCENV_REPRODUCIBLE)),)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
SOURCE_DATE_EPOCH := $(SOURCE_DATE_EPOCH)
ifneq ($(SOURCE_DATE_EPOCH),)
export SOURCE_DATE_EPOCH
endif
export CCENV_REPRODUCIBLE
export LC_ALL := C.UTF-8
export TZ := UTC
export PYTHONHASHSEED := 0
ARFLAGS := rcD
# As seen from the program that is linked, so that it is the same in each checkout.
ccenv_seen = $$ORIGIN/$(shell realpath -ms --relative-to=$(or $(@D),.) $1)
CUDA_RPATH = -Wl,-rpath,'$(call ccenv_seen,$(CUDA_HOME)/lib)'$(if $(wildcard $(CCENV_ENV)/lib/libstdc++.so.6), \
	-Wl$(CCENV_COMMA)-rpath$(CCENV_COMMA)'$(call ccenv_seen,$(CCENV_ENV)/lib)')
else ifneq ($(CCENV_REPRODUCIBLE),)
export CCENV_REPRODUCIBLE
endif

ccenv_nvcc = $(NVCC) -ccbin $(CUDA_HOSTCXX) $(NVCC_GENCODE) $(NVCCFLAGS) $(CPPFLAGS)
ccenv_dep = -MD -MP -MF $@.cu.d

%.rdc.o: %.cu $(CCENV_MK)
	$(ccenv_nvcc) $(ccenv_dep) -dc $< -o $@

%.o: %.cu $(CCENV_MK)
	$(ccenv_nvcc) $(ccenv_dep) -c $< -o $@

%.ptx: %.cu $(CCENV_MK)
	$(ccenv_nvcc) $(ccenv_dep) -ptx $< -o $@

%.cubin: %.cu $(CCENV_MK)
	$(ccenv_nvcc) $(ccenv_dep) -cubin $< -o $@

%.fatbin: %.cu $(CCENV_MK)
	$(ccenv_nvcc) $(ccenv_dep) -fatbin $< -o $@

# $(call ccenv_dlink,out.o,objects): the device code of `objects`, linked into one more object for the host's linker.
ccenv_dlink = $(ccenv_nvcc) -dlink $2 -o $1 -lcudadevrt

# The depfiles have a suffix of their own, for `.d` may be anything. They must not become the default goal.
ccenv_goal := $(.DEFAULT_GOAL)
-include $(wildcard *.cu.d */*.cu.d */*/*.cu.d)
.DEFAULT_GOAL := $(ccenv_goal)
