/* SPDX-License-Identifier: MIT */
/* What the targets share. */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "ccenv/ccenv.h"

void fuzz_require(bool holds, const char *property)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", property);
	abort();
}

char *fuzz_line(const char **data, size_t *size)
{
	const char *end = memchr(*data, '\n', *size);
	size_t len = end ? (size_t)(end - *data) : *size;
	char *line = ce_strndup(*data, strnlen(*data, len));

	*size -= len + (end != NULL);
	*data += len + (end != NULL);
	return line;
}

char *fuzz_text(const char *data, size_t size)
{
	return ce_strndup(data, strnlen(data, size));
}

static char dir[64];

static void remove_dir(void)
{
	struct ccenv_error err;

	if (*dir)
		(void)!ce_fs_remove_tree(dir, &err);
}

const char *fuzz_dir(void)
{
	struct ccenv_error err;

	if (!*dir) {
		snprintf(dir, sizeof(dir), "%s/ccenv-fuzz.XXXXXX",
			access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		fuzz_require(mkdtemp(dir) != NULL, "a temporary directory can be made");
		atexit(remove_dir);
		return dir;
	}
	fuzz_require(ce_fs_remove_tree(dir, &err) >= 0, "a temporary directory can be removed");
	fuzz_require(mkdir(dir, 0700) == 0, "a temporary directory can be made again");
	return dir;
}

const char *fuzz_dir_now(void)
{
	return dir;
}

void fuzz_write(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	fuzz_require(f && fwrite(data, 1, size, f) == size && fclose(f) == 0, "a file is written");
}
