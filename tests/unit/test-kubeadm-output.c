/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "resource/kubeadm-output.h"

static void assert_phase(const char *before, const char *line, const char *after)
{
	char phase[KUBEADM_PHASE_MAX] = "";

	strcpy(phase, before);
	kubeadm_output_phase(line, phase);
	assert_string_equal(phase, after);
}

static void test_phases(void **state)
{
	assert_phase("", "[init] Using Kubernetes version: v1.20.2", "init");
	assert_phase("init", "[kubelet-start] Starting the kubelet", "kubelet-start");
	assert_phase("addons", "[control-plane] x", "control-plane");
	assert_phase("preflight", "\t[WARNING Hostname]: hostname \"x\" could not be reached", "preflight");
	assert_phase("preflight", "[WARNING Swap]: x", "preflight");
	assert_phase("certs", "Your Kubernetes control-plane has initialized successfully!", "certs");
	assert_phase("certs", "[] x", "certs");
	assert_phase("certs", "[certs", "certs");
	assert_phase("certs", "[abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz] x", "certs");
}

static void assert_text(const char *line, const char *text)
{
	_cleanup_str_ struct str out = STR_INIT;

	kubeadm_output_text(line, &out);
	assert_string_equal(str_text(&out), text);
}

#define SIXTEEN "0123456789abcdef"
#define KEY SIXTEEN SIXTEEN SIXTEEN SIXTEEN

static void test_texts(void **state)
{
	assert_text("[certs] Generating \"ca\" certificate and key", "Generating \"ca\" certificate and key");
	assert_text("\t[WARNING Hostname]: x", "[WARNING Hostname]: x");
	assert_text("", "");
	assert_text("[wait]  \033[1mbold\033[0m\a", "bold");
	assert_text("cut \033[1", "cut ");
}

static void test_secrets(void **state)
{
	assert_text("kubeadm join [fd00::1]:6443 --token abcdef." SIXTEEN " \\",
		"kubeadm join [fd00::1]:6443 --token abcdef.******** \\");
	assert_text("abcdef." SIXTEEN, "abcdef.********");
	assert_text("\"abcdef." SIXTEEN "\"", "\"abcdef.********\"");
	assert_text("--certificate-key " KEY, "--certificate-key ********");
	/* Not secrets: a discovery hash, names of another length. */
	assert_text("--discovery-token-ca-cert-hash sha256:" KEY, "--discovery-token-ca-cert-hash sha256:" KEY);
	assert_text("kube.abcdefghijklmnop", "kube.abcdefghijklmnop");
	assert_text("abcdef." SIXTEEN "0", "abcdef." SIXTEEN "0");
	assert_text(KEY "0", KEY "0");
	assert_text(".0123456789abcdef", ".0123456789abcdef");
}

static void test_cures(void **state)
{
	assert_non_null(
		strstr(kubeadm_output_cure("could not find a JWS signature in the cluster-info ConfigMap"), "token"));
	assert_non_null(
		strstr(kubeadm_output_cure("none of the public keys \"sha256:…\" are pinned"), "token-cert-hash"));
	assert_non_null(strstr(kubeadm_output_cure("[ERROR ImagePull]: failed to pull image x"), "images"));
	assert_null(kubeadm_output_cure("something nobody has seen"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_cures),
	};

	return RUN_TESTS(tests);
}
