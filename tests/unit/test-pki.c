/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/pki.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/run.h"
#include "base/str.h"
#include "fixture.h"

/* Keys take a while to make: one of each kind for all tests. */
static struct pki_ca rsa, ecdsa;

static int make_keys(void **state)
{
	_cleanup_err_ struct err err = ERR_INIT;

	return pki_ca_new(PKI_RSA, "fd00:20::2", &rsa, &err) | pki_ca_new(PKI_ECDSA, "10.192.0.2", &ecdsa, &err);
}

static int forget_keys(void **state)
{
	pki_ca_done(&rsa);
	pki_ca_done(&ecdsa);
	return 0;
}

static X509 *certificate_of(const struct pki_ca *ca)
{
	BIO *bio = BIO_new_mem_buf(ca->certificate, (int)ca->certificate_len);
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(certificate);
	return certificate;
}

static void check_certificate(const struct pki_ca *ca, const char *name, int type, int bits)
{
	X509 *certificate = certificate_of(ca);
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	char text[128];
	int days, seconds;
	BIGNUM *number;

	X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof(text));
	assert_string_equal(text, name);
	assert_int_equal(X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)), 0);
	assert_int_equal(X509_get_version(certificate), 2);
	assert_int_equal(EVP_PKEY_get_base_id(key), type);
	assert_int_equal(EVP_PKEY_get_bits(key), bits);
	assert_int_equal(X509_verify(certificate, key), 1);
	assert_int_equal(X509_check_ca(certificate), 1);
	assert_int_equal(
		X509_get_key_usage(certificate), KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_CERT_SIGN);
	assert_int_equal(X509_get_extension_flags(certificate) & EXFLAG_BCONS, EXFLAG_BCONS);
	assert_non_null(X509_get0_subject_key_id(certificate));
	assert_int_equal(X509_EXTENSION_get_critical(X509_get_ext(
				 certificate, X509_get_ext_by_NID(certificate, NID_basic_constraints, -1))),
		1);
	assert_int_equal(X509_EXTENSION_get_critical(
				 X509_get_ext(certificate, X509_get_ext_by_NID(certificate, NID_key_usage, -1))),
		1);

	assert_int_equal(
		ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate)), 1);
	assert_int_equal(days, 10000);
	assert_in_range(seconds, 300, 302);
	assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate), NULL), 1);
	assert_int_equal(days, 0);
	assert_in_range(seconds, 300, 600);

	number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	assert_int_equal(BN_num_bits(number), 127);
	assert_false(BN_is_negative(number));
	BN_free(number);
	X509_free(certificate);
}

static void test_certificates(void **state)
{
	check_certificate(&rsa, "fd00:20::2", EVP_PKEY_RSA, 2048);
	check_certificate(&ecdsa, "10.192.0.2", EVP_PKEY_EC, 256);
	assert_int_equal(strlen(rsa.key), rsa.key_len);
	assert_non_null(strstr(rsa.key, "-----BEGIN PRIVATE KEY-----"));
}

static void test_serials_differ(void **state)
{
	X509 *a = certificate_of(&rsa), *b = certificate_of(&ecdsa);

	assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(a), X509_get0_serialNumber(b)), 0);
	X509_free(a);
	X509_free(b);
}

static void expect_refused(const struct pki_ca *ca, const char *why)
{
	_cleanup_err_ struct err err = ERR_INIT;

	assert_int_equal(pki_ca_check(ca, &err), -EINVAL);
	if (strstr(err.msg, why) == NULL)
		fail_msg("%s", err.msg);
}

