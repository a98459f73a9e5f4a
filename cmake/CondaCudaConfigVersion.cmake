# SPDX-License-Identifier: MIT
# find_package(CondaCuda 13.0) asks for a CUDA release, not for a release of ccenv. Which CUDA there is shows only when the
# lock has been read or made, in CondaCudaConfig.cmake: every version is accepted here.
set(PACKAGE_VERSION "${PACKAGE_FIND_VERSION}")
set(PACKAGE_VERSION_COMPATIBLE TRUE)
if(PACKAGE_FIND_VERSION STREQUAL "")
	set(PACKAGE_VERSION "0")
else()
	set(PACKAGE_VERSION_EXACT TRUE)
endif()
