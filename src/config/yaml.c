/* SPDX-License-Identifier: Apache-2.0 */
#include "config/yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DEPTH_MAX 16 /* the configuration needs 3 */
#define NODES_MAX (1U << 20)

struct frame {
	uint32_t node, last; /* the collection and its last child so far */
	size_t opened;	     /* offset of "{" or "[" */
	bool flow;
};

struct builder {
	const struct source *source;
	struct yaml *yaml;
	struct frame frames[DEPTH_MAX];
	size_t depth;
	size_t at; /* behind the last token */
	unsigned int documents;
};

static void fail(struct builder *b, size_t at, const char *message)
{
	if (b->yaml->error)
		return;
	b->yaml->error = mem_strdup(message);
	b->yaml->error_at = at;
}

static struct yaml_node *add(struct builder *b, enum yaml_kind kind, enum yaml_style style)
{
	struct yaml *yaml = b->yaml;
	uint32_t index = (uint32_t)yaml->n;

	if (index > NODES_MAX)
		fail(b, b->at, "too many values for a configuration");
	yaml->nodes = mem_grow(yaml->nodes, yaml->n++, &yaml->cap, sizeof(*yaml->nodes));
	if (b->depth == 0) {
		yaml->root = index;
	} else {
		struct frame *frame = &b->frames[b->depth - 1];

		if (frame->last)
			yaml->nodes[frame->last].next = index;
		else
			yaml->nodes[frame->node].child = index;
		frame->last = index;
	}
	yaml->nodes[index] =
		(struct yaml_node){.kind = kind, .style = style, .start = (uint32_t)b->at, .end = (uint32_t)b->at};
	return &yaml->nodes[index];
}

/* An empty value has no token: its place is behind the token before. */
static void take_range(struct builder *b, struct yaml_node *node, struct fy_token *token)
{
	if (token == NULL)
		return;
	node->start = (uint32_t)fy_token_start_mark(token)->input_pos;
	node->end = (uint32_t)fy_token_end_mark(token)->input_pos;
	b->at = node->end;
}

static enum yaml_style style_of(struct fy_token *token)
{
	switch (token ? fy_token_scalar_style(token) : FYSS_PLAIN) {
	case FYSS_SINGLE_QUOTED:
		return YAML_SINGLE_QUOTED;
	case FYSS_DOUBLE_QUOTED:
		return YAML_DOUBLE_QUOTED;
	case FYSS_LITERAL:
	case FYSS_FOLDED:
		return YAML_BLOCK;
	case FYSS_PLAIN:
	case FYSS_ANY:
	case FYSS_MAX:
		break;
	}
	return YAML_PLAIN;
}

/*
 * Quotes doubled within single quotes (YAML 1.2.2 section 7.3.2) are undone here: libfyaml 0.7 loses memory over
 * several in a row. Returns false when the library must read the value.
 */
static bool add_single_quoted(struct builder *b, const struct yaml_node *node)
{
	const char *text = b->source->text + node->start + 1, *end = b->source->text + node->end - 1;
	const char *mark;

	if (node->style != YAML_SINGLE_QUOTED || memchr(text, '\'', (size_t)(end - text)) == NULL)
		return false;
	if (source_mark(b->source, node->start).line != source_mark(b->source, node->end).line) {
		fail(b, node->start, "a value with quotes inside single quotes must be on one line");
		return true;
	}
	while ((mark = memchr(text, '\'', (size_t)(end - text)))) {
		str_add_n(&b->yaml->texts, text, (size_t)(mark + 1 - text));
		text = mark + 2;
	}
	str_add_n(&b->yaml->texts, text, (size_t)(end - text));
	return true;
}

static void add_scalar(struct builder *b, struct fy_token *token)
{
	struct yaml_node *node = add(b, YAML_SCALAR, style_of(token));
	struct str *texts = &b->yaml->texts;

	take_range(b, node, token);
	if (node->style == YAML_SINGLE_QUOTED || node->style == YAML_DOUBLE_QUOTED) {
		/* The token leaves out the quotes. */
		node->start--;
		b->at = ++node->end;
	}
	node->text = (uint32_t)texts->len;
	if (!add_single_quoted(b, node)) {
		size_t len = 0;
		const char *text = token ? fy_token_get_text(token, &len) : NULL;

		str_add_n(texts, text ? text : "", text ? len : 0);
	}
	node->len = (uint32_t)(texts->len - node->text);
	str_add_n(texts, "", 1);
}

static void begin(struct builder *b, enum yaml_kind kind, struct fy_token *token)
{
	struct yaml_node *node;
	bool flow;

	node = add(b, kind, YAML_PLAIN);
	take_range(b, node, token);
	/* Only the tokens of "{" and "[" have a length. */
	flow = node->end > node->start;
	if (flow)
		node->style = YAML_FLOW;
	if (b->depth == DEPTH_MAX) {
		fail(b, node->start, "nested too deeply for a configuration");
		return;
	}
	b->frames[b->depth++] = (struct frame){(uint32_t)(node - b->yaml->nodes), 0, node->start, flow};
}

static void end(struct builder *b)
{
	if (b->depth > 0)
		b->depth--;
}

