/* SPDX-License-Identifier: MIT */
/* Places of trusted certificates; see certificates.h. */
#include "io/certificates.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/attr.h"

/* Files come first: a folder may lack the hashed names. */
static const struct ce_certificates places[] = {
	{"/etc/ssl/certs/ca-certificates.crt", false}, /* Debian, Ubuntu, Arch, Gentoo */
	{"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", false}, /* Fedora, RHEL 7 and on */
	{"/etc/pki/tls/certs/ca-bundle.crt", false},                  /* older Fedora, RHEL */
	{"/etc/ssl/ca-bundle.pem", false},                            /* openSUSE */
	{"/etc/ssl/certs/ca-bundle.crt", false},                      /* NixOS */
	{"/etc/pki/tls/cert.pem", false},                             /* Amazon Linux */
	{"/etc/ssl/cert.pem", false},                                 /* Alpine, macOS */
	{"/var/lib/ca-certificates/ca-bundle.pem", false},            /* openSUSE MicroOS */
	{"/etc/ssl/certs", true},
	{"/etc/pki/tls/certs", true},
};

struct ce_certificates ce_certificates_find(const char *root)
{
	char path[4096];
	struct stat st;

	for (size_t i = 0; i < CE_COUNT(places); i++) {
		int n = snprintf(path, sizeof(path), "%s%s", root, places[i].path);

		if (n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0 &&
			(places[i].dir ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode)))
			return places[i];
	}
	return (struct ce_certificates){0};
}
