# CUDA @CUDA_VERSION@ toolchain (@LABEL@), written by ccenv: changes are lost. It moves with its directory.
#
# CMake reads this file once or twice per configure and once per try_compile, so that it must give the same answer each
# time and may not guard against a second reading. What the project may preset (all are optional):
#   CCENV_HERMETIC                  ON (default): neither the environment nor the system's directories are looked at
#   CCENV_USE_GCC                   ON (default): C and C++ are compiled by the gcc of this toolchain. OFF: by what CMake
#                                   is told or finds, and nvcc uses that too
#   CCENV_COMPILER_LAUNCHER         ccache, sccache or a list: goes before each compiler
#   CCENV_CHAINLOAD_TOOLCHAIN_FILE  is read first; compilers that it sets stay
#   CCENV_REPRODUCIBLE              ON: the same bytes from any directory, user and day. "strict": and an error for what only
#                                   `ccenv exec` can make so. OFF: not even names that nvcc makes up. Also of the environment, at
#                                   the first configure; else what ccenv.json says
#   CCENV_ALLOW_STALE               ON: go on with this toolchain when the lock file has changed since
cmake_policy(PUSH)
cmake_policy(VERSION 3.20)

# --- what and where ---------------------------------------------------------------------------------------------------

set(_ccenv_content "@CONTENT@")
set(_ccenv_target "@TARGET@")
set(_ccenv_triplet "@TRIPLET@")
set(_ccenv_cuda_version "@CUDA_VERSION@")
set(_ccenv_has_nvcc @HAS_NVCC@)
set(_ccenv_has_gcc @HAS_GCC@)
set(_ccenv_crossing @CROSSING@)
set(_ccenv_processor "@PROCESSOR@")
set(_ccenv_build_processor "@BUILD_PROCESSOR@")
set(_ccenv_emulator "@EMULATOR@")
set(_ccenv_names "@NAMES@")
set(_ccenv_archs "@ARCHS@")
set(_ccenv_known_archs "@KNOWN_ARCHS@")
set(_ccenv_other_archs "@OTHER_ARCHS@")
set(_ccenv_archs_all "@ALL_ARCHS@")
set(_ccenv_archs_all-major "@MAJOR_ARCHS@")
set(_ccenv_components "@COMPONENTS@")
set(_ccenv_other_components "@OTHER_COMPONENTS@")
get_filename_component(_ccenv_root "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
# The prefix of the libraries, and that of the tools: the same, unless another machine runs the result.
get_filename_component(_ccenv_env "@ENV@" ABSOLUTE BASE_DIR "${_ccenv_root}")
get_filename_component(_ccenv_tools "@TOOLS@" ABSOLUTE BASE_DIR "${_ccenv_root}")
set(_ccenv_view "${_ccenv_root}/@VIEW@")

# CMAKE_IN_TRY_COMPILE is not set yet at this point; the property is.
get_property(_ccenv_try GLOBAL PROPERTY IN_TRY_COMPILE)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES
	CCENV_HERMETIC CCENV_REPRODUCIBLE CCENV_USE_GCC CCENV_COMPILER_LAUNCHER CCENV_CHAINLOAD_TOOLCHAIN_FILE CCENV_MODE)
list(REMOVE_DUPLICATES CMAKE_TRY_COMPILE_PLATFORM_VARIABLES)
if(NOT DEFINED CCENV_HERMETIC)
	set(CCENV_HERMETIC ON)
endif()
# CCENV_MODE: "" for a toolchain file; "late" when C and C++ are enabled already (find_package(CondaCuda) after project()).
set(_ccenv_own_gcc ${_ccenv_has_gcc})
if(CCENV_MODE STREQUAL "late" OR (DEFINED CCENV_USE_GCC AND NOT CCENV_USE_GCC))
	set(_ccenv_own_gcc OFF)
endif()

set(_ccenv_needs "${_ccenv_env}/conda-meta" "${_ccenv_tools}/conda-meta" "${_ccenv_view}/version.json")
if(_ccenv_has_nvcc)
	list(APPEND _ccenv_needs "${_ccenv_view}/bin/nvcc")
endif()
if(_ccenv_has_gcc)
	list(APPEND _ccenv_needs "${_ccenv_view}/host/${_ccenv_triplet}-gcc")
endif()
foreach(_ccenv_v IN ITEMS "${_ccenv_env}" "${_ccenv_tools}")
	if(EXISTS "${_ccenv_v}/conda-meta/ccenv") # not in one that another program made
		list(APPEND _ccenv_needs "${_ccenv_v}/conda-meta/ccenv")
	endif()
endforeach()
foreach(_ccenv_v IN LISTS _ccenv_needs)
	if(NOT EXISTS "${_ccenv_v}")
		message(FATAL_ERROR "ccenv: ${_ccenv_v} is gone. Run `ccenv install --root ${_ccenv_root}@OF_TARGET@`, then configure again.")
	elseif(NOT _ccenv_try AND NOT IS_DIRECTORY "${_ccenv_v}")
		# A build over a view or prefix that was removed configures first: that makes it again, or says so.
		set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_ccenv_v}")
	endif()
endforeach()

# Moved or copied since it was installed? In its files is the path that it had. With find_package() or `ccenv toolchain` that has
# been put right before this file is read.
foreach(_ccenv_v IN ITEMS "${_ccenv_env}" "${_ccenv_tools}")
	set(_ccenv_i "${_ccenv_v}")
	if(NOT _ccenv_try AND EXISTS "${_ccenv_v}/conda-meta/ccenv")
		file(READ "${_ccenv_v}/conda-meta/ccenv" _ccenv_json)
		string(JSON _ccenv_i ERROR_VARIABLE _ccenv_bad GET "${_ccenv_json}" prefix)
	endif()
	if(NOT _ccenv_i STREQUAL _ccenv_v)
		# Two paths of one directory, maybe by a mount, which no command of CMake sees.
		execute_process(COMMAND test "${_ccenv_i}" -ef "${_ccenv_v}" RESULT_VARIABLE _ccenv_rc)
		if(NOT _ccenv_rc EQUAL 0)
			message(WARNING "ccenv: ${_ccenv_v} was installed as ${_ccenv_i} and has moved, but its files hold the old path: gcc may "
				"not find its headers. Run `ccenv install --root ${_ccenv_root}@OF_TARGET@`, then configure again.")
			break()
		endif()
	endif()
endforeach()

# Compilers of another machine than this one do not even start.
if(CMAKE_HOST_SYSTEM_PROCESSOR MATCHES "^(x86_64|aarch64)$" AND NOT CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL _ccenv_build_processor)
	message(FATAL_ERROR "ccenv: the compilers in ${_ccenv_root} run on ${_ccenv_build_processor}, and this machine is "
		"${CMAKE_HOST_SYSTEM_PROCESSOR}. Install again here, into another directory.")
endif()
if(_ccenv_crossing AND CCENV_MODE STREQUAL "late" AND NOT CMAKE_CROSSCOMPILING)
	message(FATAL_ERROR "CondaCuda: C and C++ are enabled already, for this machine, and the target is ${_ccenv_processor}. Move "
		"find_package(CondaCuda) above project(), and configure again in an empty build directory.")
endif()

# _ccenv_is_ours(out path): is it a program of this root?
function(_ccenv_is_ours out path)
	set(${out} OFF PARENT_SCOPE)
	foreach(dir IN ITEMS env host view)
		string(FIND "${path}" "${_ccenv_root}/${dir}/" at)
		if(at EQUAL 0)
			set(${out} ON PARENT_SCOPE)
		endif()
	endforeach()
endfunction()

if(CCENV_CHAINLOAD_TOOLCHAIN_FILE)
	include("${CCENV_CHAINLOAD_TOOLCHAIN_FILE}")
	# Set there, or found by CMake because of it: a compiler that is not ours.
	_ccenv_is_ours(_ccenv_i "${CMAKE_CXX_COMPILER}")
	if(CMAKE_CXX_COMPILER AND NOT _ccenv_i)
		set(_ccenv_own_gcc OFF)
	endif()
endif()

