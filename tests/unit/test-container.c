/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a container engine, with a program that keeps its things as files: enough of docker(1) for what lazyjack
 * says to it. Real engines are in tests/lab/containers.py.
 */
#include "engine/engine.h"
#include "step-fixture.h"

static const char program[] =
	"#!/bin/sh\n"
	"# things are files TYPE-NAME with what `inspect` answers\n"
	"state=$(dirname \"$0\")/state\n"
	"echo \"$*\" >>\"$state/log\"\n"
	"[ -e \"$state/down\" ] && { echo 'no daemon' >&2; exit 1; }\n"
	"type=$1 verb=$2\n"
	"for last; do case $last in lazyjack=*) label=${last#lazyjack=};; esac; done\n"
	"if [ \"$1\" = run ]; then\n"
	"	type=container name=$4\n"
	"	id=$(cat \"$state/image-$last\" | sed 's/.*\"Id\":\"\\([^\"]*\\)\".*/\\1/')\n"
	"	[ -e \"$state/fails\" ] && running=false || running=true\n"
	"	echo "
	"\"[{\\\"Config\\\":{\\\"Labels\\\":{\\\"lazyjack\\\":\\\"$label\\\"}},\\\"Image\\\":\\\"$id\\\",\\\"State\\\":"
	"{\\\"Running\\\":$running,\\\"Pid\\\":$PPID},\\\"HostConfig\\\":{\\\"RestartPolicy\\\":{\\\"Name\\\":"
	"\\\"always\\\"}},"
	"\\\"NetworkSettings\\\":{\\\"Networks\\\":{\\\"n\\\":{\\\"IPAddress\\\":\\\"172.18.0.2\\\","
	"\\\"GlobalIPv6Address\\\":"
	"\\\"fd00:10::100\\\"}}}}]\" >\"$state/container-$name\"\n"
	"elif [ \"$1\" = logs ]; then\n"
	"	echo 'cannot read my file' >&2\n"
	"elif [ \"$1\" = build ] || [ \"$1\" = pull ]; then\n"
	"	echo \"$https_proxy $REGISTRY_AUTH_FILE\" >\"$state/environment\"\n"
	"	[ -e \"$state/fails\" ] && { echo 'no route to registry' >&2; exit 1; }\n"
	"	[ \"$1\" = build ] && name=$6 || name=$last\n"
	"	[ \"$1\" = build ] && cat >\"$state/built\" && echo '[{\"Id\":\"base\"}]' >\"$state/image-base\"\n"
	"	echo '[{\"Id\":\"1\"}]' >\"$state/image-$name\"\n"
	"elif [ $verb = inspect ]; then\n"
	"	cat \"$state/$type-$3\" 2>/dev/null || { echo \"no such $type\" >&2; exit 1; }\n"
	"elif [ $verb = ls ]; then\n"
	"	case \"$*\" in *--filter*) ls \"$state\" | sed -n 's/^container-//p';; esac\n"
	"elif [ $verb = rm ]; then\n"
	"	rm \"$state/$type-$last\"\n"
	"elif [ $verb = create ]; then\n"
	"	echo \"[{\\\"Labels\\\":{\\\"lazyjack\\\":\\\"$label\\\"}}]\" >\"$state/$type-$last\"\n"
	"fi\n";

static char *fake; /* path of the engine */

static int set_up(void **state)
{
	_cleanup_free_ char *directory = NULL;
	FILE *file;

	step_set_up(state);
	fake = mem_printf("%s/engine", root);
	directory = mem_printf("%s/state", root);
	assert_int_equal(mkdir(directory, 0755), 0);
	file = fopen(fake, "we");
	assert_non_null(file);
	fputs(program, file);
	fchmod(fileno(file), 0755);
	fclose(file);
	return 0;
}

static int tear_down(void **state)
{
	free(fake);
	return step_tear_down(state);
}

#define ENGINE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void assert_log(const char *words)
{
	_cleanup_free_ char *path = node_path(node, "/state/log"), *text = fixture_read(path);

	if (strstr(text, words) == NULL)
		fail_msg("'%s' isn't among:\n%s", words, text);
}

static void assert_drifted(const struct step *step, const char *words)
{
	_cleanup_str_ struct str detail = STR_INIT;

	assert_int_equal(step->ops->inspect(step, node, true, NULL, &detail, NULL), STEP_DRIFTED);
	if (strstr(str_text(&detail), words) == NULL)
		fail_msg("'%s' isn't in: %s", words, str_text(&detail));
}

/* It is made, found, replaced when it was made otherwise, and removed. */
static void there_and_back(struct step step, struct step other, const char *file)
{
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	assert_refused(&step, EEXIST, "isn't lazyjack's");
	assert_drifted(&other, "made otherwise");
	apply_step(&other);
	assert_int_equal(state_of(&other, true), STEP_IN_PLACE);
	revert_step(&other, json_null());
	assert_false(there(file));
	revert_step(&other, json_null());
	step_done(&step);
	step_done(&other);
}

