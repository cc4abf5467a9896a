/* SPDX-License-Identifier: Apache-2.0 */
/* What kubeadm prints, made fit to be shown and kept: which phase a line is of, and no secrets in it. Pure. */
#pragma once

#include "base/str.h"

enum { KUBEADM_PHASE_MAX = 32 };

/* "[certs] Generating …" begins a phase; lines without such a mark belong to the last one. "" at first. */
void kubeadm_output_phase(const char *line, char phase[KUBEADM_PHASE_MAX]);

/*
 * Append the line without the mark of its phase, blanks at its ends and colours; the secrets of bootstrap tokens
 * ("abcdef.0123456789abcdef") and certificate keys (64 hexadecimal digits that no "sha256:" stands before) become
 * asterisks.
 */
void kubeadm_output_text(const char *line, struct str *ret);

/*
 * What to do when kubeadm's `action` ("init", "join") fails with these words, while the kubelet runs or does not; NULL:
 * nothing is known.
 */
const char *kubeadm_output_cure(const char *action, const char *words, bool kubelet_runs);
