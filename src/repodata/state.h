/* SPDX-License-Identifier: MIT */
#ifndef CE_REPODATA_STATE_H
#define CE_REPODATA_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct ce_download_result;

/*
 * What is known of the freshness of one subdir's cached indexes: a small JSON file next to them. It
 * is advice, not truth: unreadable or absent means that nothing is known, and everything is asked
 * again.
 */
enum ce_form {
	CE_FORM_SHARDS, /* repodata_shards.msgpack.zst (CEP 16) */
	CE_FORM_ZST,    /* repodata.json.zst */
	CE_FORM_JSON,   /* repodata.json */
	CE_FORM_COUNT,
};

/* Times are milliseconds since 1970; 0: never. */
struct ce_form_state {
	char *etag, *last_modified; /* of the cached copy; NULL when unknown */
	char *id;        /* of the cached copy: must be that of the file found; NULL: no copy */
	int64_t checked; /* when the server last confirmed it */
	int64_t max_age; /* and for how long it stays fresh, seconds */
	int64_t absent;  /* when the server said that it has no such form */
	int64_t broken;  /* when a shard could not be had or used, though the index names it */
};

struct ce_state {
	struct ce_form_state form[CE_FORM_COUNT];
};

void ce_state_release(struct ce_state *s);
/* Whatever is wrong with the file, the result is good: empty at worst. */
void ce_state_read(struct ce_state *s, const char *path);
/* Best effort: a state that cannot be written costs one question to the server. */
void ce_state_write(const struct ce_state *s, const char *url, const char *path);

/* Replaces a text of a state by a copy; NULL gives NULL. */
void ce_state_set_text(char **slot, const char *text);
/* Is it less than `ms` since then? Not if that is never, or in the future. */
bool ce_state_is_within(int64_t since, int64_t ms);

/* "shards", "zst", "json"; and back, -1 for anything else. */
const char *ce_form_name(enum ce_form form);
int ce_form_find(const char *name);

/*
 * For how many seconds an answer may be used without asking (RFC 9111, 4.2): max-age, else Expires;
 * where the server says neither, a tenth of the time since Last-Modified, at most an hour. 0 when it
 * must be asked each time; at most a day.
 */
int64_t ce_state_freshness(const struct ce_download_result *answer);

#endif
