# SPDX-License-Identifier: MIT
# Any stock libsolv: no optional feature of it is asked for. Gives LibSolv::LibSolv.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
	pkg_check_modules(PC_LIBSOLV QUIET libsolv)
endif()
find_path(LibSolv_INCLUDE_DIR NAMES solv/solver.h HINTS ${PC_LIBSOLV_INCLUDE_DIRS})
find_library(LibSolv_LIBRARY NAMES solv HINTS ${PC_LIBSOLV_LIBRARY_DIRS})
set(LibSolv_VERSION ${PC_LIBSOLV_VERSION})
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibSolv
	REQUIRED_VARS LibSolv_LIBRARY LibSolv_INCLUDE_DIR VERSION_VAR LibSolv_VERSION)
if(LibSolv_FOUND AND NOT TARGET LibSolv::LibSolv)
	add_library(LibSolv::LibSolv UNKNOWN IMPORTED)
	set_target_properties(LibSolv::LibSolv PROPERTIES
		IMPORTED_LOCATION ${LibSolv_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${LibSolv_INCLUDE_DIR})
endif()
mark_as_advanced(LibSolv_INCLUDE_DIR LibSolv_LIBRARY)
