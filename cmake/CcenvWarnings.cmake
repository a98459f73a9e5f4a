# SPDX-License-Identifier: MIT
# ccenv_flags: warnings and sanitizers for ccenv's own targets.
add_library(ccenv_flags INTERFACE)
target_compile_options(ccenv_flags INTERFACE
	-Wall -Wextra -Wformat=2 -Wwrite-strings -Wvla -Wconversion -Wno-sign-conversion -fno-common -fvisibility=hidden
	"$<$<COMPILE_LANGUAGE:C>:-Wshadow;-Wstrict-prototypes;-Wmissing-prototypes>")
target_compile_definitions(ccenv_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
if(APPLE)
	# Names that are otherwise the same; calls that differ are in base/os.h.
	target_compile_definitions(ccenv_flags INTERFACE _DARWIN_C_SOURCE st_mtim=st_mtimespec O_PATH=O_RDONLY)
endif()
if(CCENV_WERROR)
	target_compile_options(ccenv_flags INTERFACE -Werror)
endif()
if(CCENV_FUZZ)
	# For libFuzzer, and for llvm-cov.
	target_compile_options(ccenv_flags INTERFACE -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping)
	target_link_options(ccenv_flags INTERFACE -fsanitize=fuzzer-no-link -fprofile-instr-generate)
endif()
if(CCENV_SANITIZE)
	target_compile_options(ccenv_flags INTERFACE -fsanitize=${CCENV_SANITIZE} -fno-omit-frame-pointer
		-fno-sanitize-recover=undefined)
	target_link_options(ccenv_flags INTERFACE -fsanitize=${CCENV_SANITIZE})
endif()
