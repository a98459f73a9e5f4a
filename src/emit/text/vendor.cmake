# ccenv vendor 1
#
# Makes find_package(CondaCuda) work where ccenv is not installed; written by `ccenv vendor`. Commit it as
# cmake/CondaCuda.cmake, and in CMakeLists.txt, above project():
#     include(cmake/CondaCuda.cmake)
#     find_package(CondaCuda 13.0 REQUIRED COMPONENTS nvcc cudart)
# It takes ccenv from CCENV_EXECUTABLE or PATH. Where there is none, it takes the release archive for this machine that is named below,
# or builds the source archive; both are checked by their hash, and go once per user into <cache>/bootstrap, where later
# configures find them.
#
#   CCENV_EXECUTABLE   the ccenv to use
#   CCENV_BOOTSTRAP    OFF: never fetch or build it
#   CCENV_CACHE_DIR    default $XDG_CACHE_HOME/ccenv or ~/.cache/ccenv

cmake_policy(PUSH)
cmake_policy(VERSION 3.20)
@RELEASES@set(_ccenv_url "@URL@")
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

# _ccenv_vendor_tree(out url sha256 tmp): downloads and unpacks an archive that has one directory at its top, or is the tree itself.
# An error of file() would end this function, but not its caller.
function(_ccenv_vendor_tree out url sha256 tmp)
	file(DOWNLOAD "${url}" "${tmp}/archive" STATUS _status)
	list(GET _status 0 _rc)
	if(NOT _rc EQUAL 0)
		file(REMOVE_RECURSE "${tmp}")
		message(FATAL_ERROR "ccenv: cannot download ${url}: ${_status}. Install ccenv and set CCENV_EXECUTABLE to it.")
	endif()
	file(SHA256 "${tmp}/archive" _got)
	string(TOLOWER "${sha256}" _want)
	if(NOT _got STREQUAL _want)
		file(REMOVE_RECURSE "${tmp}")
		message(FATAL_ERROR "ccenv: ${url} does not have the hash that was committed: sha256 is ${_got}, expected ${_want}. It is not used. "
			"If the archive was replaced on purpose, run `ccenv vendor` with the new hash.")
	endif()
	file(MAKE_DIRECTORY "${tmp}/tree")
	execute_process(COMMAND "${CMAKE_COMMAND}" -E tar xf "${tmp}/archive" WORKING_DIRECTORY "${tmp}/tree" RESULT_VARIABLE _rc ERROR_VARIABLE _err)
	if(NOT _rc EQUAL 0)
		file(REMOVE_RECURSE "${tmp}")
		message(FATAL_ERROR "ccenv: ${url} is not an archive that CMake can unpack: ${_err}")
	endif()
	file(GLOB _dir LIST_DIRECTORIES true "${tmp}/tree/*")
	list(LENGTH _dir _n)
	if(NOT _n EQUAL 1)
		set(_dir "${tmp}/tree")
	endif()
	set(${out} "${_dir}" PARENT_SCOPE)
endfunction()

# _ccenv_vendor_get(home url sha256 release): puts ccenv there, from a release archive, or built from source; another process that is at it is
# waited for.
function(_ccenv_vendor_get home url sha256 release)
	get_filename_component(_parent "${home}" DIRECTORY)
	file(MAKE_DIRECTORY "${_parent}")
	file(LOCK "${_parent}/lock" GUARD FUNCTION TIMEOUT 900 RESULT_VARIABLE _locked)
	if(NOT _locked STREQUAL "0")
		message(FATAL_ERROR "ccenv: another process has been building ccenv for 15 minutes (${_parent}/lock): ${_locked}")
	endif()
	if(EXISTS "${home}/bin/ccenv")
		return()
	endif()
	string(RANDOM LENGTH 8 _tag)
	set(_tmp "${_parent}/tmp-${_tag}")
	set(_log "${_parent}/log.txt")
	file(WRITE "${_log}" "${url}\n")
	if(release)
		message(STATUS "ccenv is not installed: taking it from ${url}")
		_ccenv_vendor_tree(_src "${url}" "${sha256}" "${_tmp}")
		execute_process(COMMAND "${_src}/bin/ccenv" --version RESULT_VARIABLE _rc OUTPUT_VARIABLE _out ERROR_VARIABLE _out)
		file(APPEND "${_log}" "ccenv --version: ${_rc} ${_out}\n")
		if(_rc EQUAL 0)
			file(RENAME "${_src}" "${home}")
		elseif(NOT _ccenv_url)
			file(REMOVE_RECURSE "${_tmp}")
			message(FATAL_ERROR "ccenv: the program in ${url} does not run here (${_rc} ${_out}); it needs glibc 2.17 or newer. Install ccenv "
				"and set CCENV_EXECUTABLE to it, or let `ccenv vendor` name a source archive too.")
		endif()
	else()
		message(STATUS "ccenv is not installed: building it from ${url}")
		_ccenv_vendor_tree(_src "${url}" "${sha256}" "${_tmp}")
		_ccenv_vendor_step("${_log}" configure "${CMAKE_COMMAND}" -S "${_src}" -B "${_tmp}/build" -DCCENV_TESTS=OFF
			-DCMAKE_BUILD_TYPE=Release "-DCMAKE_INSTALL_PREFIX=${_tmp}/install")
		_ccenv_vendor_step("${_log}" build "${CMAKE_COMMAND}" --build "${_tmp}/build" --parallel)
		_ccenv_vendor_step("${_log}" install "${CMAKE_COMMAND}" --install "${_tmp}/build")
		file(RENAME "${_tmp}/install" "${home}")
	endif()
	file(REMOVE_RECURSE "${_tmp}")
