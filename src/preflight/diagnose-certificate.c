/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "kube/ca-files.h"
#include "preflight/diagnose.h"

#define PKI "/etc/kubernetes/pki"
#define KUBELET_CLIENT "/var/lib/kubelet/pki/kubelet-client-current.pem"

enum {
	SOON_DAYS = 30,
	DAY = 86400, /* seconds */
};

/* A key behind a passphrase would make libcrypto ask on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *user)
{
	return -1;
}

/* The first certificate of the text, which may hold a key as well; NULL: none. */
static X509 *parse(const char *text, size_t len)
{
	BIO *bio = BIO_new_mem_buf(text, (int)len);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free_all(bio);
	ERR_clear_error();
	return certificate;
}

/* Whole days that are left, negative when it has expired; one without a readable end counts as lasting. */
static int64_t days_left(const X509 *certificate, int64_t now)
{
	struct tm end;
	int64_t seconds;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end))
		return INT64_MAX;
	seconds = (int64_t)timegm(&end) - now;
	return seconds < 0 && seconds > -DAY ? -1 : seconds / DAY;
}

static const char *cure_of(const char *path, bool authority)
{
	if (str_eq(path, KUBELET_CLIENT))
		return "it renews itself while the kubelet reaches the API server ('journalctl -u kubelet' tells why "
		       "not); else 'kubeadm reset' and join again";
	if (authority)
		return "a new authority means a new cluster or kubeadm's manual rotation: plan it before the day";
	return "'kubeadm certs renew all' on the master ('kubeadm alpha certs renew all' before 1.20), then restart "
	       "the control plane's pods";
}

void judge_certificate(const char *path, const char *text, size_t len, int64_t now, const struct check *check,
	struct findings *findings)
{
	X509 *certificate = parse(text, len);
	bool authority;
	int64_t days;

	if (certificate == NULL)
		return; /* whoever reads it says that better */
	authority = X509_check_ca(certificate) == 1;
	days = days_left(certificate, now);
	if (days < 0)
		findings_add(findings, check, SEVERITY_ERROR, cure_of(path, authority),
			"the certificate '%s' expired %lld day%s ago", path, (long long)-days, days == -1 ? "" : "s");
	else if (days < SOON_DAYS)
		findings_add(findings, check, SEVERITY_WARNING, cure_of(path, authority),
			"the certificate '%s' expires in %lld day%s", path, (long long)days, days == 1 ? "" : "s");
	X509_free(certificate);
}

static void look_file(const struct doctor *what, const char *path, const struct check *check, struct findings *findings)
{
	size_t len = 0;
	_cleanup_free_ char *text = doctor_text(what, path, &len);

	if (text == NULL)
		return;
	if (len <= PKI_PEM_MAX)
		judge_certificate(path, text, len, time(NULL), check, findings);
	explicit_bzero(text, len); /* the kubelet's key stands beside its certificate */
}

static void look_directory(
	const struct doctor *what, const char *path, const struct check *check, struct findings *findings)
{
	_cleanup_free_ char *full = node_path(what->node, path);
	DIR *directory = opendir(full);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		_cleanup_free_ char *file = mem_printf("%s/%s", path, entry->d_name);

		if (str_ends(file, ".crt"))
			look_file(what, file, check, findings);
	}
	if (directory)
		closedir(directory);
}

int diagnose_certificates(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *own =
		what->cluster ? ca_certificate_path(what->cluster) : mem_strdup(WORK_AREA_DEFAULT "/certs/ca.crt");

	look_file(what, own, check, findings);
	look_file(what, KUBELET_CLIENT, check, findings);
	look_directory(what, PKI, check, findings);
	look_directory(what, PKI "/etcd", check, findings);
	return 0;
}
