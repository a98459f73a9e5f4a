/* SPDX-License-Identifier: MIT */
/* places.c for systems without mount namespaces. */
#include "base/error.h"
#include "ccenv/ccenv.h"
#include "io/places.h"

int ce_places_enter(const struct ce_place_steps *steps, const struct ce_places_user *user,
	struct ccenv_error *err)
{
	(void)steps;
	(void)user;
	return ce_fail(err, CCENV_EHOST,
		"only Linux can show a program its directories at other places; without them the build works as it is");
}
