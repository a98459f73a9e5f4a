/* SPDX-License-Identifier: MIT */
/* Attachment A of the CUDA Toolkit's EULA; see cuda_eula.h. */
#include "model/cuda_eula.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/path.h"
#include "model/platform.h"

enum {
	NAMES_MAX = 1024
};

bool ce_cuda_eula_is_license(const char *license)
{
	return license && strcasestr(license, "NVIDIA-End-User-License-Agreement");
}

/* The heading of the attachment: the last line with these words, since the text refers to it before. */
static const char *find_attachment(const char *text)
{
	const char *found = NULL;

	for (const char *at = text; (at = strstr(at, "Attachment A")); at++) {
		const char *line = at;

		while (line > text && line[-1] != '\n')
			line--;
		/* "2.6. Attachment A" */
		if (strspn(line, "0123456789. \t") == (size_t)(at - line) &&
			strchr("\r\n", at[strlen("Attachment A")]))
			found = at;
	}
	return found;
}

bool ce_cuda_eula_is_text(const char *text)
{
	return find_attachment(text) != NULL;
}

/* What the attachment calls the system of a platform. */
static const char *system_of(const char *platform)
{
	return ce_platform_is_win(platform)   ? "Windows"
	       : ce_platform_is_osx(platform) ? "Mac OSX"
					      : "Linux";
}

static bool is_system(const char *line)
{
	static const char *const systems[] = {"Windows", "Mac OSX", "Linux", "Android", "All"};

	for (size_t i = 0; i < CE_COUNT(systems); i++)
		if (strcmp(line, systems[i]) == 0)
			return true;
	return false;
}

/* "libcudart.so, libcudart_static.a" */
static void add_names(const char *line, struct ce_arena *a, struct ce_strs *ret)
{
	static const char separators[] = ", \t";

	for (line += strspn(line, separators); *line; line += strspn(line, separators)) {
		size_t n = strcspn(line, separators);

		/* The driver's libraries are only for containers of NVIDIA's own images. */
		bool of_driver =
			ce_has_prefix(line, "libcuda.so") || ce_has_prefix(line, "libnvidia-");

		if (ret->n < NAMES_MAX && memchr(line, '.', n) && !of_driver)
			ret->items[ret->n++] = ce_arena_strndup(a, line, n);
		line += n;
	}
}

/*
 * "Component", its name, then for each system its name and the files, with blank lines between all.
 * The names of a system's files are the lines up to the next blank one.
 */
struct ce_strs ce_cuda_eula_parse(const char *text, const char *platform, struct ce_arena *a)
{
	const char *at = find_attachment(text);
	const char *end = at ? strstr(at, "Attachment B") : NULL;
	struct ce_strs names = {ce_arena_array(a, NAMES_MAX, sizeof(*names.items)), 0};
	bool wanted = false, in_files = false;

	while (at && *at && (!end || at < end)) {
		size_t n = strcspn(at, "\r\n");
		CE_AUTOFREE char *line = ce_strndup(at, n);
		char *last = line + n;

		while (last > line && isspace((unsigned char)last[-1]))
			*--last = '\0';
		if (is_system(line)) {
			wanted = strcmp(line, "All") == 0 || strcmp(line, system_of(platform)) == 0;
			in_files = false;
		} else if (!*line || strcmp(line, "Component") == 0) {
			wanted &= *line ? false : !in_files;
			in_files = false;
		} else if (wanted) {
			in_files = true;
			add_names(line, a, &names);
		}
		at += n;
		at += *at == '\r';
		at += *at == '\n';
	}
	return names;
}

struct ce_strs ce_cuda_eula_linux(void)
{
	static const char *names[] = {"cuda_fp16.h", "cuda_fp16.hpp", "cuda_occupancy.h",
		"libcublas.so", "libcublasLt.so", "libcublasLt_static.a", "libcublas_static.a",
		"libcudadevrt.a", "libcudart.so", "libcudart_static.a", "libcufft.so",
		"libcufft_static.a", "libcufftw.so", "libcufftw_static.a", "libculibos.a",
		"libcupti.so", "libcurand.so", "libcurand_static.a", "libcusolver.so",
		"libcusolver_static.a", "libcusparse.so", "libcusparse_static.a", "libdevice.10.bc",
		"libnppc.so", "libnppc_static.a", "libnppial.so", "libnppial_static.a",
		"libnppicc.so", "libnppicc_static.a", "libnppicom.so", "libnppicom_static.a",
		"libnppidei.so", "libnppidei_static.a", "libnppif.so", "libnppif_static.a",
		"libnppig.so", "libnppig_static.a", "libnppim.so", "libnppim_static.a",
		"libnppist.so", "libnppist_static.a", "libnppisu.so", "libnppisu_static.a",
		"libnppitc.so", "libnppitc_static.a", "libnpps.so", "libnpps_static.a",
		"libnvToolsExt.so", "libnvblas.so", "libnvjpeg.so", "libnvjpeg_static.a",
		"libnvrtc-builtins.so", "libnvrtc.so", "libnvvm.so", "nvrtc.h"};

	return (struct ce_strs){names, CE_COUNT(names)};
}

bool ce_cuda_eula_names(struct ce_strs names, const char *path)
{
	const char *base = ce_path_base(path);

	for (size_t i = 0; i < names.n; i++) {
		size_t n = strlen(names.items[i]);

		if (strncmp(base, names.items[i], n) != 0)
			continue;
		if (!base[n] || (ce_has_suffix(names.items[i], ".so") && base[n] == '.' &&
					base[n + 1 + strspn(base + n + 1, "0123456789.")] == '\0'))
			return true;
	}
	return false;
}
