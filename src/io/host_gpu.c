/* SPDX-License-Identifier: MIT */
/*
 * What the NVIDIA driver serves. The hard part is that every way of asking can hang or break the
 * process, so each is taken in a child that reports through a pipe.
 */
#include "base/clock.h"
#include "io/host.h"

#if defined(__linux__)

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

enum {
	LIMIT_MS = 5000,
	OUTPUT_MAX = 1 << 20,
	DEVICES_MAX = 1024
};

/* What the child reports: CUDA's own integers, 12040 for 12.4. */
struct report {
	int driver;
	int arch_major, arch_minor;
};

/* A driver cannot say less than 1.0 or more than 99.9: anything else is noise. */
static bool is_driver_version(int v)
{
	return v >= 1000 && v <= 99990;
}

static void lower_arch(struct report *r, int major, int minor)
{
	if (major <= 0 || major > 99 || minor < 0 || minor > 99)
		return;
	if (!r->arch_major || major < r->arch_major ||
		(major == r->arch_major && minor < r->arch_minor)) {
		r->arch_major = major;
		r->arch_minor = minor;
	}
}

/* A toolkit's stub answers for no driver. */
static bool is_stub(void *library)
{
	struct link_map *map = NULL;
	char real[4096];

	if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 || !map)
		return false;
	return strstr(map->l_name, "/stubs/") ||
	       (realpath(map->l_name, real) && strstr(real, "/stubs/"));
}

static void *open_library(const char *name)
{
	/* Where distributions and WSL keep it without telling the loader. */
	static const char *const dirs[] = {
		"", "/usr/lib64/nvidia/", "/usr/lib/x86_64-linux-gnu/", "/usr/lib/wsl/lib/"};
	char path[128];

	for (size_t i = 0; i < CE_COUNT(dirs); i++) {
		void *library;

		(void)snprintf(path, sizeof(path), "%s%s", dirs[i], name);
		library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		if (library && !is_stub(library))
			return library;
		if (library)
			dlclose(library);
	}
	return NULL;
}

/* Runs in the child. */
static void ask_nvml(struct report *r)
{
	void *library = open_library("libnvidia-ml.so.1"), *device;
	int (*init)(void), (*driver)(int *), (*count)(unsigned *), (*get)(unsigned, void **);
	int (*capability)(void *, int *, int *);
	unsigned n = 0;

	if (!library)
		return;
	init = (int (*)(void))dlsym(library, "nvmlInit_v2");
	driver = (int (*)(int *))dlsym(library, "nvmlSystemGetCudaDriverVersion_v2");
	if (!driver)
		driver = (int (*)(int *))dlsym(library, "nvmlSystemGetCudaDriverVersion");
	count = (int (*)(unsigned *))dlsym(library, "nvmlDeviceGetCount_v2");
	get = (int (*)(unsigned, void **))dlsym(library, "nvmlDeviceGetHandleByIndex_v2");
	capability =
		(int (*)(void *, int *, int *))dlsym(library, "nvmlDeviceGetCudaComputeCapability");
	if (!init || !driver || init() != 0)
		return;
	if (driver(&r->driver) != 0)
		r->driver = 0;
	if (!count || !get || !capability || count(&n) != 0)
		return;
	for (unsigned i = 0; i < n && i < DEVICES_MAX; i++) {
		int major, minor;

		if (get(i, &device) == 0 && capability(device, &major, &minor) == 0)
			lower_arch(r, major, minor);
	}
}

/* Runs in the child. */
static void ask_libcuda(struct report *r)
{
	enum {
		COMPUTE_CAPABILITY_MAJOR = 75, /* enum CUdevice_attribute */
		COMPUTE_CAPABILITY_MINOR = 76
	};
	void *library = open_library("libcuda.so.1");
	int (*driver)(int *), (*init)(unsigned), (*count)(int *), (*get)(int *, int);
	int (*attribute)(int *, int, int);
	int n = 0;

	if (!library)
		return;
	driver = (int (*)(int *))dlsym(library, "cuDriverGetVersion");
	init = (int (*)(unsigned))dlsym(library, "cuInit");
	count = (int (*)(int *))dlsym(library, "cuDeviceGetCount");
	get = (int (*)(int *, int))dlsym(library, "cuDeviceGet");
	attribute = (int (*)(int *, int, int))dlsym(library, "cuDeviceGetAttribute");
	if (!driver || driver(&r->driver) != 0)
		r->driver = 0;
	if (!init || !count || !get || !attribute || init(0) != 0 || count(&n) != 0)
		return;
	for (int i = 0; i < n && i < DEVICES_MAX; i++) {
		int device, major, minor;

		if (get(&device, i) == 0 &&
			attribute(&major, COMPUTE_CAPABILITY_MAJOR, device) == 0 &&
			attribute(&minor, COMPUTE_CAPABILITY_MINOR, device) == 0)
			lower_arch(r, major, minor);
	}
}

/* Reads until the end, the limit in bytes or the deadline. */
static void read_until(int fd, int64_t deadline, struct ce_buf *out)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - ce_now_ms(CE_CLOCK_MONOTONIC);
		char chunk[4096];
		ssize_t n;

		if (left <= 0 || out->overflow)
			return;
		n = poll(&p, 1, (int)left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		ce_buf_add(out, chunk, (size_t)n);
	}
}

