/* SPDX-License-Identifier: MIT */
/*
 * ccenv_provenance(): what files were built from, as an in-toto Statement v1 with the predicate
 * https://slsa.dev/provenance/v1 (in-toto attestation framework, spec/v1; SLSA 1.0, provenance). Nothing
 * of the time or the place of this run is in it: the same inputs and files give the same bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "api/binaries.h"
#include "api/cmake_cache.h"
#include "api/locked.h"
#include "api/project.h"
#include "api/trust.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/event.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/strs.h"
#include "base/url.h"
#include "exchange/sbom.h"
#include "io/git.h"
#include "model/lockfile.h"

#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define PREDICATE_TYPE "https://slsa.dev/provenance/v1"
/* docs/provenance.md says what the parameters are. */
#define BUILD_TYPE      "https://ccenv.dev/provenance/build/v1"
#define DEFAULT_BUILDER "https://ccenv.dev/provenance/builder/local"

enum {
	MODIFIED_MAX = 100
};

struct provenance {
	struct ccenv *c;
	const struct ccenv_provenance_options *o;
	struct ccenv_error *err;
	struct ce_arena arena;
	json_t *statement;
	struct ce_strs files; /* as they were named or found */
	char *here;
	const char *build_dir; /* of CMake, that has the first file; or NULL */
};

static void provenance_release(struct provenance *p)
{
	json_decref(p->statement);
	ce_arena_release(&p->arena);
	free(p->here);
}

/* A string for JSON, which takes UTF-8 only. */
static json_t *text(const char *s)
{
	json_t *v = json_string(s);
	CE_AUTOFREE char *plain = v ? NULL : ce_printable(s, false);

	return v ? v : json_string(plain);
}

static json_t *digest(const char *algorithm, const char *hex)
{
	json_t *o = json_object();

	json_object_set_new(o, algorithm, json_string(hex));
	return o;
}

/* ---- the files ---- */

/* From the working directory; of a file elsewhere its name alone, since its place differs. UTF-8. */
static const char *shown_name(struct provenance *p, const char *path)
{
	CE_AUTOFREE char *plain = ce_path_absolute(path);
	size_t n = strlen(p->here);
	const char *name = strncmp(plain, p->here, n) == 0 && plain[n] == '/' ? plain + n + 1
									      : ce_path_base(plain);
	json_t *shown = text(name);
	const char *copy = ce_arena_strdup(&p->arena, json_string_value(shown));

	json_decref(shown);
	return copy;
}

/* Programs and libraries of the build directory that has the root. */
static int find_files(struct provenance *p)
{
	CE_AUTOFREE char *dir = ce_path_dir(p->c->root);
	CE_AUTOFREE char *root = realpath(p->c->root, NULL);
	int r = 0;

	if (ce_fs_is_dir(dir))
		r = ce_binaries_find(dir, root ? root : p->c->root, &p->arena, &p->files, p->err);
	if (r >= 0 && p->files.n == 0)
		return ce_fail(p->err, CCENV_ENOTFOUND,
			"there is no program or library in %s; name the files that were built",
			dir);
	return r;
}

struct subject {
	const char *path, *name;
	char hex[CE_SHA256_HEX + 1];
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct subject *)a)->name, ((const struct subject *)b)->name);
}

/* What was built is a file: a pipe or a device would be another one each time. */
static int hash_file(struct provenance *p, struct subject *s)
{
	struct stat st;

	if (stat(s->path, &st) == 0 && !S_ISREG(st.st_mode))
		return ce_fail(p->err, CCENV_EUSAGE, "%s is %s; name the files that were built",
			s->path, S_ISDIR(st.st_mode) ? "a directory" : "not a regular file");
	return ce_sha256_file(s->path, s->hex, p->err);
}

