/* SPDX-License-Identifier: Apache-2.0 */

/* Where the replica's strings are.  Must not know what they mean. */

#include <config.h>

#include "ovs/strings.h"

#include <stdbool.h>
#include <string.h>

#include "hash.h"
#include "openvswitch/json.h"
#include "ovsdb-data.h"
#include "util.h"

/* A value as short as this ("active", "dummy", "") is likely to be that of
 * many rows; a longer one, to be one row's alone. */
#define SHORT 8

void
strings_init(struct strings *strings)
{
    memset(strings, 0, sizeof *strings);
}

void
strings_destroy(struct strings *strings)
{
    for (size_t i = 0; i < ARRAY_SIZE(strings->shared); i++) {
        json_destroy(strings->shared[i]);
    }
}

/* Replaces '*stringp' by the one that is shared by all who have the same. */
static void
share(struct strings *strings, struct json **stringp)
{
    const char *s = json_string(*stringp);
    struct json **slot = &strings->shared[hash_string(s, 0)
                                          % ARRAY_SIZE(strings->shared)];

    if (*slot == *stringp) {
        return;
    } else if (!*slot || strcmp(json_string(*slot), s)) {
        json_destroy(*slot);
        *slot = json_string_create(s);
    }
    json_destroy(*stringp);
    *stringp = json_clone(*slot);
}

static void
keep(struct strings *strings, struct json **stringp, bool common)
{
    if (common || strlen(json_string(*stringp)) <= SHORT) {
        share(strings, stringp);
    } else if ((*stringp)->count > 1) {
        /* The message's, too. */
        struct json *copy = json_string_create(json_string(*stringp));

        json_destroy(*stringp);
        *stringp = copy;
    }
}

void
strings_keep(struct strings *strings, struct ovsdb_datum *datum)
{
    for (size_t i = 0; i < datum->n; i++) {
        keep(strings, &datum->keys[i].s, datum->values != NULL);
        if (datum->values) {
            keep(strings, &datum->values[i].s, false);
        }
    }
}
