/* SPDX-License-Identifier: Apache-2.0 */
/* `lazyjack lab verify`: every node's checks, in one matrix. */
#pragma once

/* What --url says; starts out as a large page of the lab's outside. */
extern const char *lab_verify_url;

/* Returns an exit status. */
int lab_verify_main(int argc, char **argv);
