/* SPDX-License-Identifier: MIT */
/* The subdirs that conda knows. */
#include "spec/subdir.h"

#include <string.h>

#include "base/attr.h"
#include "base/edit.h"

static const char *const known[] = {
	"noarch",
	"linux-64",
	"linux-aarch64",
	"linux-ppc64le",
	"linux-32",
	"linux-armv6l",
	"linux-armv7l",
	"linux-riscv32",
	"linux-riscv64",
	"linux-s390x",
	"osx-64",
	"osx-arm64",
	"win-32",
	"win-64",
	"win-arm64",
	"emscripten-wasm32",
	"wasi-wasm32",
	"freebsd-64",
	"zos-z",
};

bool ce_subdir_is_known(const char *text, size_t len)
{
	for (size_t i = 0; i < CE_COUNT(known); i++)
		if (strlen(known[i]) == len && memcmp(known[i], text, len) == 0)
			return true;
	return false;
}

const char *ce_subdir_near(const char *text)
{
	const char *found = NULL;
	size_t least = 3;

	for (size_t i = 0; i < CE_COUNT(known); i++) {
		size_t distance = ce_edit_distance(known[i], text);

		if (distance < least) {
			least = distance;
			found = known[i];
		}
	}
	return found;
}
