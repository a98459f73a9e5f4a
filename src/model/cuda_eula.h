/* SPDX-License-Identifier: MIT */
#ifndef CE_MODEL_CUDA_EULA_H
#define CE_MODEL_CUDA_EULA_H

#include <stdbool.h>

#include "base/strs.h"

struct ce_arena;

/*
 * Attachment A of the EULA of NVIDIA's CUDA Toolkit: the files that may be distributed with an
 * application, under the conditions of that agreement (sections 1.1 and 2.6 there). It names files
 * without their versions.
 */

/* Does the license of a record, or the text of a license, belong to that agreement? */
bool ce_cuda_eula_is_license(const char *license);
bool ce_cuda_eula_is_text(const char *text);
/* The names that the attachment lists for a platform; none if the text has no such list. From `a`. */
struct ce_strs ce_cuda_eula_parse(const char *text, const char *platform, struct ce_arena *a);
/* The same for a package that brings no text: the list for Linux in CUDA 13.0's License.txt. */
struct ce_strs ce_cuda_eula_linux(void);
/* Is the file one of these? "lib/libcudart.so.13.0.96" is libcudart.so. */
bool ce_cuda_eula_names(struct ce_strs names, const char *path);

#endif
