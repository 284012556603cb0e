/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl activate */

#include <config.h>

#include "ctl/batch.h"
#include "ctl/details.h"
#include "ctl/session.h"

static const struct argument activate_arguments[] = {
    { .name = "PORT", .kind = ARGUMENT_PORT, .repeated = true,
      .required = true, .help = "The ids of the ports" },
    ARGUMENTS_END
};

static enum status
activate_execute(struct session *session, const struct invocation *invocation)
{
    struct batch batch;

    (void) invocation;
    batch_init(&batch, "activate", "activating", "activated");
    batch_add_ports(session, &batch, true);
    enum status status = batch_execute(session, &batch,
                                       details_write_verdict);
    batch_destroy(&batch);
    return status;
}

const struct command activate_command = {
    .word = "activate",
    .help = "Let prepared ports carry traffic: the guest has arrived",
    .arguments = { activate_arguments },
    .examples = {
        { "activate 7f1c3a52-7b0e-4c38-8a4e-2f4d8e7e6a11",
          "after 'plug --prepare', once the guest runs here" },
    },
    .execute = activate_execute,
};