/* `out` becomes the standard output, or stays what it is when the child is to write to it itself.
 */
static void child_prepare(int out, bool is_stdout)
{
	int null = open("/dev/null", O_RDWR);

	/* A group of its own, so that what it starts is killed with it; and an end when the parent
	 * ends. */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 2) < 0 ||
		dup2(is_stdout ? out : null, 1) < 0)
		_exit(127);
}

/*
 * Runs `ask` (which writes its report), or `argv`, in a child whose standard output is gathered in
 * `out`. Kills the child at the limit.
 */
static void run_child(
	void (*ask)(struct report *r), const char *path, char *const *argv, struct ce_buf *out)
{
	int64_t deadline = ce_now_ms(CE_CLOCK_MONOTONIC) + LIMIT_MS;
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return;
	child = fork();
	if (child == 0) {
		struct report r = {0};

		child_prepare(fds[1], path != NULL);
		if (path) {
			execv(path, argv);
			_exit(127);
		}
		ask(&r);
		_exit(write(fds[1], &r, sizeof(r)) == (ssize_t)sizeof(r) ? 0 : 1);
	}
	close(fds[1]);
	if (child > 0) {
		(void)setpgid(child, child);
		read_until(fds[0], deadline, out);
		/* It has said all, or too much, or its time is over: whichever, it is done. */
		(void)kill(-child, SIGKILL);
		(void)kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(fds[0]);
}

static bool ask_library(void (*ask)(struct report *r), struct report *ret)
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out;

	ce_buf_init(&out, sizeof(*ret));
	run_child(ask, NULL, NULL, &out);
	if (out.len != sizeof(*ret) || out.overflow)
		return false;
	memcpy(ret, out.data, sizeof(*ret));
	return is_driver_version(ret->driver);
}

/* The path of nvidia-smi on an absolute entry of PATH, malloc'ed; NULL when there is none. */
static char *find_smi(const char *(*getenv_fn)(const char *name))
{
	const char *p = getenv_fn("PATH");

	while (p && *p) {
		size_t n = strcspn(p, ":");

		if (*p == '/') {
			char *path = ce_asprintf("%.*s/nvidia-smi", (int)n, p);

			if (access(path, X_OK) == 0)
				return path;
			free(path);
		}
		p += n;
		p += *p == ':';
	}
	return NULL;
}

/* "12.4" at `text`; false when there is none. */
static bool read_pair(const char *text, int *ret_major, int *ret_minor)
{
	char *end;
	long major = strtol(text, &end, 10), minor;

	if (end == text || *end != '.')
		return false;
	text = end + 1;
	minor = strtol(text, &end, 10);
	if (end == text || major < 0 || major > 99 || minor < 0 || minor > 99)
		return false;
	*ret_major = (int)major;
	*ret_minor = (int)minor;
	return true;
}

static bool ask_smi(const char *(*getenv_fn)(const char *name), struct report *ret)
{
	static const char tag[] = "<cuda_version>";
	CE_AUTOFREE char *path = find_smi(getenv_fn);
	CE_CLEANUP(ce_buf_release) struct ce_buf driver = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf devices = {0};
	char *const driver_args[] = {path, (char *)"-q", (char *)"-x", NULL};
	char *const device_args[] = {
		path, (char *)"--query-gpu=compute_cap", (char *)"--format=csv,noheader", NULL};
	int major, minor;
	const char *at;

	if (!path)
		return false;
	ce_buf_init(&driver, OUTPUT_MAX);
	ce_buf_init(&devices, OUTPUT_MAX);
	run_child(NULL, path, driver_args, &driver);
	at = strstr(ce_buf_str(&driver), tag);
	if (!at || !read_pair(at + sizeof(tag) - 1, &major, &minor))
		return false;
	ret->driver = major * 1000 + minor * 10;
	run_child(NULL, path, device_args, &devices);
	for (at = ce_buf_str(&devices); *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (read_pair(at, &major, &minor))
			lower_arch(ret, major, minor);
	return is_driver_version(ret->driver);
}

void ce_host_gpu(
	const char *(*getenv_fn)(const char *name), unsigned probes, struct ce_host_gpu *ret_gpu)
{
	struct report r = {0};
	enum ce_host_probe source;

	*ret_gpu = (struct ce_host_gpu){0};
	if ((probes & CE_HOST_NVML) && ask_library(ask_nvml, &r))
		source = CE_HOST_NVML;
	else if ((probes & CE_HOST_LIBCUDA) && ask_library(ask_libcuda, &r))
		source = CE_HOST_LIBCUDA;
	else if ((probes & CE_HOST_SMI) && ask_smi(getenv_fn, &r))
		source = CE_HOST_SMI;
	else
		return;
	*ret_gpu = (struct ce_host_gpu){
		.cuda_major = r.driver / 1000,
		.cuda_minor = r.driver % 1000 / 10,
		.arch_major = r.arch_major,
		.arch_minor = r.arch_minor,
		.source = source,
	};
}

#else /* NVIDIA has no driver elsewhere */

void ce_host_gpu(
	const char *(*getenv_fn)(const char *name), unsigned probes, struct ce_host_gpu *ret_gpu)
{
	(void)getenv_fn;
	(void)probes;
	*ret_gpu = (struct ce_host_gpu){0};
}

#endif
