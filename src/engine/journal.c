/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#define VERSION_KEY "lazyjack-journal"

struct journal {
	char *directory;
	char *path;
	const struct step_ops *const *kinds;
	struct record *records;
	size_t n, cap;
	json_t *index; /* "kind what" -> place in records, live ones only */
	uint64_t next_seq;
	struct str pending; /* lines not written yet */
	off_t length;	    /* octets of complete lines in the file */
	int fd;
	size_t dead_lines;
};

static const struct step_ops *find_kind(const struct journal *journal, const char *kind)
{
	const struct step_ops *const *ops;

	for (ops = journal->kinds; *ops; ops++)
		if (str_eq((*ops)->kind, kind))
			return *ops;
	return NULL;
}

static void index_set(struct journal *journal, size_t place)
{
	_cleanup_str_ struct str key = STR_INIT;

	step_label(&journal->records[place].step, &key);
	json_object_set_new(journal->index, key.s, json_integer((json_int_t)place));
}

static void retire(struct journal *journal, struct record *record)
{
	_cleanup_str_ struct str key = STR_INIT;

	step_label(&record->step, &key);
	if (json_object_get(journal->index, key.s) &&
		json_number(journal->index, key.s) == (json_int_t)(record - journal->records))
		json_object_del(journal->index, key.s);
	record->gone = true;
	journal->dead_lines++;
}

/* Put a record into memory; the one it replaces is gone from now on. */
static size_t put(struct journal *journal, struct record record)
{
	struct record *old = journal_find(journal, &record.step);

	if (old)
		retire(journal, old);
	journal->records = mem_grow(journal->records, journal->n, &journal->cap, sizeof(*journal->records));
	journal->records[journal->n] = record;
	index_set(journal, journal->n);
	return journal->n++;
}