if(CMAKE_VERSION VERSION_EQUAL "3.25.0" AND NOT _ccenv_try)
	message(WARNING "ccenv: FindCUDAToolkit of CMake 3.25.0 is known to be broken; 3.25.1 mends it.")
endif()

# --- is it still the same toolchain? ----------------------------------------------------------------------------------

# CMake never notices that another toolchain stands behind a configured tree: compilers and libraries stay cached. So the
# identity is kept in the tree; when it differs, what was learnt from the old one is forgotten.
set(_ccenv_note VERBOSE)
if(NOT _ccenv_try)
	set(_ccenv_id "${_ccenv_content} ${_ccenv_root}\ntarget @LABEL@\n")
	set(_ccenv_stamp "${CMAKE_BINARY_DIR}/CMakeFiles/ccenv.stamp")
	set(_ccenv_old "")
	if(EXISTS "${_ccenv_stamp}")
		file(READ "${_ccenv_stamp}" _ccenv_old)
	endif()
	if(_ccenv_old MATCHES "\ntarget ([^\n]*)\n" AND NOT CMAKE_MATCH_1 STREQUAL "@LABEL@")
		message(FATAL_ERROR "ccenv: this build tree was configured for ${CMAKE_MATCH_1}, and the target is @LABEL@ now. CMake cannot "
			"change that: use another build directory.")
	endif()
	if(NOT _ccenv_old STREQUAL _ccenv_id)
		set(_ccenv_note STATUS)
		set(_ccenv_i "*")
		if(CCENV_MODE STREQUAL "late")
			set(_ccenv_i "CUDA")
		endif()
		file(GLOB _ccenv_files "${CMAKE_BINARY_DIR}/CMakeFiles/*/CMake${_ccenv_i}Compiler.cmake")
		if(_ccenv_files)
			file(REMOVE ${_ccenv_files})
			get_cmake_property(_ccenv_vars CACHE_VARIABLES)
			set(_ccenv_dropped "")
			foreach(_ccenv_v IN LISTS _ccenv_vars)
				get_property(_ccenv_help CACHE ${_ccenv_v} PROPERTY HELPSTRING)
				if(_ccenv_v MATCHES "_COMPILER_LAUNCHER$")
					continue()
				endif()
				# By name, by a path into a prefix or view, or what CMake itself chose for the old nvcc.
				if(_ccenv_v MATCHES "^(CMAKE_CUDA(_HOST)?_COMPILER.*|CUDA_.*_LIBRARY|CUDA_CUDART|_cmake_CUDAToolkit_.*|CUDAToolkit_.*|CUDA_TOOLKIT_.*)$"
					OR (_ccenv_i STREQUAL "*" AND _ccenv_v MATCHES "^CMAKE_(C|CXX)_COMPILER(_.*)?$")
					OR "$CACHE{${_ccenv_v}}" MATCHES "/(env|host|view)/[^;/]*-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]/"
					OR (_ccenv_v STREQUAL "CMAKE_CUDA_ARCHITECTURES" AND _ccenv_help STREQUAL "CUDA architectures"))
					unset(${_ccenv_v} CACHE)
					list(APPEND _ccenv_dropped ${_ccenv_v})
				endif()
			endforeach()
			list(LENGTH _ccenv_dropped _ccenv_n)
			message(STATUS "ccenv: the toolchain has changed; compilers and libraries are looked for again "
				"(${_ccenv_n} cache entries dropped)")
			message(VERBOSE "ccenv: dropped ${_ccenv_dropped}")
		endif()
		file(WRITE "${_ccenv_stamp}" "${_ccenv_id}")
	endif()

	set(_ccenv_manifest "@MANIFEST@")
	set(_ccenv_lock "@LOCK@")
	foreach(_ccenv_v manifest lock)
		if(_ccenv_${_ccenv_v})
			get_filename_component(_ccenv_${_ccenv_v} "${_ccenv_${_ccenv_v}}" ABSOLUTE BASE_DIR "${_ccenv_root}")
			if(EXISTS "${_ccenv_${_ccenv_v}}")
				set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_ccenv_${_ccenv_v}}")
			endif()
		endif()
	endforeach()
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_ccenv_root}/@STAMP@")
	# Whoever brought the toolchain up to date in this run has said so; else the lock must be the one it was made from.
	get_property(_ccenv_fresh GLOBAL PROPERTY CCENV_FRESH_ROOT)
	if(_ccenv_lock AND EXISTS "${_ccenv_lock}" AND NOT _ccenv_fresh STREQUAL _ccenv_root AND NOT CCENV_ALLOW_STALE)
		file(SHA256 "${_ccenv_lock}" _ccenv_sha)
		file(READ "${_ccenv_root}/@STAMP@" _ccenv_json)
		string(FIND "${_ccenv_json}" "${_ccenv_sha}" _ccenv_i)
		if(_ccenv_i EQUAL -1)
			message(FATAL_ERROR "ccenv: ${_ccenv_lock} has changed since this toolchain was installed. Run "
				"`ccenv install --root ${_ccenv_root}@OF_TARGET@`, or configure with -DCCENV_ALLOW_STALE=ON.")
		endif()
	endif()
endif()

# --- compilers --------------------------------------------------------------------------------------------------------

# Only when crossing: natively CMAKE_SYSTEM_NAME would switch off try_run.
if(_ccenv_crossing)
	set(CMAKE_SYSTEM_NAME Linux)
	set(CMAKE_SYSTEM_PROCESSOR "${_ccenv_processor}")
	# With an emulator try_run, tests and code generators of the project run here; its libc is the compiler's.
	if(NOT _ccenv_emulator)
		unset(_ccenv_i)
		find_program(_ccenv_i NAMES "qemu-${_ccenv_processor}" "qemu-${_ccenv_processor}-static" PATHS ENV PATH NO_DEFAULT_PATH
			NO_CACHE)
		if(_ccenv_i)
			set(_ccenv_emulator "${_ccenv_i};-L;${_ccenv_tools}/${_ccenv_triplet}/sysroot;-E"
				"LD_LIBRARY_PATH=${_ccenv_env}/lib:${_ccenv_tools}/${_ccenv_triplet}/lib")
		endif()
	endif()
	if(NOT DEFINED CMAKE_CROSSCOMPILING_EMULATOR AND _ccenv_emulator)
		set(CMAKE_CROSSCOMPILING_EMULATOR "${_ccenv_emulator}")
	endif()
endif()

