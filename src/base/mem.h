/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory. An allocation that fails ends the program at once, as git does: every step is in the journal before it is
 * applied, so dying is the recovery that is tested anyway, and no error path for it exists to be wrong.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/* Say "out of memory" and abort. */
_Noreturn void mem_die(void);

/* Zeroed memory for `n` items of `size` octets; never NULL. */
void *mem_new(size_t n, size_t size);

/* Grow `*items` (of `size` octets each) so that index `n` can be written; `*cap` is the number of items allocated. */
void *mem_grow(void *items, size_t n, size_t *cap, size_t size);

/* Copies; never NULL. mem_strdup(NULL) is NULL. */
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t n);
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void mem_free_charp(char **p)
{
	free(*p);
}

static inline void fd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_free_ __attribute__((cleanup(mem_free_charp)))
#define _cleanup_close_ __attribute__((cleanup(fd_closep)))

#define TAKE_PTR(p)                                                                                                    \
	({                                                                                                             \
		__typeof__(p) _taken = (p);                                                                            \
		(p) = NULL;                                                                                            \
		_taken;                                                                                                \
	})
#define TAKE_FD(fd)                                                                                                    \
	({                                                                                                             \
		int _taken = (fd);                                                                                     \
		(fd) = -1;                                                                                             \
		_taken;                                                                                                \
	})
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
