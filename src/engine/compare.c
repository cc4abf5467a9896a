/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "engine/internal.h"

static const char *state_name(const struct record *record, int state)
{
	switch ((enum step_state)state) {
	case STEP_IN_PLACE:
		return record->found ? "foreign" : "in-place";
	case STEP_DRIFTED:
		return "drifted";
	case STEP_MISSING:
		return "missing";
	}
	return "missing";
}

int engine_compare(const struct engine_settings *settings, void (*each)(void *user, const struct engine_status *status),
	void *user, struct err *err)
{
	struct journal *journal;
	int r, wrong = 0;
	size_t i;

	r = journal_open(settings->state_directory, settings->kinds, false, &journal, err);
	if (r < 0)
		return r;
	for (i = 0; i < journal_count(journal); i++) {
		const struct record *record = journal_record(journal, i);
		_cleanup_str_ struct str what = STR_INIT, detail = STR_INIT;
		_cleanup_err_ struct err here = ERR_INIT;
		int state;

		if (record->gone)
			continue;
		state = record->step.ops->inspect(&record->step, settings->node, true, NULL, &detail, &here);
		if (state < 0) {
			/* Something stands in the way of even finding it (an interface is gone): the thing is missing,
			 * and why. */
			str_add(&detail, here.msg);
			state = STEP_MISSING;
		}
		if (!record->done && state == STEP_IN_PLACE)
			str_add(&detail, "the run that made it was interrupted");
		wrong += state != STEP_IN_PLACE;
		record->step.ops->what(record->step.want, &what);
		each(user, &(struct engine_status){
				   .verb = record->verb,
				   .kind = record->step.ops->kind,
				   .what = str_text(&what),
				   .state = state_name(record, state),
				   .detail = detail.len ? detail.s : NULL,
			   });
	}
	journal_close(journal);
	return wrong;
}