endfunction()

# _ccenv_vendor_platform(out): this machine's, as conda names it.
function(_ccenv_vendor_platform out)
	cmake_host_system_information(RESULT _cpu QUERY OS_PLATFORM)
	cmake_host_system_information(RESULT _os QUERY OS_NAME)
	string(REGEX REPLACE "^(aarch64|arm64)$" "arm64" _cpu "${_cpu}")
	set(_known_Linux_x86_64 linux-64)
	set(_known_Linux_arm64 linux-aarch64)
	set(_known_macOS_x86_64 osx-64)
	set(_known_macOS_arm64 osx-arm64)
	set(${out} "${_known_${_os}_${_cpu}}" PARENT_SCOPE)
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
	_ccenv_vendor_platform(_ccenv_platform)
	set(_ccenv_homes "")
	foreach(_ccenv_v IN ITEMS "${_ccenv_sha256_${_ccenv_platform}}" "${_ccenv_sha256}")
		string(SUBSTRING "${_ccenv_v}" 0 12 _ccenv_v)
		list(APPEND _ccenv_homes "${_ccenv_cache}/bootstrap/${_ccenv_v}")
	endforeach()
	list(TRANSFORM _ccenv_homes APPEND "/bin/ccenv" OUTPUT_VARIABLE _ccenv_found)

	_ccenv_vendor_use(CondaCuda_DIR ${_ccenv_programs} ${_ccenv_found})
	if(NOT CondaCuda_DIR AND NOT "${CCENV_BOOTSTRAP}" MATCHES "^(0|OFF|NO|FALSE|off|no|false)$")
		list(GET _ccenv_homes 0 _ccenv_home)
		if(_ccenv_url_${_ccenv_platform})
			_ccenv_vendor_get("${_ccenv_home}" "${_ccenv_url_${_ccenv_platform}}" "${_ccenv_sha256_${_ccenv_platform}}" TRUE)
		endif()
		if(_ccenv_url AND NOT EXISTS "${_ccenv_home}/bin/ccenv")
			list(GET _ccenv_homes 1 _ccenv_home)
			_ccenv_vendor_get("${_ccenv_home}" "${_ccenv_url}" "${_ccenv_sha256}" FALSE)
		endif()
		_ccenv_vendor_use(CondaCuda_DIR ${_ccenv_found})
	endif()
	if(NOT CondaCuda_DIR)
		set(_ccenv_named "")
		foreach(_ccenv_v IN ITEMS linux-64 linux-aarch64 osx-64 osx-arm64)
			if(_ccenv_url_${_ccenv_v})
				string(APPEND _ccenv_named ", ${_ccenv_v}")
			endif()
		endforeach()
		if(_ccenv_named AND NOT _ccenv_url_${_ccenv_platform})
			string(SUBSTRING "${_ccenv_named}" 2 -1 _ccenv_named)
			message(FATAL_ERROR "ccenv was not found, neither in PATH nor by CCENV_EXECUTABLE, and ${CMAKE_CURRENT_LIST_FILE} "
				"has a release archive for ${_ccenv_named}, but none for this machine (${_ccenv_platform}). Install ccenv, or let `ccenv vendor` name one: "
				"--archive ${_ccenv_platform}=URL#sha256=HASH, or a source archive to build it from: --url and --sha256.")
		endif()
		message(FATAL_ERROR "ccenv was not found, neither in PATH nor by CCENV_EXECUTABLE. Install it (cmake --install puts its "
			"CMake package next to it), or let `ccenv vendor --archive linux-64=URL#sha256=HASH` name a release archive, or --url and --sha256 a source archive to "
			"build it from.")
	endif()
endif()

foreach(_ccenv_v cache found home homes named path platform programs sha256 url sha256_linux-64 url_linux-64 sha256_linux-aarch64 url_linux-aarch64
		sha256_osx-64 url_osx-64 sha256_osx-arm64 url_osx-arm64)
	unset(_ccenv_${_ccenv_v})
endforeach()
unset(_ccenv_v)
cmake_policy(POP)