if(_ccenv_own_gcc)
	set(_ccenv_bin "${_ccenv_tools}/bin/${_ccenv_triplet}")
	# nvcc_wrapper (of Kokkos and Trilinos) is a C++ compiler that calls nvcc and g++: these two are ours. In try_compile the
	# cache is empty, the environment is not.
	set(_ccenv_nvcc_wrapper "")
	foreach(_ccenv_v IN ITEMS "$ENV{_CCENV_NVCC_WRAPPER}" "$CACHE{CMAKE_CXX_COMPILER}" "$ENV{CXX}")
		_ccenv_is_ours(_ccenv_i "${_ccenv_v}")
		if(NOT _ccenv_nvcc_wrapper AND _ccenv_has_nvcc AND NOT _ccenv_i AND _ccenv_v MATCHES "(^|/)nvcc_wrapper$")
			unset(_ccenv_nvcc_wrapper)
			find_program(_ccenv_nvcc_wrapper NAMES "${_ccenv_v}" PATHS ENV PATH NO_DEFAULT_PATH NO_CACHE)
		endif()
	endforeach()
	foreach(_ccenv_v C CXX)
		_ccenv_is_ours(_ccenv_i "$CACHE{CMAKE_${_ccenv_v}_COMPILER}")
		if(_ccenv_note STREQUAL "STATUS" AND DEFINED CACHE{CMAKE_${_ccenv_v}_COMPILER} AND NOT _ccenv_i
			AND NOT (_ccenv_v STREQUAL "CXX" AND _ccenv_nvcc_wrapper))
			message(STATUS "ccenv: CMAKE_${_ccenv_v}_COMPILER=$CACHE{CMAKE_${_ccenv_v}_COMPILER} is not used; "
				"-DCCENV_USE_GCC=OFF would let it")
		endif()
	endforeach()
	# Hermetic, by the scripts that take nothing from the environment of the build; no launcher is needed for it.
	if(CCENV_HERMETIC)
		set(_ccenv_i "${_ccenv_view}/host/bare/${_ccenv_triplet}")
	else()
		set(_ccenv_i "${_ccenv_bin}")
	endif()
	set(CMAKE_C_COMPILER "${_ccenv_i}-gcc")
	set(CMAKE_CXX_COMPILER "${_ccenv_i}-g++")
	set(_ccenv_host "${_ccenv_i}-g++")
	if(_ccenv_nvcc_wrapper AND NOT _ccenv_try)
		set(ENV{_CCENV_NVCC_WRAPPER} "${_ccenv_nvcc_wrapper}")
		set(_ccenv_i "${CMAKE_BINARY_DIR}/CMakeFiles/ccenv")
		set(ENV{_CCENV_NVCC_WRAPPER_SHIM} "${_ccenv_i}/nvcc_wrapper")
		file(WRITE "${_ccenv_i}/nvcc_wrapper" "#!/bin/sh\n# Written by ccenv: nvcc_wrapper with this toolchain's nvcc and g++.\n"
			"exec '${_ccenv_view}/host/exec' '${_ccenv_nvcc_wrapper}' \"$@\"\n")
		file(CHMOD "${_ccenv_i}/nvcc_wrapper" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
			WORLD_READ WORLD_EXECUTE)
		message(${_ccenv_note} "ccenv: ${_ccenv_nvcc_wrapper} compiles C++, with this toolchain's nvcc and g++")
	endif()
	if(_ccenv_nvcc_wrapper)
		set(CMAKE_CXX_COMPILER "$ENV{_CCENV_NVCC_WRAPPER_SHIM}")
	endif()
	foreach(_ccenv_v AR RANLIB NM STRIP OBJCOPY OBJDUMP READELF ADDR2LINE)
		string(TOLOWER "${_ccenv_v}" _ccenv_i)
		if(EXISTS "${_ccenv_bin}-${_ccenv_i}")
			set(CMAKE_${_ccenv_v} "${_ccenv_bin}-${_ccenv_i}")
		endif()
	endforeach()
	if(EXISTS "${_ccenv_bin}-ld")
		set(CMAKE_LINKER "${_ccenv_bin}-ld")
	endif()
	# The wrappers that know gcc's LTO plugin.
	foreach(_ccenv_v AR RANLIB)
		string(TOLOWER "${_ccenv_v}" _ccenv_i)
		if(EXISTS "${_ccenv_bin}-gcc-${_ccenv_i}")
			set(CMAKE_C_COMPILER_${_ccenv_v} "${_ccenv_bin}-gcc-${_ccenv_i}")
			set(CMAKE_CXX_COMPILER_${_ccenv_v} "${_ccenv_bin}-gcc-${_ccenv_i}")
		endif()
	endforeach()
endif()

if(_ccenv_has_nvcc)
	# clang compiles CUDA with this toolkit, and nvcc's part of it: nothing else is taken in place of nvcc.
	set(_ccenv_clang "")
	foreach(_ccenv_v IN ITEMS "$ENV{_CCENV_CUDA_CLANG}" "$CACHE{CMAKE_CUDA_COMPILER}")
		_ccenv_is_ours(_ccenv_i "${_ccenv_v}")
		if(NOT _ccenv_clang AND _ccenv_v MATCHES "(^|/)clang[^/]*$")
			set(_ccenv_clang "${_ccenv_v}")
			set(ENV{_CCENV_CUDA_CLANG} "${_ccenv_v}")
			message(${_ccenv_note} "ccenv: ${_ccenv_v} compiles CUDA, with this toolkit (--cuda-path); what it cannot read of CUDA "
				"${_ccenv_cuda_version} is a matter of its version")
		elseif(NOT _ccenv_clang AND _ccenv_v AND NOT _ccenv_i)
			message(${_ccenv_note} "ccenv: CMAKE_CUDA_COMPILER=${_ccenv_v} is not used: nvcc is this toolchain's")
		endif()
	endforeach()
	# The view's nvcc, never the prefix's: nvcc reads the nvcc.profile next to the path it was called by.
	set(CMAKE_CUDA_COMPILER "${_ccenv_view}/bin/nvcc")
	if(_ccenv_clang)
		set(CMAKE_CUDA_COMPILER "${_ccenv_clang}")
		# With headers that stand in for what clang includes always, and is not installed.
		set(_ccenv_i "--cuda-path=${_ccenv_view} -idirafter ${_ccenv_root}/@IDE@/include")
		if(_ccenv_own_gcc)
			string(APPEND _ccenv_i " --target=${_ccenv_triplet} --gcc-toolchain=${_ccenv_tools} "
				"--sysroot=${_ccenv_tools}/${_ccenv_triplet}/sysroot -B${_ccenv_tools}/${_ccenv_triplet}/bin")
			# clang before 16 does not look where conda-forge's gcc has its C++ headers.
			file(GLOB _ccenv_all "${_ccenv_tools}/lib/gcc/${_ccenv_triplet}/*/include/c++")
			foreach(_ccenv_v IN LISTS _ccenv_all)
				string(APPEND _ccenv_i " -stdlib++-isystem ${_ccenv_v} -stdlib++-isystem ${_ccenv_v}/${_ccenv_triplet}")
			endforeach()
		endif()
		string(FIND "${CMAKE_CUDA_FLAGS_INIT}" "${_ccenv_i}" _ccenv_n)
		if(_ccenv_n EQUAL -1)
			string(APPEND CMAKE_CUDA_FLAGS_INIT " ${_ccenv_i}")
		endif()
	endif()
	_ccenv_is_ours(_ccenv_i "${CMAKE_CUDA_HOST_COMPILER}")
	if(_ccenv_own_gcc AND _ccenv_note STREQUAL "STATUS" AND CMAKE_CUDA_HOST_COMPILER AND NOT _ccenv_i)
		message(STATUS "ccenv: CMAKE_CUDA_HOST_COMPILER=${CMAKE_CUDA_HOST_COMPILER} is not used; -DCCENV_USE_GCC=OFF would let it")
	endif()
	# CMake has not looked for a C++ compiler yet when it reads this: nvcc, too, gets the one that will be found.
	set(_ccenv_i "${CMAKE_CXX_COMPILER}")
	if(_ccenv_own_gcc)
		set(_ccenv_i "${_ccenv_host}")
	endif()
	if(NOT _ccenv_own_gcc AND NOT CMAKE_CXX_COMPILER AND NOT CMAKE_CUDA_HOST_COMPILER)
		separate_arguments(_ccenv_all NATIVE_COMMAND "$ENV{CXX}")
		list(APPEND _ccenv_all c++)
		list(GET _ccenv_all 0 _ccenv_v)
		unset(_ccenv_i)
		find_program(_ccenv_i NAMES "${_ccenv_v}" c++ g++ clang++ PATHS ENV PATH NO_DEFAULT_PATH NO_CACHE)
	endif()
	if(_ccenv_i AND NOT _ccenv_clang AND (_ccenv_own_gcc OR NOT CMAKE_CUDA_HOST_COMPILER))
		# On the command line as -ccbin, where depfiles and caches see it.
		set(CMAKE_CUDA_HOST_COMPILER "${_ccenv_i}")
		set(CUDAToolkit_CUDA_HOST_COMPILER "${_ccenv_i}")
		set(CUDA_HOST_COMPILER "${_ccenv_i}")
	endif()
	# CMake 3.25.1 and earlier do not know how nvcc is told to compile C++20.
	if(CMAKE_VERSION VERSION_LESS 3.26)
		set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
		set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
	endif()
	# Those of ccenv.json, unless the user says otherwise. What CMake has cached as its own default is no such word.
	get_property(_ccenv_help CACHE CMAKE_CUDA_ARCHITECTURES PROPERTY HELPSTRING)
	if(_ccenv_archs AND NOT DEFINED ENV{CUDAARCHS}
		AND (NOT DEFINED CMAKE_CUDA_ARCHITECTURES OR _ccenv_help STREQUAL "CUDA architectures"))
		set(CMAKE_CUDA_ARCHITECTURES "${_ccenv_archs}")
	endif()
	# Before the compiler check, where nvcc would only say that it does not take one. Forms that are no number are CMake's.
	set(_ccenv_i CMAKE_CUDA_ARCHITECTURES)
	set(_ccenv_all "${CMAKE_CUDA_ARCHITECTURES}")
	if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
		set(_ccenv_i CUDAARCHS)
		set(_ccenv_all "$ENV{CUDAARCHS}")
	endif()
	# Words that older CMakes do not know: they would give nvcc "compute_".
	if(CMAKE_VERSION VERSION_LESS 3.23 AND _ccenv_all MATCHES "^all(-major)?$")
		set(_ccenv_all "${_ccenv_archs_${_ccenv_all}}")
		if(_ccenv_i STREQUAL "CUDAARCHS")
			set(ENV{CUDAARCHS} "${_ccenv_all}")
		else()
			set(CMAKE_CUDA_ARCHITECTURES "${_ccenv_all}")
		endif()
	elseif(CMAKE_VERSION VERSION_LESS 3.24 AND _ccenv_all STREQUAL "native")
		message(FATAL_ERROR "ccenv: ${_ccenv_i} is \"native\", which CMake knows from 3.24 on, and this is CMake ${CMAKE_VERSION}. Name "
			"the architecture of the GPU, as in -DCMAKE_CUDA_ARCHITECTURES=90, or write \"archs\": [\"native\"] under \"cuda\" in "
			"ccenv.json: `ccenv install` then asks the driver.")
	endif()
	foreach(_ccenv_v IN LISTS _ccenv_all)
		if(_ccenv_try OR NOT _ccenv_v MATCHES "^(([0-9]+)[af]?)(-real|-virtual)?$")
			continue()
		endif()
		set(_ccenv_n "${CMAKE_MATCH_2}")
		if(CMAKE_MATCH_1 IN_LIST _ccenv_known_archs)
			continue()
		endif()
		set(_ccenv_old "")
		if(";${_ccenv_other_archs}" MATCHES ";${_ccenv_n} ([^;]*)")
			set(_ccenv_old "; ${CMAKE_MATCH_1}")
		endif()
		list(JOIN _ccenv_known_archs " " _ccenv_help)
		if(_ccenv_old OR _ccenv_n IN_LIST _ccenv_known_archs)
			message(FATAL_ERROR "ccenv: ${_ccenv_i} is \"${_ccenv_all}\", and nvcc of CUDA ${_ccenv_cuda_version} does not take "
				"\"${_ccenv_v}\"${_ccenv_old}. It takes ${_ccenv_help}. Take some of these, or lock another CUDA.")
		endif()
		message(WARNING "ccenv: ${_ccenv_i} is \"${_ccenv_all}\", and \"${_ccenv_v}\" is not known here; known for nvcc of CUDA "
			"${_ccenv_cuda_version} are ${_ccenv_help}.")
	endforeach()
