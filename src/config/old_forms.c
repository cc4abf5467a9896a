/* SPDX-License-Identifier: Apache-2.0 */
#include "config/old_forms.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/quote.h"
#include "config/value.h"

enum {
	GROUP_BITS = 16, /* of an IPv6 address between two colons */
	GROUPS = 8,
	NODE_BITS = 16, /* of the pod network, for the number of the node */
};

struct form {
	const struct schema_section *section;
	const struct schema_key *network_key, *length_key;
	const struct schema_key *modern; /* what the network became */
	struct config *config;
	struct diagnostics *diagnostics;
	const struct config_text *network;
	const struct config_number *length;
};

const struct schema_key *old_forms_part(const struct schema_section *section, enum schema_part part)
{
	const struct schema_key *key;

	for (key = section->keys; key->name; key++)
		if (key->part == part)
			return key;
	return NULL;
}

/* The length became a key of its own: that of the nodes' subnets. */
static bool is_pod_form(const struct form *form)
{
	return !str_eq(form->network_key->modern, form->length_key->modern);
}

static void refuse(const struct form *form, const struct schema_key *key, const char *hint, const char *message)
{
	struct mark mark = config_head(form->config, key)->mark;

	diagnostics_add(
		form->diagnostics, SEVERITY_ERROR, mark, hint, "%s.%s: %s", form->section->name, key->name, message);
}

/* Neither an old part beside the modern value, nor one without the other. Returns true when both are there. */
static bool check_parts(const struct form *form)
{
	const struct schema_key *lone = form->network->mark.line ? form->network_key : form->length_key;
	const struct schema_key *missing = lone == form->network_key ? form->length_key : form->network_key;
	const struct schema_key *taken = schema_key(form->section, form->length_key->modern);
	_cleanup_free_ char *message = NULL, *hint = NULL;

	if (config_head(form->config, form->modern)->mark.line)
		taken = form->modern;
	if (config_head(form->config, taken)->mark.line) {
		hint = mem_printf("keep '%s'", taken->name);
		message = mem_printf("the old form beside '%s'", taken->name);
		refuse(form, lone, hint, message);
		return false;
	}
	if (form->network->mark.line && form->length->mark.line)
		return form->network->given && form->length->given;
	if (form->config->complete) {
		hint = mem_printf("write '%s' in place of both", form->modern->name);
		message = mem_printf("'%s', which belongs to it, is missing", missing->name);
		refuse(form, lone, hint, message);
	}
	return false;
}

static unsigned int count_groups(const char *text)
{
	unsigned int n = 1;

	for (; *text; text++)
		n += *text == ':';
	return n;
}

/* The pod network, from groups that leave just the node's out, or from an address. */
static char *pod_network(const struct form *form)
{
	const char *text = form->network->value;
	unsigned long length = form->length->value - NODE_BITS;
	unsigned int groups = count_groups(text);

	if (strstr(text, "::"))
		return mem_printf("%s/%lu", text, length);
	if (groups < GROUPS && groups * GROUP_BITS == length)
		return mem_printf("%s::/%lu", text, length);
	return NULL;
}

/* When the value is refused, its mark keeps others from calling it missing. */
static bool set_modern(const struct form *form, const struct schema_key *key, struct mark mark, const char *text)
{
	struct value_place place = {form->section->name, NULL, key, mark, form->diagnostics};

	value_set(&place, text, strlen(text), form->config);
	return config_head(form->config, key)->given;
}

static void warn(const struct form *form, const char *network)
{
	const struct schema_key *length = schema_key(form->section, form->length_key->modern);
	bool pods = is_pod_form(form);
	_cleanup_str_ struct str hint = STR_INIT;

	str_addf(&hint, "write '%s: \"%s\"'", form->modern->name, network);
	if (pods)
		str_addf(&hint, " and '%s: %lu'", length->name, form->length->value);
	str_add(&hint, "; " OLD_FORMS_CURE);
	diagnostics_add(form->diagnostics, SEVERITY_WARNING, form->network->mark, hint.s,
		"%s: '%s' and '%s' are the old form of '%s'%s%s%s", form->section->name, form->network_key->name,
		form->length_key->name, form->modern->name, pods ? " and '" : "", pods ? length->name : "",
		pods ? "'" : "");
}

static void combine(const struct form *form)
{
	_cleanup_free_ char *network = NULL, *length = NULL;
	_cleanup_str_ struct str text = STR_INIT;

	if (is_pod_form(form))
		network = pod_network(form);
	else
		network = mem_printf("%s/%lu", form->network->value, form->length->value);
	if (network == NULL) {
		_cleanup_free_ char *shown = quote(form->network->value, strlen(form->network->value)),
				    *message = mem_printf(
					    "%s is not all of the network before the node's %d bits", shown, NODE_BITS);

		refuse(form, form->network_key, "for size 80 write 4 groups, like 'fd00:40:0:0'", message);
		return;
	}
	if (!set_modern(form, form->modern, form->network->mark, network))
		return;
	if (is_pod_form(form)) {
		length = mem_printf("%lu", form->length->value);
		set_modern(form, schema_key(form->section, form->length_key->modern), form->length->mark, length);
	}
	config_value_text(form->config, form->modern, &text);
	warn(form, text.s);
}

/* What was refused in its old form shall not be called missing as well. */
static void note_place(const struct form *form)
{
	struct config_head *head = (struct config_head *)config_head(form->config, form->modern);

	if (head->mark.line == 0)
		head->mark = form->network->mark.line ? form->network->mark : form->length->mark;
}

void old_forms_combine(struct config *config, struct diagnostics *diagnostics)
{
	const struct schema_section *section;

	for (section = schema_sections; section->name; section++) {
		struct form form = {.section = section, .config = config, .diagnostics = diagnostics};

		form.network_key = old_forms_part(section, PART_NETWORK);
		form.length_key = old_forms_part(section, PART_LENGTH);
		if (form.network_key == NULL)
			continue;
		form.modern = schema_key(section, form.network_key->modern);
		form.network = (const void *)config_head(config, form.network_key);
		form.length = (const void *)config_head(config, form.length_key);
		if (form.network->mark.line == 0 && form.length->mark.line == 0)
			continue;
		if (check_parts(&form))
			combine(&form);
		note_place(&form);
	}
}
