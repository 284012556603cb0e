/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_ORPHANS_H
#define AGENT_ORPHANS_H 1

/* Orphans: what is on the host, carries our mark, and belongs to no port.
 * doc/engine.md tells where they come from and what becomes of them. */

#include <stdbool.h>
#include <stddef.h>

#include <vif/error.h>

#include "openvswitch/shash.h"
#include "openvswitch/uuid.h"

struct engine;
struct engine_orphan;
struct ovs;
struct vif_attrs;

struct orphan {
    const char *kind;       /* "tap", "macvtap" or "ovs-port": the
                             * step's. */
    char *object;           /* Its name. */
    char *port_id;          /* The port that it is marked for. */
    int ifindex;            /* Of a link, else 0. */
    struct uuid uuid;       /* Of a row, and the bridge that it is in. */
    char *bridge;           /* Else NULL. */

    /* When it was to be collected. */
    bool collected;
    struct vif_error *error;
};

/* A request for them.  'done' is called once; 'orphans' live during the call
 * and are what was seen in two looks 'interval_ms' apart, or none with an
 * error.  Unless it is a dry run, each was collected or has an error. */
struct gc_request {
    bool dry_run;
    unsigned int interval_ms;
    unsigned int timeout_ms;    /* 0: as configured. */
};
typedef void gc_done_cb(void *aux, const struct vif_error *,
                        const struct orphan *const *orphans, size_t n);

/* Orphans by all that tells one from another, the port id first, so that
 * those of one port follow one another in shash_sort()'s order. */

/* Adds what is an orphan among 'links', the output of marked_links_class, and
 * among the rows that the replica has. */
void orphans_add_links(struct shash *, const struct vif_attrs *taps,
                      const struct engine *);
void orphans_add_rows(struct shash *, const struct ovs *,
                      const struct engine *);

/* Frees what is not in 'others' too. */
void orphans_keep_common(struct shash *, const struct shash *others);

/* Frees all of them; the map stays, empty. */
void orphans_clear(struct shash *);

/* What the engine has to know to collect it; the caller destroys the maps. */
void orphan_for_engine(const struct orphan *, struct engine_orphan *);

#endif /* agent/orphans.h */