endif()

# --- where things are found -------------------------------------------------------------------------------------------

foreach(_ccenv_v CUDAToolkit_ROOT CUDA_TOOLKIT_ROOT_DIR)
	_ccenv_is_ours(_ccenv_i "$CACHE{${_ccenv_v}}/")
	if(NOT _ccenv_try AND DEFINED CACHE{${_ccenv_v}} AND NOT _ccenv_i)
		message(${_ccenv_note} "ccenv: ${_ccenv_v}=$CACHE{${_ccenv_v}} is not used: CUDA is this toolchain's")
	endif()
endforeach()
set(CUDAToolkit_ROOT "${_ccenv_view}")
set(CUDA_TOOLKIT_ROOT_DIR "${_ccenv_view}") # the old FindCUDA

# The view before what the project gave, the prefix behind it: the prefix may hold a CCCL of its own, which is not the
# toolkit's. The sysroot has librt, libdl and their like.
set(_ccenv_sysroot "${_ccenv_tools}/${_ccenv_triplet}/sysroot")
set(_ccenv_last "${_ccenv_env}")
if(_ccenv_own_gcc AND EXISTS "${_ccenv_sysroot}/usr")
	list(APPEND _ccenv_last "${_ccenv_sysroot}/usr")
endif()
list(REMOVE_ITEM CMAKE_PREFIX_PATH "${_ccenv_view}" ${_ccenv_last})
set(_ccenv_user "${CMAKE_PREFIX_PATH}")
list(INSERT CMAKE_PREFIX_PATH 0 "${_ccenv_view}")
list(APPEND CMAKE_PREFIX_PATH ${_ccenv_last})
if(_ccenv_own_gcc)
	# Debian's CMake does not look into lib64 by itself.
	list(APPEND CMAKE_LIBRARY_PATH "${_ccenv_sysroot}/usr/lib64" "${_ccenv_sysroot}/lib64")
	list(REMOVE_DUPLICATES CMAKE_LIBRARY_PATH)
endif()

if(_ccenv_crossing)
	# Libraries, headers and packages are the host's: from the view, its prefix and the sysroot, and from where the user or the
	# build itself puts some. Nothing of the machine that builds.
	list(APPEND CMAKE_FIND_ROOT_PATH "${_ccenv_view}" "${_ccenv_env}" "${_ccenv_sysroot}" ${_ccenv_user})
	if(NOT _ccenv_try)
		list(APPEND CMAKE_FIND_ROOT_PATH "${CMAKE_BINARY_DIR}" "${CMAKE_SOURCE_DIR}")
	endif()
	if(CMAKE_STAGING_PREFIX)
		list(APPEND CMAKE_FIND_ROOT_PATH "${CMAKE_STAGING_PREFIX}")
	endif()
	list(REMOVE_DUPLICATES CMAKE_FIND_ROOT_PATH)
	set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
	set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
	set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
	# Programs are those of the tools; what the host's packages have does not run here.
	list(INSERT CMAKE_PROGRAM_PATH 0 "${_ccenv_tools}/bin")
	list(REMOVE_DUPLICATES CMAKE_PROGRAM_PATH)
	list(APPEND CMAKE_IGNORE_PATH "${_ccenv_env}/bin" "${_ccenv_env}/sbin" "${_ccenv_tools}/lib" "${_ccenv_tools}/lib64"
		"${_ccenv_tools}/include")
	list(APPEND CMAKE_IGNORE_PREFIX_PATH "${_ccenv_tools}")
	if(NOT DEFINED CMAKE_FIND_ROOT_PATH_MODE_PACKAGE)
		set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
	endif()
endif()

# Other toolkits: FindCUDAToolkit takes from them whatever this one does not have.
file(GLOB _ccenv_others "/usr/local/cuda" "/usr/local/cuda-*" "/opt/cuda" "/opt/cuda-*")
string(REPLACE ":" ";" _ccenv_path "$ENV{PATH}")
foreach(_ccenv_v IN LISTS _ccenv_path)
	if(EXISTS "${_ccenv_v}/nvcc")
		get_filename_component(_ccenv_i "${_ccenv_v}" DIRECTORY)
		list(APPEND _ccenv_others "${_ccenv_i}")
	endif()
endforeach()
foreach(_ccenv_v CUDA_PATH CUDA_HOME CUDA_ROOT CONDA_PREFIX)
	file(GLOB _ccenv_i "$ENV{${_ccenv_v}}/include/cuda.h" "$ENV{${_ccenv_v}}/targets/*/include/cuda.h"
		"$ENV{${_ccenv_v}}/lib*/libcudart.so*")
	if(_ccenv_i AND IS_ABSOLUTE "$ENV{${_ccenv_v}}")
		list(APPEND _ccenv_others "$ENV{${_ccenv_v}}")
	endif()
