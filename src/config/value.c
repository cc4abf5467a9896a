/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "config/name.h"
#include "config/quote.h"
#include "net/endpoint.h"

static void *member(const struct value_place *place, void *base)
{
	return (char *)base + place->key->offset;
}

void value_refuse(const struct value_place *place, void *base, const char *hint, const char *format, ...)
{
	struct config_head *head = member(place, base);
	_cleanup_free_ char *text = NULL;
	va_list ap;

	head->mark = place->mark;
	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		mem_die();
	va_end(ap);
	diagnostics_add(place->diagnostics, SEVERITY_ERROR, place->mark, hint, "%s%s%s.%s: %s", place->section,
		place->host ? "." : "", place->host ? place->host : "", place->key->name, text);
}

static void keep_text(const struct value_place *place, const char *text, void *base)
{
	struct config_text *value = member(place, base);

	*value = (struct config_text){true, place->mark, mem_strdup(text)};
}

static void set_choice(const struct value_place *place, const char *text, void *base)
{
	const char *const *choices = place->key->choices;
	_cleanup_str_ struct str hint = STR_INIT;
	_cleanup_free_ char *shown = NULL;
	const char *nearest;
	size_t n;

	for (n = 0; choices[n]; n++) {
		if (str_eq(choices[n], text)) {
			keep_text(place, text, base);
			return;
		}
	}
	shown = quote(text, strlen(text));
	nearest = str_nearest(text, choices, n);
	if (nearest)
		str_addf(&hint, "did you mean '%s'? ", nearest);
	str_add(&hint, "allowed: ");
	for (n = 0; choices[n]; n++)
		str_addf(&hint, "%s%s", n ? ", " : "", choices[n]);
	value_refuse(place, base, hint.s, "%s is none of the allowed values", shown);
}

static void set_named(
	const struct value_place *place, const char *text, const char *problem, const char *hint, void *base)
{
	_cleanup_free_ char *shown = NULL;

	if (problem == NULL) {
		keep_text(place, text, base);
		return;
	}
	shown = quote(text, strlen(text));
	value_refuse(place, base, hint, "%s %s", shown, problem);
}

/* A directory has a default, a file has none. */
static void set_path(const struct value_place *place, const char *text, void *base)
{
	const char *sample = place->key->default_text ? place->key->default_text : "/root/network.yaml";
	_cleanup_free_ char *hint = mem_printf("write a path like '%s'", sample);

	set_named(place, text, directory_problem(text), hint, base);
}

/* Kubernetes' own documentation writes it with the scheme, which some of its versions do not take. */
static void set_socket(const struct value_place *place, const char *text, void *base)
{
	static const char scheme[] = "unix://";
	const char *path = str_starts(text, scheme) ? text + strlen(scheme) : text;

	set_named(place, path, socket_problem(path), "write a path like '/run/containerd/containerd.sock'", base);
}

static void set_words(const struct value_place *place, const char *text, void *base)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789- \t";
	const char *problem = NULL;

	if (strspn(text, characters) != strlen(text))
		problem = "may only have words with blanks between them";
	else if (strspn(text, " \t") == strlen(text))
		problem = "has no word";
	set_named(place, text, problem, "write words like 'master dns64 nat64'", base);
}

static void set_networks(const struct value_place *place, const char *text, void *base)
{
	struct prefix networks[CONFIG_NETWORKS_MAX];
	const char *problem = NULL;

	switch (config_networks(text, place->key->family, networks, CONFIG_NETWORKS_MAX)) {
	case -EINVAL:
		problem = "is no list of networks";
		break;
	case -E2BIG:
		problem = "has more than 32 networks";
		break;
	}
	set_named(place, text, problem,
		place->key->family == AF_INET ? "write networks like '169.254.0.0/16 10.0.0.0/8', or 'none'"
					      : "write networks like 'fd00:1::/64 fd00:2::/64', or 'none'",
		base);
}

/* Digits without a leading zero; returns what follows them, NULL when there are none. */
static const char *skip_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n == 0 || n > 9 || (n > 1 && *s == '0') ? NULL : s + n;
}

