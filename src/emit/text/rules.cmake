# Read by CMake when it enables CUDA (CMAKE_USER_MAKE_RULES_OVERRIDE_CUDA), written by ccenv: changes are lost.

# FindCUDAToolkit asks for threads as soon as a C or C++ compiler is known, and FindThreads then wants one of these languages to
# be on. In a project of CUDA alone neither is: their compilers are known again when the project enables them.
# In a tree that has them already it is the cache that must not be seen.
if(CCENV_OWN_GCC AND CMAKE_C_COMPILER AND NOT CMAKE_C_COMPILER_LOADED)
	set(ENV{CC} "${CMAKE_C_COMPILER}")
	unset(CMAKE_C_COMPILER)
	if(CMAKE_C_COMPILER)
		set(CMAKE_C_COMPILER "")
	endif()
endif()
if(CCENV_OWN_GCC AND CMAKE_CXX_COMPILER AND NOT CMAKE_CXX_COMPILER_LOADED)
	set(ENV{CXX} "${CMAKE_CXX_COMPILER}")
	unset(CMAKE_CXX_COMPILER)
	if(CMAKE_CXX_COMPILER)
		set(CMAKE_CXX_COMPILER "")
	endif()
endif()

# Caches look for a path in a word of its own, and CMake before 3.31 writes -isystem=<path>.
if(CCENV_RULES_FOR_CACHES)
	set(CMAKE_INCLUDE_SYSTEM_FLAG_CUDA "-isystem ")
endif()
if(CCENV_RULES)
	set(_ccenv_language CUDA)
	include("${CMAKE_CURRENT_LIST_DIR}/rules-add.cmake")
endif()
if(CCENV_RULES_OF_USER)
	include("${CCENV_RULES_OF_USER}")
endif()
