/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of doc/NAT64.md, packet by packet: each case builds frames, runs them through the loaded program, checks
 * what the case is about, and that every octet is what the reference translator makes. TAP on standard output.
 */
#include <sched.h>
#include <unistd.h>

#include "cases.h"

struct tested t;
struct packet p;
const char *failed;
int failed_line;

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
#define CASE(n, text) {text, case_##n},
	CASES(CASE)
#undef CASE
};

int main(void)
{
	const size_t n = sizeof(cases) / sizeof(*cases);
	size_t i, bad = 0;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
		puts("1..0 # SKIP loading kernel programs takes root");
		return 0;
	}
	t = tested_start();
	printf("1..%zu\n", n);
	for (i = 0; i < n; i++) {
		failed = NULL;
		cases[i].run();
		if (failed)
			printf("# line %d: %s\n", failed_line, failed);
		printf("%sok %zu - %s\n", failed ? "not " : "", i + 1, cases[i].name);
		fflush(stdout);
		bad += !!failed;
	}
	bpf_object__close(t.loaded.object);
	return bad ? 1 : 0;
}
