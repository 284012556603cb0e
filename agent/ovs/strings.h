/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OVS_STRINGS_H
#define OVS_STRINGS_H 1

/* Memory of the replica's strings.
 *
 * The IDL keeps those of the message that brought them.  A message with all
 * of the database is several times as large as what is kept of it, which is
 * then scattered among what was freed, so that no page of it can be given
 * back: with a thousand ports, more than half of the process.  Copied while
 * the message is still there they lie together; and those that every row has,
 * such as the keys of external_ids, need to be there only once. */

#include <stddef.h>

struct json;
struct ovsdb_datum;

struct strings {
    struct json *shared[64];    /* By hash; NULL or a JSON string. */
};

void strings_init(struct strings *);
void strings_destroy(struct strings *);

/* Puts each string of 'datum', a string or a map of strings, into memory of
 * its own or shared with other data, unless it is already. */
void strings_keep(struct strings *, struct ovsdb_datum *datum);

#endif /* ovs/strings.h */
