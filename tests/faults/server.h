/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAULTS_SERVER_H
#define TESTS_FAULTS_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A small HTTP server on loopback whose answers are written by the test, byte by byte if need be:
 * broken ones too.
 *
 * One thread a connection. The handler runs in it and writes to `fd`; true keeps the connection for
 * another request.
 */
struct test_request {
	char method[16];
	char path[2048];
	const char *headers; /* all header lines */
	unsigned number;     /* 1 for the server's first request */
};

struct test_server;
typedef bool (*test_handler)(int fd, const struct test_request *req, void *user);

struct test_server *test_server_start(test_handler handler, void *user);
void test_server_stop(struct test_server *s);
int test_server_port(const struct test_server *s);
unsigned test_server_requests(const struct test_server *s);
/* The value of a header, malloc'ed; NULL when absent. */
char *test_request_header(const struct test_request *req, const char *name);

/* A whole answer; 204 and 304 without the body. `extra` is header lines, each with \r\n, or NULL.
 * False when the client is gone. */
bool test_respond(int fd, int status, const char *extra, const void *body, size_t len);
bool test_write(int fd, const void *data, size_t len);
bool test_writes(int fd, const char *text);

#endif