/* A name stands for one file. The same file may have been named in several ways. */
static int list_subjects(struct provenance *p, const struct subject *list, size_t n)
{
	json_t *subject = json_array();

	json_object_set_new(p->statement, "subject", subject);
	for (size_t i = 0; i < n; i++) {
		json_t *o;

		if (i && strcmp(list[i].name, list[i - 1].name) == 0) {
			if (strcmp(list[i].hex, list[i - 1].hex) == 0)
				continue;
			return ce_fail(p->err, CCENV_EUSAGE,
				"%s and %s would both be named %s; run it in a directory that has both below it",
				list[i - 1].path, list[i].path, list[i].name);
		}
		o = json_object();
		json_object_set_new(o, "name", json_string(list[i].name));
		json_object_set_new(o, "digest", digest("sha256", list[i].hex));
		json_array_append_new(subject, o);
	}
	return 0;
}

static int add_subjects(struct provenance *p)
{
	struct subject *list;
	int r = 0;

	p->files.items = ce_arena_array(&p->arena, p->o->n_files + 1, sizeof(*p->files.items));
	for (size_t i = 0; i < p->o->n_files; i++)
		p->files.items[p->files.n++] = p->o->files[i];
	if (p->files.n == 0)
		r = find_files(p);
	if (r < 0)
		return r;
	list = ce_arena_array(&p->arena, p->files.n + 1, sizeof(*list));
	for (size_t i = 0; r >= 0 && i < p->files.n; i++) {
		list[i].path = p->files.items[i];
		list[i].name = shown_name(p, list[i].path);
		r = hash_file(p, &list[i]);
	}
	if (r < 0)
		return r;
	qsort(list, p->files.n, sizeof(*list), by_name);
	return list_subjects(p, list, p->files.n);
}

/* ---- the sources ---- */

static int take_modified(void *user, const char *path, size_t len, struct ccenv_error *err)
{
	json_t *list = user;

	(void)len;
	(void)err;
	json_array_append_new(list, text(path));
	return json_array_size(list) == MODIFIED_MAX;
}

/*
 * "user@host:path", the short form of ssh, without what may be a password: git has no
 * "user:password@host:path", but who writes it means one. NULL for a path and for "helper::…".
 */
static char *short_uri(const char *text)
{
	const char *at = strrchr(text, '@'), *colon = strchr(text, ':');

	if (strstr(text, "::"))
		return NULL;
	if (at && colon && strchr(text, '@') > colon) {
		text = at + 1;
		colon = strchr(text, ':');
	}
	if (!colon || memchr(text, '/', (size_t)(colon - text)))
		return NULL;
	return ce_asprintf(
		"git+ssh://%.*s/%s", (int)(colon - text), text, colon + 1 + (colon[1] == '/'));
}

/* "git+https://host/path.git": without credentials; nothing for a repository on this machine, whose
 * path says nothing elsewhere. */
static char *source_uri(const struct ce_git *git)
{
	const char *const args[] = {"config", "--get", "remote.origin.url", NULL};
	CE_CLEANUP(ce_buf_release) struct ce_buf url = {0};
	struct ccenv_error ignored;
	CE_AUTOFREE char *redacted = NULL;

	if (ce_git_text(git, args, &url, &ignored) < 0 || !url.len)
		return NULL;
	if (strstr(ce_buf_str(&url), "://")) {
		redacted = ce_url_redact(ce_buf_str(&url));
		return ce_has_prefix(redacted, "file://") ? NULL : ce_asprintf("git+%s", redacted);
	}
	return short_uri(ce_buf_str(&url));
}

