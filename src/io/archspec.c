/* SPDX-License-Identifier: MIT */
/* Which of archspec's targets a processor is. */
#include "io/archspec.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strs.h"

enum {
	TARGETS_MAX = 128, /* bits of struct set */
};

/* A set of targets, by their place in the table. */
struct set {
	uint64_t bits[TARGETS_MAX / 64];
};

static bool has(const struct set *s, size_t i)
{
	return s->bits[i / 64] >> i % 64 & 1;
}

static void add(struct set *s, size_t i)
{
	s->bits[i / 64] |= 1ULL << i % 64;
}

static size_t count(const struct set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < CE_COUNT(s->bits); i++)
		n += (size_t)__builtin_popcountll(s->bits[i]);
	return n;
}

/* Is `word` one of the words with blanks between? */
static bool has_word(const char *words, const char *word, size_t len)
{
	for (const char *p = words; p && *p;) {
		size_t n = strcspn(p, " \t");
		if (n == len && memcmp(p, word, len) == 0)
			return true;
		p += n;
		p += strspn(p, " \t");
	}
	return false;
}

/* The processor, as /proc/cpuinfo has it. Texts are borrowed from a copy of that. */
struct cpu {
	const char *family;
	const char *vendor, *features, *part, *uarch;
	int generation;
};

/* The name of an Arm vendor's code; the code itself if it is not known. */
static const char *arm_vendor(const char *code)
{
	static const char *const vendors[][2] = {{"0x41", "ARM"}, {"0x42", "Broadcom"},
		{"0x43", "Cavium"}, {"0x44", "DEC"}, {"0x46", "Fujitsu"}, {"0x48", "HiSilicon"},
		{"0x49", "Infineon Technologies AG"}, {"0x4d", "Motorola"}, {"0x4e", "Nvidia"},
		{"0x50", "APM"}, {"0x51", "Qualcomm"}, {"0x53", "Samsung"}, {"0x56", "Marvell"},
		{"0x61", "Apple"}, {"0x66", "Faraday"}, {"0x68", "HXT"}, {"0x69", "Intel"},
		{"0xc0", "Ampere"}};

	for (size_t i = 0; i < CE_COUNT(vendors); i++) {
		if (strcmp(code, vendors[i][0]) == 0)
			return vendors[i][1];
	}
	return code;
}

static void note(struct cpu *cpu, const char *key, const char *value)
{
	if (strcmp(key, "vendor_id") == 0)
		cpu->vendor = value;
	else if (strcmp(key, "CPU implementer") == 0)
		cpu->vendor = arm_vendor(value);
	else if (strcmp(key, "flags") == 0 || strcmp(key, "Features") == 0)
		cpu->features = value;
	else if (strcmp(key, "CPU part") == 0)
		cpu->part = value;
	else if (strcmp(key, "cpu") == 0 && ce_has_prefix(value, "POWER"))
		cpu->generation = (int)strtol(value + strlen("POWER"), NULL, 10);
	else if (strcmp(key, "uarch") == 0 && strcmp(value, "sifive,u74-mc") == 0)
		cpu->uarch = "u74mc";
	else if (strcmp(value, "spacemit,x60") == 0 || strcmp(value, "Spacemit(R) X60") == 0)
		cpu->uarch = "x60";
}

static char *trim(char *text)
{
	size_t n;

	text += strspn(text, " \t");
	n = strlen(text);
	while (n && strchr(" \t\r", text[n - 1]))
		text[--n] = '\0';
	return text;
}

/* "key : value" lines, up to the empty one behind the first processor. Takes `text` apart. */
static void read_cpuinfo(struct cpu *cpu, char *text)
{
	bool any = false;

	for (char *line, *rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		char *colon = strchr(line, ':');
		if (!colon && any)
			return;
		if (!colon)
			continue;
		*colon = '\0';
		note(cpu, trim(line), trim(colon + 1));
		any = true;
	}
}

static bool has_features(const struct cpu *cpu, const char *wanted)
{
	for (const char *p = wanted; p && *p;) {
		size_t n = strcspn(p, " ");
		/* Linux calls it pni; archspec takes it from what implies it. */
		bool implied =
			n == 4 && memcmp(p, "sse3", 4) == 0 && has_word(cpu->features, "ssse3", 5);
		if (!implied && !has_word(cpu->features, p, n))
			return false;
		p += n;
		p += strspn(p, " ");
	}
	return true;
}

