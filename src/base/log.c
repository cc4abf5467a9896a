/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

static int verbosity;
static FILE *log_file;

void log_set_verbosity(int level)
{
	verbosity = level;
}

int log_open(const char *directory, const char *verb, struct err *err)
{
	char now[CLOCK_TEXT_MAX];
	_cleanup_free_ char *path = NULL;
	int r, fd;

	r = file_make_directories(directory, 0755, err);
	if (r < 0)
		return r;
	clock_text(now);
	path = mem_printf("%s/lazyjack-%s-%s.log", directory, verb, now);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, errno, "cannot make the log file '%s'", path);
	log_file = fdopen(fd, "w");
	if (log_file == NULL) {
		close(fd);
		return err_errno(err, ENOMEM, "cannot use the log file '%s'", path);
	}
	return 0;
}

void log_close(void)
{
	if (log_file)
		fclose(log_file);
	log_file = NULL;
}

static void line(FILE *out, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));
static void line(FILE *out, const char *format, va_list ap)
{
	vfprintf(out, format, ap);
	fputc('\n', out);
	fflush(out);
}

void log_write(enum log_level level, const char *format, ...)
{
	static const char *const names[] = {"warning", "info", "debug"};
	char now[CLOCK_TEXT_MAX];
	va_list ap;

	if ((int)level <= verbosity) {
		fprintf(stderr, "%s: ", level == LOG_WARNING_ ? "warning" : "lazyjack");
		va_start(ap, format);
		line(stderr, format, ap);
		va_end(ap);
	}
	if (log_file) {
		clock_text(now);
		fprintf(log_file, "%s %s ", now, names[level]);
		va_start(ap, format);
		line(log_file, format, ap);
		va_end(ap);
	}
}
