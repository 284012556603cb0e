/* SPDX-License-Identifier: Apache-2.0 */

/* What every journal shares, whatever keeps it. */

#include <config.h>

#include "engine/journal.h"

#include <stdlib.h>

#include "util.h"

/* The names of the tables in the file: stable for ever. */
static const char *const table_names[] = {
    [JOURNAL_PORT] = "port",
    [JOURNAL_RESOURCE] = "resource",
    [JOURNAL_CLAIM] = "claim",
    [JOURNAL_NOTE] = "note",
};
BUILD_ASSERT_DECL(ARRAY_SIZE(table_names) == JOURNAL_N_TABLES);

const char *
journal_table_name(enum journal_table table)
{
    return (unsigned int) table < JOURNAL_N_TABLES ? table_names[table]
                                                   : "unknown";
}

#define BY_ITSELF "vifd goes on by itself then"
#define REPAIR "'vifctl repair --journal' makes it anew from what is plugged"

static const struct trouble {
    const char *name;
    bool passes;
    const char *advice;
} troubles[] = {
    [JOURNAL_FINE] = { "fine", true, NULL },
    [JOURNAL_FULL] = { "full", true, "free some space there: " BY_ITSELF },
    [JOURNAL_READ_ONLY] = { "read-only", true,
                            "make it writable: " BY_ITSELF },
    [JOURNAL_LOCKED] = { "locked", true,
                         "end the program that has it locked: " BY_ITSELF },
    [JOURNAL_NO_MEMORY] = { "no-memory", true,
                            "give it memory: " BY_ITSELF },
    [JOURNAL_UNREADABLE] = { "unreadable", true,
                             "make it readable: " BY_ITSELF "; or " REPAIR },
    [JOURNAL_MISSING] = { "missing", true,
                          "put it back: " BY_ITSELF "; or " REPAIR },
    [JOURNAL_CORRUPT] = { "corrupt", false, REPAIR },
    [JOURNAL_NEWER] = { "newer", false,
                        "start the vifd that has written it; or " REPAIR },
    [JOURNAL_UNFINISHED] = { "unfinished", false, REPAIR },
};
BUILD_ASSERT_DECL(ARRAY_SIZE(troubles) == JOURNAL_N_TROUBLES);

const char *
journal_trouble_name(enum journal_trouble trouble)
{
    return troubles[trouble].name;
}

bool
journal_trouble_passes(enum journal_trouble trouble)
{
    return troubles[trouble].passes;
}

struct vif_error *
journal_advise(struct vif_error *error, enum journal_trouble trouble)
{
    const char *advice = troubles[trouble].advice;

    if (error && advice) {
        char *message = xasprintf("%s (%s)", error->message, advice);

        free(error->message);
        error->message = message;
    }
    return error;
}