static bool is_generic(const struct ce_archspec_target *t)
{
	return strcmp(t->vendor, "generic") == 0;
}

static bool fits(const struct cpu *cpu, const struct ce_archspec_target *t)
{
	if (strcmp(t->family, cpu->family) != 0)
		return false;
	if (strcmp(cpu->family, "ppc64le") == 0)
		return t->generation <= cpu->generation;
	if (strcmp(cpu->family, "riscv64") == 0)
		return is_generic(t) || strcmp(t->name, cpu->uarch) == 0;
	/* Which version of the Arm architecture it is cannot be told from flags. */
	if (strcmp(cpu->family, "aarch64") == 0 && is_generic(t) && t->parents)
		return false;
	return (is_generic(t) || strcmp(t->vendor, cpu->vendor) == 0) &&
	       has_features(cpu, t->features);
}

static size_t n_words(const char *words)
{
	size_t n = words && *words;

	for (; words && *words; words++)
		n += *words == ' ';
	return n;
}

static void find_ancestors(struct set *ancestors)
{
	for (size_t i = 0; i < ce_archspec_n_targets; i++) {
		for (size_t k = 0; k < i; k++) {
			const char *name = ce_archspec_targets[k].name;
			if (!has_word(ce_archspec_targets[i].parents, name, strlen(name)))
				continue;
			add(&ancestors[i], k);
			for (size_t b = 0; b < CE_COUNT(ancestors[i].bits); b++)
				ancestors[i].bits[b] |= ancestors[k].bits[b];
		}
	}
}

/* The one with the most ancestors, then the most features; the first of equals. SIZE_MAX: none. */
static size_t best_of(const struct set *candidates, const struct set *ancestors)
{
	size_t best = SIZE_MAX, best_depth = 0, best_features = 0;

	for (size_t i = 0; i < ce_archspec_n_targets; i++) {
		if (!has(candidates, i))
			continue;
		size_t depth = count(&ancestors[i]);
		size_t features = n_words(ce_archspec_targets[i].features);
		bool better = best == SIZE_MAX || depth > best_depth ||
			      (depth == best_depth && features > best_features);
		if (better) {
			best = i;
			best_depth = depth;
			best_features = features;
		}
	}
	return best;
}

/* Where the exact part is known, only targets for it count. */
static void keep_part(struct set *candidates, const char *part)
{
	struct set same = {0};

	for (size_t i = 0; i < ce_archspec_n_targets; i++) {
		const char *p = ce_archspec_targets[i].part;
		if (has(candidates, i) && p && strcmp(p, part) == 0)
			add(&same, i);
	}
	if (count(&same))
		*candidates = same;
}

static const char *choose(const struct cpu *cpu)
{
	struct set ancestors[TARGETS_MAX] = {0}, candidates = {0}, generic = {0}, better = {0};

	find_ancestors(ancestors);
	for (size_t i = 0; i < ce_archspec_n_targets; i++) {
		if (!fits(cpu, &ce_archspec_targets[i]))
			continue;
		add(&candidates, i);
		if (is_generic(&ce_archspec_targets[i]))
			add(&generic, i);
	}
	size_t base = best_of(&generic, ancestors);
	if (base == SIZE_MAX)
		return NULL;
	if (*cpu->part)
		keep_part(&candidates, cpu->part);
	/* A machine whose firmware hides one feature is not taken for one that is much older. */
	for (size_t i = 0; i < ce_archspec_n_targets; i++) {
		if (has(&candidates, i) && has(&ancestors[i], base))
			add(&better, i);
	}
	size_t best = best_of(&better, ancestors);
	return ce_archspec_targets[best == SIZE_MAX ? base : best].name;
}

const char *ce_archspec_detect(const char *machine, const char *cpuinfo)
{
	CE_AUTOFREE char *text = ce_strdup(cpuinfo);
	struct cpu cpu = {
		.family = machine, .vendor = "generic", .features = "", .part = "", .uarch = ""};

	read_cpuinfo(&cpu, text);
	return choose(&cpu);
}
