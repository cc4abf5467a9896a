/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <systemd/sd-bus.h>

#include "base/mem.h"
#include "base/str.h"
#include "resource/netlink.h"
#include "resource/route-table.h"
#include "step/event.h"

/* A namespace that was used: its sockets stay in it, wherever we are. */
struct node_netns {
	struct node_netns *next;
	char *name; /* "" for the one we run in */
	int fd;
	struct mnl_socket *socket;
	struct route_table *routes;
};

struct node *node_new(const char *root)
{
	struct node *node = mem_new(1, sizeof(*node));

	node->root = mem_strdup(root);
	return node;
}

static void netns_free(struct node_netns *netns)
{
	route_table_free(netns->routes);
	if (netns->socket)
		mnl_socket_close(netns->socket);
	fd_closep(&netns->fd);
	free(netns->name);
	free(netns);
}

void node_free(struct node *node)
{
	if (node == NULL)
		return;
	while (node->netns) {
		struct node_netns *netns = node->netns;

		node->netns = netns->next;
		netns_free(netns);
	}
	sd_bus_flush_close_unref(node->bus);
	free(node->root);
	free(node);
}

void node_listen(struct node *node, struct event_sink *sink, const char *verb)
{
	node->sink = sink;
	node->verb = verb;
}

void node_say(struct node *node, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		mem_die();
	va_end(ap);
	event_note(node->sink, node->verb, "%s", text);
}

void node_say_output(struct node *node, const char *source, const char *line)
{
	event_send(
		node->sink, &(struct event){.verb = node->verb, .step = source, .state = EVENT_OUTPUT, .detail = line});
}

char *node_path(const struct node *node, const char *path)
{
	return mem_printf("%s%s", node->root, path);
}

void node_forget_netns(struct node *node, const char *netns)
{
	struct node_netns **at = &node->netns;

	while (*at && !str_eq((*at)->name, netns ? netns : ""))
		at = &(*at)->next;
	if (*at) {
		struct node_netns *gone = *at;

		*at = gone->next;
		netns_free(gone);
	}
}

static int open_netns(const struct node *node, const char *name, int *ret, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct statfs fs;

	if (name[0] == '\0') {
		path = mem_strdup("/proc/thread-self/ns/net");
	} else {
		_cleanup_free_ char *below = mem_printf("/run/netns/%s", name);

		if (strchr(name, '/') || name[0] == '.')
			return err_set(err, EINVAL, "'%s' can't be the name of a network namespace", name);
		path = node_path(node, below);
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return err_set(err, ENOENT, "there is no network namespace '%s'", name);
	if (fd < 0)
		return err_errno(err, errno, "can't open '%s'", path);
	/* A file that is left over from a namespace that was unmounted is none. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return err_set(err, ENOENT, "there is no network namespace '%s': '%s' is a mere file", name, path);
	*ret = TAKE_FD(fd);
	return 0;
}

static int get_netns(struct node *node, const char *name, struct node_netns **ret, struct err *err)
{
	struct node_netns *netns;
	int fd = -1, r;

	name = name ? name : "";
	for (netns = node->netns; netns; netns = netns->next)
		if (str_eq(netns->name, name)) {
			*ret = netns;
			return 0;
		}
	r = open_netns(node, name, &fd, err);
	if (r < 0)
		return r;
	netns = mem_new(1, sizeof(*netns));
	netns->name = mem_strdup(name);
	netns->fd = fd;
	netns->next = node->netns;
	node->netns = netns;
	*ret = netns;
	return 0;
}

int node_netns_fd(struct node *node, const char *netns, int *ret, struct err *err)
{
	struct node_netns *found = NULL;
	int r = get_netns(node, netns, &found, err);

	if (r == 0)
		*ret = found->fd;
	return r;
}

int node_in_netns(
	struct node *node, const char *netns, int (*fn)(void *user, struct err *err), void *user, struct err *err)
{
	_cleanup_close_ int here = -1;
	struct node_netns *target;
	int r;

	if (netns == NULL || netns[0] == '\0')
		return fn(user, err);
	r = get_netns(node, netns, &target, err);
	if (r == 0)
		r = open_netns(node, "", &here, err);
	if (r < 0)
		return r;
	if (setns(target->fd, CLONE_NEWNET) < 0)
		return err_errno(err, errno, "can't enter the network namespace '%s'", netns);
	r = fn(user, err);
	/* Whatever came next would happen to the wrong network. */
	if (setns(here, CLONE_NEWNET) < 0)
		abort();
	return r;
}

struct opening {
	uint32_t groups;
	struct mnl_socket *socket;
};

static int open_socket(void *user, struct err *err)
{
	struct opening *opening = user;

	return netlink_open(opening->groups, &opening->socket, err);
}

int node_netlink(struct node *node, const char *netns, struct mnl_socket **ret, struct err *err)
{
	struct opening opening = {0};
	struct node_netns *found = NULL;
	int r = get_netns(node, netns, &found, err);

	if (r < 0)
		return r;
	if (found->socket == NULL) {
		r = node_in_netns(node, netns, open_socket, &opening, err);
		if (r < 0)
			return r;
		found->socket = opening.socket;
	}
	*ret = found->socket;
	return 0;
}

int node_route_table(struct node *node, const char *netns, struct route_table **ret, struct err *err)
{
	struct opening opening = {.groups = ROUTE_TABLE_GROUPS};
	struct mnl_socket *requests;
	struct node_netns *found = NULL;
	int r = node_netlink(node, netns, &requests, err);

	if (r == 0)
		r = get_netns(node, netns, &found, err);
	if (r < 0)
		return r;
	if (found->routes == NULL) {
		r = node_in_netns(node, netns, open_socket, &opening, err);
		if (r < 0)
			return r;
		found->routes = route_table_new(requests, opening.socket);
	}
	r = route_table_refresh(found->routes, err);
	if (r < 0)
		return r;
	*ret = found->routes;
	return 0;
}

static int connect_bus(const char *address, bool daemon, struct sd_bus **ret)
{
	struct sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, daemon);
	if (r >= 0)
		r = sd_bus_start(bus);
	/* Only an answer tells that somebody is there: the connection itself is made in the background. */
	if (r >= 0)
		r = sd_bus_call_method(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
			"org.freedesktop.DBus.Peer", "Ping", NULL, NULL, NULL);
	if (r < 0) {
		sd_bus_close_unref(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

int node_bus(struct node *node, struct sd_bus **ret, struct err *err)
{
	const char *given = node->root[0] ? NULL : secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
	_cleanup_free_ char *system = mem_printf("unix:path=%s/run/dbus/system_bus_socket", node->root);
	_cleanup_free_ char *direct = mem_printf("unix:path=%s/run/systemd/private", node->root);
	int r = 0;

	if (node->bus == NULL) {
		r = connect_bus(given ? given : system, true, &node->bus);
		/* systemd's own socket, as systemctl uses it: there is no bus in a system without dbus. */
		if (r < 0)
			r = connect_bus(direct, false, &node->bus);
	}
	if (r < 0)
		return err_set(err, ENOENT, "systemd doesn't answer on the system bus (%s): is it running here?",
			strerror(-r));
	*ret = node->bus;
	return 0;
}
