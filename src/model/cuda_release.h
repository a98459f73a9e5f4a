/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_CUDA_RELEASE_H
#define CE_MODEL_CUDA_RELEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct ccenv_error;
struct ce_arena;

/*
 * Which CUDA releases a "version" of the manifest admits: "13.0", "12", "12.0.*", "=12.0", "~=12.0",
 * ">=12.8,<13", "12.0|12.1". What is asked of the channel, and with it the lock, is made from the set
 * and not from the text, so that two texts with the same set give the same lock.
 *
 * Releases are X.Y, as conda-forge's cuda-version has them. Known are 9.0 to 28.19, so that what
 * will be released tomorrow is in an open range already. A plain number means everything that begins
 * with it, alone and between "|" and ",". Zeros behind X.Y change nothing: 13.0.0 is 13.0.
 */
enum {
	CE_CUDA_MAJOR_FIRST = 9,
	CE_CUDA_MAJORS = 20,
	CE_CUDA_MINORS = 20
};

struct ce_cuda_releases {
	uint32_t minors[CE_CUDA_MAJORS]; /* of each major, a bit for each minor */
};

/* The number that a release has here: 12.4 is 1204. */
static inline int ce_cuda_release(int major, int minor)
{
	return major * 100 + minor;
}

/*
 * CCENV_EDATA: malformed, with a patch level (conda-forge has no package that selects one), or a
 * constraint that no release meets. The message names the release that was likely meant ("cu130").
 */
CE_MUST_CHECK int ce_cuda_releases_parse(
	const char *text, struct ce_cuda_releases *ret, struct ccenv_error *err);
/* Is there one before this release? From it on? */
bool ce_cuda_releases_have_before(const struct ce_cuda_releases *r, int release);
bool ce_cuda_releases_have_from(const struct ce_cuda_releases *r, int release);
/* Takes it and all later ones out. */
void ce_cuda_releases_drop_from(struct ce_cuda_releases *r, int release);
/* The constraint on cuda-version, in the one spelling of this set: "13.0.*", "12.*", ">=12.8,<13",
 * ">=12.0,<12.2|13.0.*". From `a`. */
const char *ce_cuda_releases_text(const struct ce_cuda_releases *r, struct ce_arena *a);

#endif
