# SPDX-License-Identifier: MIT
#
# find_package(CondaCuda [13.0 | 12.8...<13] [REQUIRED] [COMPONENTS nvcc cudart nvrtc …])
#
# Installs the CUDA toolchain of the project into <build>/_ccenv, if it is not there yet, and makes CMake use it. What the
# toolchain is comes from ccenv.json and ccenv.lock next to the calling CMakeLists.txt (or the top one); without a
# ccenv.json, from the version and the components given here.
#
# Where it may stand:
#   above project()                      everything: C, C++ and CUDA compilers, libraries
#   after project(), before CUDA is on   nvcc and libraries; C and C++ stay what they are
#   anywhere below                       a check that CUDA is ours; the CondaCuda:: targets
# With a ccenv toolchain file or CondaCudaProvider.cmake in use it is that check everywhere.
#
# Input (all optional; variable or, where marked *, also environment):
#   CCENV_EXECUTABLE *   the ccenv to run
#   CCENV_ROOT_DIR       where to install, default ${CMAKE_BINARY_DIR}/_ccenv
#   CCENV_MANIFEST       another ccenv.json
#   CCENV_LOCK           another ccenv.lock
#   CCENV_CHANNELS       list of channels, when there is no manifest; default conda-forge
#   CCENV_ENVIRONMENT *  another environment of ccenv.json than default
#   CCENV_TARGET *       a target of ccenv.json, to build for another machine: its name, or sbsa, linux-aarch64
#   CCENV_LOCKED * CCENV_OFFLINE * CCENV_CACHE_DIR *
#   CCENV_REPRODUCIBLE * ON or strict: the same bytes from any directory, user and day. So does "reproducible" or
#                        "reproducible-strict" among the COMPONENTS; else it is what ccenv.json says
#   CCENV_HERMETIC, CCENV_USE_GCC, CCENV_COMPILER_LAUNCHER: see <root>/toolchain/<target>.cmake
#
# Output: CondaCuda_FOUND, CondaCuda_VERSION (of CUDA: 13.0), CCENV_ROOT_DIR, CCENV_PREFIX, CCENV_VIEW, CCENV_CUDA_TARGET,
# CCENV_CMAKE_ARGS (for ExternalProject_Add), and targets for what CUDA:: does not have: CondaCuda::cudnn, ::nccl, ::cutensor,
# ::cudss, ::cusparseLt, ::driver_stub.

include("${CMAKE_CURRENT_LIST_DIR}/CondaCudaEnsure.cmake")

# _ccenv_fail(text…): ends find_package() without success, with the reason.
macro(_ccenv_fail)
	set(CondaCuda_FOUND FALSE)
	string(CONCAT CondaCuda_NOT_FOUND_MESSAGE ${ARGN})
	return()
endmacro()