endforeach()
# An active conda environment has libraries for another compiler, and says where they are: by PATH, and by CMAKE_PREFIX_PATH.
set(_ccenv_conda "$ENV{CONDA_PREFIX}")
string(FIND ";${CMAKE_PREFIX_PATH};" ";${_ccenv_conda};" _ccenv_i)
if(CCENV_HERMETIC AND _ccenv_own_gcc AND IS_ABSOLUTE "${_ccenv_conda}" AND _ccenv_i EQUAL -1)
	list(APPEND _ccenv_others "${_ccenv_conda}")
	message(${_ccenv_note} "ccenv: the active conda environment ${_ccenv_conda} is not looked at")
	string(REPLACE ":" ";" _ccenv_path "$ENV{CMAKE_PREFIX_PATH}")
	set(_ccenv_all "")
	foreach(_ccenv_v IN LISTS _ccenv_path)
		string(FIND "${_ccenv_v}/" "${_ccenv_conda}/" _ccenv_i)
		if(NOT _ccenv_i EQUAL 0)
			list(APPEND _ccenv_all "${_ccenv_v}")
		endif()
	endforeach()
	list(JOIN _ccenv_all ":" _ccenv_all)
	set(ENV{CMAKE_PREFIX_PATH} "${_ccenv_all}")
endif()
list(REMOVE_ITEM _ccenv_others "/" "/usr" "/usr/local" "${_ccenv_view}" "${_ccenv_env}")
foreach(_ccenv_v IN LISTS _ccenv_others)
	string(FIND "${_ccenv_root}/" "${_ccenv_v}/" _ccenv_i)
	if(NOT _ccenv_i EQUAL 0 AND EXISTS "${_ccenv_v}/conda-meta")
		# Not as a whole: ninja and Python may be there.
		file(GLOB _ccenv_all LIST_DIRECTORIES true "${_ccenv_v}/lib/cmake/*" "${_ccenv_v}/share/cmake/*" "${_ccenv_v}/share/*/cmake")
		list(APPEND CMAKE_IGNORE_PATH "${_ccenv_v}/include" "${_ccenv_v}/lib" "${_ccenv_v}/lib64" "${_ccenv_v}/lib/cmake"
			"${_ccenv_v}/targets/${_ccenv_target}/include" "${_ccenv_v}/targets/${_ccenv_target}/lib" ${_ccenv_all})
	elseif(NOT _ccenv_i EQUAL 0)
		list(APPEND CMAKE_IGNORE_PREFIX_PATH "${_ccenv_v}") # from CMake 3.23 on
		list(APPEND CMAKE_IGNORE_PATH "${_ccenv_v}/bin" "${_ccenv_v}/include" "${_ccenv_v}/lib" "${_ccenv_v}/lib64"
			"${_ccenv_v}/lib64/stubs" "${_ccenv_v}/lib/stubs")
	endif()
endforeach()
list(REMOVE_DUPLICATES CMAKE_IGNORE_PREFIX_PATH)
list(REMOVE_DUPLICATES CMAKE_IGNORE_PATH)

if(CCENV_HERMETIC)
	# Set and empty: FindCUDAToolkit neither looks for it nor makes its CUDA:: target.
	foreach(_ccenv_v IN ITEMS@ABSENT@)
		set(CUDA_${_ccenv_v}_LIBRARY "")
	endforeach()
	set(CMAKE_FIND_USE_PACKAGE_REGISTRY OFF)
	set(CMAKE_FIND_USE_SYSTEM_PACKAGE_REGISTRY OFF)
	if(_ccenv_own_gcc)
		# This gcc has a sysroot of its own: what lies in /usr fits neither its headers nor its glibc.
		set(CMAKE_FIND_USE_CMAKE_SYSTEM_PATH OFF)
	endif()
endif()

# Debian's directories for its own triplet, which this gcc does not name as its.
if(NOT CCENV_HERMETIC AND _ccenv_own_gcc AND NOT _ccenv_crossing AND EXISTS "/usr/lib/${_ccenv_processor}-linux-gnu")
	set(CMAKE_LIBRARY_ARCHITECTURE "${_ccenv_processor}-linux-gnu")
endif()
# FindCUDAToolkit would say at each configure that cuBLAS, which nobody has asked for, is not there; it has no other switch.
if(CMAKE_VERSION VERSION_LESS 3.31 AND NOT EXISTS "${_ccenv_view}/include/cublas_v2.h")
	set(CUDAToolkit_FIND_QUIETLY ON)
endif()
if(NOT _ccenv_try)
	list(JOIN _ccenv_components " " _ccenv_components)
	list(JOIN _ccenv_other_components " " _ccenv_other_components)
	message(${_ccenv_note} "ccenv: CUDA ${_ccenv_cuda_version} with ${_ccenv_components}")
	message(${_ccenv_note} "ccenv: not in the lock, to be added under \"components\" where needed: ${_ccenv_other_components}")
endif()

# --- linking ----------------------------------------------------------------------------------------------------------

# nvcc names the view's lib as an implicit directory, which CMake keeps out of the RPATH; without it a program with the
# shared runtime takes whatever the loader finds. Stubs must never get in: they answer every call with an error.
list(APPEND CMAKE_BUILD_RPATH "${_ccenv_view}/lib")
if(EXISTS "${_ccenv_env}/lib/libstdc++.so.6")
	list(APPEND CMAKE_BUILD_RPATH "${_ccenv_env}/lib")
endif()
list(REMOVE_DUPLICATES CMAKE_BUILD_RPATH)
list(APPEND CMAKE_PLATFORM_IMPLICIT_LINK_DIRECTORIES
	"${_ccenv_view}/lib/stubs" "${_ccenv_view}/lib64/stubs" "${_ccenv_view}/targets/${_ccenv_target}/lib/stubs"
	"${_ccenv_env}/targets/${_ccenv_target}/lib/stubs" "${_ccenv_env}/lib/stubs")
list(REMOVE_DUPLICATES CMAKE_PLATFORM_IMPLICIT_LINK_DIRECTORIES)
# A shared library may need others of the toolkit, of the prefix or of the driver, that the program over it does not name. A
# linker with a sysroot looks for those by -rpath-link only, which gets into no RUNPATH. The -L are for names without a path
# ("cudart", "cuda"), as with NVIDIA's installer; the driver's stubs are also where CMake does not take them for an implicit
# directory.
set(_ccenv_all "")
foreach(_ccenv_v IN ITEMS "${_ccenv_view}/lib" "${_ccenv_env}/lib" "${_ccenv_view}/stubs")
	list(APPEND _ccenv_all "-Wl,-rpath-link,${_ccenv_v}")
endforeach()
if(NOT CCENV_HERMETIC AND NOT _ccenv_crossing AND EXISTS "/usr/lib/${_ccenv_processor}-linux-gnu")
	list(APPEND _ccenv_all "-Wl,-rpath-link,/usr/lib/${_ccenv_processor}-linux-gnu")
endif()
# CMake takes /usr/include for the compiler's own and leaves it out, whichever package asks for it; but this gcc has a sysroot.
# Behind all others: the headers of the C library stay those of the sysroot.
if(NOT CCENV_HERMETIC AND _ccenv_own_gcc)
	foreach(_ccenv_v IN ITEMS "/usr/include/${_ccenv_processor}-linux-gnu" "/usr/include")
		if(IS_DIRECTORY "${_ccenv_v}")
			add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:SHELL:-idirafter ${_ccenv_v}>"
				"$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-Xcompiler=-idirafter,${_ccenv_v}>")
		endif()
	endforeach()
endif()
list(APPEND _ccenv_all "-L${_ccenv_view}/lib" "-L${_ccenv_view}/stubs")
add_link_options("$<HOST_LINK:$<$<LINK_LANGUAGE:C,CXX,CUDA>:${_ccenv_all}>>")
# conda-forge's gcc adds its prefix to each RPATH by itself. CMake does not know, and would leave the path of this build tree in
# what it installs; builtin.specs are the same without. Only what this gcc links: a Fortran compiler may be another's.
if(_ccenv_own_gcc)
	file(GLOB _ccenv_i "${_ccenv_tools}/lib/gcc/${_ccenv_triplet}/*/builtin.specs")
	if(_ccenv_i)
		add_link_options("$<HOST_LINK:$<$<LINK_LANGUAGE:C,CXX,CUDA>:-specs=builtin.specs>>")
	endif()
