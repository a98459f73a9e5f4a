/* SPDX-License-Identifier: MIT */
/* Shells by name; see shells.h. */
#include "cli/shells.h"

#include <string.h>

#include "base/attr.h"
#include "base/path.h"

const struct ce_shell *ce_shell_find(const char *name)
{
	static const struct ce_shell shells[] = {
		{"bash", CCENV_SHELL_SH, CE_SHELL_BASH},
		{"zsh", CCENV_SHELL_SH, CE_SHELL_ZSH},
		{"fish", CCENV_SHELL_FISH, CE_SHELL_FISH},
		{"posix", CCENV_SHELL_SH, CE_SHELL_POSIX},
		{"sh", CCENV_SHELL_SH, CE_SHELL_POSIX},
		{"dash", CCENV_SHELL_SH, CE_SHELL_POSIX},
		{"ash", CCENV_SHELL_SH, CE_SHELL_POSIX},
		{"ksh", CCENV_SHELL_SH, CE_SHELL_POSIX},
		{"mksh", CCENV_SHELL_SH, CE_SHELL_POSIX},
	};
	const char *base = ce_path_base(name);

	base += *base == '-';
	for (size_t i = 0; i < CE_COUNT(shells); i++)
		if (strcmp(shells[i].name, base) == 0)
			return &shells[i];
	return NULL;
}
