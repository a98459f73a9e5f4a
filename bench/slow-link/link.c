/* SPDX-License-Identifier: MIT */
/*
 * A slow line between two network namespaces, for kernels with or without netem:
 *
 *     link CLIENT_NS SERVER_NS DELAY_MS MBIT
 *
 * Each namespace gets a TUN device "line" (10.77.0.1 and 10.77.0.2); every packet that goes in at one
 * end comes out at the other DELAY_MS later, at most MBIT a second each way, from a queue of 1000
 * packets. What is above (TCP with its slow start, TLS, HTTP) is the kernel's own. Prints "ready".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
	QUEUE = 1000, /* packets */
	MTU = 1500,
};

struct direction {
	int from, to;
	int64_t free_at; /* when the line can take the next packet, ns */
	struct packet {
		int64_t due;
		size_t len;
		unsigned char data[MTU + 64];
	} queue[QUEUE];
	size_t first, n;
};

static struct direction ways[2];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int open_tun(const char *ns)
{
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(path);
	close(fd);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	strcpy(r.ifr_name, "line");
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) < 0)
		die("/dev/net/tun");
	return fd;
}

static void take(struct direction *d, int64_t delay, int64_t ns_per_byte)
{
	for (;;) {
		struct packet *p = &d->queue[(d->first + d->n) % QUEUE];
		unsigned char dropped[MTU + 64];
		bool room = d->n < QUEUE;
		ssize_t len = read(d->from, room ? p->data : dropped, sizeof(dropped));
		if (len <= 0)
			return;
		if (!room)
			continue;
		int64_t begin = now() > d->free_at ? now() : d->free_at;
		d->free_at = begin + len * ns_per_byte;
		p->due = d->free_at + delay;
		p->len = (size_t)len;
		d->n++;
	}
}

static int64_t give(struct direction *d)
{
	while (d->n) {
		struct packet *p = &d->queue[d->first];
		if (p->due > now())
			return p->due;
		if (write(d->to, p->data, p->len) < 0 && errno != EAGAIN && errno != EIO)
			die("write");
		d->first = (d->first + 1) % QUEUE;
		d->n--;
	}
	return INT64_MAX;
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	int client = open_tun(argv[1]), server = open_tun(argv[2]);
	int64_t delay = (int64_t)(atof(argv[3]) * 1e6);
	int64_t ns_per_byte = (int64_t)(8000 / atof(argv[4]));

	ways[0].from = ways[1].to = client;
	ways[0].to = ways[1].from = server;
	puts("ready");
	fflush(stdout);
	for (;;) {
		int64_t due = INT64_MAX;
		for (int i = 0; i < 2; i++) {
			int64_t next = give(&ways[i]);
			due = next < due ? next : due;
		}
		struct pollfd p[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
		int64_t left = due == INT64_MAX ? 1000000000 : due - now();
		struct timespec t = {
			left > 0 ? left / 1000000000 : 0, left > 0 ? left % 1000000000 : 0};
		ppoll(p, 2, &t, NULL);
		for (int i = 0; i < 2; i++)
			take(&ways[i], delay, ns_per_byte);
	}
}