endif()

# --- the environment of this configure run ----------------------------------------------------------------------------

# CUDA_PATH and CUDAHOSTCXX would win over the variables above.
foreach(_ccenv_v CUDA_PATH CUDA_HOME CUDA_ROOT CUDAToolkit_ROOT)
	if(NOT _ccenv_try AND DEFINED ENV{${_ccenv_v}} AND NOT "$ENV{${_ccenv_v}}" STREQUAL _ccenv_view)
		message(${_ccenv_note} "ccenv: ${_ccenv_v}=$ENV{${_ccenv_v}} of the environment is not used")
	endif()
	set(ENV{${_ccenv_v}} "${_ccenv_view}")
endforeach()
set(_ccenv_scrub CUDAHOSTCXX CUDACXX NVCC_PREPEND_FLAGS NVCC_APPEND_FLAGS NVCC_CCBIN)
if(CCENV_HERMETIC)
	list(APPEND _ccenv_scrub CUDAFLAGS)
endif()
if(CCENV_HERMETIC AND _ccenv_own_gcc)
	# The flags of an activated conda environment name its directories.
	list(APPEND _ccenv_scrub CFLAGS CXXFLAGS LDFLAGS CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH
		GCC_EXEC_PREFIX)
endif()
foreach(_ccenv_v IN LISTS _ccenv_scrub)
	if(NOT _ccenv_try AND NOT "$ENV{${_ccenv_v}}" STREQUAL "")
		message(${_ccenv_note} "ccenv: ${_ccenv_v}=$ENV{${_ccenv_v}} of the environment is not used")
	endif()
	unset(ENV{${_ccenv_v}})
endforeach()
if(NOT _ccenv_try AND NOT "$ENV{LD_LIBRARY_PATH}" STREQUAL "")
	message(${_ccenv_note} "ccenv: LD_LIBRARY_PATH=$ENV{LD_LIBRARY_PATH} is set: programs may load other libraries than they were "
		"linked with")
endif()
string(FIND "$ENV{PATH}:" "${_ccenv_view}/bin:" _ccenv_i)
if(NOT _ccenv_i EQUAL 0)
	set(ENV{PATH} "${_ccenv_view}/bin:$ENV{PATH}")
endif()

set(_ccenv_pc "${_ccenv_root}/pkgconfig/@LABEL@")
if(CCENV_HERMETIC AND _ccenv_own_gcc)
	set(ENV{PKG_CONFIG_LIBDIR} "${_ccenv_pc}:${_ccenv_env}/lib/pkgconfig:${_ccenv_env}/share/pkgconfig")
	unset(ENV{PKG_CONFIG_SYSROOT_DIR})
endif()
string(FIND "$ENV{PKG_CONFIG_PATH}:" "${_ccenv_pc}:" _ccenv_i)
if(NOT _ccenv_i EQUAL 0)
	set(ENV{PKG_CONFIG_PATH} "${_ccenv_pc}:$ENV{PKG_CONFIG_PATH}")
endif()

# --- the same bytes everywhere ----------------------------------------------------------------------------------------

set(_ccenv_baked "@REPRODUCIBLE@")
if(NOT DEFINED CCENV_REPRODUCIBLE AND NOT "$ENV{CCENV_REPRODUCIBLE}" STREQUAL "")
	set(CCENV_REPRODUCIBLE "$ENV{CCENV_REPRODUCIBLE}" CACHE STRING "the same bytes from any directory: ON, OFF or strict")
endif()
if(NOT DEFINED CCENV_REPRODUCIBLE)
	set(CCENV_REPRODUCIBLE "${_ccenv_baked}")
endif()
string(TOLOWER "${CCENV_REPRODUCIBLE}" _ccenv_mode)
if(_ccenv_mode MATCHES "^(1|on|yes|true)$")
	set(_ccenv_mode "1")
elseif(_ccenv_mode MATCHES "^(0|off|no|false)$")
	set(_ccenv_mode "0")
elseif(NOT _ccenv_mode MATCHES "^(strict)?$")
	message(FATAL_ERROR "ccenv: CCENV_REPRODUCIBLE is \"${CCENV_REPRODUCIBLE}\"; expected ON, OFF or strict.")
endif()
set(CCENV_RULES OFF)
set(CCENV_RULES_MAPS "")
set(CCENV_RULES_MAPS_CUDA "")
set(CCENV_RULES_NAMES "@NVCC_NAMES@")
if(_ccenv_mode MATCHES "^(1|strict)$" AND NOT _ccenv_try)
	set(CCENV_RULES ON)
	# A map of nothing: make compiles again when flags change, and does not look at rules.
	set(_ccenv_i "-ffile-prefix-map=/ccenv/mode=.")
	add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:${_ccenv_i}>" "$<$<COMPILE_LANG_AND_ID:CUDA,NVIDIA>:-Xcompiler=${_ccenv_i}>")
	# Of two paths one of which lies in the other, the longer one must come last: gcc takes the last that fits.
	set(_ccenv_all "${CMAKE_BINARY_DIR}=./build" "${CMAKE_SOURCE_DIR}=.")
	string(FIND "${CMAKE_BINARY_DIR}/" "${CMAKE_SOURCE_DIR}/" _ccenv_i)
	if(_ccenv_i EQUAL 0 AND NOT CMAKE_BINARY_DIR STREQUAL CMAKE_SOURCE_DIR)
		list(REVERSE _ccenv_all)
	endif()
	string(FIND "${_ccenv_env}/" "${_ccenv_root}/" _ccenv_i)
	if(NOT _ccenv_i EQUAL 0)
		list(APPEND _ccenv_all "${_ccenv_env}=/ccenv/env")
	endif()
	list(APPEND _ccenv_all "${_ccenv_root}=/ccenv/root")
	foreach(_ccenv_v IN LISTS _ccenv_all)
		string(REGEX REPLACE "=[^=]*$" "" _ccenv_i "${_ccenv_v}")
		string(REGEX REPLACE "^.*=" "" _ccenv_n "${_ccenv_v}")
		get_filename_component(_ccenv_path "${_ccenv_i}" REALPATH)
		if(_ccenv_i MATCHES "[\"$`\\\\]")
			message(WARNING "ccenv: ${_ccenv_i} has a character that no shell would leave alone: this path stays in what is built")
			continue()
		endif()
		set(_ccenv_files "${_ccenv_path}" "${_ccenv_i}")
		list(REMOVE_DUPLICATES _ccenv_files)
		foreach(_ccenv_i IN LISTS _ccenv_files)
			string(APPEND CCENV_RULES_MAPS " \"-ffile-prefix-map=${_ccenv_i}=${_ccenv_n}\"")
			# nvcc reads it once more, and takes commas for ends.
			if(NOT _ccenv_i MATCHES "[ ,'&()|<>*?#!]")
				string(APPEND CCENV_RULES_MAPS_CUDA " -Xcompiler=-ffile-prefix-map=${_ccenv_i}=${_ccenv_n}")
			elseif(_ccenv_has_nvcc)
				message(WARNING "ccenv: nvcc cannot be told to leave out ${_ccenv_i}: this path stays in what it compiles")
			endif()
		endforeach()
	endforeach()

	# __DATE__ and __TIME__ are those of the last commit: for the gcc scripts, which build tools start without this environment.
	set(_ccenv_i "$ENV{SOURCE_DATE_EPOCH}")
	if(NOT _ccenv_i MATCHES "^[0-9]+$")
		execute_process(COMMAND git -C "${CMAKE_SOURCE_DIR}" log -1 --format=%ct OUTPUT_VARIABLE _ccenv_i ERROR_VARIABLE _ccenv_n
			RESULT_VARIABLE _ccenv_n OUTPUT_STRIP_TRAILING_WHITESPACE)
	endif()
	if(_ccenv_i MATCHES "^[0-9]+$")
		file(WRITE "${_ccenv_root}/source-date" "${_ccenv_i}\n")
		set(ENV{SOURCE_DATE_EPOCH} "${_ccenv_i}")
	endif()
	set(ENV{LC_ALL} "C.UTF-8")
	set(ENV{TZ} "UTC")
	# Generators in Python list what is in a set in an order of its hashes.
	set(ENV{PYTHONHASHSEED} "0")
