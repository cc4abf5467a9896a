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
	assert_non_null(strstr(
		kubeadm_output_cure("join", "could not find a JWS signature in the cluster-info ConfigMap", true),
		"token"));
	assert_non_null(strstr(kubeadm_output_cure("join", "none of the public keys \"sha256:…\" are pinned", true),
		"token-cert-hash"));
	assert_non_null(
		strstr(kubeadm_output_cure("init", "[ERROR ImagePull]: failed to pull image x", true), "images"));
	assert_null(kubeadm_output_cure("init", "something nobody has seen", true));
}

static void assert_cure(const char *action, const char *words, const char *part)
{
	const char *cure = kubeadm_output_cure(action, words, true);

	if (cure == NULL || strstr(cure, part) == NULL)
		fail_msg("'%s' isn't in: %s", part, cure ? cure : "nothing");
}

/* What kubeadm guesses at the end of every such failure. */
#define GUESS                                                                                                          \
	" | Unfortunately, an error has occurred: | timed out waiting for the condition | This error is likely "       \
	"caused "                                                                                                      \
	"by: | - The kubelet is not running"

/* Only of a control plane that was kept are there containers to look at; minions have none. */
static void test_time_outs(void **state)
{
	assert_cure("init", "Initial timeout of 40s passed." GUESS, "'lazyjack up --keep' leaves it");
	assert_cure("init", "It seems like the kubelet isn't running or healthy." GUESS, "kubelet does not start");
	assert_cure("init", "kube-apiserver is not healthy after 4m0.00s", "'lazyjack up --keep' leaves it");
	assert_cure("init", "The kubelet is not healthy after 4m0.00s", "kubelet does not start");
	assert_cure("join", "The kubelet is not healthy after 4m0.00s", "kubelet does not start");
	assert_cure("join", "Initial timeout of 40s passed." GUESS, "certificate from the master");
	assert_cure("join",
		"error downloading the secret: Secret \"kubeadm-certs\" was not found in the \"kube-system\"",
		"kubeadm init phase upload-certs");
	assert_cure("join", "error decoding secret data with provided key: cipher: message authentication failed",
		"kubeadm init phase upload-certs");
	assert_null(kubeadm_output_cure("join", "kube-apiserver is not healthy after 4m0.00s", true));
	/* It gave up before it looked at the kubelet itself. */
	assert_non_null(strstr(kubeadm_output_cure("init", GUESS, false), "kubelet does not start"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_cures),
		cmocka_unit_test(test_time_outs),
	};

	return RUN_TESTS(tests);
}