static bool is_version(const char *s)
{
	if (str_eq(s, "latest"))
		return true;
	if (!str_starts(s, "v1.") || strlen(s) > 64)
		return false;
	s = skip_number(s + 3);
	if (s == NULL || *s != '.')
		return false;
	s = skip_number(s + 1);
	if (s == NULL || *s == '\0')
		return s != NULL;
	/* a pre-release or build, as in semver 2.0.0 sections 9 and 10 */
	return (*s == '-' || *s == '+') && s[1] != '\0' &&
	       strspn(s + 1, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-") == strlen(s + 1);
}

static void set_version(const struct value_place *place, const char *text, void *base)
{
	set_named(place, text, is_version(text) ? NULL : "is not a Kubernetes version",
		"write 'latest' or a full version like 'v1.31.2'", base);
}

static bool is_token(const char *s)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	return strlen(s) == 23 && strspn(s, characters) == 6 && s[6] == '.' && strspn(s + 7, characters) == 16;
}

/* "<provide-token>" and the like, as samples have them. */
static bool is_placeholder(const char *text)
{
	return text[0] == '<';
}

/* The text of a token is in no message, since it is a secret even when it is mistyped. */
static void set_token(const struct value_place *place, const char *text, void *base)
{
	if (is_placeholder(text))
		return;
	if (is_token(text))
		keep_text(place, text, base);
	else
		value_refuse(place, base, "leave it empty, and 'lazyjack init' makes one",
			"not a bootstrap token: 6 and 16 lower-case letters or digits with a '.' between them");
}

/* A hash, or a key, whose text is in no message either. */
static void set_hexadecimal(const struct value_place *place, const char *text, void *base)
{
	if (is_placeholder(text))
		return;
	if (strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64)
		keep_text(place, text, base);
	else
		value_refuse(place, base, "leave it empty, and 'lazyjack init' writes it",
			"not %s: 64 lower-case hexadecimal digits",
			place->key->type == VALUE_HASH ? "a SHA-256 hash" : "a key");
}

static void set_endpoint(const struct value_place *place, const char *text, void *base)
{
	const char *problem = NULL,
		   *sample = "write it like '[fd00:20::100]:6443', '10.0.0.1:6443' or 'api.example.test'";
	struct endpoint endpoint;
	struct address address;

	if (endpoint_parse(text, &endpoint) < 0)
		problem = "is no address or name with a port";
	/* "fd00::1:6443" is an address, too, and hardly the one that is meant. */
	else if (address_parse(text, &address) == 0 && address.family == AF_INET6)
		problem = "is an IPv6 address without brackets";
	else if (endpoint.address.family == AF_UNSPEC)
		problem = host_name_problem(endpoint.host);
	set_named(place, text, problem, sample, base);
}

static void set_number(const struct value_place *place, const char *text, void *base)
{
	struct config_number *number = member(place, base);
	_cleanup_free_ char *shown = quote(text, strlen(text)), *hint = NULL;
	unsigned long value;
	int r = str_to_uint(text, place->key->max, &value);

	hint = mem_printf("write a number from %lu to %lu", place->key->min, place->key->max);
	if (r == -EINVAL)
		value_refuse(place, base, hint, "%s is not a number", shown);
	else if (text[0] == '0' && text[1] != '\0')
		/* YAML 1.1 reads it as octal, 1.2 as decimal. */
		value_refuse(place, base, hint, "%s begins with 0, which some read as octal", shown);
	else if (r < 0 || value < place->key->min)
		value_refuse(place, base, hint, "%s is out of range", shown);
	else
		*number = (struct config_number){true, place->mark, value};
}

static void set_flag(const struct value_place *place, const char *text, void *base)
{
	/* YAML 1.1's forms, which older files have; the even ones mean true. */
	static const char *const forms[] = {"true", "false", "yes", "no", "on", "off"};
	struct config_flag *flag = member(place, base);
	_cleanup_free_ char *shown = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		if (strcasecmp(text, forms[i]) == 0) {
			*flag = (struct config_flag){true, place->mark, i % 2 == 0};
			return;
		}
	}
	shown = quote(text, strlen(text));
	value_refuse(place, base, "write true or false", "%s is neither true nor false", shown);
}

