/* SPDX-License-Identifier: MIT */
/*
 * libarchive, loaded by the first package that is unpacked: most starts unpack none, and its
 * libraries (XML, Unicode, ciphers, for formats that packages do not have) would cost each of them
 * two milliseconds.
 *
 * Each archive_ function here has the name and type that the library's headers declare. They may be
 * called after ce_archive_load() has said yes.
 */
#include "io/archive_lazy.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#define FUNCTIONS(f)                                                                               \
	f(entry_filetype) f(entry_hardlink) f(entry_mtime) f(entry_mtime_nsec) f(entry_pathname)   \
		f(entry_perm) f(entry_symlink) f(error_string) f(read_data_block) f(read_free)     \
			f(read_new) f(read_next_header) f(read_open) f(read_support_filter_bzip2)  \
				f(read_support_filter_zstd) f(read_support_format_tar)             \
					f(read_support_format_zip_streamable)                      \
						f(read_set_format_option) f(set_error)

#define MEMBER(name) __typeof__(archive_##name) *name;
static struct {
	FUNCTIONS(MEMBER)
} la;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
	/* Its name since libarchive 3. Never unloaded. */
	void *lib = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return;
	loaded = true;
#define FIND(name)                                                                                 \
	la.name = (__typeof__(archive_##name) *)dlsym(lib, "archive_" #name);                      \
	loaded = loaded && la.name;
	FUNCTIONS(FIND)
}

bool ce_archive_load(void)
{
	pthread_once(&once, load);
	return loaded;
}

#define FORWARD(type, name, parameters, arguments)                                                 \
	type archive_##name parameters                                                             \
	{                                                                                          \
		return la.name arguments;                                                          \
	}

FORWARD(struct archive *, read_new, (void), ())
FORWARD(int, read_free, (struct archive * a), (a))
FORWARD(int, read_support_filter_bzip2, (struct archive * a), (a))
FORWARD(int, read_support_filter_zstd, (struct archive * a), (a))
FORWARD(int, read_support_format_tar, (struct archive * a), (a))
FORWARD(int, read_support_format_zip_streamable, (struct archive * a), (a))
FORWARD(int, read_set_format_option,
	(struct archive * a, const char *module, const char *option, const char *value),
	(a, module, option, value))
FORWARD(int, read_open,
	(struct archive * a, void *user, archive_open_callback *open, archive_read_callback *read,
		archive_close_callback *close),
	(a, user, open, read, close))
FORWARD(int, read_next_header, (struct archive * a, struct archive_entry **ret), (a, ret))
FORWARD(int, read_data_block,
	(struct archive * a, const void **ret, size_t *ret_len, la_int64_t *ret_at),
	(a, ret, ret_len, ret_at))
FORWARD(const char *, error_string, (struct archive * a), (a))

void archive_set_error(struct archive *a, int errnum, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	la.set_error(a, errnum, "%s", text);
}

FORWARD(const char *, entry_pathname, (struct archive_entry * e), (e))
FORWARD(const char *, entry_symlink, (struct archive_entry * e), (e))
FORWARD(const char *, entry_hardlink, (struct archive_entry * e), (e))
FORWARD(__LA_MODE_T, entry_filetype, (struct archive_entry * e), (e))
FORWARD(__LA_MODE_T, entry_perm, (struct archive_entry * e), (e))
FORWARD(time_t, entry_mtime, (struct archive_entry * e), (e))
FORWARD(long, entry_mtime_nsec, (struct archive_entry * e), (e))
