/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "command/session.h"
#include "config/edit.h"
#include "config/read.h"
#include "kube/ca-files.h"
#include "kube/token.h"
#include "planner/init.h"

static bool force;
static const char *key_type = "rsa";

/* What this run found and made; secrets, so it is wiped at the end. */
struct init {
	struct session session;
	enum pki_key_type key_type;
	char *config_path; /* absolute, links followed */
	struct pki_ca ca;
	char hash[PKI_HASH_SIZE];
	char token[TOKEN_SIZE], certificate_key[CERTIFICATE_KEY_SIZE];
	char *config; /* new content; NULL: nothing to change */
	size_t config_len;
	bool recorded; /* an earlier run edited the file */
	bool drifted;  /* and somebody edited it since */
};

static void init_done(struct init *init)
{
	pki_ca_done(&init->ca);
	explicit_bzero(init->token, sizeof(init->token));
	explicit_bzero(init->certificate_key, sizeof(init->certificate_key));
	if (init->config)
		explicit_bzero(init->config, init->config_len);
	free(init->config);
	free(init->config_path);
	session_close(&init->session);
}

static void note(struct init *init, const char *text)
{
	event_note(init->session.engine.sink, "init", "%s", text);
}

/* Settle the CA: the one that is there, unless it is to be replaced, or a new one. */
static int find_ca(struct init *init, struct err *err)
{
	const struct session *session = &init->session;
	_cleanup_free_ char *key = ca_key_path(session->cluster), *certificate = ca_certificate_path(session->cluster);
	_cleanup_free_ char *key_file = node_path(session->node, key),
			    *certificate_file = node_path(session->node, certificate);
	char name[ADDRESS_TEXT_MAX];
	int r = 0;

	if (!force)
		r = ca_load(key_file, certificate_file, &init->ca, err);
	if (r > 0)
		note(init, "the certificate authority that is there is kept");
	address_text(&session->self->mgmt[0].address, name);
	if (r == 0)
		r = init->ca.key ? pki_ca_certify(&init->ca, name, err)
				 : pki_ca_new(init->key_type, name, &init->ca, err);
	if (r < 0)
		return r;
	return pki_discovery_hash(init->ca.certificate, init->ca.certificate_len, init->hash, err);
}

/* Make the new text of the configuration, if anything in it has to change. */
static int edit_config(struct init *init, struct err *err)
{
	const struct session *session = &init->session;
	const struct cluster *cluster = session->cluster;
	struct config_edit edits[3];
	size_t n = 0;
	int r;

	if (force || cluster->token == NULL) {
		r = token_new(init->token, err);
		if (r < 0)
			return r;
		edits[n++] = (struct config_edit){"general", "token", init->token};
	}
	if (!str_eq(cluster->token_cert_hash, init->hash)) {
		if (cluster->token_cert_hash && !force)
			note(init, "token-cert-hash was not the one of this certificate authority: corrected");
		edits[n++] = (struct config_edit){"general", "token-cert-hash", init->hash};
	}
	if (cluster_count(cluster, ROLE_MASTER) > 1 && (force || cluster->certificate_key == NULL)) {
		r = certificate_key_new(init->certificate_key, err);
		if (r < 0)
			return r;
		edits[n++] = (struct config_edit){"general", "certificate-key", init->certificate_key};
	}
	if (n == 0)
		return 0;
	r = config_edit(session->config_text, session->config_len, edits, n, &init->config, &init->config_len, err);
	return r < 0 ? err_wrap(err, "cannot edit '%s'", global.config) : 0;
}

static void find_record(void *user, const struct engine_status *status)
{
	struct init *init = user;

	if (!str_eq(status->kind, "edited-file") || !str_eq(status->what, init->config_path))
		return;
	init->recorded = true;
	init->drifted = !str_eq(status->state, "in-place");
}

static int prepare_content(struct init *init, struct err *err)
{
	int r;

	init->config_path = realpath(global.config, NULL);
	if (init->config_path == NULL)
		return err_errno(err, errno, "cannot find '%s'", global.config);
	r = engine_compare(&init->session.engine, find_record, init, err);
	if (r >= 0)
		r = find_ca(init, err);
	return r < 0 ? r : edit_config(init, err);
}