/* What others put in its place is not found to be lazyjack's, not replaced, not removed. */
static void foreign(struct step step, const char *file, const char *content)
{
	_cleanup_str_ struct str detail = STR_INIT;
	_cleanup_err_ struct err err = ERR_INIT;

	put(file, content);
	assert_int_equal(step.ops->inspect(&step, node, true, NULL, &detail, NULL), STEP_MISSING);
	assert_non_null(strstr(str_text(&detail), "isn't lazyjack's"));
	assert_int_equal(step.ops->apply(&step, node, &err), -EEXIST);
	revert_step(&step, json_null());
	assert_content(file, content);
	step_done(&step);
}

/* An error that says this, where the engine's path is ENGINE. */
static void assert_cure(struct step step, const char *words)
{
	const char *at = strstr(words, "ENGINE");
	_cleanup_free_ char *cure = mem_printf("%.*s%s%s", (int)(at - words), words, fake, at + strlen("ENGINE"));

	assert_refused(&step, EEXIST, cure);
	step_done(&step);
}

static void test_volume(void **unused)
{
	there_and_back(step_container_volume(fake, "v", "/srv/a"), step_container_volume(fake, "v", "/srv/b"),
		"/state/volume-v");
	assert_log("volume create --label lazyjack=");
	assert_log("--opt type=none --opt o=bind --opt device=/srv/a v\n");
	put("/state/volume-v", "[{}]");
	assert_cure(
		step_container_volume(fake, "v", "/srv/a"), "remove its containers, then it with 'ENGINE volume rm v'");
	foreign(step_container_volume(fake, "v", "/srv/a"), "/state/volume-v", "[{\"Labels\": null}]");
}

static struct step_container container(const char *digest)
{
	static const char *const capabilities[] = {"NET_ADMIN", NULL}, *const sysctls[] = {"a.b=1", NULL};
	struct step_container wish = {
		.engine = fake,
		.name = "c",
		.image = "i",
		.restart = "always",
		.network = "n",
		.capabilities = capabilities,
		.sysctls = sysctls,
		.device = "/dev/net/tun",
		.volume = "v",
		.directory = "/etc/c",
		.digest = digest,
	};

	assert_int_equal(address_parse("172.18.0.2", &wish.v4), 0);
	assert_int_equal(address_parse("fd00:10::100", &wish.v6), 0);
	return wish;
}

static void test_container(void **unused)
{
	struct step_container a = container("1"), b = container("2");

	put("/state/image-i", "[{\"Id\":\"1\"}]");
	there_and_back(step_container(&a), step_container(&b), "/state/container-c");
	assert_log("run --detach --name c --label lazyjack=");
	assert_log("--restart always --pull never --network n --ip 172.18.0.2 --ip6 fd00:10::100 --sysctl a.b=1 "
		   "--security-opt no-new-privileges --cap-drop ALL --cap-add NET_ADMIN --device /dev/net/tun "
		   "--volume v:/etc/c:ro,nocopy i\n");
	put("/state/container-c", "[{}]");
	assert_cure(step_container(&a), "remove it with 'ENGINE container rm --force c'");
	foreign(step_container(&a), "/state/container-c", "[{\"Config\":{\"Labels\":{\"other\":\"1\"}}}]");
}

/* Change the words of the container's file. */
static void edit(const char *from, const char *to)
{
	_cleanup_free_ char *path = node_path(node, "/state/container-c"), *content = fixture_read(path);
	_cleanup_free_ char *text = mem_strdup(content); /* gcc 12 takes `at` into the other for dangling */
	char *at = strstr(text, from);
	_cleanup_str_ struct str edited = STR_INIT;

	assert_non_null(at);
	str_add_n(&edited, text, (size_t)(at - text));
	str_addf(&edited, "%s%s", to, at + strlen(from));
	put("/state/container-c", str_text(&edited));
}

static void test_changed_by_hand(void **unused)
{
	static const struct {
		const char *from, *to, *detail;
	} changes[] = {
		{"\"Running\":true", "\"Running\":false", "does not run"},
		{"\"Running\":true", "\"Running\":true,\"Restarting\":true", "does not run"},
		{"\"Running\":true", "\"Running\":true,\"Paused\":true", "does not run"},
		{"\"Image\":\"1\"", "\"Image\":\"0\"", "another image"},
		{"172.18.0.2", "172.18.0.3", "addresses"},
		{"fd00:10::100", "fd00:10::101", "addresses"},
		{"\"always\"", "\"no\"", "at other times"},
	};
	struct step_container wish = container("1");
	_cleanup_step_ struct step step = step_container(&wish);
	size_t i;

	put("/state/image-i", "[{\"Id\":\"1\"}]");
	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		apply_step(&step);
		edit(changes[i].from, changes[i].to);
		assert_drifted(&step, changes[i].detail);
	}
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
}