# _ccenv_find_manifest(manifest lock): ccenv.json next to the calling CMakeLists.txt, then next to the top one. Without one the
# lock is a committed ccenv.lock there, else one in the root. CCENV_LOCK takes precedence.
function(_ccenv_find_manifest out_manifest out_lock root)
	set(_manifest "${CCENV_MANIFEST}")
	set(_lock "${CCENV_LOCK}")
	if(_manifest)
		get_filename_component(_manifest "${_manifest}" ABSOLUTE)
		if(NOT EXISTS "${_manifest}")
			message(FATAL_ERROR "CondaCuda: CCENV_MANIFEST is ${_manifest}, which does not exist.")
		endif()
	endif()
	foreach(_dir IN ITEMS "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}")
		if(NOT _manifest AND EXISTS "${_dir}/ccenv.json")
			set(_manifest "${_dir}/ccenv.json")
		endif()
	endforeach()
	if(_manifest)
		_ccenv_lock_of(_lock "${_manifest}")
	elseif(NOT _lock)
		set(_lock "${root}/ccenv.lock")
		foreach(_dir IN ITEMS "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
			if(EXISTS "${_dir}/ccenv.lock")
				set(_lock "${_dir}/ccenv.lock")
			endif()
		endforeach()
	endif()
	if(_lock)
		get_filename_component(_lock "${_lock}" ABSOLUTE)
	endif()
	set(${out_manifest} "${_manifest}" PARENT_SCOPE)
	set(${out_lock} "${_lock}" PARENT_SCOPE)
endfunction()

# _ccenv_wanted(out): the version or range asked for, as ccenv writes it; empty without one.
function(_ccenv_wanted out)
	# 13.0.0 is 13.0.
	string(REGEX REPLACE "^([0-9]+[.][0-9]+)([.]0+)+$" "\\1" _version "${CondaCuda_FIND_VERSION}")
	if(CCENV_PROVIDER AND NOT _version)
		string(STRIP "${CCENV_CUDA}" _version)
	endif()
	if(CondaCuda_FIND_VERSION_RANGE)
		set(_op "<=")
		if(CondaCuda_FIND_VERSION_RANGE_MAX STREQUAL "EXCLUDE")
			set(_op "<")
		endif()
		set(_version ">=${CondaCuda_FIND_VERSION_MIN},${_op}${CondaCuda_FIND_VERSION_MAX}")
	endif()
	set(${out} "${_version}" PARENT_SCOPE)
endfunction()

# _ccenv_request(out version): the arguments that stand for a manifest.
function(_ccenv_request out _version)
	if(NOT _version)
		set(_way "find_package(CondaCuda) must say which CUDA is wanted, e.g. find_package(CondaCuda 13.0 REQUIRED)")
		if(CCENV_PROVIDER)
			set(_way "it must be said what is wanted: -DCCENV_MANIFEST=<a ccenv.json>, or -DCCENV_CUDA=13.0, with more than nvcc and "
				"cudart as -DCCENV_COMPONENTS=nvcc\\;cudart\\;cublas")
			string(CONCAT _way ${_way})
		endif()
		message(FATAL_ERROR "CondaCuda: there is no ccenv.json in ${CMAKE_CURRENT_SOURCE_DIR}, so ${_way}.")
	endif()
	set(_components ${CondaCuda_FIND_COMPONENTS})
	if(NOT _components)
		set(_components nvcc cudart)
	endif()
	set(_args --cuda "${_version}")
	foreach(_c IN LISTS _components)
		list(APPEND _args --component "${_c}")
	endforeach()
	foreach(_c IN LISTS CCENV_CHANNELS)
		list(APPEND _args --channel "${_c}")
	endforeach()
	set(${out} "${_args}" PARENT_SCOPE)
endfunction()

# _ccenv_begins_with(out file regex): does the first line of the file match? OFF when there is no file.
function(_ccenv_begins_with out file regex)
	set(${out} OFF PARENT_SCOPE)
	if(EXISTS "${file}")
		file(STRINGS "${file}" _first LIMIT_COUNT 1)
		if(_first MATCHES "${regex}")
			set(${out} ON PARENT_SCOPE)
		endif()
	endif()
endfunction()

# _ccenv_use_before_project(toolchain): CMAKE_TOOLCHAIN_FILE for the project() to come; a toolchain file of the user is read
# by ours. A tree that was configured without it is made to look for its compilers again.
macro(_ccenv_use_before_project toolchain)
	set(_ccenv_given "${CMAKE_TOOLCHAIN_FILE}")
	if(NOT _ccenv_given AND NOT "$ENV{CMAKE_TOOLCHAIN_FILE}" STREQUAL "")
		set(_ccenv_given "$ENV{CMAKE_TOOLCHAIN_FILE}")
	endif()
	if(_ccenv_given AND NOT _ccenv_given STREQUAL "${toolchain}")
		get_filename_component(_ccenv_given "${_ccenv_given}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
		# The toolchain file of some root reads CCENV_CHAINLOAD_TOOLCHAIN_FILE itself.
		_ccenv_begins_with(_ccenv_i "${_ccenv_given}" "^# CUDA .* written by ccenv")
	else()
		set(_ccenv_i ON)
	endif()
	if(NOT _ccenv_i)
		set(CCENV_CHAINLOAD_TOOLCHAIN_FILE "${_ccenv_given}" CACHE FILEPATH "read before ccenv's own toolchain file")
	endif()
	if(NOT _ccenv_given STREQUAL "${toolchain}")
		file(GLOB _ccenv_given "${CMAKE_BINARY_DIR}/CMakeFiles/*/CMakeSystem.cmake")
		if(_ccenv_given)
			file(REMOVE ${_ccenv_given})
		endif()
		set(CMAKE_TOOLCHAIN_FILE "${toolchain}" CACHE FILEPATH "set by find_package(CondaCuda)" FORCE)
		set(CMAKE_TOOLCHAIN_FILE "${toolchain}")
	endif()
	unset(_ccenv_given)
endmacro()

# _ccenv_check_host_compiler(view): would nvcc take this gcc? Its own header has the limit.
function(_ccenv_check_host_compiler view)
	if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR NOT EXISTS "${view}/include/crt/host_config.h")
		return()
	endif()
	file(STRINGS "${view}/include/crt/host_config.h" _lines REGEX "#if __GNUC__ > [0-9]+")
	string(REGEX MATCH "__GNUC__ > ([0-9]+)" _line "${_lines}")
	set(_max "${CMAKE_MATCH_1}")
	string(REGEX MATCH "^[0-9]+" _major "${CMAKE_CXX_COMPILER_VERSION}")
	if(_line AND _major GREATER _max)
		message(FATAL_ERROR "CondaCuda: CUDA ${CCENV_CUDA_VERSION} takes gcc up to ${_max}, and ${CMAKE_CXX_COMPILER} is "
			"${CMAKE_CXX_COMPILER_VERSION}. Move find_package(CondaCuda) above project(): then ccenv brings a gcc that fits.")
	endif()
endfunction()

# _ccenv_check_components(json): each component asked for must be installed; says what to do about the others.
function(_ccenv_check_components out json manifest)
	string(JSON _n LENGTH "${json}" components)
	set(_have "")
	if(_n GREATER 0)
		math(EXPR _n "${_n} - 1")
		foreach(_i RANGE ${_n})
			string(JSON _c GET "${json}" components ${_i})
			list(APPEND _have "${_c}")
		endforeach()
	endif()
	set(_missing "")
	foreach(_c IN LISTS CondaCuda_FIND_COMPONENTS)
		string(TOLOWER "${_c}" _lower)
		list(FIND _have "${_lower}" _i)
		set(CondaCuda_${_c}_FOUND TRUE PARENT_SCOPE)
		if(_i EQUAL -1)
			set(CondaCuda_${_c}_FOUND FALSE PARENT_SCOPE)
			if(CondaCuda_FIND_REQUIRED_${_c})
				list(APPEND _missing "${_c}")
			endif()
		endif()
	endforeach()
	set(${out} "${_missing}" PARENT_SCOPE)
endfunction()

# _ccenv_version_fits(out version wanted): against the version or range asked for.
function(_ccenv_version_fits out version wanted)
	set(${out} TRUE PARENT_SCOPE)
	if(CondaCuda_FIND_VERSION_RANGE)
		if(version VERSION_LESS CondaCuda_FIND_VERSION_MIN
			OR (CondaCuda_FIND_VERSION_RANGE_MAX STREQUAL "EXCLUDE" AND version VERSION_GREATER_EQUAL CondaCuda_FIND_VERSION_MAX)
			OR (CondaCuda_FIND_VERSION_RANGE_MAX STREQUAL "INCLUDE" AND version VERSION_GREATER CondaCuda_FIND_VERSION_MAX
				AND NOT version MATCHES "^${CondaCuda_FIND_VERSION_MAX}\\."))
			set(${out} FALSE PARENT_SCOPE)
		endif()
	elseif(CondaCuda_FIND_VERSION)
		# 13 takes every 13.x, 13.0 takes 13.0 only: a release of CUDA is chosen, not a lower limit.
		string(REPLACE "." "\\." _re "${wanted}")
		if(NOT version MATCHES "^${_re}(\\.|$)")
			set(${out} FALSE PARENT_SCOPE)
		endif()
	endif()
endfunction()

# _ccenv_add_target(name include library): an imported target, if its library is there.
function(_ccenv_add_target name library)
	if(TARGET CondaCuda::${name} OR NOT EXISTS "${library}")
		return()
	endif()
	add_library(CondaCuda::${name} INTERFACE IMPORTED GLOBAL)
	set_target_properties(CondaCuda::${name} PROPERTIES INTERFACE_LINK_LIBRARIES "${library}"
		INTERFACE_INCLUDE_DIRECTORIES "${ARGN}")
endfunction()

# --- the call itself --------------------------------------------------------------------------------------------------

if(CCENV_ROOT_DIR)
	get_filename_component(_ccenv_where "${CCENV_ROOT_DIR}" ABSOLUTE)
else()
	set(_ccenv_where "${CMAKE_BINARY_DIR}/_ccenv")
endif()

# Words among the components that are no component. -DCCENV_REPRODUCIBLE takes precedence.
foreach(_ccenv_v IN ITEMS "reproducible=ON" "reproducible-strict=strict")
	string(REGEX MATCH "^[^=]*" _ccenv_i "${_ccenv_v}")
	if(_ccenv_i IN_LIST CondaCuda_FIND_COMPONENTS)
		list(REMOVE_ITEM CondaCuda_FIND_COMPONENTS "${_ccenv_i}")
		set(CondaCuda_${_ccenv_i}_FOUND TRUE)
		if(NOT DEFINED CCENV_REPRODUCIBLE)
			string(REGEX REPLACE "^[^=]*=" "" CCENV_REPRODUCIBLE "${_ccenv_v}")
		endif()
	endif()
endforeach()

_ccenv_find_manifest(_ccenv_manifest_file _ccenv_lock_file "${_ccenv_where}")
set(_ccenv_arguments "")
_ccenv_wanted(_ccenv_expect)
set(_ccenv_release "${_ccenv_expect}")
if(_ccenv_release MATCHES "^[0-9]+[.][0-9]+[.][0-9.]+$")
	_ccenv_fail("find_package asks for CUDA ${CondaCuda_FIND_VERSION_COMPLETE}, but a release is chosen by two numbers: ask for "
		"${CondaCuda_FIND_VERSION_MAJOR}.${CondaCuda_FIND_VERSION_MINOR}, and let ccenv.lock hold the third.")
endif()
if(NOT _ccenv_manifest_file)
	_ccenv_request(_ccenv_arguments "${_ccenv_expect}")
elseif(_ccenv_expect AND NOT CondaCuda_FIND_VERSION)
	# Only ccenv can compare this one: it is started when the text has changed.
	set(_ccenv_arguments "${_ccenv_expect}")
endif()
# 12.8...13 takes 13.3 as well.
if(CondaCuda_FIND_VERSION_RANGE_MAX STREQUAL "INCLUDE")
	string(APPEND _ccenv_expect "|${CondaCuda_FIND_VERSION_MAX}.*")
elseif(NOT _ccenv_expect)
	set(_ccenv_expect "*")
endif()

# The output of `ccenv toolchain` installs by itself.
_ccenv_begins_with(_ccenv_findable "${CMAKE_TOOLCHAIN_FILE}" "^# ccenv toolchain")
if(_ccenv_findable AND NOT _ccenv_manifest_file)
	get_filename_component(_ccenv_manifest_file "${CMAKE_TOOLCHAIN_FILE}" DIRECTORY)
	set(_ccenv_manifest_file "${_ccenv_manifest_file}/ccenv.json")
	_ccenv_lock_of(_ccenv_lock_file "${_ccenv_manifest_file}")
	set(_ccenv_arguments "")
endif()
set(_ccenv_soft SOFT)
if(CondaCuda_FIND_REQUIRED)
	set(_ccenv_soft "")
endif()
_ccenv_target(_ccenv_wanted_target)
get_property(_ccenv_ready GLOBAL PROPERTY CCENV_FRESH_ROOT)
if(_ccenv_ready STREQUAL _ccenv_where)
	_ccenv_complete(_ccenv_file "${_ccenv_where}" "${_ccenv_wanted_target}")
else()
	_ccenv_ensure(_ccenv_file ${_ccenv_soft} ROOT "${_ccenv_where}" MANIFEST "${_ccenv_manifest_file}" LOCK "${_ccenv_lock_file}"
		EXPECT "${_ccenv_expect}" HINTS "${CMAKE_CURRENT_LIST_DIR}/../../../bin" ${CCENV_HINTS}
		REQUEST ${_ccenv_arguments})
endif()
if(NOT _ccenv_file)
	# Not by the macro: it would read escapes in what a program has printed.
	set(CondaCuda_FOUND FALSE)
	set(CondaCuda_NOT_FOUND_MESSAGE "${_ccenv_file_PROBLEM}")
	return()
endif()
foreach(_ccenv_v IN ITEMS "${_ccenv_manifest_file}" "${_ccenv_lock_file}")
	if(_ccenv_v AND EXISTS "${_ccenv_v}")
		set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_ccenv_v}")
	endif()
