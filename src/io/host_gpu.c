/* SPDX-License-Identifier: MIT */
/*
 * What the NVIDIA driver serves. The hard part is that every way of asking can hang or break the
 * process, so each is taken in a child that reports through a pipe.
 */
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
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/os.h"
#include "ccenv/ccenv.h"
#include "io/spawn.h"

enum {
	LIMIT_S = 5,
	OUTPUT_MAX = 1 << 20,
	DEVICES_MAX = 1024
};

/* What the child reports, each time that it knows more: CUDA's own integers, 12040 for 12.4. */
struct report {
	int driver;
	int arch_major, arch_minor;
};

/* What one source knows, and where to say so. */
struct probe {
	struct report known;
	int out;
};

/* A driver may crash or hang at the next question: what is known by now has been said. */
static void say(const struct probe *p)
{
	struct report known = p->known;

	ce_ignore(write(p->out, &known, sizeof(known)));
}

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

typedef int (*capability_fn)(void *device, int *major, int *minor);

static void note_nvml_devices(struct probe *p, void *library)
{
	int (*count)(unsigned *) = (int (*)(unsigned *))dlsym(library, "nvmlDeviceGetCount_v2");
	int (*get)(unsigned, void **) =
		(int (*)(unsigned, void **))dlsym(library, "nvmlDeviceGetHandleByIndex_v2");
	capability_fn capability =
		(capability_fn)dlsym(library, "nvmlDeviceGetCudaComputeCapability");
	unsigned n = 0;

	if (!count || !get || !capability || count(&n) != 0)
		return;
	for (unsigned i = 0; i < n && i < DEVICES_MAX; i++) {
		int major = 0, minor = 0;
		void *device = NULL;

		if (get(i, &device) == 0 && capability(device, &major, &minor) == 0)
			lower_arch(&p->known, major, minor);
	}
}

/* Runs in the child. */
static void ask_nvml(struct probe *p)
{
	void *library = open_library("libnvidia-ml.so.1");
	int (*init)(void), (*driver)(int *);

	if (!library)
		return;
	init = (int (*)(void))dlsym(library, "nvmlInit_v2");
	driver = (int (*)(int *))dlsym(library, "nvmlSystemGetCudaDriverVersion_v2");
	if (!driver)
		driver = (int (*)(int *))dlsym(library, "nvmlSystemGetCudaDriverVersion");
	if (!init || init() != 0)
		return;
	if (driver && driver(&p->known.driver) != 0)
		p->known.driver = 0;
	say(p);
	note_nvml_devices(p, library);
	say(p);
}

static void note_cuda_devices(struct probe *p, void *library)
{
	enum {
		COMPUTE_CAPABILITY_MAJOR = 75, /* enum CUdevice_attribute */
		COMPUTE_CAPABILITY_MINOR = 76
	};
	int (*count)(int *) = (int (*)(int *))dlsym(library, "cuDeviceGetCount");
	int (*get)(int *, int) = (int (*)(int *, int))dlsym(library, "cuDeviceGet");
	int (*attribute)(int *, int, int) =
		(int (*)(int *, int, int))dlsym(library, "cuDeviceGetAttribute");
	int n = 0;

	if (!count || !get || !attribute || count(&n) != 0)
		return;
	for (int i = 0; i < n && i < DEVICES_MAX; i++) {
		int device = 0, major = 0, minor = 0;

		if (get(&device, i) == 0 &&
			attribute(&major, COMPUTE_CAPABILITY_MAJOR, device) == 0 &&
			attribute(&minor, COMPUTE_CAPABILITY_MINOR, device) == 0)
			lower_arch(&p->known, major, minor);
	}
}

