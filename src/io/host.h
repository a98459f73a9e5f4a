/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_HOST_H
#define CE_IO_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/strs.h"

struct ccenv_error;
struct ce_arena;
struct ce_virtual;

/*
 * Virtual packages: what a package may ask of the machine (CEP 30, CEP 46;
 * docs/design/solving.md).
 *
 * CONDA_OVERRIDE_LINUX, _GLIBC, _OSX, _ARCHSPEC, _CUDA and _CUDA_ARCH replace what is found; an
 * empty value hides the package. A malformed version is CCENV_EUSAGE.
 */

/*
 * Those that a platform's machines can be taken to have when nothing is declared, as pixi takes
 * them: linux 4.18, glibc 2.28, macOS 13.0, Windows 10.0, the baseline of the architecture, never
 * __cuda. Sorted by name; none for noarch.
 */
void ce_host_defaults(
	const char *platform, struct ce_arena *a, struct ce_virtual **ret_virtuals, size_t *ret_n);

/* Where to ask for the driver. */
enum ce_host_probe {
	CE_HOST_NVML = 1 << 0,
	CE_HOST_LIBCUDA = 1 << 1,
	CE_HOST_SMI = 1 << 2,
	CE_HOST_ALL = CE_HOST_NVML | CE_HOST_LIBCUDA | CE_HOST_SMI,
};

/* What the NVIDIA driver serves; all 0 without one. */
struct ce_host_gpu {
	int cuda_major, cuda_minor; /* the newest CUDA the driver takes */
	/* The lowest compute capability of the devices; 0.0 without a device. */
	int arch_major, arch_minor;
	enum ce_host_probe source, arch_source; /* who said so */
};

/*
 * Asks NVML, libcuda and nvidia-smi (found on an absolute entry of PATH) in that order, until both
 * facts are known: on a Tegra NVML knows the driver, and only libcuda the device. Never a toolkit's
 * files and never its stub libraries, which know the toolkit and not the driver. What makes no sense
 * is as good as no answer.
 *
 * Each is asked in a child process that is killed after 5 seconds: drivers hang and crash, and a
 * CUDA library that was initialized does not survive a fork. What it said before that counts.
 */
void ce_host_gpu(
	const char *(*getenv_fn)(const char *name), unsigned probes, struct ce_host_gpu *ret_gpu);

/*
 * Those of this machine, sorted by name, memory from `a`. `getenv_fn` answers for the environment.
 * `driver` becomes what ce_host_gpu() found: all 0 where the environment answers and nobody was asked.
 * With NULL there is no __cuda and no __cuda_arch: to ask for them takes milliseconds.
 */
CE_MUST_CHECK int ce_host_virtuals(const char *(*getenv_fn)(const char *name),
	struct ce_host_gpu *driver, struct ce_arena *a, struct ce_virtual **ret_virtuals,
	size_t *ret_n, struct ccenv_error *err);

/* The GPUs, a text for each, by nvidia-smi: "NVIDIA L4, driver 550.54.15, compute capability 8.9". From
 * `a`; none without nvidia-smi, or if it does not answer. */
struct ce_strs ce_host_gpu_names(const char *(*getenv_fn)(const char *name), struct ce_arena *a);

#endif
