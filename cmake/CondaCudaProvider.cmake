# SPDX-License-Identifier: MIT
# For projects that cannot be changed:
#     cmake -DCMAKE_PROJECT_TOP_LEVEL_INCLUDES=<this file> -DCCENV_MANIFEST=ccenv.json …          (CMake 3.24 and later)
# or, without a manifest, -DCCENV_CUDA=13.0 [-DCCENV_COMPONENTS=nvcc;cudart;nvrtc]. CMake reads this within project(), before
# it looks for compilers. It registers no dependency provider, so that it gets along with others.
set(CCENV_PROVIDER ON)
# What find_package() takes as a version it compares; the other spellings of ccenv.json (">=12.8,<13", "13.0.*") ccenv does.
string(STRIP "${CCENV_CUDA}" _ccenv_cuda)
if(NOT _ccenv_cuda MATCHES "^[0-9]+([.][0-9]+)*([.][.][.]<?[0-9]+([.][0-9]+)*)?$")
	set(_ccenv_cuda "")
endif()
find_package(CondaCuda ${_ccenv_cuda} REQUIRED COMPONENTS ${CCENV_COMPONENTS} CONFIG PATHS "${CMAKE_CURRENT_LIST_DIR}"
	NO_DEFAULT_PATH)
unset(CCENV_PROVIDER)
unset(_ccenv_cuda)
