/* SPDX-License-Identifier: Apache-2.0 */
/* Applying again what the journal says: after a reboot, and after a run that was taken back. */
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "engine/internal.h"

/* A step that could not be applied yet. */
struct waiting {
	size_t place; /* in the plan */
	struct err err;
};

/* Another turn for those that wait; the number of those that still do. */
static size_t take_turns(struct run_state *run, const struct plan *plan, struct waiting *waiting, size_t n)
{
	size_t left = 0, i;

	for (i = 0; i < n; i++) {
		err_done(&waiting[i].err);
		if (run_apply_batch(run, plan, waiting[i].place, 1, &waiting[i].err) < 0)
			waiting[left++] = waiting[i];
	}
	return left;
}

/* Tell of those that wait in vain; a run that was interrupted did not come to most of them. */
static int give_up(struct run_state *run, const struct plan *plan, struct waiting *waiting, size_t n, struct err *err)
{
	int r = n > 0 && run_interrupted() ? err_set(err, EINTR, "%s", waiting[0].err.msg) : 0;
	bool told = r < 0;
	size_t i;

	for (i = 0; i < n; i++) {
		run->index = (unsigned int)waiting[i].place + 1;
		if (!told)
			run_fail_step(run, &plan->steps[waiting[i].place], &waiting[i].err);
		if (r == 0)
			r = err_set(err, waiting[i].err.code, "%s", waiting[i].err.msg);
		err_done(&waiting[i].err);
	}
	return r;
}

/*
 * Goes on past what fails, which gets another turn as long as others succeed: a record that was replaced stands behind
 * those that need it.
 */
static int restore_plan(struct run_state *run, const struct plan *plan, struct err *err)
{
	struct waiting *waiting = mem_new(plan->n, sizeof(*waiting));
	size_t left = 0, before, at, n, i;
	int r;

	run->restoring = true;
	run->total = (unsigned int)plan->n;
	for (at = 0; at < plan->n; at += n) {
		_cleanup_err_ struct err here = ERR_INIT;

		n = run_batch_length(plan, at);
		if (run_apply_batch(run, plan, at, n, &here) < 0)
			for (i = 0; i < n; i++)
				waiting[left++] = (struct waiting){at + i, ERR_INIT};
	}
	do {
		before = left;
		left = take_turns(run, plan, waiting, before);
	} while (left > 0 && left < before);
	r = give_up(run, plan, waiting, left, err);
	free(waiting);
	run->restoring = false;
	return r < 0 ? r : journal_write(run->journal, true, err);
}

static bool is_forgotten(const struct record *record)
{
	return !record->gone && record->step.ops->forgotten_at_boot;
}

static void add_record(struct plan *plan, const struct record *record)
{
	plan_add(plan, step_make(record->step.ops, json_incref(record->step.want)));
}

int engine_restore(const struct engine_settings *settings, struct engine_result *ret, struct err *err)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct run_state run;
	size_t i;
	int r = run_open(settings, "restore", &run, err);

	if (r < 0)
		return r;
	for (i = 0; i < journal_count(run.journal); i++)
		if (is_forgotten(journal_record(run.journal, i)))
			add_record(&plan, journal_record(run.journal, i));
	/* Half a network after a reboot is better than none, and the records stay: no rolling back. */
	r = restore_plan(&run, &plan, err);
	run_close(&run, ret);
	return r;
}

/* Made by this run, and still there since it could not be undone. */
static bool is_left_over(const struct run_state *run, const struct record *record)
{
	size_t i;

	for (i = 0; i < run->n_actions; i++)
		if (run->actions[i].kind == ACTION_ADDED && run->actions[i].seq == record->seq)
			return true;
	return false;
}

void run_mend(struct run_state *run)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	const struct engine_result result = run->result;
	_cleanup_err_ struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < journal_count(run->journal); i++) {
		const struct record *record = journal_record(run->journal, i);

		if (is_forgotten(record) && !record->found && !is_left_over(run, record) &&
			!run_is_in_place(run, &record->step))
			add_record(&plan, record);
	}
	if (restore_plan(run, &plan, &err) < 0)
		log_debug("%s", err.msg);
	run->result = result; /* that of the run that was taken back */
}
