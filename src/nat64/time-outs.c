/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/time-outs.h"

#include <sys/socket.h>

#include "base/run.h"

/*
 * UDP_MIN 2 minutes, UDP_DEFAULT 5 minutes; the kernel's own 30 and 120 seconds would be too short. TCP_TRANS 4 minutes
 * for connections that come or go; those that are established stay the kernel's, 5 days, above the 2 hours 4 minutes of
 * TCP_EST, and so does TIME_WAIT, 2 minutes, since it holds a port that new connections need. States that are not named
 * keep the kernel's defaults. Behind conntrack's hook (priority -200), and before the entry is confirmed.
 */
void nat64_time_outs(const struct prefix *pools, size_t n, struct str *ret)
{
	char text[PREFIX_TEXT_MAX];
	size_t i;

	str_add(ret, "ct timeout udp-flow {\n"
		     "\tprotocol udp\n"
		     "\tl3proto ip\n"
		     "\tpolicy = { unreplied : 120, replied : 300 }\n"
		     "}\n"
		     "ct timeout tcp-flow {\n"
		     "\tprotocol tcp\n"
		     "\tl3proto ip\n"
		     "\tpolicy = { syn_sent : 240, syn_recv : 240, fin_wait : 240, close_wait : 240, last_ack : 240 }\n"
		     "}\n"
		     "chain prerouting {\n"
		     "\ttype filter hook prerouting priority -150; policy accept;\n");
	for (i = 0; i < n; i++) {
		prefix_text(&pools[i], text);
		str_addf(ret,
			"\tip saddr %s meta l4proto udp ct timeout set \"udp-flow\"\n"
			"\tip saddr %s meta l4proto tcp ct timeout set \"tcp-flow\"\n",
			text, text);
	}
	str_add(ret, "}\n");
}

int nat64_time_outs_try(int netns_fd, struct err *err)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};
	const struct prefix pool = {{AF_INET, {192, 0, 2}}, 24}; /* RFC 5737: nobody's */
	_cleanup_str_ struct str text = STR_INIT;

	str_add(&text, "table ip probe {\n");
	nat64_time_outs(&pool, 1, &text);
	str_add(&text, "}\n");
	return run_checked(
		&(struct run_options){.argv = argv, .input = text.s, .input_len = text.len, .netns_fd = netns_fd}, NULL,
		err);
}
