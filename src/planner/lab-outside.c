/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world beyond the cluster, as DNS64 and NAT64 have to find it: a name server for names of every kind, and a web
 * server. Addresses are of the documentation ranges (RFC 5737, RFC 3849), names of ".test" (RFC 6761).
 */
#include "base/mem.h"
#include "base/str.h"
#include "planner/lab.h"
#include "resource/kinds.h"

struct outside_file {
	const char *path;
	const char *content;
};

/* Authoritative for the root: any name that isn't here does not exist, and nobody is asked for it. */
static const char named_conf[] = "options {\n"
				 "\tdirectory \"/var/cache/bind\";\n"
				 "\trecursion no;\n"
				 "\tdnssec-validation no;\n"
				 "\tallow-query { any; };\n"
				 "\tlisten-on { any; };\n"
				 "\tlisten-on-v6 { none; };\n"
				 "};\n"
				 "zone \".\" { type primary; file \"/etc/bind/lab.root\"; };\n"
				 "zone \"test\" { type primary; file \"/etc/bind/lab.test\"; };\n"
				 "zone \"ipv4only.arpa\" { type primary; file \"/etc/bind/lab.ipv4only.arpa\"; };\n";

#define ZONE_START "$TTL 60\n@ SOA ns.test. root.test. 1 3600 600 86400 60\n@ NS ns.test.\n"

/* The name server's address has to be in the zone that contains its name, or the zone is not loaded. */
static const char zone_root[] = ZONE_START "ns.test. A 203.0.113.53\n";

static const char zone_test[] = ZONE_START "ns A 203.0.113.53\n"
					   "; only IPv4\n"
					   "v4only A 203.0.113.80\n"
					   "www.v4only A 203.0.113.80\n"
					   "many.v4only A 203.0.113.80\n"
					   "many.v4only A 198.51.100.10\n"
					   "many.v4only A 198.51.100.11\n"
					   "far.v4only A 198.51.100.10\n"
					   "; not a documentation address, which the well-known prefix is not for\n"
					   "www.global A 192.31.196.80\n"
					   "; only IPv6, which cannot be reached\n"
					   "www.v6only AAAA 2001:db8::80\n"
					   "; both\n"
					   "www.dual A 203.0.113.80\n"
					   "www.dual AAAA 2001:db8::80\n"
					   "; both, but the IPv6 one only wraps the other (RFC 6147 section 5.1.4)\n"
					   "www.mapped A 203.0.113.80\n"
					   "www.mapped AAAA ::ffff:203.0.113.80\n"
					   "; neither\n"
					   "www.none TXT \"no address\"\n"
					   "; a chain that ends at IPv4\n"
					   "www.alias CNAME hop.alias\n"
					   "hop.alias CNAME www.v4only\n"
					   "; www.moved.test is www.v4only.test\n"
					   "moved DNAME v4only\n"
					   "; chains that end at IPv6, alone and beside IPv4\n"
					   "six.alias CNAME www.v6only\n"
					   "dual.alias CNAME www.dual\n";

/* RFC 7050 section 8.2: how a host finds the prefix of its NAT64. */
static const char zone_ipv4only[] = ZONE_START "@ A 192.0.0.170\n@ A 192.0.0.171\n";

/* The large file is for packets of full size; a sparse one, so that it costs nothing. */
static const char web_unit[] = "[Unit]\n"
			       "Description=Lab: pages of the outside\n"
			       "After=network.target\n"
			       "\n"
			       "[Service]\n"
			       "ExecStartPre=/usr/bin/truncate -s 16M /srv/www/large\n"
			       "ExecStart=/usr/bin/busybox httpd -f -p 0.0.0.0:80 -h /srv/www\n"
			       "Restart=always\n";

static const struct outside_file files[] = {
	{"/etc/bind/named.conf", named_conf},
	{"/etc/bind/lab.root", zone_root},
	{"/etc/bind/lab.test", zone_test},
	{"/etc/bind/lab.ipv4only.arpa", zone_ipv4only},
	{"/etc/systemd/system/lab-web.service", web_unit},
	{"/srv/www/index.html", "lazyjack lab: this is the outside\n"},
};

static const char *const directories[] = {"/etc/bind", "/etc/systemd", "/etc/systemd/system",
	"/etc/systemd/system/multi-user.target.wants", "/srv", "/srv/www"};

/* Started at boot, as `systemctl enable` would. */
static const struct outside_file links[] = {
	{"/etc/systemd/system/multi-user.target.wants/named.service", "/lib/systemd/system/named.service"},
	{"/etc/systemd/system/multi-user.target.wants/lab-web.service", "/etc/systemd/system/lab-web.service"},
};

void plan_lab_outside(const char *layer, struct plan *ret)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = mem_printf("%s%s", layer, directories[i]);

		plan_add(ret, step_directory(path, 0755, false));
	}
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = mem_printf("%s%s", layer, files[i].path);

		plan_add(ret, step_file(path, files[i].content, 0644));
	}
	for (i = 0; i < ARRAY_SIZE(links); i++) {
		_cleanup_free_ char *path = mem_printf("%s%s", layer, links[i].path);

		plan_add(ret, step_symlink(path, links[i].content));
	}
}
