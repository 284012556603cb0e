/* SPDX-License-Identifier: Apache-2.0 */
/* vifctl reload */

#include <config.h>

#include <stdlib.h>

#include "ctl/session.h"
#include "lib/cleanup.h"

static enum status
reload_execute(struct session *session, const struct invocation *invocation)
{
    CLEANUP_JSON json_t *result = NULL;

    (void) invocation;
    enum status status = session_call(session, "reload", json_object(),
                                      "reload", &result);
    if (!status && !writer_answer(session->writer, result)) {
        CLEANUP_FREE char *frozen
            = value_in_words(json_object_get(result, "restart_needed"));

        session_say(session, TONE_GOOD, "vifd has read its configuration "
                    "again");
        if (frozen) {
            session_say(session, TONE_NOTICE, "but not until it is started "
                        "again: %s", frozen);
        }
    }
    return status;
}

const struct command reload_command = {
    .word = "reload",
    .help = "Let vifd read its configuration again",
    .about =
"A file with a mistake in it is refused as a whole: the reason is told, and\n"
"the old configuration stays.",
    .examples = {
        { "reload", "after vifd.yaml has been edited" },
    },
    .execute = reload_execute,
};
