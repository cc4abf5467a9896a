/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/http.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { HEAD_MAX = 64 << 10 };

static int parse_port(const char *text, size_t n, uint16_t *ret, struct err *err)
{
	_cleanup_free_ char *digits = mem_strndup(text, n);
	unsigned long port;

	if (str_to_uint(digits, 65535, &port) < 0 || port == 0)
		return err_set(err, EINVAL, "'%s' is not a port (1 to 65535)", digits);
	*ret = (uint16_t)port;
	return 0;
}

static int parse_host(const char *text, size_t n, struct url *url, struct err *err)
{
	uint8_t query[DNS_QUERY_MAX];
	struct address address;
	size_t i;

	if (n == 0 || n > DNS_NAME_MAX)
		return err_set(err, EINVAL, "there is no host name in it, of at most %d octets", DNS_NAME_MAX);
	for (i = 0; i < n; i++) {
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '.')
			return err_set(err, EINVAL, "'%.*s' is not a host name", (int)n, text);
		url->host[i] = (char)tolower((unsigned char)text[i]);
	}
	url->host[n] = '\0';
	if (address_parse(url->host, &address) == 0)
		return err_set(
			err, EINVAL, "'%s' is an address: give a name, so that DNS64 is asked for it", url->host);
	if (dns_query(url->host, DNS_A, 0, query) < 0)
		return err_set(err, EINVAL, "'%s' is not a host name", url->host);
	return 0;
}

int url_parse(const char *text, struct url *ret, struct err *err)
{
	struct url url = {.port = 80};
	const char *host, *path;
	size_t n, i;
	int r;

	if (!str_starts(text, "http://"))
		return err_set(err, EINVAL, "'%s' is not a URL for this: give one like 'http://NAME/PATH'", text);
	host = text + strlen("http://");
	path = host + strcspn(host, "/");
	n = strcspn(host, ":/");
	r = parse_host(host, n, &url, err);
	if (r == 0 && host[n] == ':')
		r = parse_port(host + n + 1, (size_t)(path - host) - n - 1, &url.port, err);
	if (r < 0)
		return err_wrap(err, "URL '%s'", text);
	if (strlen(path) >= sizeof(url.path))
		return err_set(
			err, EINVAL, "the path of URL '%.60s…' is longer than %d octets", text, URL_PATH_MAX - 1);
	for (i = 0; path[i]; i++)
		if (!isgraph((unsigned char)path[i]))
			return err_set(err, EINVAL, "URL '%s' has a blank or control character in its path", text);
	memcpy(url.path, *path ? path : "/", *path ? i + 1 : 2);
	*ret = url;
	return 0;
}

void http_request(const struct url *url, struct str *ret)
{
	str_addf(ret, "GET %s HTTP/1.0\r\nHost: %s", url->path, url->host);
	if (url->port != 80)
		str_addf(ret, ":%u", url->port);
	str_add(ret, "\r\nUser-Agent: lazyjack/" LAZYJACK_VERSION "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

/* The value of Content-Length in a head; -ENOENT when there is none (or none that can be read). */
static int content_length(const char *head, size_t n, unsigned long *ret)
{
	static const char key[] = "content-length:";
	const char *line = head, *end = head + n;

	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((stop ? stop : end) - line);

		if (len >= sizeof(key) - 1 && strncasecmp(line, key, sizeof(key) - 1) == 0) {
			_cleanup_free_ char *value = NULL;

			line += sizeof(key) - 1;
			len -= sizeof(key) - 1;
			for (; len > 0 && (*line == ' ' || *line == '\t'); line++)
				len--;
			while (len > 0 && isspace((unsigned char)line[len - 1]))
				len--;
			value = mem_strndup(line, len);
			return str_to_uint(value, ~0UL, ret) == 0 ? 0 : -ENOENT;
		}
		line += len + 1;
	}
	return -ENOENT;
}

int http_parse(const char *bytes, size_t n, struct http_answer *ret)
{
	struct http_answer answer = {.whole = true};
	const char *end;
	unsigned long length;
	size_t skip = 4;

	if (n < sizeof("HTTP/1.1 200") - 1)
		return memcmp(bytes, "HTTP/", n < 5 ? n : 5) == 0 ? -EAGAIN : -EBADMSG;
	if (memcmp(bytes, "HTTP/1.", 7) != 0 || bytes[8] != ' ' || !isdigit((unsigned char)bytes[9]) ||
		!isdigit((unsigned char)bytes[10]) || !isdigit((unsigned char)bytes[11]))
		return -EBADMSG;
	answer.status = (unsigned int)(bytes[9] - '0') * 100 + (unsigned int)(bytes[10] - '0') * 10 +
			(unsigned int)(bytes[11] - '0');
	end = memmem(bytes, n, "\r\n\r\n", 4);
	if (end == NULL) {
		end = memmem(bytes, n, "\n\n", 2);
		skip = 2;
	}
	if (end == NULL)
		return n > HEAD_MAX ? -EBADMSG : -EAGAIN;
	answer.body = n - (size_t)(end - bytes) - skip;
	if (content_length(bytes, (size_t)(end - bytes), &length) == 0)
		answer.whole = answer.body >= length;
	*ret = answer;
	return 0;
}

bool http_complete(const char *bytes, size_t n)
{
	struct http_answer answer;
	unsigned long length;

	if (n >= HTTP_ENOUGH)
		return true;
	if (http_parse(bytes, n, &answer) < 0 || !answer.whole)
		return false;
	/* Without a length only the end of the connection says that it is whole. */
	return content_length(bytes, n - answer.body, &length) == 0;
}