elseif(NOT _ccenv_try AND EXISTS "${_ccenv_root}/source-date")
	file(REMOVE "${_ccenv_root}/source-date")
endif()
# The scripts that compile know what ccenv.json says; of another word they must be told.
set(_ccenv_told "")
if(NOT _ccenv_mode STREQUAL _ccenv_baked AND (_ccenv_mode MATCHES "^(0|strict)$" OR NOT _ccenv_baked STREQUAL ""))
	set(_ccenv_told "CCENV_REPRODUCIBLE=${_ccenv_mode}")
endif()

# --- each compile -----------------------------------------------------------------------------------------------------

# The compilers take care of the environment at build time by themselves; they are told where it has a say. CCACHE_COMPILERCHECK
# and its like, because files of different packages may share size and time.
set(_ccenv_launch_C "")
set(_ccenv_launch_CXX "")
set(_ccenv_launch_CUDA "")
if(EXISTS "/usr/bin/env" AND NOT CCENV_HERMETIC)
	set(_ccenv_launch_CUDA "/usr/bin/env" "CCENV_HERMETIC=0")
endif()
foreach(_ccenv_v C CXX CUDA)
	if(EXISTS "/usr/bin/env" AND _ccenv_told)
		if(NOT _ccenv_launch_${_ccenv_v})
			set(_ccenv_launch_${_ccenv_v} "/usr/bin/env")
		endif()
		list(APPEND _ccenv_launch_${_ccenv_v} "${_ccenv_told}")
	endif()
endforeach()
set(CCENV_RULES_FOR_CACHES OFF)
# What source and build directory have in common: paths below it are no part of ccache's key, so that another checkout hits.
set(_ccenv_basedir "${CMAKE_SOURCE_DIR}")
string(FIND "${CMAKE_BINARY_DIR}/" "${_ccenv_basedir}/" _ccenv_i)
while(NOT _ccenv_i EQUAL 0 AND _ccenv_basedir MATCHES "/.*/")
	get_filename_component(_ccenv_basedir "${_ccenv_basedir}" DIRECTORY)
	string(FIND "${CMAKE_BINARY_DIR}/" "${_ccenv_basedir}/" _ccenv_i)
endwhile()
if(NOT _ccenv_i EQUAL 0 OR DEFINED ENV{CCACHE_BASEDIR})
	set(_ccenv_basedir "") # nothing but "/", or the user has said
else()
	set(_ccenv_basedir "CCACHE_BASEDIR=${_ccenv_basedir}")
endif()
foreach(_ccenv_v C CXX CUDA)
	set(_ccenv_user "${CCENV_COMPILER_LAUNCHER}")
	if(DEFINED CACHE{CMAKE_${_ccenv_v}_COMPILER_LAUNCHER})
		set(_ccenv_user "$CACHE{CMAKE_${_ccenv_v}_COMPILER_LAUNCHER}")
	elseif(DEFINED ENV{CMAKE_${_ccenv_v}_COMPILER_LAUNCHER})
		set(_ccenv_user "$ENV{CMAKE_${_ccenv_v}_COMPILER_LAUNCHER}")
	endif()
	set(_ccenv_all ${_ccenv_launch_${_ccenv_v}})
	if(_ccenv_user MATCHES "ccache" AND EXISTS "/usr/bin/env")
		if(NOT _ccenv_all)
			set(_ccenv_all "/usr/bin/env")
		endif()
		# Paths are mapped by the scripts that compile, not on the command line, which is a part of the key.
		if(CCENV_RULES AND NOT _ccenv_told)
			list(APPEND _ccenv_all "CCENV_REPRODUCIBLE=${_ccenv_mode}")
		endif()
		if(CCENV_RULES AND _ccenv_v STREQUAL "CUDA" AND _ccenv_own_gcc)
			set(CCENV_RULES_MAPS_CUDA "")
		endif()
		# sccache runs the steps of nvcc in a directory of its own, with names of its own: those of temporary files are none of CMake's.
		if(CCENV_RULES AND _ccenv_v STREQUAL "CUDA" AND _ccenv_user MATCHES "sccache")
			string(REPLACE "objdir" "" CCENV_RULES_NAMES "${CCENV_RULES_NAMES}")
		endif()
		# sccache takes base directories from its server's environment or file only: SCCACHE_BASEDIRS is the user's.
		if(_ccenv_user MATCHES "sccache")
			list(APPEND _ccenv_all "SCCACHE_C_CUSTOM_CACHE_BUSTER=${_ccenv_content}${_ccenv_mode}")
		else()
			list(APPEND _ccenv_all "CCACHE_COMPILERCHECK=string:${_ccenv_content}${_ccenv_mode}" ${_ccenv_basedir})
			if(CCENV_RULES)
				# -g puts the directory into an object, but for the maps that ccache does not see.
				list(APPEND _ccenv_all "CCACHE_NOHASHDIR=true")
			endif()
		endif()
		if(_ccenv_v STREQUAL "CUDA" AND _ccenv_own_gcc)
			# The view's nvcc knows its g++; a -ccbin would put the path of the build tree into the cache's key.
			unset(CMAKE_CUDA_HOST_COMPILER)
		endif()
		if(_ccenv_v STREQUAL "CUDA" AND NOT _ccenv_try)
			set(CCENV_RULES_FOR_CACHES ON)
		endif()
	endif()
	# Not in try_compile: what the compiler says there about its directories must be said by this one.
	if(NOT _ccenv_try)
		list(APPEND _ccenv_all ${_ccenv_user})
	endif()
	if(_ccenv_all)
		set(CMAKE_${_ccenv_v}_COMPILER_LAUNCHER "${_ccenv_all}")
	endif()
endforeach()

if(_ccenv_has_nvcc AND NOT CMAKE_USER_MAKE_RULES_OVERRIDE_CUDA STREQUAL "${_ccenv_root}/toolchain/rules.cmake")
	set(CCENV_RULES_OF_USER "${CMAKE_USER_MAKE_RULES_OVERRIDE_CUDA}")
	set(CMAKE_USER_MAKE_RULES_OVERRIDE_CUDA "${_ccenv_root}/toolchain/rules.cmake")
endif()
foreach(_ccenv_v C CXX)
	set(_ccenv_i "${_ccenv_root}/toolchain/rules-${_ccenv_v}.cmake")
	# nvcc_wrapper passes these flags on to the wrong compiler.
	if(CCENV_RULES AND NOT CMAKE_USER_MAKE_RULES_OVERRIDE_${_ccenv_v} STREQUAL _ccenv_i
		AND NOT (_ccenv_v STREQUAL "CXX" AND CMAKE_CXX_COMPILER MATCHES "(^|/)nvcc_wrapper$"))
		set(CCENV_RULES_OF_USER_${_ccenv_v} "${CMAKE_USER_MAKE_RULES_OVERRIDE_${_ccenv_v}}")
		set(CMAKE_USER_MAKE_RULES_OVERRIDE_${_ccenv_v} "${_ccenv_i}")
	endif()
endforeach()

if(NOT DEFINED CMAKE_EXPORT_COMPILE_COMMANDS)
	set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
endif()

# --- when the project has been read ------------------------------------------------------------------------------------

