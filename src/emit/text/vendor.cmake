# ccenv vendor 1
#
# Makes find_package(CondaCuda) work where ccenv is not installed; written by `ccenv vendor`. Commit it as
# cmake/CondaCuda.cmake, and in CMakeLists.txt, above project():
#     include(cmake/CondaCuda.cmake)
#     find_package(CondaCuda 13.0 REQUIRED COMPONENTS nvcc cudart)
# It takes ccenv from CCENV_EXECUTABLE or PATH. Where there is none, it builds it once for this user out of the source
# archive below, whose hash is checked, into <cache>/bootstrap; later configures find it there.
#
#   CCENV_EXECUTABLE   the ccenv to use
#   CCENV_BOOTSTRAP    OFF: never build it
#   CCENV_CACHE_DIR    default $XDG_CACHE_HOME/ccenv or ~/.cache/ccenv

cmake_policy(PUSH)
cmake_policy(VERSION 3.20)
set(_ccenv_url "@URL@")
set(_ccenv_sha256 "@SHA256@")

# _ccenv_vendor_use(out program…): the directory of the CMake package that stands next to the first program that has one.
function(_ccenv_vendor_use out)
	foreach(_program IN LISTS ARGN)
		get_filename_component(_real "${_program}" REALPATH)
		foreach(_p IN ITEMS "${_program}" "${_real}")
			get_filename_component(_dir "${_p}" DIRECTORY)
			get_filename_component(_dir "${_dir}/../lib/cmake/CondaCuda" ABSOLUTE)
			if(EXISTS "${_p}" AND EXISTS "${_dir}/CondaCudaConfig.cmake")
				set(${out} "${_dir}" PARENT_SCOPE)
				return()
			endif()
		endforeach()
	endforeach()
	set(${out} "" PARENT_SCOPE)
endfunction()

# _ccenv_vendor_step(log what command…): runs it; a failure shows the end of the log and what may be missing.
function(_ccenv_vendor_step log what)
	# The source is built for this machine, whatever the project is built for.
	execute_process(COMMAND "${CMAKE_COMMAND}" -E env --unset=CC --unset=CXX --unset=CFLAGS --unset=LDFLAGS --unset=CPATH
		--unset=LIBRARY_PATH --unset=CMAKE_GENERATOR --unset=CMAKE_TOOLCHAIN_FILE --unset=DESTDIR ${ARGN}
		RESULT_VARIABLE _rc OUTPUT_VARIABLE _out ERROR_VARIABLE _out)
	file(APPEND "${log}" "${_out}\n")
	if(NOT _rc EQUAL 0)
		string(LENGTH "${_out}" _n)
		if(_n GREATER 2000)
			math(EXPR _n "${_n} - 2000")
			string(SUBSTRING "${_out}" ${_n} -1 _out)
		endif()
		message(FATAL_ERROR "ccenv could not be built from its source (${what}):\n${_out}\nIt needs C and C++ compilers, pkg-config and the "
			"development files of libsolv, libcurl, jansson, libarchive, zstd, libpkgconf, libyaml, toml++ and OpenSSL. On Debian "
			"and Ubuntu: apt-get install gcc g++ make pkg-config libsolv-dev libcurl4-openssl-dev libjansson-dev libarchive-dev "
			"libzstd-dev libxxhash-dev libpkgconf-dev libssl-dev libyaml-dev libtomlplusplus-dev. Or install ccenv and set CCENV_EXECUTABLE. Log: ${log}")
	endif()
endfunction()

