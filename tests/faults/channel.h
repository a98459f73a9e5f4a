/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAULTS_CHANNEL_H
#define TESTS_FAULTS_CHANNEL_H

#include <stddef.h>

/*
 * A small channel (linux-64 and noarch) with one of everything: both kinds of archive and twins, a
 * removed record, one whose name is not that of its file, virtual packages, old time stamps, names
 * in capitals.
 */
void test_channel_write(const char *dir);
/* What the walk from "top" must find, one record a line: file, subdir, size, number of
 * dependencies. */
extern const char test_channel_records[];

void test_write_file(const char *path, const void *data, size_t len);

#endif
