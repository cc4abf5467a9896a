/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/nft.h"

#include <errno.h>
#include <string.h>

int nft_run(const char *const *argv, const char *input, int netns_fd, struct run_result *ret, struct err *err)
{
	const struct run_options options = {
		.argv = argv, .input = input, .input_len = input ? strlen(input) : 0, .netns_fd = netns_fd};
	_cleanup_err_ struct err reason = ERR_INIT;
	int r;

	r = run_program(&options, ret, &reason);
	if (r == -ENOENT)
		return err_set(err, ENOENT, "the program 'nft' is missing: install the package nftables");
	return r < 0 ? err_set(err, reason.code, "%s", reason.msg) : 0;
}

int nft_apply(const char *commands, int netns_fd, struct err *err)
{
	static const char *const argv[] = {"nft", "-f", "-", NULL};
	_cleanup_run_ struct run_result result = {0};
	int r;

	r = nft_run(argv, commands, netns_fd, &result, err);
	if (r < 0)
		return r;
	return result.status == 0 ? 0 : err_set(err, EIO, "nft refuses the rules: %s", str_text(&result.err));
}

int nft_list(const char *family, const char *table, int netns_fd, struct str *ret, struct err *err)
{
	const char *const argv[] = {"nft", "-s", "list", "table", family, table, NULL};
	_cleanup_run_ struct run_result result = {0};
	int r;

	r = nft_run(argv, NULL, netns_fd, &result, err);
	if (r < 0)
		return r;
	if (result.status == 0) {
		str_add(ret, str_text(&result.out));
		return 1;
	}
	/* ENOENT of the kernel, in the C.UTF-8 locale that programs are run in. */
	if (strstr(str_text(&result.err), "No such file or directory"))
		return 0;
	return err_set(err, EIO, "nft cannot list table '%s %s': %s", family, table, str_text(&result.err));
}