# _ccenv_vendor_build(home): builds and installs it there; another process that is at it is waited for.
function(_ccenv_vendor_build home)
	get_filename_component(_parent "${home}" DIRECTORY)
	file(MAKE_DIRECTORY "${_parent}")
	file(LOCK "${_parent}/lock" GUARD FUNCTION TIMEOUT 900 RESULT_VARIABLE _locked)
	if(NOT _locked STREQUAL "0")
		message(FATAL_ERROR "ccenv: another process has been building ccenv for 15 minutes (${_parent}/lock): ${_locked}")
	endif()
	if(EXISTS "${home}/bin/ccenv")
		return()
	endif()
	message(STATUS "ccenv is not installed: building it from ${_ccenv_url}")
	string(RANDOM LENGTH 8 _tag)
	set(_tmp "${_parent}/tmp-${_tag}")
	set(_log "${_parent}/log.txt")
	file(WRITE "${_log}" "${_ccenv_url}\n")
	file(DOWNLOAD "${_ccenv_url}" "${_tmp}/source" EXPECTED_HASH "SHA256=${_ccenv_sha256}" STATUS _status)
	list(GET _status 0 _rc)
	if(NOT _rc EQUAL 0)
		file(REMOVE_RECURSE "${_tmp}")
		message(FATAL_ERROR "ccenv: cannot download ${_ccenv_url}: ${_status}. Install ccenv and set CCENV_EXECUTABLE to it.")
	endif()
	file(ARCHIVE_EXTRACT INPUT "${_tmp}/source" DESTINATION "${_tmp}/tree")
	# An archive has one directory at its top, or is the tree itself.
	file(GLOB _src LIST_DIRECTORIES true "${_tmp}/tree/*")
	list(LENGTH _src _n)
	if(NOT _n EQUAL 1)
		set(_src "${_tmp}/tree")
	endif()
	_ccenv_vendor_step("${_log}" configure "${CMAKE_COMMAND}" -S "${_src}" -B "${_tmp}/build" -DCCENV_TESTS=OFF
		-DCMAKE_BUILD_TYPE=Release "-DCMAKE_INSTALL_PREFIX=${_tmp}/install")
	_ccenv_vendor_step("${_log}" build "${CMAKE_COMMAND}" --build "${_tmp}/build" --parallel)
	_ccenv_vendor_step("${_log}" install "${CMAKE_COMMAND}" --install "${_tmp}/build")
	file(RENAME "${_tmp}/install" "${home}")
	file(REMOVE_RECURSE "${_tmp}")
endfunction()

if(NOT CondaCuda_DIR)
	set(_ccenv_programs "$ENV{CCENV_EXECUTABLE}")
	if(CCENV_EXECUTABLE)
		set(_ccenv_programs "${CCENV_EXECUTABLE}")
	endif()
	if(NOT _ccenv_programs)
		string(REPLACE ":" ";" _ccenv_path "$ENV{PATH}")
		foreach(_ccenv_v IN LISTS _ccenv_path)
			list(APPEND _ccenv_programs "${_ccenv_v}/ccenv")
		endforeach()
	endif()
	set(_ccenv_cache "$ENV{HOME}/.cache/ccenv")
	if(CCENV_CACHE_DIR)
		set(_ccenv_cache "${CCENV_CACHE_DIR}")
	elseif(NOT "$ENV{CCENV_CACHE_DIR}" STREQUAL "")
		set(_ccenv_cache "$ENV{CCENV_CACHE_DIR}")
	elseif(NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
		set(_ccenv_cache "$ENV{XDG_CACHE_HOME}/ccenv")
	endif()
	string(SUBSTRING "${_ccenv_sha256}" 0 12 _ccenv_v)
	set(_ccenv_home "${_ccenv_cache}/bootstrap/${_ccenv_v}")

	_ccenv_vendor_use(CondaCuda_DIR ${_ccenv_programs} "${_ccenv_home}/bin/ccenv")
	if(NOT CondaCuda_DIR AND _ccenv_url AND NOT "${CCENV_BOOTSTRAP}" MATCHES "^(0|OFF|NO|FALSE|off|no|false)$")
		_ccenv_vendor_build("${_ccenv_home}")
		_ccenv_vendor_use(CondaCuda_DIR "${_ccenv_home}/bin/ccenv")
	endif()
	if(NOT CondaCuda_DIR)
		message(FATAL_ERROR "ccenv was not found, neither in PATH nor by CCENV_EXECUTABLE. Install it (cmake --install puts its "
			"CMake package next to it), or let `ccenv vendor --url URL --sha256 HASH` name a source archive to build it from.")
	endif()
endif()

foreach(_ccenv_v cache home path programs sha256 url)
	unset(_ccenv_${_ccenv_v})
endforeach()
unset(_ccenv_v)
cmake_policy(POP)
