/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/pki.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum {
	RSA_BITS = 2048,
	SERIAL_SIZE = 16,    /* octets; RFC 5280 section 4.1.2.2 allows 20 */
	CLOCK_SKEW = 5 * 60, /* seconds that another node's clock may be behind */
	CERTIFICATE_V3 = 2,  /* RFC 5280 section 4.1.2.1 */
};

#define CLEANUP(type, function)                                                                                        \
	static inline void function##_p(type **p)                                                                      \
	{                                                                                                              \
		function(*p);                                                                                          \
	}
CLEANUP(EVP_PKEY, EVP_PKEY_free)
CLEANUP(X509, X509_free)
CLEANUP(BIO, BIO_free_all)
CLEANUP(X509_EXTENSION, X509_EXTENSION_free)
#define _cleanup_key_ __attribute__((cleanup(EVP_PKEY_free_p)))
#define _cleanup_x509_ __attribute__((cleanup(X509_free_p)))
#define _cleanup_bio_ __attribute__((cleanup(BIO_free_all_p)))
#define _cleanup_extension_ __attribute__((cleanup(X509_EXTENSION_free_p)))

/* libcrypto's own reason behind `what`; its queue is emptied. */
static int fail(struct err *err, int code, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return err_set(err, code, reason ? "%s: %s" : "%s", what, reason);
}

static const char no_key[] = "the CA key is not a private key in PEM form without a passphrase";
static const char no_certificate[] = "the CA certificate is not a certificate in PEM form";

/* A key behind a passphrase would make libcrypto ask on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *user)
{
	return -1;
}

static int add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value)
{
	_cleanup_extension_ X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);

	return extension && X509_add_ext(certificate, extension, -1);
}

/* The extensions of a certificate authority: RFC 5280 sections 4.2.1.2, 4.2.1.3 and 4.2.1.9. */
static bool add_extensions(X509 *certificate)
{
	X509V3_CTX context;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	return add_extension(certificate, &context, NID_basic_constraints, "critical,CA:TRUE") &&
	       add_extension(
		       certificate, &context, NID_key_usage, "critical,digitalSignature,keyEncipherment,keyCertSign") &&
	       add_extension(certificate, &context, NID_subject_key_identifier, "hash");
}

static bool set_serial(X509 *certificate)
{
	unsigned char octets[SERIAL_SIZE];
	BIGNUM *number;
	bool ok;

	if (RAND_bytes(octets, sizeof(octets)) != 1)
		return false;
	/* Positive, and of full length. */
	octets[0] = (unsigned char)((octets[0] & 0x7f) | 0x40);
	number = BN_bin2bn(octets, sizeof(octets), NULL);
	ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return ok;
}

static bool set_names(X509 *certificate, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	return X509_NAME_add_entry_by_NID(
		       subject, NID_commonName, MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) &&
	       X509_set_issuer_name(certificate, subject);
}

static X509 *make_certificate(EVP_PKEY *key, const char *name)
{
	X509 *certificate = X509_new();

	if (certificate && X509_set_version(certificate, CERTIFICATE_V3) && set_serial(certificate) &&
		X509_gmtime_adj(X509_getm_notBefore(certificate), -CLOCK_SKEW) &&
		X509_time_adj_ex(X509_getm_notAfter(certificate), PKI_CA_DAYS, 0, NULL) &&
		set_names(certificate, name) && X509_set_pubkey(certificate, key) && add_extensions(certificate) &&
		X509_sign(certificate, key, EVP_sha256()))
		return certificate;
	X509_free(certificate);
	return NULL;
}

/* The content of a memory BIO as a text of our own. */
static char *take_text(BIO *bio, size_t *ret_len)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	*ret_len = (size_t)len;
	return mem_strndup(data, (size_t)len);
}

