/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl check */

#include <config.h>

#include "ctl/session.h"
#include "ctl/verify.h"

static enum status
check_execute(struct session *session, const struct invocation *invocation)
{
    (void) invocation;
    return verify_execute(session, "check", "checking");
}

const struct command check_command = {
    .word = "check",
    .help = "See whether ports are in place as they were asked for",
    .about =
"Every step of each port is read back from the kernel and Open vSwitch.\n"
"Nothing is changed.  The exit status is 1 if any port is not as asked.",
    .arguments = { verify_arguments },
    .examples = {
        { "check", "all ports" },
        { "check 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11 || vifctl repair "
          "7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11", "one, and mend it" },
    },
    .execute = check_execute,
};