endforeach()

_ccenv_stamp(_ccenv_stamp_json "${_ccenv_where}" "${_ccenv_wanted_target}")
file(READ "${_ccenv_stamp_json}" _ccenv_stamp_json)
string(JSON CondaCuda_VERSION GET "${_ccenv_stamp_json}" cuda)
_ccenv_version_fits(_ccenv_ok "${CondaCuda_VERSION}" "${_ccenv_release}")
if(NOT CondaCuda_VERSION)
	_ccenv_fail("${_ccenv_lock_file} has no CUDA. Add it to ${_ccenv_manifest_file}: "
		"\"cuda\": {\"version\": \"13.0\", \"components\": [\"nvcc\", \"cudart\"]}")
elseif(NOT _ccenv_ok)
	_ccenv_fail("find_package asks for CUDA ${CondaCuda_FIND_VERSION_COMPLETE}, and ${_ccenv_lock_file} has "
		"${CondaCuda_VERSION}. Change one of them: the CMakeLists.txt, or the version under \"cuda\" in ccenv.json.")
endif()
_ccenv_check_components(_ccenv_missing "${_ccenv_stamp_json}" "${_ccenv_manifest_file}")
if(_ccenv_missing)
	list(JOIN _ccenv_missing "\", \"" _ccenv_missing)
	_ccenv_fail("not installed: \"${_ccenv_missing}\". Add it to \"components\" of \"cuda\" in ${_ccenv_manifest_file} and "
		"configure again.")
