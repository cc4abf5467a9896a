/* SPDX-License-Identifier: Apache-2.0 */
/* A valid configuration to start from, and one line of it changed at a time. */
#pragma once

#include "base/str.h"
#include "fixture.h"
#include "model/cluster.h"

/* Each line once, so that a test can name the line it changes. */
static const char ipv6_text[] = "general:\n"				/* 1 */
				"    mode: ipv6\n"			/* 2 */
				"    plugin: bridge\n"			/* 3 */
				"topology:\n"				/* 4 */
				"    my-master:\n"			/* 5 */
				"        interface: eth1\n"		/* 6 */
				"        opmodes: master dns64 nat64\n" /* 7 */
				"        id: 2\n"			/* 8 */
				"    a-minion:\n"			/* 9 */
				"        interface: eth2\n"		/* 10 */
				"        opmodes: Worker\n"		/* 11 */
				"        id: 100\n"			/* 12 */
				"support_net:\n"			/* 13 */
				"    cidr: 'fd00:10::/64'\n"		/* 14 */
				"    v4cidr: 172.18.0.0/16\n"		/* 15 */
				"mgmt_net:\n"				/* 16 */
				"    cidr: 'fd00:20::/64'\n"		/* 17 */
				"pod_net:\n"				/* 18 */
				"    cidr: 'fd00:40::/72'\n"		/* 19 */
				"    mtu: 9000\n"			/* 20 */
				"service_net:\n"			/* 21 */
				"    cidr: 'fd00:30::/110'\n"		/* 22 */
				"nat64:\n"				/* 23 */
				"    v4_cidr: 172.18.0.128/25\n"	/* 24 */
				"    v4_ip: 172.18.0.200\n"		/* 25 */
				"    ip: 'fd00:10::200'\n"		/* 26 */
				"dns64:\n"				/* 27 */
				"    remote_server: 64.102.6.247\n"	/* 28 */
				"    cidr: 'fd00:10:64:ff9b::/96'\n"	/* 29 */
				"    ip: 'fd00:10::100'\n"		/* 30 */
				"    allow_aaaa_use: true\n";		/* 31 */

static const char dual_text[] = "general:\n"		      /* 1 */
				"    mode: dual-stack\n"      /* 2 */
				"topology:\n"		      /* 3 */
				"    master:\n"		      /* 4 */
				"        interface: eth1\n"   /* 5 */
				"        opmodes: master\n"   /* 6 */
				"        id: 2\n"	      /* 7 */
				"    minion-1:\n"	      /* 8 */
				"        interface: eth1\n"   /* 9 */
				"        opmodes: minion\n"   /* 10 */
				"        id: 3\n"	      /* 11 */
				"mgmt_net:\n"		      /* 12 */
				"    cidr: 10.192.0.0/16\n"   /* 13 */
				"    cidr2: 'fd00:20::/64'\n" /* 14 */
				"pod_net:\n"		      /* 15 */
				"    cidr: 10.244.0.0/16\n"   /* 16 */
				"    cidr2: 'fd00:40::/72'\n" /* 17 */
				"service_net:\n"	      /* 18 */
				"    cidr: 10.96.0.0/12\n";   /* 19 */

/* The same single-stack: what the file of an ipv4 cluster has. */
static const char ipv4_text[] = "general:\n"		      /* 1 */
				"    mode: ipv4\n"	      /* 2 */
				"topology:\n"		      /* 3 */
				"    master:\n"		      /* 4 */
				"        interface: eth1\n"   /* 5 */
				"        opmodes: master\n"   /* 6 */
				"        id: 2\n"	      /* 7 */
				"    minion-1:\n"	      /* 8 */
				"        interface: eth1\n"   /* 9 */
				"        opmodes: minion\n"   /* 10 */
				"        id: 3\n"	      /* 11 */
				"mgmt_net:\n"		      /* 12 */
				"    cidr: 10.0.0.0/8\n"      /* 13 */
				"pod_net:\n"		      /* 14 */
				"    cidr: 172.16.0.0/16\n"   /* 15 */
				"service_net:\n"	      /* 16 */
				"    cidr: 192.168.0.0/16\n"; /* 17 */

/* `text` with line `number` (from 1; 0: none) replaced by `line`, which may be several lines or none ("\n" included).
 */
static inline char *with_line(const char *text, unsigned int number, const char *line)
{
	struct str result = STR_INIT;
	unsigned int at;

	for (at = 1; *text; at++) {
		size_t n = strcspn(text, "\n") + 1;

		if (at == number)
			str_add(&result, line);
		else
			str_add_n(&result, text, n);
		text += n;
	}
	return str_take(&result);
}

static inline struct cluster *cluster_of(const char *text, struct diagnostics *ret)
{
	struct config *config = config_parse(text, strlen(text), "test.yaml", ret);
	struct cluster *cluster = cluster_new(config, ret);

	config_free(config);
	return cluster;
}

/* A cluster from text that has to be valid. */
static inline struct cluster *valid_cluster(const char *text)
{
	struct diagnostics diagnostics = {0};
	struct cluster *cluster = cluster_of(text, &diagnostics);

	if (cluster == NULL)
		fail_msg("line %u: %s", diagnostics.items[0].mark.line, diagnostics.items[0].message);
	diagnostics_done(&diagnostics);
	return cluster;
}