/* Runs in the child. */
static void ask_libcuda(struct probe *p)
{
	void *library = open_library("libcuda.so.1");
	int (*driver)(int *), (*init)(unsigned);

	if (!library)
		return;
	driver = (int (*)(int *))dlsym(library, "cuDriverGetVersion");
	init = (int (*)(unsigned))dlsym(library, "cuInit");
	if (driver && driver(&p->known.driver) != 0)
		p->known.driver = 0;
	say(p);
	if (!init || init(0) != 0)
		return;
	note_cuda_devices(p, library);
	say(p);
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

/* What the library prints is nobody's business. */
static void child_prepare(void)
{
	int null = open("/dev/null", O_RDWR);

	/* A group of its own, so that what it starts is killed with it; and an end when the parent
	 * ends. */
	(void)setpgid(0, 0);
	ce_os_die_with_parent();
	for (int fd = 0; fd < 3; fd++) {
		if (null < 0 || dup2(null, fd) < 0)
			_exit(127);
	}
}

/* Runs `ask` in a child, which is killed at the limit; its reports are gathered in `out`. */
static void run_child(void (*ask)(struct probe *p), struct ce_buf *out)
{
	int64_t deadline = ce_now_ms(CE_CLOCK_MONOTONIC) + LIMIT_S * 1000;
	int fds[2];
	pid_t child;

	if (ce_os_pipe(fds) != 0)
		return;
	child = fork();
	if (child == 0) {
		/* Not one of the three that are replaced. */
		struct probe p = {.out = fcntl(fds[1], F_DUPFD_CLOEXEC, 3)};

		child_prepare();
		ask(&p);
		_exit(0);
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

/* The last thing that the child has said. */
static struct report ask_library(void (*ask)(struct probe *p))
{
	CE_CLEANUP(ce_buf_release) struct ce_buf out;
	struct report r = {0};

	ce_buf_init(&out, OUTPUT_MAX);
	run_child(ask, &out);
	size_t n = out.len / sizeof(r);
	if (n && !out.overflow)
		memcpy(&r, out.data + (n - 1) * sizeof(r), sizeof(r));
	return r;
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

/* What nvidia-smi prints; empty when it fails. */
static void run_smi(const char *const argv[], struct ce_buf *out)
{
	struct ccenv_error ignored;
	int status = 0;

	ce_buf_init(out, OUTPUT_MAX);
	if (ce_spawn_read(argv, LIMIT_S, out, &status, &ignored) < 0 || status != 0)
		ce_buf_clear(out);
}

static struct report ask_smi(const char *(*getenv_fn)(const char *name))
{
	static const char tag[] = "<cuda_version>";
	CE_AUTOFREE char *path = ce_fs_find_program(getenv_fn("PATH"), "nvidia-smi");
	CE_CLEANUP(ce_buf_release) struct ce_buf driver = {0};
	CE_CLEANUP(ce_buf_release) struct ce_buf devices = {0};
	const char *const driver_args[] = {path, "-q", "-x", NULL};
	const char *const device_args[] = {
		path, "--query-gpu=compute_cap", "--format=csv,noheader", NULL};
	struct report r = {0};
	int major, minor;

	if (!path)
		return r;
	run_smi(driver_args, &driver);
	const char *at = strstr(ce_buf_str(&driver), tag);
	if (at && read_pair(at + sizeof(tag) - 1, &major, &minor))
		r.driver = major * 1000 + minor * 10;
	/* One that hangs costs the limit once. */
	if (!driver.len)
		return r;
	run_smi(device_args, &devices);
	for (at = ce_buf_str(&devices); *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (read_pair(at, &major, &minor))
			lower_arch(&r, major, minor);
	return r;
}

/* Takes over what is not known yet, and makes sense. */
static void merge(struct ce_host_gpu *gpu, const struct report *r, enum ce_host_probe source)
{
	if (!gpu->cuda_major && is_driver_version(r->driver)) {
		gpu->cuda_major = r->driver / 1000;
		gpu->cuda_minor = r->driver % 1000 / 10;
		gpu->source = source;
	}
	if (!gpu->arch_major && r->arch_major) {
		gpu->arch_major = r->arch_major;
		gpu->arch_minor = r->arch_minor;
		gpu->arch_source = source;
	}
}

void ce_host_gpu(
	const char *(*getenv_fn)(const char *name), unsigned probes, struct ce_host_gpu *ret_gpu)
{
	struct ce_host_gpu gpu = {0};

	for (unsigned source = CE_HOST_NVML; source & CE_HOST_ALL; source <<= 1) {
		struct report r;

		if (!(probes & source))
			continue;
		if (source == CE_HOST_SMI)
			r = ask_smi(getenv_fn);
		else
			r = ask_library(source == CE_HOST_NVML ? ask_nvml : ask_libcuda);
		merge(&gpu, &r, (enum ce_host_probe)source);
		if (gpu.cuda_major && gpu.arch_major)
			break;
	}
	/* A device without a driver serves no CUDA at all. */
	if (!gpu.cuda_major)
		gpu = (struct ce_host_gpu){0};
	*ret_gpu = gpu;
}

/* "NVIDIA L4, 550.54.15, 8.9"; the name has no comma. */
static char *gpu_text(const char *line, size_t n, struct ce_arena *a)
{
	CE_AUTOFREE char *copy = ce_strndup(line, n);
	char *rest = NULL;
	const char *name = strtok_r(copy, ",", &rest), *driver = strtok_r(NULL, ", ", &rest);
	const char *arch = strtok_r(NULL, ", ", &rest);

	if (!name || !driver || !arch)
		return NULL;
	return ce_arena_printf(a, "%s, driver %s, compute capability %s", name, driver, arch);
}

struct ce_strs ce_host_gpu_names(const char *(*getenv_fn)(const char *name), struct ce_arena *a)
{
	CE_AUTOFREE char *path = ce_fs_find_program(getenv_fn("PATH"), "nvidia-smi");
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	const char *const argv[] = {
		path, "--query-gpu=name,driver_version,compute_cap", "--format=csv,noheader", NULL};
	struct ce_strs names = {ce_arena_array(a, DEVICES_MAX, sizeof(*names.items)), 0};

	if (!path)
		return names;
	run_smi(argv, &out);
	for (const char *at = ce_buf_str(&out); *at && names.n < DEVICES_MAX;) {
		size_t n = strcspn(at, "\r\n");
		const char *text = gpu_text(at, n, a);

		if (text)
			names.items[names.n++] = text;
		at += n;
		at += strspn(at, "\r\n");
	}
	return names;
}

#else /* NVIDIA has no driver elsewhere */

struct ce_strs ce_host_gpu_names(const char *(*getenv_fn)(const char *name), struct ce_arena *a)
{
	(void)getenv_fn;
	(void)a;
	return (struct ce_strs){0};
}

void ce_host_gpu(
	const char *(*getenv_fn)(const char *name), unsigned probes, struct ce_host_gpu *ret_gpu)
{
	(void)getenv_fn;
	(void)probes;
	*ret_gpu = (struct ce_host_gpu){0};
}

#endif
