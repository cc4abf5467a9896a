/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/kubeadm-output.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

enum {
	TOKEN_ID = 6,
	TOKEN_SECRET = 16,
	CERTIFICATE_KEY = 64,
};

static const char lower_alnum[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char hex[] = "0123456789abcdef";

/* The length of "[word]" at the start of the line, 0 when there is none ("[WARNING x]" is no phase). */
static size_t mark_length(const char *line)
{
	size_t n;

	if (line[0] != '[')
		return 0;
	n = strspn(line + 1, "abcdefghijklmnopqrstuvwxyz0123456789-/");
	return n > 0 && n < KUBEADM_PHASE_MAX && line[n + 1] == ']' ? n + 2 : 0;
}

void kubeadm_output_phase(const char *line, char phase[KUBEADM_PHASE_MAX])
{
	size_t n = mark_length(line);

	if (n > 0) {
		memcpy(phase, line + 1, n - 2);
		phase[n - 2] = '\0';
	}
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c);
}

/* The octets at `p` that must not be shown, 0 for most; `start` is where the line begins. */
static size_t secret_length(const char *start, const char *p)
{
	size_t n;

	if (p > start && in_word(p[-1]))
		return 0;
	n = strspn(p, hex);
	if (n == CERTIFICATE_KEY && !in_word(p[n]) && !(p - start >= 7 && strncmp(p - 7, "sha256:", 7) == 0))
		return n;
	if (p - start > TOKEN_ID && p[-1] == '.' && strspn(p - 1 - TOKEN_ID, lower_alnum) == TOKEN_ID &&
		strspn(p, lower_alnum) == TOKEN_SECRET && !in_word(p[TOKEN_SECRET]))
		return TOKEN_SECRET;
	return 0;
}

/* ECMA-48 control sequences: some versions colour what they print. */
static size_t colour_length(const char *p)
{
	size_t n;

	if (p[0] != '\033' || p[1] != '[')
		return 0;
	n = 2 + strspn(p + 2, "0123456789;");
	return p[n] ? n + 1 : n;
}

void kubeadm_output_text(const char *line, struct str *ret)
{
	const char *start = line + mark_length(line), *p;
	size_t n;

	while (*start == ' ' || *start == '\t')
		start++;
	for (p = start; *p;) {
		if ((n = secret_length(start, p)) > 0) {
			str_add(ret, "********");
			p += n;
		} else if ((n = colour_length(p)) > 0) {
			p += n;
		} else {
			if (*p == '\t' || !iscntrl((unsigned char)*p))
				str_add_n(ret, p, 1);
			p++;
		}
	}
}

#define KUBELET_CURE "the kubelet does not start: 'journalctl -u kubelet' tells why"

/* Taking `up` back ends the containers, so whoever wants to look at them has to say so first. */
#define CONTROL_PLANE_CURE                                                                                             \
	"a part of the control plane does not come up: 'lazyjack up --keep' leaves it for a look with 'crictl ps -a' " \
	"and 'crictl logs'"

#define UPLOAD_CURE                                                                                                    \
	"the first master keeps its keys for others only two hours, and for the 'certificate-key' it had then: on it " \
	"'kubeadm init phase upload-certs --upload-certs --config KUBEADM.CONF' (in the work area) puts them there "   \
	"anew"

/*
 * The first row that fits. When it has waited in vain, kubeadm guesses that "The kubelet is not running" even where it
 * is another part that doesn't come up; its own look at the kubelet is in other words, and only after 40 seconds.
 */
const char *kubeadm_output_cure(const char *action, const char *words, bool kubelet_runs)
{
	static const struct {
		const char *words, *cure;
		const char *action; /* NULL: any */
		bool runs;	    /* only while the kubelet runs */
	} cures[] = {
		{"none of the public keys",
			"'token-cert-hash' does not belong to the master's certificate authority: copy the "
			"master's config.yaml here, 'lazyjack prepare', and try again"},
		{"cluster CA found in cluster-info", "'token-cert-hash' does not belong to the master's certificate "
						     "authority: copy the master's config.yaml here, 'lazyjack "
						     "prepare', and try again"},
		{"JWS signature",
			"the master does not know this 'token', or it has expired (24 hours): compare it with the "
			"master's config.yaml; 'kubeadm token create' there makes a new one"},
		{"Secret \"kubeadm-certs\" was not found", UPLOAD_CURE},
		{"error decoding secret data with provided key", UPLOAD_CURE},
		{"ImagePull",
			"the images can be neither found nor fetched: 'kubeadm config images list' names them; load "
			"them into the container runtime, or see that this node reaches the registry"},
		{"kubelet isn't running", KUBELET_CURE},
		{"kubelet is not healthy", KUBELET_CURE},
		{"10248/healthz", KUBELET_CURE},
		{"is not healthy after", CONTROL_PLANE_CURE, "init"},
		{"timed out waiting for the condition", CONTROL_PLANE_CURE, "init", true},
		{"timed out waiting for the condition",
			"the kubelet does not come to its certificate from the master: 'journalctl -u kubelet' tells "
			"why",
			"join", true},
		{"timed out waiting for the condition", KUBELET_CURE},
		{"configmaps \"kubelet-config",
			"kubeadm here is of another minor version than the master's: install the same "
			"on all nodes"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cures); i++)
		if (strstr(words, cures[i].words) && (cures[i].action == NULL || str_eq(cures[i].action, action)) &&
			(!cures[i].runs || kubelet_runs))
			return cures[i].cure;
	return NULL;
}