endif()

string(JSON CCENV_VIEW GET "${_ccenv_stamp_json}" view)
string(JSON CCENV_PREFIX GET "${_ccenv_stamp_json}" prefix)
string(JSON CCENV_CUDA_TARGET GET "${_ccenv_stamp_json}" target)
get_filename_component(CCENV_VIEW "${CCENV_VIEW}" ABSOLUTE BASE_DIR "${_ccenv_where}")
get_filename_component(CCENV_PREFIX "${CCENV_PREFIX}" ABSOLUTE BASE_DIR "${_ccenv_where}")
set(CCENV_CUDA_VERSION "${CondaCuda_VERSION}")
set(CCENV_CMAKE_ARGS "-DCMAKE_TOOLCHAIN_FILE=${_ccenv_file}")

get_property(_ccenv_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if(NOT DEFINED PROJECT_NAME)
	if(NOT _ccenv_findable)
		_ccenv_use_before_project("${_ccenv_file}")
	endif()
elseif(CCENV_PROVIDER)
	include("${_ccenv_file}")
elseif("CUDA" IN_LIST _ccenv_languages OR CCENV_TOOLCHAIN_LOADED STREQUAL _ccenv_where)
	string(FIND "${CMAKE_CUDA_COMPILER}" "${_ccenv_where}/view/" _ccenv_i)
	if("CUDA" IN_LIST _ccenv_languages AND NOT _ccenv_i EQUAL 0)
		message(FATAL_ERROR "CondaCuda: CUDA is enabled already, with ${CMAKE_CUDA_COMPILER}. Move find_package(CondaCuda) above "
			"project(), or at least above the enable_language(CUDA), and configure again in an empty build directory.")
	endif()
else()
	if(NOT CondaCuda_FIND_QUIETLY)
		message(STATUS "CondaCuda: called after project(): C and C++ stay with ${CMAKE_CXX_COMPILER}, which ccenv does not "
			"control. Above project() it would bring its own.")
	endif()
	set(CCENV_MODE late)
	include("${_ccenv_file}")
	unset(CCENV_MODE)
	_ccenv_check_host_compiler("${CCENV_VIEW}")
endif()

_ccenv_add_target(driver_stub "${CCENV_VIEW}/lib/stubs/libcuda.so" "${CCENV_VIEW}/include")
foreach(_ccenv_v cudnn nccl cutensor cudss cusparseLt)
	_ccenv_add_target(${_ccenv_v} "${CCENV_PREFIX}/lib/lib${_ccenv_v}.so" "${CCENV_PREFIX}/include" "${CCENV_VIEW}/include")
endforeach()

set(CondaCuda_FOUND TRUE)
foreach(_ccenv_v arguments expect file findable i languages lock_file manifest_file missing ok ready release soft stamp_json
	wanted_target where)
	unset(_ccenv_${_ccenv_v})
endforeach()
unset(_ccenv_v)
