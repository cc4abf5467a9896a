/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a verb whose identity its plan does not name any more. */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "engine/internal.h"

static json_t *labels_of(const struct plan *plan)
{
	json_t *labels = json_object();
	size_t i;

	for (i = 0; i < plan->n; i++) {
		_cleanup_str_ struct str label = STR_INIT;

		step_label(&plan->steps[i], &label);
		json_object_set_new(labels, label.s, json_true());
	}
	return labels;
}

static bool is_stale(const struct run_state *run, const struct record *record, const json_t *wanted, enum stale which)
{
	_cleanup_str_ struct str label = STR_INIT;

	if (record->gone || !str_eq(record->verb, run->verb) || record->step.ops->undone_last != (which == STALE_LAST))
		return false;
	step_label(&record->step, &label);
	return json_object_get(wanted, label.s) == NULL;
}

int undo_stale(struct run_state *run, const struct plan *plan, enum stale which, struct err *err)
{
	_cleanup_json_ json_t *wanted = labels_of(plan);
	size_t n = 0, i, *places = mem_new(journal_count(run->journal), sizeof(*places));
	int r = 0;

	for (i = journal_count(run->journal); i-- > 0;)
		if (is_stale(run, journal_record(run->journal, i), wanted, which))
			places[n++] = i;
	if (n > 0 && !run->settings->dry_run)
		r = undo_records(run, places, n, err);
	for (i = 0; run->settings->dry_run && i < n; i++) {
		run->result.reverted++;
		run_event(
			run, &journal_record(run->journal, places[i])->step, EVENT_WOULD, "no longer wanted: undo it");
	}
	free(places);
	return r;
}

int engine_undo_stale(const struct engine_settings *settings, const char *verb, const struct plan *plan,
	struct engine_result *ret, struct err *err)
{
	struct run_state run;
	int r = run_open(settings, verb, &run, err);

	if (r < 0)
		return r;
	r = undo_stale(&run, plan, STALE_FIRST, err);
	if (r == 0)
		r = undo_stale(&run, plan, STALE_LAST, err);
	run_close(&run, ret);
	return r;
}
