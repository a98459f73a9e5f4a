/* SPDX-License-Identifier: MIT */
/* What an index declares and ccenv does not follow; see declared.h. */
#include "repodata/declared.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

/* What comes from the index is one word of the line. */
static void add_word(struct ce_buf *lines, const char *word, size_t len)
{
	for (size_t i = 0; i < len && i < 200; i++)
		ce_buf_addc(lines, word[i] > ' ' ? word[i] : '?');
}

static void add_channel(struct ce_buf *lines, const char *key, const char *channel)
{
	if (!channel)
		return;
	ce_buf_addf(lines, ", %s ", key);
	add_word(lines, channel, strlen(channel));
}

void ce_declare_relations(struct ce_buf *lines, const char *base, const char *overrides)
{
	ce_buf_adds(lines, "the channel builds on others (channel relations");
	add_channel(lines, "base", base);
	add_channel(lines, "overrides", overrides);
	ce_buf_adds(lines,
		"), which ccenv does not follow; add them to the channels where their packages are needed\n");
}

void ce_declare_wheels(struct ce_buf *lines)
{
	ce_buf_adds(lines,
		"the index lists wheels (repodata v3), which ccenv does not install; packages that exist in no other form are not found\n");
}

void ce_declare_revision(struct ce_buf *lines, const char *revision, size_t len)
{
	static const char *const known[] = {"v0", "v3", "V0", "V3", "0", "3", "legacy"};

	for (size_t i = 0; i < CE_COUNT(known); i++)
		if (strlen(known[i]) == len && memcmp(known[i], revision, len) == 0)
			return;
	ce_buf_adds(lines, "the index has records of a later revision (repodata ");
	add_word(lines, revision, len);
	ce_buf_adds(lines,
		"), which ccenv does not read; packages that exist in no other form are not found\n");
}