static int add_source(struct provenance *p, json_t *dependencies)
{
	const struct ce_git git = {.dir = p->here, .getenv_fn = p->c->getenv_fn};
	CE_CLEANUP(ce_json_decrefp) json_t *modified = json_array();
	CE_CLEANUP(ce_buf_release) struct ce_buf top = {0};
	struct ce_git_head head;
	CE_AUTOFREE char *uri = NULL;
	json_t *o, *notes;
	int r = ce_git_top(&git, &top, p->err);

	if (r == CCENV_ENOTFOUND) {
		ce_log(&p->c->events, CCENV_LOG_WARNING, "%s: the source commit is not recorded",
			p->err->text);
		return 0;
	}
	if (r >= 0)
		r = ce_git_head(&git, &head, p->err);
	if (r >= 0)
		r = ce_git_modified(&git, take_modified, modified, p->err);
	if (r < 0)
		return r;
	uri = source_uri(&git);
	o = json_object();
	json_object_set_new(o, "name", json_string("source"));
	if (uri)
		json_object_set_new(o, "uri", text(uri));
	json_object_set_new(o, "digest", digest("gitCommit", head.commit));
	notes = json_object();
	json_object_set_new(notes, "dirty", json_boolean(json_array_size(modified) > 0));
	if (json_array_size(modified)) {
		json_object_set(notes, "modified", modified);
		ce_log(&p->c->events, CCENV_LOG_WARNING,
			"the work tree has uncommitted changes, and the provenance says so");
	}
	json_object_set_new(o, "annotations", notes);
	json_array_append_new(dependencies, o);
	return 0;
}

/* ---- what it was built with ---- */

static int add_file(struct provenance *p, json_t *dependencies, const char *path)
{
	char hex[CE_SHA256_HEX + 1];
	json_t *o;
	int r;

	if (!path || !ce_fs_exists(path))
		return 0;
	r = ce_sha256_file(path, hex, p->err);
	if (r < 0)
		return r;
	o = json_object();
	json_object_set_new(o, "name", text(ce_path_base(path)));
	json_object_set_new(o, "digest", digest("sha256", hex));
	json_array_append_new(dependencies, o);
	return 0;
}

static void add_package(json_t *dependencies, const struct ce_pkg *pkg)
{
	CE_AUTOFREE char *purl = ce_sbom_purl(pkg);
	json_t *o = json_object();

	json_object_set_new(o, "name", text(pkg->fn));
	json_object_set_new(o, "uri", text(purl));
	json_object_set_new(o, "digest",
		pkg->sha256 ? digest("sha256", pkg->sha256)
			    : digest("md5", pkg->md5 ? pkg->md5 : ""));
	json_object_set_new(o, "downloadLocation", text(pkg->url));
	json_array_append_new(dependencies, o);
}

/* What both sides of a target have is one package of the lock. */
static bool has_package(const struct ce_lockfile_platform *p, const struct ce_pkg *pkg)
{
	return ce_lockfile_pkg_find(p, pkg->name) == pkg;
}

static int add_dependencies(
	struct provenance *p, json_t *definition, const struct ce_locked *locked)
{
	const struct ce_lockfile_platform *host = locked->packages;
	const struct ce_lockfile_platform *tools = locked->target ? &locked->target->build : NULL;
	json_t *dependencies = json_array();
	int r = add_source(p, dependencies);

	json_object_set_new(definition, "resolvedDependencies", dependencies);
	if (r >= 0)
		r = add_file(p, dependencies, p->c->manifest_path);
	if (r >= 0)
		r = add_file(p, dependencies, p->c->lock_path);
	for (size_t i = 0; r >= 0 && i < host->n_pkgs; i++)
		add_package(dependencies, host->pkgs[i]);
	for (size_t i = 0; r >= 0 && tools && i < tools->n_pkgs; i++)
		if (!has_package(host, tools->pkgs[i]))
			add_package(dependencies, tools->pkgs[i]);
	return r;
}

struct flags {
	struct provenance *p;
	const char *source;
	json_t *values;
};

static void take_source(void *user, const struct ce_cmake_entry *e)
{
	struct flags *f = user;

	if (strcmp(e->name, "CMAKE_HOME_DIRECTORY") == 0)
		f->source = ce_arena_strdup(&f->p->arena, e->value);
}

