/* SPDX-License-Identifier: MIT */
#ifndef CE_TESTS_FUZZ_H
#define CE_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Fuzz targets: everything that reads what comes from outside, and everything that writes text which
 * another program reads.
 *
 * Each takes one input, which may be anything, and must come back without a crash, a leak or an
 * endless loop. Where a property can be checked (two readers agree, what is written reads back), it
 * calls fuzz_require().
 *
 * Each is linked twice: with libFuzzer (preset "fuzz", libfuzzer.c) to find inputs, and with
 * replay.c to run the corpus again in the fast suite.
 */
#define FUZZ_TARGETS(X)                                                                            \
	X(version)     /* spec/version: lines: version, version */                                 \
	X(versionspec) /* spec/version_spec: lines: spec, version */                               \
	X(matchspec)   /* spec/spec, model/match: lines: spec, version, build */                   \
	X(regex)       /* spec/regex: lines: expression, text */                                   \
	X(manifest)    /* manifest/, model/manifest: ccenv.json */                                 \
	X(lockfile)    /* lock/: ccenv.lock */                                                     \
	X(scan)        /* repodata/record_scan: repodata.json */                                   \
	X(record)      /* model/pkg_read: a record as JSON, and the same as msgpack */             \
	X(shards)      /* repodata/shards: msgpack, packed by the target */                        \
	X(state)       /* repodata/state: the cache's note, "===", lines: headers of an answer */  \
	X(conda)       /* io/archive: a .conda */                                                  \
	X(tarbz2)      /* io/archive: a .tar.bz2 */                                                \
	X(tar)         /* io/archive: a tar, packed by the target into a .conda */                 \
	X(listing)     /* cache/listing: files of info/, each after a line "=== NAME" */           \
	X(contents)    /* cache/contents: the list next to a cache entry */                        \
	X(relocate)    /* install/relocate: lines: placeholder, prefix, then the file */           \
	X(elf)         /* io/elf, io/elf_sections */                                               \
	X(ar)          /* io/ar */                                                                 \
	X(quote)       /* emit/emit_text: text to quote for each language */                       \
	X(printable)   /* base/printable: text for a terminal */                                   \
	X(credentials) /* io/credentials: credentials.json, lines "! TOKENFILE TEXT", "? URL" */   \
	X(url)         /* base/url: lines: URL, reference */                                       \
	X(mirrors)     /* io/download_mirror: lines: CCENV_MIRRORS, a URL */                       \
	X(date)        /* io/download: an HTTP date */                                             \
	X(yaml)        /* io/yaml */                                                               \
	X(toml)        /* io/toml */                                                               \
	X(import)      /* exchange/import: a line with the name, then the file */                  \
	X(license)     /* exchange/license: a license expression */                                \
	X(bundle)      /* io/archive_tar: a tar */                                                 \
	X(edit)        /* manifest/manifest_edit: "OP PLACE", key, value, then ccenv.json */       \
	X(config)      /* cli/config: "project" or "user", then config.json */                     \
	X(cmakecache)  /* api/cmake_cache: CMakeCache.txt */                                       \
	X(index)       /* exchange/channel_index: repodata.json of a mirror */                     \
	X(export)      /* exchange/export_*: ccenv.lock */

#define FUZZ_DECLARE(name) void fuzz_##name(const char *data, size_t size);
FUZZ_TARGETS(FUZZ_DECLARE)

/* Aborts, naming the property that does not hold. */
void fuzz_require(bool holds, const char *property);
/* The next line of the input, without its newline, as a new string up to its first NUL; the rest is
 * left in *data and *size. The caller frees. */
char *fuzz_line(const char **data, size_t *size);
/* All of the input as a new string, up to its first NUL. The caller frees. */
char *fuzz_text(const char *data, size_t size);
/* An empty directory, the same on each call; what an earlier input left there is removed. */
const char *fuzz_dir(void);
/* The same directory as it is. */
const char *fuzz_dir_now(void);
/* Writes a file that a target reads; aborts when it cannot. */
void fuzz_write(const char *path, const void *data, size_t size);

#endif
