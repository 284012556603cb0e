/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl abort */

#include <config.h>

#include "ctl/batch.h"
#include "ctl/details.h"
#include "ctl/session.h"

static const struct argument abort_arguments[] = {
    { .name = "PORT", .kind = ARGUMENT_PORT, .repeated = true,
      .required = true, .help = "The ids of the ports" },
    ARGUMENTS_END
};

static enum status
abort_execute(struct session *session, const struct invocation *invocation)
{
    struct batch batch;

    (void) invocation;
    batch_init(&batch, "abort", "taking back", "took back");
    batch_add_ports(session, &batch, true);
    enum status status = batch_execute(session, &batch,
                                       details_write_verdict);
    batch_destroy(&batch);
    return status;
}

const struct command abort_command = {
    .word = "abort",
    .help = "Take prepared ports back: the guest will not come",
    .arguments = { abort_arguments },
    .examples = {
        { "abort 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11",
          "after 'plug --prepare', when the migration has failed" },
    },
    .execute = abort_execute,
};