/* Flags name the sources by their path, which differs from machine to machine. */
static char *without_place(const char *value, const char *source)
{
	struct ce_buf out = {0};
	size_t n = source ? strlen(source) : 0;
	const char *at;

	while (n && (at = strstr(value, source))) {
		ce_buf_add(&out, value, (size_t)(at - value));
		ce_buf_addc(&out, '.');
		value = at + n;
	}
	ce_buf_adds(&out, value);
	return ce_buf_steal(&out);
}

static void take_flag(void *user, const struct ce_cmake_entry *e)
{
	static const char *const names[] = {"BUILD_SHARED_LIBS", "CMAKE_BUILD_TYPE",
		"CMAKE_CUDA_ARCHITECTURES", "CMAKE_GENERATOR",
		"CMAKE_INTERPROCEDURAL_OPTIMIZATION"};
	static const char *const starts[] = {"CMAKE_C_FLAGS", "CMAKE_CXX_FLAGS", "CMAKE_CUDA_FLAGS",
		"CMAKE_EXE_LINKER_FLAGS", "CMAKE_MODULE_LINKER_FLAGS", "CMAKE_SHARED_LINKER_FLAGS",
		"CMAKE_STATIC_LINKER_FLAGS"};
	struct flags *f = user;
	CE_AUTOFREE char *value = NULL;
	bool wanted = false;

	for (size_t i = 0; i < CE_COUNT(names); i++)
		wanted |= strcmp(names[i], e->name) == 0;
	for (size_t i = 0; i < CE_COUNT(starts); i++)
		wanted |= ce_has_prefix(e->name, starts[i]) && !ce_has_suffix(e->name, "-ADVANCED");
	if (!wanted)
		return;
	value = without_place(e->value, f->source);
	json_object_set_new(f->values, e->name, text(value));
}

/* The nearest CMakeCache.txt above the first file that is no other user's. */
static void find_build_dir(struct provenance *p)
{
	CE_AUTOFREE char *dir = ce_path_absolute(p->files.items[0]);

	while (strcmp(dir, "/") != 0) {
		char *above = ce_path_dir(dir);
		CE_AUTOFREE char *cache = ce_path_join(above, "CMakeCache.txt");

		free(dir);
		dir = above;
		if (ce_fs_exists(cache) && ce_trust_has_owner(p->c, cache)) {
			p->build_dir = ce_arena_strdup(&p->arena, dir);
			return;
		}
	}
}

static int add_flags(struct provenance *p, json_t *parameters)
{
	struct flags f = {.p = p, .values = json_object()};
	int r;

	json_object_set_new(parameters, "cmake", f.values);
	find_build_dir(p);
	if (!p->build_dir) {
		json_object_del(parameters, "cmake");
		return 0;
	}
	r = ce_cmake_entries(p->build_dir, take_source, &f, p->err);
	return r < 0 ? r : ce_cmake_entries(p->build_dir, take_flag, &f, p->err);
}

/* GPU architectures of the manifest, none: nvcc's default. */
static int add_targets(struct provenance *p, json_t *parameters)
{
	struct ccenv_archs archs;
	struct ccenv_error none;
	json_t *list;

	/* A lock without nvcc has none, which is no failure. */
	if (ccenv_archs(p->c, &p->o->of, &archs, &none) < 0)
		return 0;
	json_object_set_new(parameters, "cuda", text(archs.cuda_version ? archs.cuda_version : ""));
	list = json_array();
	for (size_t i = 0; i < archs.n_chosen; i++)
		json_array_append_new(list, text(archs.chosen[i]));
	json_object_set_new(parameters, "architectures", list);
	ccenv_archs_free(&archs);
	return 0;
}

