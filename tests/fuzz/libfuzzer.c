/* SPDX-License-Identifier: MIT */
/* One target for libFuzzer: FUZZ_TARGET is its name. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CALL_(name) fuzz_##name
#define FUZZ_CALL(name)  FUZZ_CALL_(name)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FUZZ_CALL(FUZZ_TARGET)((const char *)data, size);
	return 0;
}