static const char *family_name(int family)
{
	return family == AF_INET ? "IPv4" : family == AF_INET6 ? "IPv6" : "IP";
}

static bool family_fits(const struct value_place *place, int family)
{
	return place->key->family == AF_UNSPEC || place->key->family == family;
}

static void set_address(const struct value_place *place, const char *text, void *base)
{
	struct config_address *value = member(place, base);
	_cleanup_free_ char *shown = quote(text, strlen(text)), *hint = NULL;
	struct address address;
	struct prefix prefix;

	hint = mem_printf("write an address like '%s'", place->key->family == AF_INET ? "192.0.2.1" : "fd00:10::1");
	if (prefix_parse(text, &prefix) == 0)
		value_refuse(place, base, "leave out '/' and what follows", "%s is a network, not an address", shown);
	else if (address_parse(text, &address) < 0)
		value_refuse(place, base, hint, "%s is not an IP address", shown);
	else if (!family_fits(place, address.family))
		value_refuse(place, base, hint, "%s is an %s address where an %s one belongs", shown,
			family_name(address.family), family_name(place->key->family));
	else
		*value = (struct config_address){true, place->mark, address};
}

static void set_prefix(const struct value_place *place, const char *text, void *base)
{
	struct config_prefix *value = member(place, base);
	_cleanup_free_ char *shown = quote(text, strlen(text)), *hint = NULL;
	struct address address;
	struct prefix prefix;
	int r;

	r = prefix_parse(text, &prefix);
	if (address_parse(text, &address) == 0) {
		hint = mem_printf(
			"write it with a length, like '%s/%s'", text, address.family == AF_INET ? "16" : "64");
		value_refuse(place, base, hint, "%s has no prefix length", shown);
	} else if (r == -ERANGE) {
		value_refuse(place, base, "at most 32 for IPv4, 128 for IPv6", "the prefix length of %s is too large",
			shown);
	} else if (r < 0) {
		hint = mem_printf("write an address and a length, like '%s'",
			place->key->family == AF_INET ? "172.18.0.0/16" : "fd00:20::/64");
		value_refuse(place, base, hint, "%s is not a network", shown);
	} else if (!family_fits(place, prefix.address.family)) {
		value_refuse(place, base, NULL, "%s is an %s network where an %s one belongs", shown,
			family_name(prefix.address.family), family_name(place->key->family));
	} else {
		*value = (struct config_prefix){true, place->mark, prefix};
	}
}

void value_set(const struct value_place *place, const char *text, size_t len, void *base)
{
	if (strlen(text) != len) {
		value_refuse(place, base, "take out the escaped NUL character", "the value has a NUL character in it");
		return;
	}
	switch (place->key->type) {
	case VALUE_CHOICE:
		set_choice(place, text, base);
		break;
	case VALUE_WORDS:
		set_words(place, text, base);
		break;
	case VALUE_PATH:
		set_path(place, text, base);
		break;
	case VALUE_SOCKET:
		set_socket(place, text, base);
		break;
	case VALUE_NETWORKS:
		set_networks(place, text, base);
		break;
	case VALUE_IMAGE:
		set_named(place, text, image_name_problem(text), "write a name like '" DNS64_IMAGE "'", base);
		break;
	case VALUE_INTERFACE:
		set_named(place, text, interface_name_problem(text), "`ip link` lists a machine's interfaces", base);
		break;
	case VALUE_VERSION:
		set_version(place, text, base);
		break;
	case VALUE_TOKEN:
		set_token(place, text, base);
		break;
	case VALUE_SECRET:
	case VALUE_HASH:
		set_hexadecimal(place, text, base);
		break;
	case VALUE_ENDPOINT:
		set_endpoint(place, text, base);
		break;
	case VALUE_OLD_NETWORK:
		keep_text(place, text, base);
		break;
	case VALUE_NUMBER:
		set_number(place, text, base);
		break;
	case VALUE_FLAG:
		set_flag(place, text, base);
		break;
	case VALUE_ADDRESS:
		set_address(place, text, base);
		break;
	case VALUE_PREFIX:
		set_prefix(place, text, base);
		break;
	}
}