static int apply(struct init *init)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct init_content content = {
		.ca = &init->ca,
		.config_path = init->config_path,
		.config = init->config,
		.config_len = init->config_len,
	};
	int status;

	/* The plan has to name what an earlier run did, or the engine takes it back. */
	if (content.config == NULL && init->recorded) {
		content.config = init->session.config_text;
		content.config_len = init->session.config_len;
	}
	plan_init(init->session.cluster, &content, &plan);
	status = session_apply(&init->session, &plan);
	if (status == EXIT_DONE && init->config && !global.dry_run && !global.json)
		note(init, "copy the configuration to the other nodes, then run 'lazyjack prepare' on each");
	return status;
}

static int check_role(struct init *init, struct err *err)
{
	const struct cluster_node *self = init->session.self;
	const struct cluster_node *master = cluster_with_role(init->session.cluster, ROLE_MASTER);

	if (self == master)
		return 0;
	return err_set(err, EINVAL,
		"'%s' is not the %smaster: run 'lazyjack init' on '%s' and copy the configuration from there",
		self->name, self->roles & ROLE_MASTER ? "first " : "", master->name);
}

static int run_opened(struct init *init)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (init->session.cluster->insecure) {
		note(init, "not needed: general.insecure is set, so that no certificate is checked");
		return EXIT_DONE;
	}
	if (check_role(init, &err) < 0)
		return session_fail(&init->session, EXIT_USAGE, &err);
	if (prepare_content(init, &err) < 0)
		return session_fail(&init->session, EXIT_FAILED, &err);
	if (init->config == NULL && init->drifted) {
		/* To replace the file's record would make `clean` take back what its owner wrote since. */
		note(init, "token and hash are in the configuration, which was edited since: nothing to do");
		report_summary(init->session.report, &(struct report_summary){.verb = "init"});
		return EXIT_DONE;
	}
	return apply(init);
}

/* What can be told without looking at the machine. */
static int check_usage(struct init *init, struct err *err)
{
	if (str_eq(key_type, "rsa"))
		init->key_type = PKI_RSA;
	else if (str_eq(key_type, "ecdsa"))
		init->key_type = PKI_ECDSA;
	else
		return err_set(err, EINVAL, "unknown --key-type '%s': use 'rsa' or 'ecdsa'", key_type);
	if (config_is_url(global.config)) {
		_cleanup_free_ char *shown = config_shown_name(global.config);

		return err_set(err, EINVAL,
			"'%s' can be read, but not edited: fetch it, and give the copy with --config", shown);
	}
	return 0;
}

static int run_init(int argc, char **argv)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct init init = {0};
	int status;

	if (argc > 0)
		err_set(&err, EINVAL, "unexpected argument '%s'", argv[0]);
	else
		check_usage(&init, &err);
	status = session_open(&init.session, "init", err.code ? 0 : SESSION_CONFIG | SESSION_ROOT | SESSION_LOCK);
	if (status == EXIT_DONE)
		status = err.code ? session_fail(&init.session, EXIT_USAGE, &err) : run_opened(&init);
	init_done(&init);
	return status;
}

static const struct option_row options[] = {
	{"force", 'f', OPTION_FLAG, &force, 0, NULL, "make a new certificate authority and a new token"},
	{"key-type", 0, OPTION_TEXT, &key_type, 0, "TYPE", "of the certificate authority: rsa (default) or ecdsa",
		(const char *const[]){"rsa", "ecdsa", NULL}},
	{0},
};

const struct command command_init = {
	.name = "init",
	.summary = "On the (first) master: make the certificate authority and the token, and write them into the "
		   "configuration",
	.help = "Makes the cluster's certificate authority in the work area, and writes 'token' and 'token-cert-hash' "
		"into the\n"
		"configuration (for several masters 'certificate-key', too); every other byte of the file stays, and "
		"the old one is kept as FILE.bak. A second run "
		"keeps what\n"
		"is there. Afterwards the file goes to the other nodes as it is.\n",
	.options = options,
	.run = run_init,
};
