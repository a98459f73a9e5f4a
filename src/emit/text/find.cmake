# ccenv toolchain 1
#
# A CMake toolchain file without paths, made by `ccenv toolchain`: commit it next to ccenv.json and ccenv.lock and use it as
#     cmake -B build --toolchain ccenv.cmake
# It installs the locked CUDA toolchain into <build>/_ccenv when that is not there or the lock has changed, and then reads the
# toolchain file that lies there. When nothing has changed, ccenv is not started and need not be installed.
#
#   CCENV_EXECUTABLE  the ccenv to run; else the one in PATH (variable or environment)
#   CCENV_ROOT_DIR    where to install; default <build>/_ccenv
#   CCENV_MANIFEST, CCENV_LOCK   other files than ccenv.json and ccenv.lock next to this file
#   CCENV_ENVIRONMENT another environment of ccenv.json than default (variable or environment)
#   CCENV_TARGET      a target of ccenv.json, to build for another machine (variable or environment)
#   CCENV_LOCKED, CCENV_OFFLINE, CCENV_CACHE_DIR   as the options of `ccenv install`; CI=1 implies CCENV_LOCKED

cmake_policy(PUSH)
cmake_policy(VERSION 3.20)

@ENSURE@
# CMake reads this file again for each try_compile, with another CMAKE_BINARY_DIR: the root of the first time counts.
get_property(_ccenv_file GLOBAL PROPERTY CCENV_TOOLCHAIN_FILE)
get_property(_ccenv_try GLOBAL PROPERTY IN_TRY_COMPILE)
if(_ccenv_try)
	set(_ccenv_file "$ENV{_CCENV_TOOLCHAIN_FILE}")
endif()
if(NOT _ccenv_file)
	set(_ccenv_dir "${CMAKE_CURRENT_LIST_DIR}")
	set(_ccenv_where "${CMAKE_BINARY_DIR}/_ccenv")
	if(CCENV_ROOT_DIR)
		set(_ccenv_where "${CCENV_ROOT_DIR}")
	endif()
	set(_ccenv_manifest "${_ccenv_dir}/ccenv.json")
	if(CCENV_MANIFEST)
		get_filename_component(_ccenv_manifest "${CCENV_MANIFEST}" ABSOLUTE)
		if(NOT EXISTS "${_ccenv_manifest}")
			message(FATAL_ERROR "ccenv: CCENV_MANIFEST is ${_ccenv_manifest}, which does not exist.")
		endif()
	elseif(NOT EXISTS "${_ccenv_manifest}")
		message(FATAL_ERROR "ccenv: ${CMAKE_CURRENT_LIST_FILE} belongs next to a ccenv.json, but there is none in "
			"${_ccenv_dir}. Run `ccenv init` there, or move the toolchain file to where ccenv.json is.")
	endif()
	_ccenv_lock_of(_ccenv_lock "${_ccenv_manifest}")
	_ccenv_ensure(_ccenv_file ROOT "${_ccenv_where}" MANIFEST "${_ccenv_manifest}" LOCK "${_ccenv_lock}")
	set_property(GLOBAL PROPERTY CCENV_TOOLCHAIN_FILE "${_ccenv_file}")
	# Environment variables of this process are seen in try_compile, normal variables are not.
	set(ENV{_CCENV_TOOLCHAIN_FILE} "${_ccenv_file}")
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_ccenv_manifest}" "${_ccenv_lock}")
endif()
include("${_ccenv_file}")

foreach(_ccenv_v dir file lock manifest try where)
	unset(_ccenv_${_ccenv_v})
endforeach()
unset(_ccenv_v)
cmake_policy(POP)