static void test_check(void **state)
{
	char rubbish[] = "rubbish", nothing[] = "";
	struct pki_ca mixed = {rsa.key, rsa.key_len, ecdsa.certificate, ecdsa.certificate_len};
	struct pki_ca no_key = {rubbish, 7, rsa.certificate, rsa.certificate_len};
	struct pki_ca no_certificate = {rsa.key, rsa.key_len, nothing, 0};
	struct pki_ca cut = {rsa.key, rsa.key_len - 40, rsa.certificate, rsa.certificate_len};
	struct pki_ca swapped = {rsa.certificate, rsa.certificate_len, rsa.key, rsa.key_len};

	assert_int_equal(pki_ca_check(&rsa, NULL), 0);
	assert_int_equal(pki_ca_check(&ecdsa, NULL), 0);
	expect_refused(&mixed, "do not belong together");
	expect_refused(&no_key, "not a private key");
	expect_refused(&no_certificate, "not a certificate");
	expect_refused(&cut, "not a private key");
	expect_refused(&swapped, "not a certificate");
}

/* Run a program of the test's own on a file; what it printed is the caller's. */
static struct str run_openssl(const char *const *argv, const char *input, size_t len)
{
	struct run_options options = {.argv = argv, .input = input, .input_len = len};
	_cleanup_err_ struct err err = ERR_INIT;
	struct str out = STR_INIT;

	if (run_checked(&options, &out, &err) < 0)
		fail_msg("%s", err.msg);
	return out;
}

/* The recipe of kubeadm's documentation: x509 -pubkey | pkey -outform der | sha256. */
static void test_discovery_hash(void **state)
{
	static const char *const pubkey[] = {"openssl", "x509", "-pubkey", "-noout", NULL};
	static const char *const der[] = {"openssl", "pkey", "-pubin", "-outform", "der", NULL};
	static const char *const digest[] = {"openssl", "dgst", "-sha256", "-r", NULL};
	const struct pki_ca *const both[] = {&rsa, &ecdsa};
	_cleanup_free_ char *openssl = run_find("openssl");
	char hash[PKI_HASH_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(both); i++) {
		_cleanup_str_ struct str key = STR_INIT, binary = STR_INIT, text = STR_INIT;

		assert_int_equal(pki_discovery_hash(both[i]->certificate, both[i]->certificate_len, hash, NULL), 0);
		assert_int_equal(strlen(hash), 64);
		assert_int_equal(strspn(hash, "0123456789abcdef"), 64);
		if (openssl == NULL)
			skip();
		key = run_openssl(pubkey, both[i]->certificate, both[i]->certificate_len);
		binary = run_openssl(der, key.s, key.len);
		text = run_openssl(digest, binary.s, binary.len);
		assert_memory_equal(text.s, hash, 64);
	}
	assert_int_equal(pki_discovery_hash("x", 1, hash, NULL), -EINVAL);
}

/* What a certificate that got lost is replaced with: the nodes' discovery hash still holds. */
static void test_certify(void **state)
{
	struct pki_ca ca = {mem_strndup(ecdsa.key, ecdsa.key_len), ecdsa.key_len, NULL, 0};
	char before[PKI_HASH_SIZE], after[PKI_HASH_SIZE];
	char rubbish[] = "rubbish";
	struct pki_ca no_key = {rubbish, 7, NULL, 0};

	assert_int_equal(pki_ca_certify(&ca, "10.192.0.2", NULL), 0);
	check_certificate(&ca, "10.192.0.2", EVP_PKEY_EC, 256);
	assert_int_equal(pki_ca_check(&ca, NULL), 0);
	assert_int_equal(pki_discovery_hash(ecdsa.certificate, ecdsa.certificate_len, before, NULL), 0);
	assert_int_equal(pki_discovery_hash(ca.certificate, ca.certificate_len, after, NULL), 0);
	assert_string_equal(before, after);
	pki_ca_done(&ca);
	assert_int_equal(pki_ca_certify(&no_key, "x", NULL), -EINVAL);
}

static void test_long_name(void **state)
{
	static const char name[] = "12345678901234567890123456789012345678901234567890123456789012345";
	_cleanup_err_ struct err err = ERR_INIT;
	struct pki_ca ca = {0};

	assert_int_equal(pki_ca_new(PKI_ECDSA, name, &ca, &err), -EINVAL);
	assert_null(ca.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_serials_differ),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_discovery_hash),
		cmocka_unit_test(test_certify),
		cmocka_unit_test(test_long_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_keys, forget_keys);
}
