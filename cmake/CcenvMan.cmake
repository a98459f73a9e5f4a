# SPDX-License-Identifier: MIT
# Writes the manual pages that the program prints into a folder:
#     cmake -DCCENV=<program> -DDIR=<folder> -P CcenvMan.cmake
function(write_page name)
	execute_process(COMMAND "${CCENV}" man ${ARGN} OUTPUT_VARIABLE page COMMAND_ERROR_IS_FATAL ANY)
	file(WRITE "${DIR}/${name}.1" "${page}")
endfunction()

file(REMOVE_RECURSE "${DIR}")
execute_process(COMMAND "${CCENV}" completion --words OUTPUT_VARIABLE words COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${words}")
write_page(ccenv)
foreach(line IN LISTS lines)
	if(line MATCHES "^([a-z][a-z-]*)\t")
		write_page("ccenv-${CMAKE_MATCH_1}" "${CMAKE_MATCH_1}")
	endif()
endforeach()
