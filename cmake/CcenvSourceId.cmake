# SPDX-License-Identifier: MIT
# One hash of all that decides what ccenv writes: its sources and the texts that are built in. A build tree remembers it, and
# is gone through again by a ccenv made from other ones.
#
# Included, it gives ccenv_source_id(target): adds a C file with `const char ce_source_id[]`, made anew when a source changes.
# Run as a script (-DDIR=<source tree> -DOUT=<file>), it writes that file.
if(NOT CMAKE_SCRIPT_MODE_FILE)
	function(ccenv_source_id target)
		file(GLOB_RECURSE files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*.[ch]" "${PROJECT_SOURCE_DIR}/include/*.h"
			"${PROJECT_SOURCE_DIR}/src/emit/text/*" "${PROJECT_SOURCE_DIR}/cmake/*.cmake")
		set(out "${CMAKE_CURRENT_BINARY_DIR}/source_id.c")
		add_custom_command(OUTPUT "${out}" DEPENDS ${files} COMMENT "" VERBATIM
			COMMAND "${CMAKE_COMMAND}" "-DDIR=${PROJECT_SOURCE_DIR}" "-DOUT=${out}"
				-P "${PROJECT_SOURCE_DIR}/cmake/CcenvSourceId.cmake")
		target_sources(${target} PRIVATE "${out}")
	endfunction()
	return()
endif()

file(GLOB_RECURSE files RELATIVE "${DIR}" "${DIR}/src/*.[ch]" "${DIR}/include/*.h" "${DIR}/src/emit/text/*" "${DIR}/cmake/*.cmake")
list(SORT files)
set(all "")
foreach(file IN LISTS files)
	file(SHA256 "${DIR}/${file}" sha)
	string(APPEND all "${sha} ${file}\n")
endforeach()
string(SHA256 id "${all}")
file(WRITE "${OUT}" "extern const char ce_source_id[];\nconst char ce_source_id[] = \"${id}\";\n")
