/* SPDX-License-Identifier: Apache-2.0 */
/* The files by which kubeadm makes a node a member of a cluster (cmd/kubeadm/app/constants/constants.go). */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "resource/node.h"

/* Of kubeadm's own files the first that is there, as a path on the node; NULL when there is none. The caller frees it.
 */
char *kubeadm_files_member(const struct node *node);

/*
 * A file in a directory that `kubeadm reset` empties, whoever put it there: static pods, certificates, etcd's data.
 * NULL when there is none. The caller frees it.
 */
char *kubeadm_files_endangered(const struct node *node);

/* Of the directories that kubeadm, the kubelet and the pods make, those that are not there: an array of paths. */
json_t *kubeadm_files_absent(const struct node *node);

/*
 * Remove the directories that kubeadm_files_absent() named. Where people put files for Kubernetes of their own, only
 * what it made itself goes, and a warning names what stays.
 */
int kubeadm_files_remove(const struct node *node, const json_t *absent, struct err *err);

/*
 * Note, when kubeadm has come to its end, that lazyjack made this node a member, and where: "action", "address" and
 * "server" of the step's `want`. Every reset removes the note.
 */
int kubeadm_files_note(const struct node *node, const json_t *want, struct err *err);

/* The note is there; what it says, a new reference, NULL when it cannot be read. */
bool kubeadm_files_noted(const struct node *node);
json_t *kubeadm_files_read_note(const struct node *node);
