/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/time-outs.h"

#include <sys/socket.h>

#include "base/run.h"

/*
 * UDP_MIN 2 minutes, UDP_DEFAULT 5 minutes; the kernel's own 30 and 120 seconds would be too short. Those of TCP are
 * the kernel's: 5 days established, which nobody lowers below the 2 hours 4 minutes of TCP_EST (kube-proxy: 24 hours).
 * Behind conntrack's hook (priority -200), and before the entry is confirmed.
 */
void nat64_time_outs(const struct prefix *pool, struct str *ret)
{
	char text[PREFIX_TEXT_MAX];

	str_addf(ret,
		"ct timeout udp-flow {\n"
		"\tprotocol udp\n"
		"\tl3proto ip\n"
		"\tpolicy = { unreplied : 120, replied : 300 }\n"
		"}\n"
		"chain prerouting {\n"
		"\ttype filter hook prerouting priority -150; policy accept;\n"
		"\tip saddr %s meta l4proto udp ct timeout set \"udp-flow\"\n"
		"}\n",
		prefix_text(pool, text));
}

int nat64_time_outs_try(int netns_fd, struct err *err)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};
	const struct prefix pool = {{AF_INET, {192, 0, 2}}, 24}; /* RFC 5737: nobody's */
	_cleanup_str_ struct str text = STR_INIT;

	str_add(&text, "table ip probe {\n");
	nat64_time_outs(&pool, &text);
	str_add(&text, "}\n");
	return run_checked(
		&(struct run_options){.argv = argv, .input = text.s, .input_len = text.len, .netns_fd = netns_fd}, NULL,
		err);
}
