/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl: vifd's command line. */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/help.h"
#include "ctl/invocation.h"
#include "ctl/session.h"
#include "lib/cleanup.h"

static enum status
usage(const struct invocation *invocation, const char *why)
{
    const struct command *command = invocation->command;

    fprintf(stderr, "vifctl%s%s: %s; see 'vifctl help%s%s'\n",
            command ? " " : "", command ? command->word : "", why,
            command ? " " : "", command ? command->word : "");
    return STATUS_USAGE;
}

static enum status
execute(const struct invocation *invocation)
{
    struct session session;

    session_init(&session, invocation);
    enum status status = invocation->command->execute(&session, invocation);
    session_destroy(&session);
    return status;
}

static enum status
run(const struct invocation *invocation)
{
    if (invocation_has(invocation, "--version")) {
        printf("vifctl %s\n", PACKAGE_VERSION);
        return STATUS_DONE;
    } else if (invocation_has(invocation, "--help")) {
        help_write(stdout, invocation->command);
        return STATUS_DONE;
    } else if (!invocation->command) {
        help_write(stderr, NULL);
        return STATUS_USAGE;
    }
    return execute(invocation);
}

/* Output that did not arrive is a failure, whatever has been done. */
static enum status
close_output(enum status status)
{
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "vifctl: write to standard output: %s\n",
                strerror(errno));
        return status ? status : STATUS_FAILED;
    }
    return status;
}

int
main(int argc, char *argv[])
{
    struct invocation invocation;
    CLEANUP_FREE char *why = invocation_parse(&invocation, argc, argv);
    enum status status = (why ? usage(&invocation, why)
                          : close_output(run(&invocation)));

    invocation_destroy(&invocation);
    return status;
}
