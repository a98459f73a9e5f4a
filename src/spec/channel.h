/* SPDX-License-Identifier: MIT */
#ifndef CE_SPEC_CHANNEL_H
#define CE_SPEC_CHANNEL_H

#include "base/attr.h"
#include "base/strs.h"

struct ccenv_error;
struct ce_arena;

/*
 * Channels as people write them: a name of conda's alias ("conda-forge", "nvidia/label/cuda-12.4.1"),
 * a URL, or a path ("/x", "./x", "../x", "~/x"); CEP 26. Everything else in ccenv has the URL.
 */

/* What the paths of channels are relative to; NULL where that is not known. */
struct ce_channel_base {
	const char *dir;  /* for "./x"; NULL: the working directory */
	const char *home; /* for "~/x" */
};

/*
 * The URL of a channel, without a slash at the end: "conda-forge" becomes
 * "https://conda.anaconda.org/conda-forge", a path becomes file://, a URL stays. What no URL may hold
 * is percent-encoded. Memory from `a`. CCENV_EUSAGE: "~/x" without a home, "~user", an empty text, or
 * a URL that is not https, http or file.
 */
CE_MUST_CHECK int ce_channel_url(const char *channel, const struct ce_channel_base *base,
	struct ce_arena *a, const char **ret_url, struct ccenv_error *err);
/*
 * The URLs of a list of channels, in its order. One that comes again, be it written in another way or with
 * other credentials, is left out: it has no records that the first does not have.
 */
CE_MUST_CHECK int ce_channel_urls(struct ce_strs channels, const struct ce_channel_base *base,
	struct ce_arena *a, struct ce_strs *ret_urls, struct ccenv_error *err);
/* The short name for people: what follows the alias, or the last part of the URL. Borrowed. */
const char *ce_channel_name(const char *url);
/*
 * As ce_channel_name(), and with the host where it is another than the alias's, for lists in which
 * the origin of packages is looked at: "prefix.dev/conda-forge". `url` is of one of its files: when
 * it is not below the channel, its host is there too, as in "conda-forge@cdn.example". From `a`.
 */
const char *ce_channel_shown(const char *channel, const char *url, struct ce_arena *a);
/* The channel without conda's alias in front, unless what is left would be read as something else: for
 * comparing what is written in two ways, and for people. Borrowed. */
const char *ce_channel_without_alias(const char *channel);

#endif