# _ccenv_for_this_build(out name list): each item that names a path of the root counts in this build only; what is installed
# knows it no more. A library goes by its name there: whoever uses the package has a toolkit of his own.
function(_ccenv_for_this_build out name)
	set(_result "")
	set(_open "")
	foreach(_item IN LISTS ARGN)
		# A generator expression may have lists in it.
		string(APPEND _open "${_item}")
		string(REGEX MATCHALL "\\$<" _n "${_open}")
		list(LENGTH _n _n)
		string(REGEX MATCHALL ">" _m "${_open}")
		list(LENGTH _m _m)
		if(_n GREATER _m)
			string(APPEND _open "\\;")
			continue()
		endif()
		string(FIND "${_open}" "${CCENV_TOOLCHAIN_LOADED}/" _at)
		if(_at GREATER_EQUAL 0 AND NOT _open MATCHES "(BUILD|INSTALL)_INTERFACE:")
			if(name STREQUAL "INTERFACE_LINK_LIBRARIES" AND _open MATCHES "^(\\$<LINK_ONLY:)?/[^<>;]*/lib([^/<>;]+)\\.(so|a)[0-9.]*(>?)$")
				set(_lib "${CMAKE_MATCH_2}")
				if(CMAKE_MATCH_3 STREQUAL "a" AND NOT _lib MATCHES "_static$")
					set(_lib "-l:lib${_lib}.a")
				endif()
				list(APPEND _result "$<INSTALL_INTERFACE:${CMAKE_MATCH_1}${_lib}${CMAKE_MATCH_4}>")
			endif()
			set(_open "$<BUILD_INTERFACE:${_open}>")
		endif()
		list(APPEND _result "${_open}")
		set(_open "")
	endforeach()
	list(APPEND _result ${_open})
	set(${out} "${_result}" PARENT_SCOPE)
endfunction()

# _ccenv_finish_rpath(target): RUNPATH in the build tree, as seen from the program, where both move together.
function(_ccenv_finish_rpath target)
	get_property(_type TARGET ${target} PROPERTY TYPE)
	set(_kind LIBRARY)
	if(_type STREQUAL "EXECUTABLE")
		set(_kind RUNTIME)
	elseif(NOT _type MATCHES "^(SHARED|MODULE)_LIBRARY$")
		return()
	endif()
	get_property(_dir TARGET ${target} PROPERTY ${_kind}_OUTPUT_DIRECTORY)
	string(TOUPPER "${CMAKE_BUILD_TYPE}" _config)
	get_property(_other TARGET ${target} PROPERTY ${_kind}_OUTPUT_DIRECTORY_${_config})
	if(NOT _dir)
		get_property(_dir TARGET ${target} PROPERTY BINARY_DIR)
	endif()
	get_filename_component(_dir "${_dir}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
	if(_other OR _dir MATCHES "\\$<")
		return()
	elseif(CMAKE_CONFIGURATION_TYPES)
		string(APPEND _dir "/config")
	endif()
	set(_near OFF)
	foreach(_top IN ITEMS "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}")
		string(FIND "${_dir}/" "${_top}/" _at)
		string(FIND "${CCENV_TOOLCHAIN_LOADED}/" "${_top}/" _root)
		if(_at EQUAL 0 AND _root EQUAL 0)
			set(_near ON)
		endif()
	endforeach()
	get_property(_rpath TARGET ${target} PROPERTY BUILD_RPATH)
	set(_result "")
	foreach(_item IN LISTS _rpath)
		string(FIND "${_item}" "${CCENV_TOOLCHAIN_LOADED}/" _at)
		if(_near AND _at EQUAL 0)
			file(RELATIVE_PATH _item "${_dir}" "${_item}")
			set(_item "\$ORIGIN/${_item}")
		endif()
		list(APPEND _result "${_item}")
	endforeach()
	set_property(TARGET ${target} PROPERTY BUILD_RPATH "${_result}")
	set_property(TARGET ${target} PROPERTY BUILD_RPATH_USE_ORIGIN ON)
endfunction()

# _ccenv_finish_directory(dir): the targets of dir and of what is below it.
function(_ccenv_finish_directory dir)
	get_property(_targets DIRECTORY "${dir}" PROPERTY BUILDSYSTEM_TARGETS)
	foreach(_target IN LISTS _targets)
		foreach(_name IN ITEMS INTERFACE_INCLUDE_DIRECTORIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES INTERFACE_LINK_DIRECTORIES
			INTERFACE_LINK_LIBRARIES INTERFACE_COMPILE_OPTIONS INTERFACE_LINK_OPTIONS)
			get_property(_value TARGET ${_target} PROPERTY ${_name})
			string(FIND "${_value}" "${CCENV_TOOLCHAIN_LOADED}/" _at)
			if(_at GREATER_EQUAL 0)
				_ccenv_for_this_build(_value ${_name} ${_value})
				set_property(TARGET ${_target} PROPERTY ${_name} "${_value}")
			endif()
		endforeach()
		_ccenv_finish_launchers(TARGET ${_target})
		if(CCENV_RULES)
			_ccenv_finish_rpath(${_target})
		endif()
	endforeach()
	_ccenv_finish_launchers(DIRECTORY "${dir}")
	get_property(_dirs DIRECTORY "${dir}" PROPERTY SUBDIRECTORIES)
	foreach(_dir IN LISTS _dirs)
		_ccenv_finish_directory("${_dir}")
	endforeach()
endfunction()

# _ccenv_finish_launchers(scope…): a launcher that the project has chosen (Kokkos') may run nvcc_wrapper, which takes nvcc and g++
# out of PATH at build time.
function(_ccenv_finish_launchers)
	foreach(_name IN ITEMS RULE_LAUNCH_COMPILE RULE_LAUNCH_LINK)
		get_property(_value ${ARGN} PROPERTY ${_name})
		if(_value MATCHES "nvcc_wrapper" AND NOT _value MATCHES "/host/exec ")
			set_property(${ARGN} PROPERTY ${_name} "${CCENV_VIEW}/host/exec ${_value}")
		endif()
	endforeach()
endfunction()

# _ccenv_finish_tests(): a CMake that a test starts (ctest --build-and-test) uses this toolchain too; ctest reads this file first.
function(_ccenv_finish_tests)
	set(_file "${CMAKE_BINARY_DIR}/CMakeFiles/ccenv-ctest.cmake")
	file(WRITE "${_file}" "if(NOT DEFINED ENV{CMAKE_TOOLCHAIN_FILE})\n"
		"\tset(ENV{CMAKE_TOOLCHAIN_FILE} \"${CCENV_TOOLCHAIN_LOADED}/toolchain/@LABEL@.cmake\")\nendif()\n")
	set_property(DIRECTORY "${CMAKE_SOURCE_DIR}" APPEND PROPERTY TEST_INCLUDE_FILES "${_file}")
endfunction()

function(_ccenv_finish)
	if(CCENV_OWN_GCC AND CCENV_HERMETIC)
		_ccenv_finish_tests()
	endif()
	_ccenv_finish_launchers(GLOBAL)
	_ccenv_finish_directory("${CMAKE_SOURCE_DIR}")
endfunction()

get_property(_ccenv_i GLOBAL PROPERTY CCENV_FINISHES)
if(NOT _ccenv_try AND NOT _ccenv_i)
	set_property(GLOBAL PROPERTY CCENV_FINISHES ON)
	cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _ccenv_finish)
endif()

# --- for the project --------------------------------------------------------------------------------------------------

set(CCENV_TOOLCHAIN_LOADED "${_ccenv_root}")
set(CCENV_OWN_GCC ${_ccenv_own_gcc})
set(CCENV_PREFIX "${_ccenv_env}")
set(CCENV_VIEW "${_ccenv_view}")
set(CCENV_CUDA_VERSION "${_ccenv_cuda_version}")
set(CCENV_CUDA_TARGET "${_ccenv_target}")
set(CCENV_TARGET_NAMES "${_ccenv_names}")
# ExternalProject_Add() starts a fresh CMake, which inherits nothing.
set(CCENV_CMAKE_ARGS "-DCMAKE_TOOLCHAIN_FILE=${CMAKE_CURRENT_LIST_FILE}")

foreach(_ccenv_v all archs baked basedir bin build_processor clang components conda content crossing cuda_version dropped emulator env files fresh has_gcc has_nvcc help host i id json known_archs last launch_C launch_CXX launch_CUDA lock
	manifest mode n names needs note nvcc_wrapper old other_archs other_components others own_gcc path pc processor scrub sha stamp sysroot target told tools triplet try user vars view)
	unset(_ccenv_${_ccenv_v})
endforeach()
unset(_ccenv_v)
cmake_policy(POP)
