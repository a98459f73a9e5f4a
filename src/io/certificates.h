/* SPDX-License-Identifier: MIT */
#ifndef CE_IO_CERTIFICATES_H
#define CE_IO_CERTIFICATES_H

#include <stdbool.h>

/*
 * Where this machine keeps the certificates that it trusts. A libcurl of the distribution knows;
 * one that is linked into ccenv does not, as each distribution has another place.
 */
struct ce_certificates {
	const char *path; /* NULL: none of the usual places has any */
	bool dir;         /* a folder of hashed names (CURLOPT_CAPATH), else one file */
};

/* The first of the usual places below `root` ("" for /) that is there; static storage. */
struct ce_certificates ce_certificates_find(const char *root);

#endif