static struct record *by_seq(struct journal *journal, uint64_t seq)
{
	size_t low = 0, high = journal->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (journal->records[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low < journal->n && journal->records[low].seq == seq ? &journal->records[low] : NULL;
}

static int load_record(struct journal *journal, const json_t *line, struct err *err)
{
	const struct step_ops *ops = find_kind(journal, json_text(line, "kind"));
	json_t *want = json_object_get(line, "want");

	if (ops == NULL)
		return err_set(err, EPROTO,
			"'%s' is no kind of step that this lazyjack knows: use the version that made it",
			json_text(line, "kind") ? json_text(line, "kind") : "(none)");
	if (!json_is_object(want) || json_text(line, "verb") == NULL ||
		json_number(line, "seq") < (json_int_t)journal->next_seq)
		return err_set(err, EPROTO, "not a complete record");
	journal->next_seq = (uint64_t)json_number(line, "seq") + 1;
	put(journal, (struct record){
			     .seq = (uint64_t)json_number(line, "seq"),
			     .verb = mem_strdup(json_text(line, "verb")),
			     .step = step_make(ops, json_incref(want)),
			     .undo = json_incref(json_object_get(line, "undo")),
			     .found = json_flag(line, "found"),
			     .done = json_flag(line, "found"),
		     });
	return 0;
}

static int load_mark(struct journal *journal, const json_t *line, struct err *err)
{
	static const char *const marks[] = {"begun", "done", "undone"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		struct record *record;

		if (json_object_get(line, marks[i]) == NULL)
			continue;
		record = by_seq(journal, (uint64_t)json_number(line, marks[i]));
		if (record == NULL)
			return err_set(err, EPROTO, "names a record that isn't there");
		if (i == 2 && !record->gone)
			retire(journal, record);
		else
			record->done = i == 1;
		return 0;
	}
	return err_set(err, EPROTO, "not a line that this lazyjack knows");
}

static int load_line(struct journal *journal, const char *text, size_t len, unsigned long number, struct err *err)
{
	json_error_t error;
	_cleanup_json_ json_t *line = json_loadb(text, len, 0, &error);
	int r;

	if (number == 1) {
		json_int_t version = json_number(line, VERSION_KEY);

		if (version == JOURNAL_VERSION)
			return 0;
		if (version > JOURNAL_VERSION)
			return err_set(err, EPROTO,
				"'%s' was written by a newer lazyjack (format %lld, this one knows %d): run that "
				"version, "
				"or its 'clean' first",
				journal->path, (long long)version, JOURNAL_VERSION);
		return err_set(err, EPROTO, "'%s' is not a journal of lazyjack: move it away after a look at it",
			journal->path);
	}
	if (line == NULL)
		r = err_set(err, EPROTO, "%s", error.text);
	else
		r = json_object_get(line, "kind") ? load_record(journal, line, err) : load_mark(journal, line, err);
	if (r < 0)
		return err_wrap(err, "'%s' line %lu is damaged", journal->path, number);
	return 0;
}

static int load(struct journal *journal, struct err *err)
{
	_cleanup_err_ struct err missing = ERR_INIT;
	_cleanup_free_ char *text = NULL;
	unsigned long number = 0;
	size_t len, at = 0;
	int r;

	r = file_read_nofollow(journal->path, JOURNAL_SIZE_MAX, &text, &len, NULL, &missing);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(err, -r, "%s", missing.msg);
	while (at < len) {
		const char *end = memchr(text + at, '\n', len - at);

		/* A line without end was being written when its run was killed: its change had not begun. */
		if (end == NULL)
			break;
		r = load_line(journal, text + at, (size_t)(end - text) - at, ++number, err);
		if (r < 0)
			return r;
		at = (size_t)(end - text) + 1;
	}
	journal->length = (off_t)at;
	return 0;
}

static void add_line(struct str *into, json_t *taken)
{
	_cleanup_json_ json_t *line = taken;
	_cleanup_free_ char *text = json_line(line);

	str_add(into, text);
	str_add(into, "\n");
}

static void add_record_line(struct str *into, const struct record *record)
{
	json_t *line = json_make("{s:I,s:s,s:s,s:O,s:O}", "seq", (json_int_t)record->seq, "verb", record->verb, "kind",
		record->step.ops->kind, "want", record->step.want, "undo", record->undo);

	if (record->found)
		json_object_set_new(line, "found", json_true());
	add_line(into, line);
}

static void add_mark(struct str *into, const char *mark, const struct record *record)
{
	add_line(into, json_make("{s:I}", mark, (json_int_t)record->seq));
}

/* Write only what is live, to a new file that replaces the old one. */
static int compact(struct journal *journal, struct err *err)
{
	_cleanup_str_ struct str text = STR_INIT;
	size_t i;
	int r;

	add_line(&text, json_make("{s:i}", VERSION_KEY, JOURNAL_VERSION));
	for (i = 0; i < journal->n; i++) {
		const struct record *record = &journal->records[i];

		if (record->gone)
			continue;
		add_record_line(&text, record);
		if (record->done && !record->found)
			add_mark(&text, "done", record);
	}
	r = file_replace(journal->path, text.s, text.len,
		&(struct file_attr){.mode = 0600, .uid = geteuid(), .gid = getegid()}, err);
	if (r < 0)
		return r;
	journal->length = (off_t)text.len;
	journal->dead_lines = 0;
	return 0;
}

int journal_open(const char *directory, const struct step_ops *const *kinds, bool writable, struct journal **ret,
	struct err *err)
{
	enum { COMPACT_AT = 256 };
	struct journal *journal = mem_new(1, sizeof(*journal));
	int r;

	*journal = (struct journal){
		.directory = mem_strdup(directory),
		.path = mem_printf("%s/journal", directory),
		.kinds = kinds,
		.index = json_object(),
		.next_seq = 1,
		.fd = -1,
	};
	r = load(journal, err);
	if (r == 0 && writable && journal->dead_lines > COMPACT_AT)
		r = compact(journal, err);
	if (r < 0) {
		journal_close(journal);
		return r;
	}
	*ret = journal;
	return 0;
}

void journal_close(struct journal *journal)
{
	size_t i;

	if (journal == NULL)
		return;
	for (i = 0; i < journal->n; i++) {
		step_done(&journal->records[i].step);
		json_decref(journal->records[i].undo);
		free(journal->records[i].verb);
	}
	free(journal->records);
	json_decref(journal->index);
	str_done(&journal->pending);
	if (journal->fd >= 0)
		close(journal->fd);
	free(journal->path);
	free(journal->directory);
	free(journal);
}

size_t journal_count(const struct journal *journal)
{
	return journal->n;
}

struct record *journal_record(struct journal *journal, size_t index)
{
	return &journal->records[index];
}

struct record *journal_find(struct journal *journal, const struct step *step)
{
	_cleanup_str_ struct str key = STR_INIT;

	step_label(step, &key);
	if (json_object_get(journal->index, key.s) == NULL)
		return NULL;
	return &journal->records[json_number(journal->index, key.s)];
}

size_t journal_append(struct journal *journal, const char *verb, const struct step *step, json_t *undo, bool found)
{
	size_t place = put(journal, (struct record){
					    .seq = journal->next_seq++,
					    .verb = mem_strdup(verb),
					    .step = step_make(step->ops, json_incref(step->want)),
					    .undo = json_incref(undo),
					    .found = found,
					    .done = found,
				    });

	add_record_line(&journal->pending, &journal->records[place]);
	return place;
}

void journal_mark_begun(struct journal *journal, struct record *record)
{
	record->done = false;
	add_mark(&journal->pending, "begun", record);
}

void journal_mark_done(struct journal *journal, struct record *record)
{
	record->done = true;
	add_mark(&journal->pending, "done", record);
}

void journal_mark_undone(struct journal *journal, struct record *record)
{
	retire(journal, record);
	add_mark(&journal->pending, "undone", record);
}

static int open_for_append(struct journal *journal, struct err *err)
{
	int r;

	r = file_make_directories(journal->directory, 0700, err);
	if (r < 0)
		return err_wrap(err, "cannot keep a journal");
	journal->fd = open(journal->path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (journal->fd < 0)
		return err_errno(err, errno, "cannot write the journal '%s'", journal->path);
	if (ftruncate(journal->fd, journal->length) < 0)
		return err_errno(err, errno, "cannot cut the journal '%s'", journal->path);
	if (journal->length > 0)
		return 0;
	/* The first line stands alone in front of what is pending, and the new name itself has to last. */
	{
		_cleanup_str_ struct str records = journal->pending;

		journal->pending = (struct str)STR_INIT;
		add_line(&journal->pending, json_make("{s:i}", VERSION_KEY, JOURNAL_VERSION));
		str_add(&journal->pending, str_text(&records));
	}
	return file_sync_parent(journal->path, err);
}

int journal_write(struct journal *journal, bool durable, struct err *err)
{
	size_t done = 0;
	int r;

	if (journal->pending.len == 0)
		return 0;
	if (journal->fd < 0) {
		r = open_for_append(journal, err);
		if (r < 0)
			return r;
	}
	while (done < journal->pending.len) {
		ssize_t n = pwrite(journal->fd, journal->pending.s + done, journal->pending.len - done,
			journal->length + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = errno;
			/* Keep only complete lines; when even that fails, the reader cuts the torn end. */
			if (ftruncate(journal->fd, journal->length) < 0)
				log_debug("cannot cut '%s' after a failed write", journal->path);
			return err_errno(err, r, "cannot write the journal '%s'", journal->path);
		}
		done += (size_t)n;
	}
	if (durable && fdatasync(journal->fd) < 0)
		return err_errno(err, errno, "cannot sync the journal '%s'", journal->path);
	journal->length += (off_t)done;
	str_clear(&journal->pending);
	return 0;
}

int journal_finish(struct journal *journal, struct err *err)
{
	_cleanup_free_ char *temporary = file_temporary_name(journal->path);

	if (json_object_size(journal->index) > 0)
		return 0;
	str_clear(&journal->pending);
	unlink(temporary);
	if (unlink(journal->path) < 0 && errno != ENOENT)
		return err_errno(err, errno, "cannot remove the journal '%s'", journal->path);
	journal->length = 0;
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
	/* Someone may keep files of his own there; then it stays. */
	if (rmdir(journal->directory) < 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
		return err_errno(err, errno, "cannot remove '%s'", journal->directory);
	return 0;
}