static int add_definition(struct provenance *p, json_t *predicate)
{
	CE_CLEANUP(ce_lockfile_freep) struct ce_lockfile *lock = NULL;
	struct ce_locked part;
	json_t *definition = json_object(), *external = json_object(), *internal = json_object();
	const char *epoch = p->c->getenv_fn("SOURCE_DATE_EPOCH");
	int r;

	json_object_set_new(predicate, "buildDefinition", definition);
	json_object_set_new(definition, "buildType", json_string(BUILD_TYPE));
	json_object_set_new(definition, "externalParameters", external);
	json_object_set_new(definition, "internalParameters", internal);
	r = ce_locked_read(p->c, &p->o->of, &lock, &part, p->err);
	if (r < 0)
		return r;
	json_object_set_new(external, "environment",
		text(p->o->of.environment ? p->o->of.environment : "default"));
	json_object_set_new(external, "platform", text(part.packages->platform));
	if (part.target) {
		json_object_set_new(external, "target", text(part.target->name));
		json_object_set_new(external, "buildPlatform", text(part.target->build.platform));
	}
	r = add_targets(p, external);
	if (r >= 0)
		r = add_flags(p, external);
	if (epoch && *epoch)
		json_object_set_new(internal, "SOURCE_DATE_EPOCH", text(epoch));
	return r < 0 ? r : add_dependencies(p, definition, &part);
}

/* Only a time that is the same for everybody. */
static int add_metadata(struct provenance *p, json_t *details)
{
	const char *epoch = p->c->getenv_fn("SOURCE_DATE_EPOCH");
	char shown[40], *end;
	json_t *metadata;
	struct tm utc;
	time_t seconds;

	if (!epoch || !*epoch)
		return 0;
	errno = 0;
	seconds = (time_t)strtoll(epoch, &end, 10);
	if (*end || errno || seconds < 0 || !gmtime_r(&seconds, &utc) || utc.tm_year > 8099)
		return ce_fail(p->err, CCENV_EUSAGE,
			"SOURCE_DATE_EPOCH: expected seconds since 1970, not \"%s\"", epoch);
	strftime(shown, sizeof(shown), "%Y-%m-%dT%H:%M:%SZ", &utc);
	metadata = json_object();
	json_object_set_new(metadata, "finishedOn", json_string(shown));
	json_object_set_new(details, "metadata", metadata);
	return 0;
}

static int add_details(struct provenance *p, json_t *predicate)
{
	json_t *details = json_object(), *builder = json_object(), *version = json_object();

	json_object_set_new(predicate, "runDetails", details);
	json_object_set_new(details, "builder", builder);
	json_object_set_new(builder, "id", text(p->o->builder ? p->o->builder : DEFAULT_BUILDER));
	json_object_set_new(builder, "version", version);
	json_object_set_new(version, "ccenv", json_string(CCENV_VERSION));
	return add_metadata(p, details);
}

/* The specification wants a URI: a scheme, a colon and no blanks. */
static int check_builder(struct provenance *p)
{
	const char *id = p->o->builder;
	size_t n =
		id ? strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-")
		   : 0;

	if (!id || (n > 0 && id[n] == ':' && id[n + 1] && !strpbrk(id, " \t\n")))
		return 0;
	return ce_fail(p->err, CCENV_EUSAGE,
		"--builder %s: expected a URI, as https://example.org/ci/release", id);
}

int ccenv_provenance(struct ccenv *c, const struct ccenv_provenance_options *o, char **ret_text,
	struct ccenv_error *err)
{
	CE_CLEANUP(provenance_release)
	struct provenance p = {.c = c, .o = o, .err = err, .statement = json_object()};
	CE_CLEANUP(ce_buf_release) struct ce_buf out = {0};
	json_t *predicate = json_object();
	int r = check_builder(&p);

	p.here = ce_path_absolute(".");
	json_object_set_new(p.statement, "_type", json_string(STATEMENT_TYPE));
	if (r >= 0)
		r = add_subjects(&p);
	json_object_set_new(p.statement, "predicateType", json_string(PREDICATE_TYPE));
	json_object_set_new(p.statement, "predicate", predicate);
	if (r >= 0)
		r = add_definition(&p, predicate);
	if (r >= 0)
		r = add_details(&p, predicate);
	if (r < 0)
		return r;
	ce_json_format(p.statement, &out);
	*ret_text = ce_buf_steal(&out);
	return 0;
}
