/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_REQUEST_H
#define CE_MODEL_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "spec/spec.h"

struct ce_pkg;

/*
 * What is to be solved: one environment on one platform, or one side of a target. Made from a manifest or from the command
 * line; everything the solver may look at is in here or in the repodata, so that the same request
 * gives the same answer on any machine.
 */

/* A fact about the machine the result is for, as a package (CEP 30, CEP 46): {"__cuda", "13.0",
 * "0"}. */
struct ce_virtual {
	const char *name;
	const char *version;
	const char *build;
};

enum ce_channel_priority {
	CE_PRIORITY_STRICT = 0, /* a name comes from the first channel that has it */
	CE_PRIORITY_FLEXIBLE,   /* channel before version */
	CE_PRIORITY_DISABLED,   /* version before channel */
};

enum ce_strategy {
	CE_STRATEGY_HIGHEST = 0,
	CE_STRATEGY_LOWEST,
	CE_STRATEGY_LOWEST_DIRECT, /* lowest for the packages asked for, highest for the rest */
};

/* exclude-newer for one package: 0 lets every date in. */
struct ce_date_exception {
	const char *name;
	uint64_t newer_than; /* ms since 1970 */
};

/* Which packages a request is for. A target has two machines: one builds, the other runs the result. */
enum ce_side {
	CE_SIDE_NATIVE = 0, /* one machine does both */
	CE_SIDE_BUILD,      /* the tools of a target */
	CE_SIDE_HOST,       /* its libraries and headers */
};

/* "build", "host"; "" for CE_SIDE_NATIVE. */
const char *ce_side_name(enum ce_side side);

struct ce_request {
	struct ce_arena arena;
	const char *environment; /* "default" */
	const char *target;      /* name of the target; NULL for CE_SIDE_NATIVE */
	enum ce_side side;
	const char *platform; /* subdir */
	/* URLs without a slash at the end; the first has the highest priority. */
	const char **channels;
	size_t n_channels;
	const struct ce_spec **specs; /* sorted by text, no doubles */
	size_t n_specs;
	/* These hold if the package is there, like a constrains of the user. */
	const struct ce_spec **pins;
	size_t n_pins;
	struct ce_virtual *virtuals; /* sorted by name */
	size_t n_virtuals;
	enum ce_channel_priority priority;
	enum ce_strategy strategy;
	/* ms since 1970: later records are left out, and those without a date; 0 is off. */
	uint64_t exclude_newer;
	struct ce_date_exception *date_exceptions;
	size_t n_date_exceptions;
	/* Records of the old lock to be preferred; borrowed, their names not in `update`. */
	const struct ce_pkg **locked;
	size_t n_locked;
};

/* Empty, to be filled; and its end, with all that lives in its arena. */
struct ce_request *ce_request_new(void);
void ce_request_free(struct ce_request *r);
CE_DEFINE_FREEP(struct ce_request, ce_request_free, ce_request_freep)

/* Adds a pin: `spec` is borrowed. */
void ce_request_add_pin(struct ce_request *r, const struct ce_spec *spec);
/* Sorts the specs by text and drops doubles. */
void ce_request_sort_specs(struct ce_request *r);
/* Replaces the virtual packages by these, with room for `more` that ce_request_set_virtual() adds.
 */
void ce_request_set_virtuals(
	struct ce_request *r, const struct ce_virtual *list, size_t n, size_t more);
/* Puts `v` in the place of its namesake, or adds it; a version of NULL takes it out. Keeps the
 * order. */
void ce_request_set_virtual(struct ce_request *r, struct ce_virtual v);
/* The virtual package as a record, for ce_spec_matches(). Borrows from `v`; the version is in `a`.
 */
void ce_virtual_as_pkg(const struct ce_virtual *v, struct ce_arena *a, struct ce_pkg *ret_pkg);

/* The packages chosen, sorted by name; borrowed from the repodata that was given. */
struct ce_solution {
	const struct ce_pkg **pkgs;
	size_t n;
};

/* The packages stay: they are borrowed. */
void ce_solution_free(struct ce_solution *s);
CE_DEFINE_FREEP(struct ce_solution, ce_solution_free, ce_solution_freep)

#endif
