/* SPDX-License-Identifier: Apache-2.0 */
#include "config/read.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/environment.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "config/config.h"

#define SCHEME "https://"

enum {
	URL_MAX = 4096,
	FETCH_TIMEOUT_MS = 35000, /* a little more than curl's own, which gives the better message */
};

bool config_is_url(const char *where)
{
	return strstr(where, "://") != NULL;
}

char *config_shown_name(const char *where)
{
	size_t n = config_is_url(where) ? strcspn(where, "?#") : strlen(where);

	return mem_printf("%.*s%s", (int)n, where, where[n] ? "?..." : "");
}

/* Printable, so that it can be quoted for curl, and without a password, which every process could read. */
static int check_url(const char *url, struct err *err)
{
	const char *host = url + strlen(SCHEME), *c;

	if (strncasecmp(url, SCHEME, strlen(SCHEME)) != 0)
		return err_set(err, EPROTONOSUPPORT,
			"'%.*s' is not fetched: a configuration comes over 'https://' or from a file",
			(int)(strstr(url, "://") + 3 - url), url);
	if (strlen(url) > URL_MAX)
		return err_set(err, EINVAL, "the URL is longer than %d octets", URL_MAX);
	for (c = url; *c; c++)
		if (*c <= ' ' || *c > '~')
			return err_set(err, EINVAL,
				"the URL has a blank or another character that has to be written as '%%' and its "
				"number");
	if (memchr(host, '@', strcspn(host, "/?#")))
		return err_set(err, EINVAL,
			"the URL has a name or a password in it, which every process could read: leave it out");
	return 0;
}

/* On standard input, since an argument vector is for all to see. */
static void curl_settings(const char *url, struct str *ret)
{
	str_add(ret, "url = \"");
	for (; *url; url++)
		str_addf(ret, "%s%c", *url == '"' || *url == '\\' ? "\\" : "", *url);
	str_add(ret, "\"\n");
}

/* What curl says first is the reason: "curl: (60) SSL certificate problem: ...". */
static int curl_failed(const char *shown, const struct run_result *result, struct err *err)
{
	const char *reason = str_text(&result->err);
	int n = (int)strcspn(reason, "\r\n");

	return err_set(err, EIO, "cannot fetch '%s': %.*s%s", shown, n, reason, n ? "" : "curl failed");
}

static int fetch(const char *url, struct str *ret, struct err *err)
{
	const char *const argv[] = {"curl", "--disable", "--silent", "--show-error", "--fail", "--location",
		"--max-redirs", "5", "--proto", "=https", "--proto-redir", "=https", "--tlsv1.2", "--globoff",
		"--connect-timeout", "10", "--max-time", "30", "--max-filesize", "8388608", "--config", "-", NULL};
	_cleanup_environment_ char **environment = environment_pass();
	_cleanup_str_ struct str settings = STR_INIT;
	_cleanup_free_ char *shown = config_shown_name(url);
	_cleanup_run_ struct run_result result = {0};
	int r;

	_Static_assert(CONFIG_SIZE_MAX == 8388608, "curl is told the limit as text");
	curl_settings(url, &settings);
	run_catch_signals(); /* when curl ends before it has read, writing to it must not end this program */
	r = run_program(&(struct run_options){.argv = argv,
				.environment = (const char *const *)environment,
				.input = settings.s,
				.input_len = settings.len,
				.timeout_ms = FETCH_TIMEOUT_MS},
		&result, err);
	explicit_bzero(settings.s, settings.len);
	if (r == -ENOENT)
		return err_set(err, EOPNOTSUPP,
			"'%s' cannot be fetched without the program 'curl': install it, or fetch the file by hand",
			shown);
	if (r < 0)
		return err_wrap(err, "cannot fetch '%s'", shown);
	if (result.status != 0)
		return curl_failed(shown, &result, err);
	*ret = result.out;
	result.out = (struct str)STR_INIT;
	/* Without a length in the answer curl does not keep its limit. */
	if (ret->len > CONFIG_SIZE_MAX)
		return err_set(err, EFBIG, "'%s' is too large: more than %u octets", shown, CONFIG_SIZE_MAX);
	return 0;
}

int config_read(const char *where, char **ret, size_t *ret_len, struct err *err)
{
	struct str text = STR_INIT;
	int r;

	if (!config_is_url(where)) {
		r = file_read(where, CONFIG_SIZE_MAX, ret, ret_len, NULL, err);
		if (r == -ENOENT)
			err_set(err, ENOENT, "there is no file '%s': name the configuration with '--config FILE'",
				where);
		return r;
	}
	r = check_url(where, err);
	if (r == 0)
		r = fetch(where, &text, err);
	if (r < 0) {
		str_wipe(&text);
		return r;
	}
	*ret_len = text.len;
	*ret = str_take(&text);
	return 0;
}
