/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_CUDA_PARTS_H
#define CE_MODEL_CUDA_PARTS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CE_COMPONENT_WORDS = 12, /* most aliases or specs of a component, and one NULL */
	CE_COMPONENT_PARTS = 14, /* most parts of a component, and an empty one */
};

/*
 * A library of the toolkit, or a set of headers: what is found on disk, and the names it has in
 * build systems.
 */
struct ce_cuda_part {
	const char *pc;     /* of the .pc file: "cublas"; NULL: it has none */
	const char *lib;    /* as in -l: "cublas"; NULL for headers only */
	const char *cmake;  /* as in CUDA_<name>_LIBRARY of FindCUDAToolkit; NULL: not looked for */
	const char *header; /* that must be there, too; NULL: none of its own */
	/* Whose version it has: the first that is installed, "@" stands for the platform. None: the
	 * first spec of the component. */
	const char *packages[2];
	const char *requires[4];  /* .pc names of the parts that it needs when linked statically */
	const char *private_libs; /* further -l for that: "-lrt -lpthread -ldl" */
	const char *summary;
	bool is_static; /* lib<lib>.a; what it needs is always needed */
	bool in_stubs;  /* lib/stubs/lib<lib>.so: the library itself comes with the driver */
	bool in_prefix; /* below <prefix>/{include,lib}, not in the toolkit's target directory */
};

/*
 * A part of a CUDA toolkit as people name it ("nvcc", "cublas"), and the conda-forge packages that
 * have it (docs/design/cuda-on-conda-forge.md): what is needed to build against it, that is headers,
 * link libraries and, through the packages' own depends, the shared libraries. Names are those of
 * CMake's CUDA:: targets where there is one.
 */
struct ce_component {
	const char *name;
	/* Other names for it, in lower case; "cublasLt", "nppc" and their like are found by case, too. */
	const char *aliases[CE_COMPONENT_WORDS];
	/* MatchSpecs, "@" stands for the platform; none: it does not exist there. */
	const char *linux_specs[CE_COMPONENT_WORDS];
	const char *win_specs[CE_COMPONENT_WORDS];
	/* Of a target, where it has programs: those of the machine that builds ("@" is the host all the
	 * same), and what is left for the host. Without any, linux_specs are the host's. */
	const char *build_specs[CE_COMPONENT_WORDS];
	const char *host_specs[CE_COMPONENT_WORDS];
	bool not_on_aarch64;
	const char *summary; /* for lists; NULL for variants of another component */
	struct ce_cuda_part parts[CE_COMPONENT_PARTS];
};

/* All components, sorted by name; the last has name NULL. */
const struct ce_component *ce_component_list(void);
/* The component of that name or alias, whatever the case; NULL when there is none. */
const struct ce_component *ce_component_find(const char *name);
/* Has it libraries or headers to build with, and is it no variant of another one? */
bool ce_component_is_library(const struct ce_component *c);

/*
 * The i-th of all parts; NULL behind the last. *ret_component is the component that has it, or NULL
 * for what FindCUDAToolkit looks for and conda-forge has no package of.
 */
const struct ce_cuda_part *ce_cuda_part_at(size_t i, const struct ce_component **ret_component);

#endif
