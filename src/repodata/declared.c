/* SPDX-License-Identifier: MIT */
/* What an index declares and ccenv does not follow; see declared.h. */
#include "repodata/declared.h"

#include <string.h>

#include "base/buf.h"

/* What comes from the index is one word of the line. */
static void add_channel(struct ce_buf *lines, const char *key, const char *channel)
{
	if (!channel)
		return;
	ce_buf_addf(lines, ", %s ", key);
	for (size_t i = 0; channel[i] && i < 200; i++)
		ce_buf_addc(lines, channel[i] > ' ' ? channel[i] : '?');
}

void ce_declare_relations(struct ce_buf *lines, const char *base, const char *overrides)
{
	ce_buf_adds(lines, "the channel builds on others (channel relations");
	add_channel(lines, "base", base);
	add_channel(lines, "overrides", overrides);
	ce_buf_adds(lines,
		"), which ccenv does not follow; add them to the channels where their packages are needed\n");
}

void ce_declare_revision(struct ce_buf *lines)
{
	ce_buf_adds(lines,
		"the index has records of a later revision (repodata v3), which ccenv does not read; packages that exist in no other form are not found\n");
}