static void take_event(struct builder *b, struct fy_event *event)
{
	struct yaml_node *node;

	if (b->yaml->several) {
		struct fy_token *token = fy_event_get_token(event);

		if (b->yaml->second == 0 && token)
			b->yaml->second = fy_token_start_mark(token)->input_pos;
		return;
	}
	switch (event->type) {
	case FYET_DOCUMENT_START:
		b->yaml->several = ++b->documents > 1;
		if (b->yaml->several && event->document_start.document_start)
			b->yaml->second = fy_token_start_mark(event->document_start.document_start)->input_pos;
		break;
	case FYET_MAPPING_START:
		begin(b, YAML_MAPPING, event->mapping_start.mapping_start);
		break;
	case FYET_SEQUENCE_START:
		begin(b, YAML_LIST, event->sequence_start.sequence_start);
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		end(b);
		break;
	case FYET_SCALAR:
		add_scalar(b, event->scalar.value);
		break;
	case FYET_ALIAS:
		node = add(b, YAML_ALIAS, YAML_PLAIN);
		take_range(b, node, event->alias.anchor);
		/* The token leaves out the "*". */
		if (node->start > 0)
			node->start--;
		break;
	case FYET_NONE:
	case FYET_STREAM_START:
	case FYET_STREAM_END:
	case FYET_DOCUMENT_END:
		break;
	}
}

/*
 * The parser notices an unclosed bracket only where the text goes on in a way that doesn't fit, often at its end. A
 * person looks for the bracket.
 */
static bool blame_bracket(struct builder *b, size_t at)
{
	size_t i;

	for (i = 0; i < b->depth; i++) {
		if (!b->frames[i].flow)
			continue;
		if (source_mark(b->source, b->frames[i].opened).line == source_mark(b->source, at).line)
			return false;
		fail(b, b->frames[i].opened,
			b->source->text[b->frames[i].opened] == '{' ? "'{' is not closed" : "'[' is not closed");
		return true;
	}
	return false;
}

static void take_error(struct builder *b, struct fy_diag *diag)
{
	struct fy_diag_error *error;
	void *iterator = NULL;
	size_t at;

	error = fy_diag_errors_iterate(diag, &iterator);
	if (error == NULL || error->msg == NULL) {
		fail(b, b->at, "not valid YAML");
		return;
	}
	at = source_offset(b->source, error->line > 0 ? (unsigned int)error->line : 1,
		error->column > 0 ? (unsigned int)error->column : 1);
	if (!blame_bracket(b, at))
		fail(b, at, error->msg);
}

/*
 * The library takes a tab in a line without content for indentation, which YAML allows there (YAML 1.2.2 sections 5.5
 * and 6.6). It gets blanks to read; the offsets stay.
 */
static char *copy_without_idle_tabs(const struct source *source)
{
	char *text = mem_new(source->len + 1, 1);
	size_t line, i, end;

	memcpy(text, source->text, source->len);
	for (line = 1; line <= source->n_lines; line++) {
		end = source_line_end(source, line);
		i = source_line_start(source, line);
		i += strspn(text + i, " \t");
		if (i < end && text[i] != '#')
			continue;
		while (i > source_line_start(source, line))
			text[--i] = ' ';
	}
	return text;
}

void yaml_parse(const struct source *source, struct yaml *ret)
{
	struct builder b = {.source = source, .yaml = ret};
	struct fy_diag_cfg diag_config;
	struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE |
					       FYPCF_DEFAULT_VERSION_AUTO | FYPCF_SLOPPY_FLOW_INDENTATION |
					       FYPCF_DISABLE_RECYCLING};
	_cleanup_free_ char *text = copy_without_idle_tabs(source);
	struct fy_parser *parser;
	struct fy_event *event;

	*ret = (struct yaml)YAML_INIT;
	ret->nodes = mem_grow(NULL, ret->n++, &ret->cap, sizeof(*ret->nodes));
	if (source->len == 0)
		return;

	fy_diag_cfg_default(&diag_config);
	diag_config.fp = NULL;
	diag_config.colorize = false;
	config.diag = fy_diag_create(&diag_config);
	if (config.diag == NULL)
		mem_die();
	fy_diag_set_collect_errors(config.diag, true);
	parser = fy_parser_create(&config);
	if (parser == NULL || fy_parser_set_string(parser, text, source->len))
		mem_die();

	while (ret->error == NULL && !(ret->several && ret->second) && (event = fy_parser_parse(parser))) {
		take_event(&b, event);
		fy_parser_event_free(parser, event);
	}
	if (fy_parser_get_stream_error(parser))
		take_error(&b, config.diag);

	/* In this order: only fy_diag_destroy() frees the collected errors, and they hold tokens of the parser. */
	fy_diag_destroy(config.diag);
	fy_parser_destroy(parser);
}

void yaml_done(struct yaml *yaml)
{
	free(yaml->nodes);
	str_wipe(&yaml->texts);
	free(yaml->error);
	*yaml = (struct yaml)YAML_INIT;
}

static const struct yaml_node *node_at(const struct yaml *yaml, uint32_t index)
{
	return index ? &yaml->nodes[index] : NULL;
}

const struct yaml_node *yaml_root(const struct yaml *yaml)
{
	return node_at(yaml, yaml->root);
}

const struct yaml_node *yaml_child(const struct yaml *yaml, const struct yaml_node *node)
{
	return node_at(yaml, node->child);
}

const struct yaml_node *yaml_next(const struct yaml *yaml, const struct yaml_node *node)
{
	return node_at(yaml, node->next);
}

const char *yaml_text(const struct yaml *yaml, const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR ? yaml->texts.s + node->text : "";
}

bool yaml_empty(const struct yaml *yaml, const struct yaml_node *node)
{
	static const char *const nulls[] = {"~", "null", "Null", "NULL"};
	size_t i;

	if (node->kind != YAML_SCALAR)
		return false;
	if (node->len == 0)
		return true;
	for (i = 0; node->style == YAML_PLAIN && i < ARRAY_SIZE(nulls); i++)
		if (str_eq(yaml_text(yaml, node), nulls[i]))
			return true;
	return false;
}
