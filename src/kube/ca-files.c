/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/ca-files.h"

#include <errno.h>

#include "base/file.h"
#include "base/mem.h"

char *ca_directory(const struct cluster *cluster)
{
	return mem_printf("%s/certs", cluster->work_area);
}

char *ca_key_path(const struct cluster *cluster)
{
	return mem_printf("%s/certs/ca.key", cluster->work_area);
}

char *ca_certificate_path(const struct cluster *cluster)
{
	return mem_printf("%s/certs/ca.crt", cluster->work_area);
}

/* 1 when the file was read, 0 when there is none. */
static int read_part(const char *path, char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_err_ struct err here = ERR_INIT;
	int r = file_read_nofollow(path, PKI_PEM_MAX, ret, ret_len, NULL, &here);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? err_set(err, -r, "%s", here.msg) : 1;
}

int ca_load(const char *key_path, const char *certificate_path, struct pki_ca *ret, struct err *err)
{
	_cleanup_pki_ca_ struct pki_ca ca = {0};
	int key, certificate, r;

	key = read_part(key_path, &ca.key, &ca.key_len, err);
	if (key < 0)
		return key;
	certificate = read_part(certificate_path, &ca.certificate, &ca.certificate_len, err);
	if (certificate < 0)
		return certificate;
	if (certificate && !key)
		return err_set(err, EINVAL,
			"'%s' is there without '%s': bring the key back, or make both new with --force",
			certificate_path, key_path);
	r = certificate ? pki_ca_check(&ca, err) : 0;
	if (r < 0)
		return err_wrap(err,
			"'%s' and '%s' cannot be used; bring the right ones back, or make both new with --force",
			key_path, certificate_path);
	*ret = ca;
	ca = (struct pki_ca){0};
	return certificate;
}
