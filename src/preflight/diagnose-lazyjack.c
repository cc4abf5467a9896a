/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "engine/engine.h"
#include "preflight/diagnose.h"
#include "preflight/look.h"
#include "resource/kinds.h"
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

/* What the unit said last, on one line. */
static void last_words(const char *unit, struct str *ret)
{
	const char *const argv[] = {"journalctl", "-u", unit, "-n", "2", "--no-pager", "-q", "-o", "cat", NULL};
	const struct run_options options = {.argv = argv, .timeout_ms = JOURNAL_MS};
	_cleanup_str_ struct str text = STR_INIT;
	char *at;

	if (run_checked(&options, &text, NULL) < 0 || text.len == 0)
		return;
	while (text.len > 0 && text.s[text.len - 1] == '\n')
		text.s[--text.len] = '\0';
	for (at = text.s; (at = strchr(at, '\n')); at++)
		*at = ' ';
	str_add(ret, text.s);
}

static bool has_unit(const struct doctor *what, const char *unit)
{
	_cleanup_free_ char *path = mem_printf("/etc/systemd/system/%s", unit);

	return look_exists(what->node, path);
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
	return 0;
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
