/* SPDX-License-Identifier: MIT */
/* A scripted HTTP server for tests: reads a request's head, then hands the socket to the test. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct test_server {
	int fd, port;
	test_handler handler;
	void *user;
	pthread_t thread;
	atomic_uint requests;
	atomic_int open; /* connections that still have a thread */
	pthread_mutex_t lock;
	int fds[256]; /* of open connections, to be shut down at the end */
};

struct connection {
	struct test_server *s;
	int fd, slot;
};

bool test_write(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

bool test_writes(int fd, const char *text)
{
	return test_write(fd, text, strlen(text));
}

bool test_respond(int fd, int status, const char *extra, const void *body, size_t len)
{
	/* These have no body (RFC 9110, 6.4.1): bytes after their head would be taken for the begin
	 * of the next answer. */
	bool bare = status == 204 || status == 304;
	char head[4096], length[64] = "";

	if (bare)
		len = 0;
	else
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n", len);
	int n = snprintf(head, sizeof(head), "HTTP/1.1 %d Status\r\n%s%s\r\n", status, length,
		extra ? extra : "");

	return test_write(fd, head, (size_t)n) && (!len || test_write(fd, body, len));
}

char *test_request_header(const struct test_request *req, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = req->headers; p && *p; p = strchr(p, '\n') + 1) {
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			p += n + 1;
			while (*p == ' ')
				p++;
			return strndup(p, strcspn(p, "\r\n"));
		}
		if (!strchr(p, '\n'))
			break;
	}
	return NULL;
}

/* Reads up to the empty line and no further; false at the end of the connection. */
static bool read_head(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		ssize_t n = recv(fd, text + len, size - len - 1, MSG_PEEK);
		if (n <= 0)
			return false;
		text[len + (size_t)n] = '\0';
		/* The empty line may have begun in the piece before. */
		char *end = strstr(text + (len > 3 ? len - 3 : 0), "\r\n\r\n");
		size_t take = end ? (size_t)(end + 4 - text) - len : (size_t)n;
		if (recv(fd, text + len, take, 0) != (ssize_t)take)
			return false;
		len += take;
		text[len] = '\0';
		if (end)
			return true;
	}
	return false;
}

static void *serve(void *user)
{
	struct connection *c = user;
	struct test_server *s = c->s;
	char text[16384];

	while (read_head(c->fd, text, sizeof(text))) {
		struct test_request req = {.number = atomic_fetch_add(&s->requests, 1) + 1};
		if (sscanf(text, "%15s %2047s", req.method, req.path) != 2)
			break;
		req.headers = strchr(text, '\n') + 1;
		if (!s->handler(c->fd, &req, s->user))
			break;
	}
	pthread_mutex_lock(&s->lock);
	s->fds[c->slot] = -1;
	close(c->fd);
	pthread_mutex_unlock(&s->lock);
	free(c);
	atomic_fetch_sub(&s->open, 1);
	return NULL;
}

static int take_slot(struct test_server *s, int fd)
{
	int found = -1;

	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < 256 && found < 0; i++) {
		if (s->fds[i] < 0) {
			s->fds[i] = fd;
			found = i;
		}
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

static void *listen_loop(void *user)
{
	struct test_server *s = user;
	int fd;

	/* A client that has gone already is no end; test_server_stop() is (EINVAL). */
	while ((fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno == ECONNABORTED ||
		errno == EINTR) {
		pthread_t thread;
		int on = 1;
		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		int slot = take_slot(s, fd);
		if (slot < 0) {
			close(fd);
			continue;
		}
		struct connection *c = malloc(sizeof(*c));
		*c = (struct connection){s, fd, slot};
		atomic_fetch_add(&s->open, 1);
		pthread_create(&thread, NULL, serve, c);
		pthread_detach(thread);
	}
	return NULL;
}

struct test_server *test_server_start(test_handler handler, void *user)
{
	struct test_server *s = calloc(1, sizeof(*s));
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(a);

	for (int i = 0; i < 256; i++)
		s->fds[i] = -1;
	pthread_mutex_init(&s->lock, NULL);
	s->handler = handler;
	s->user = user;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
		listen(s->fd, 64) < 0 || getsockname(s->fd, (struct sockaddr *)&a, &len) < 0) {
		perror("test server");
		abort();
	}
	s->port = ntohs(a.sin_port);
	pthread_create(&s->thread, NULL, listen_loop, s);
	return s;
}

void test_server_stop(struct test_server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < 256; i++) {
		if (s->fds[i] >= 0)
			shutdown(s->fds[i], SHUT_RDWR);
	}
	pthread_mutex_unlock(&s->lock);
	while (atomic_load(&s->open))
		usleep(1000);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int test_server_port(const struct test_server *s)
{
	return s->port;
}

unsigned test_server_requests(const struct test_server *s)
{
	return atomic_load(&s->requests);
}