static void test_namespace(void **unused)
{
	struct step_container wish = container("1");
	_cleanup_step_ struct step step = {0};

	wish.network = NULL;
	wish.netns = "s";
	wish.v4 = wish.v6 = (struct address){0};
	step = step_container(&wish);
	put("/state/image-i", "[{\"Id\":\"1\"}]");
	apply_step(&step);
	assert_log("--network ns:/run/netns/s --sysctl");
	assert_drifted(&step, "another network namespace");
}

static void test_ends_at_once(void **unused)
{
	struct step_container wish = container("1");
	_cleanup_step_ struct step step = step_container(&wish);
	_cleanup_err_ struct err err = ERR_INIT;

	put("/state/image-i", "[{\"Id\":\"1\"}]");
	put("/state/fails", "");
	assert_int_equal(step.ops->apply(&step, node, &err), -EIO);
	assert_non_null(strstr(err.msg, "ended at once: cannot read my file"));
}

static void test_image_built(void **unused)
{
	_cleanup_step_ struct step step = step_container_image(fake, "i", "base", "FROM base\n");
	_cleanup_json_ json_t *undo = undo_of(&step);

	apply_step(&step);
	assert_log("build --force-rm --build-arg BASE=base --tag i --build-arg http_proxy --build-arg https_proxy "
		   "--build-arg no_proxy -\n");
	assert_content("/state/built", "FROM base\n");
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	revert_step(&step, undo);
	assert_false(there("/state/image-i"));
	assert_false(there("/state/image-base")); /* the build brought it */
	revert_step(&step, undo);
}

static void test_image_base_stays(void **unused)
{
	_cleanup_step_ struct step step = step_container_image(fake, "i", "base", "FROM base\n");
	_cleanup_json_ json_t *undo = NULL;

	put("/state/image-base", "[{\"Id\":\"0\"}]");
	undo = undo_of(&step);
	apply_step(&step);
	revert_step(&step, undo);
	assert_false(there("/state/image-i"));
	assert_true(there("/state/image-base"));
}

static void test_image_pulled(void **unused)
{
	_cleanup_step_ struct step step = step_container_image(fake, "registry.test/i:2", NULL, NULL);
	_cleanup_err_ struct err err = ERR_INIT;

	put("/state/fails", "");
	assert_int_equal(step.ops->apply(&step, node, &err), -EIO);
	assert_non_null(strstr(err.msg, "no route to registry"));
	assert_non_null(strstr(err.msg, "load"));
	assert_log("pull registry.test/i:2\n");
}

/* What says how to reach a registry belongs to whoever set it. */
static void test_environment(void **unused)
{
	_cleanup_step_ struct step step = step_container_image(fake, "i:2", NULL, NULL);

	assert_int_equal(setenv("https_proxy", "http://[fd00::1]:3128", 1), 0);
	assert_int_equal(setenv("REGISTRY_AUTH_FILE", "/root/auth", 1), 0);
	apply_step(&step);
	unsetenv("https_proxy");
	unsetenv("REGISTRY_AUTH_FILE");
	assert_content("/state/environment", "http://[fd00::1]:3128 /root/auth\n");
}

/* Nothing is taken for missing because nobody answers. */
static void test_engine_down(void **unused)
{
	struct step_container wish = container("1");
	struct step steps[] = {
		step_container_volume(fake, "v", "/srv/a"),
		step_container_image(fake, "i", NULL, NULL),
		step_container(&wish),
	};
	size_t i;

	put("/state/down", "");
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		_cleanup_err_ struct err err = ERR_INIT;

		assert_int_equal(steps[i].ops->inspect(&steps[i], node, true, NULL, NULL, &err), -EIO);
		assert_non_null(strstr(err.msg, "no daemon"));
		step_done(&steps[i]);
	}
}

static void test_no_program(void **unused)
{
	_cleanup_step_ struct step step = step_container_volume("no-such-engine", "v", "/srv/a");

	assert_refused(&step, ENOENT, "install package 'no-such-engine'");
}

/* Whatever the engine says, it is an error and no crash. */
static void test_nonsense(void **unused)
{
	static const char *const answers[] = {"", "[]", "{}", "[1]", "null", "[", "[\"a\"]"};
	_cleanup_step_ struct step step = step_container_volume(fake, "v", "/srv/a");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		put("/state/volume-v", answers[i]);
		assert_refused(&step, EBADMSG, "not understood");
	}
	put("/state/volume-v", "[{}]");
	assert_refused(&step, EEXIST, "isn't lazyjack's");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ENGINE_TEST(test_volume),
		ENGINE_TEST(test_container),
		ENGINE_TEST(test_changed_by_hand),
		ENGINE_TEST(test_namespace),
		ENGINE_TEST(test_ends_at_once),
		ENGINE_TEST(test_image_built),
		ENGINE_TEST(test_image_base_stays),
		ENGINE_TEST(test_image_pulled),
		ENGINE_TEST(test_environment),
		ENGINE_TEST(test_engine_down),
		ENGINE_TEST(test_no_program),
		ENGINE_TEST(test_nonsense),
	};

	return RUN_TESTS(tests);
}