static int encode_certificate(EVP_PKEY *key, const char *name, struct pki_ca *ret, struct err *err)
{
	_cleanup_x509_ X509 *certificate = make_certificate(key, name);
	_cleanup_bio_ BIO *text = BIO_new(BIO_s_mem());

	if (certificate == NULL)
		return fail(err, EINVAL, "cannot make the CA certificate");
	if (text == NULL || !PEM_write_bio_X509(text, certificate))
		return fail(err, EIO, "cannot encode the CA certificate");
	free(ret->certificate);
	ret->certificate = take_text(text, &ret->certificate_len);
	return 0;
}

int pki_ca_new(enum pki_key_type type, const char *name, struct pki_ca *ret, struct err *err)
{
	_cleanup_key_ EVP_PKEY *key = type == PKI_RSA ? EVP_RSA_gen(RSA_BITS) : EVP_EC_gen("P-256");
	/* This kind of BIO wipes its memory when it grows and when it is freed. */
	_cleanup_bio_ BIO *text = BIO_new(BIO_s_secmem());
	_cleanup_pki_ca_ struct pki_ca ca = {0};
	int r;

	if (key == NULL || text == NULL || !PEM_write_bio_PKCS8PrivateKey(text, key, NULL, NULL, 0, NULL, NULL))
		return fail(err, EIO, "cannot make the CA key");
	ca.key = take_text(text, &ca.key_len);
	r = encode_certificate(key, name, &ca, err);
	if (r < 0)
		return r;
	*ret = ca;
	ca = (struct pki_ca){0};
	return 0;
}

void pki_ca_done(struct pki_ca *ca)
{
	if (ca->key)
		explicit_bzero(ca->key, ca->key_len);
	free(ca->key);
	free(ca->certificate);
	*ca = (struct pki_ca){NULL, 0, NULL, 0};
}

static X509 *parse_certificate(const char *text, size_t len)
{
	_cleanup_bio_ BIO *bio = len <= PKI_PEM_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;

	return bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
}

static EVP_PKEY *parse_key(const char *text, size_t len)
{
	_cleanup_bio_ BIO *bio = len <= PKI_PEM_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;

	return bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
}

int pki_ca_certify(struct pki_ca *ca, const char *name, struct err *err)
{
	_cleanup_key_ EVP_PKEY *key = parse_key(ca->key, ca->key_len);

	if (key == NULL)
		return fail(err, EINVAL, no_key);
	return encode_certificate(key, name, ca, err);
}

int pki_ca_check(const struct pki_ca *ca, struct err *err)
{
	_cleanup_x509_ X509 *certificate = parse_certificate(ca->certificate, ca->certificate_len);
	_cleanup_key_ EVP_PKEY *key = parse_key(ca->key, ca->key_len);

	if (certificate == NULL)
		return fail(err, EINVAL, no_certificate);
	if (key == NULL)
		return fail(err, EINVAL, no_key);
	if (X509_check_private_key(certificate, key) != 1)
		return fail(err, EINVAL, "CA key and CA certificate do not belong together");
	if (X509_check_ca(certificate) != 1)
		return fail(err, EINVAL, "the CA certificate is not a certificate authority's");
	if (X509_cmp_current_time(X509_get0_notBefore(certificate)) >= 0)
		return fail(err, EINVAL, "the CA certificate is not valid yet: look at this machine's clock");
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
		return fail(err, EINVAL, "the CA certificate has expired");
	return 0;
}

int pki_discovery_hash(const char *certificate, size_t len, char ret[PKI_HASH_SIZE], struct err *err)
{
	_cleanup_x509_ X509 *x509 = parse_certificate(certificate, len);
	unsigned char *der = NULL;
	int der_len;

	if (x509 == NULL)
		return fail(err, EINVAL, no_certificate);
	der_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
	if (der_len < 0)
		return fail(err, EIO, "cannot encode the CA's public key");
	file_sha256(der, (size_t)der_len, ret);
	OPENSSL_free(der);
	return 0;
}
