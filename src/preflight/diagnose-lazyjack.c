/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/journal.h"
#include "preflight/diagnose.h"
#include "preflight/look.h"
#include "resource/container-engine.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/unit-bus.h"

enum { JOURNAL_MS = 3000 };

static const struct {
	const char *unit;
	bool oneshot; /* it is fine when it does not run */
} services[] = {
	{"lazyjack-dns64.service", false},
	{"lazyjack-nat64.service", false},
	{"lazyjack-restore.service", true},
};

void judge_service(const char *unit, const char *load, const char *active, bool oneshot, const char *words,
	const struct check *check, struct findings *findings)
{
	_cleanup_free_ char *cure =
		mem_printf("'journalctl -u %s' says why; then 'lazyjack %s'", unit, oneshot ? "restore" : "prepare");
	/* With Restart= a service that ends again and again is "activating" nearly all the time. */
	bool failed = str_eq(active, "failed") || (!oneshot && str_eq(active, "activating"));
	bool stopped = !oneshot && (str_eq(active, "inactive") || str_eq(active, "deactivating"));

	if (str_eq(load, "not-found") || (!failed && !stopped))
		return;
	findings_add(findings, check, SEVERITY_ERROR, cure, "the unit '%s' %s%s%s", unit,
		!failed			   ? "does not run"
		: str_eq(active, "failed") ? "failed"
					   : "is being started again and again",
		words[0] ? ": " : "", words);
}

static void on_one_line(struct str *text)
{
	char *at;

	while (text->len > 0 && text->s[text->len - 1] == '\n')
		text->s[--text->len] = '\0';
	for (at = text->s; at && (at = strchr(at, '\n')); at++)
		*at = ' ';
}

/* What the unit said last, on one line. */
static void last_words(const char *unit, struct str *ret)
{
	const char *const argv[] = {"journalctl", "-u", unit, "-n", "2", "--no-pager", "-q", "-o", "cat", NULL};
	const struct run_options options = {.argv = argv, .timeout_ms = JOURNAL_MS};
	_cleanup_str_ struct str text = STR_INIT;

	if (run_checked(&options, &text, NULL) < 0)
		return;
	on_one_line(&text);
	str_add(ret, str_text(&text));
}

static bool has_unit(const struct doctor *what, const char *unit)
{
	_cleanup_free_ char *path = mem_printf("/etc/systemd/system/%s", unit);

	return look_exists(what->node, path);
}

void judge_container(const char *engine, const char *name, int state, const char *detail, const char *words,
	const struct check *check, struct findings *findings)
{
	_cleanup_free_ char *cure = NULL;

	if (state == STEP_IN_PLACE)
		return;
	cure = mem_printf("'%s logs %s' says what it did; then 'lazyjack prepare'", engine, name);
	findings_add(findings, check, SEVERITY_ERROR, cure,
		"the container '%s' of %s is not as lazyjack made it: %s%s%s", name, engine,
		detail[0] ? detail : "there is none", words[0] ? "; its last words: " : "", words);
}

static void diagnose_container(
	const struct doctor *what, const struct step *step, const struct check *check, struct findings *findings)
{
	const char *engine = json_text(step->want, "engine"), *name = json_text(step->want, "name");
	_cleanup_str_ struct str detail = STR_INIT, words = STR_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	int state = step->ops->inspect(step, what->node, true, NULL, &detail, &err);

	if (state < 0)
		str_add(&detail, err.msg);
	if (state != STEP_IN_PLACE)
		engine_last_words(engine, name, &words);
	on_one_line(&words);
	judge_container(engine, name, state, str_text(&detail), str_text(&words), check, findings);
}

/* Those that the journal has: with a container engine there are no units. */
static int diagnose_containers(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	struct journal *journal;
	size_t i;
	int r;

	if (!doctor_prepared(what))
		return 0;
	r = journal_open(what->state_directory, step_kinds, false, &journal, err);
	if (r < 0)
		return r;
	for (i = 0; i < journal_count(journal); i++) {
		const struct record *record = journal_record(journal, i);

		if (!record->gone && record->step.ops == &container_ops)
			diagnose_container(what, &record->step, check, findings);
	}
	journal_close(journal);
	return 0;
}

int diagnose_services(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(services); i++) {
		const char *unit = services[i].unit;
		_cleanup_str_ struct str words = STR_INIT;
		struct unit_state state;
		int r;

		if (!has_unit(what, unit))
			continue;
		r = unit_bus_state(what->node, unit, &state, err);
		if (r < 0)
			return r;
		if (!unit_is_active(&state))
			last_words(unit, &words);
		judge_service(unit, state.load, state.active, services[i].oneshot, str_text(&words), check, findings);
	}
	return diagnose_containers(what, check, findings, err);
}

struct drift {
	size_t wrong;
	char *first;
};

static void count(void *user, const struct engine_status *status)
{
	struct drift *drift = user;

	if (str_eq(status->state, "in-place") || str_eq(status->state, "foreign"))
		return;
	if (drift->wrong++ == 0)
		drift->first = mem_printf("%s %s: %s", status->kind, status->what, status->state);
}

void judge_drift(size_t wrong, const char *first, const struct check *check, struct findings *findings)
{
	if (wrong > 0)
		findings_add(findings, check, SEVERITY_ERROR,
			"'lazyjack status' lists them; 'lazyjack prepare' and 'up' put them right",
			"%zu thing%s not as lazyjack left %s (the first: %s)", wrong, wrong == 1 ? " is" : "s are",
			wrong == 1 ? "it" : "them", first);
}

int diagnose_drift(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	const struct engine_settings settings = {
		.node = what->node, .state_directory = what->state_directory, .kinds = step_kinds};
	struct drift drift = {0};
	int r;

	if (!doctor_prepared(what))
		return 0;
	r = engine_compare(&settings, count, &drift, err);
	if (r >= 0)
		judge_drift(drift.wrong, drift.first, check, findings);
	free(drift.first);
	return r < 0 ? r : 0;
}
