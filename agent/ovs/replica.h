/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OVS_REPLICA_H
#define OVS_REPLICA_H 1

/* The session with ovsdb-server and what it keeps up to date: whether the
 * replica is in step with the database, which bridge each port is on, and
 * what somebody changed.  Knows nothing of intents. */

#include <stdbool.h>
#include <stdint.h>

#include "ovs/rows.h"
#include "sset.h"

struct replica {
    struct ovs_schema schema;
    struct ovsdb_idl *idl;
    char *remote;

    /* In step with the database: connected, and all that was there at that
     * moment has been received.  Otherwise what is in the replica is old. */
    bool synced;
    bool ever_synced;
    unsigned int stale_seqno;   /* Of the IDL, when it got out of step. */
    long long out_since;        /* Not synced: since when, ms. */

    /* What replica_run() found; valid until the next one. */
    bool lost;                  /* The session was lost in this turn. */
    bool resynced;              /* The replica came in step in this turn. */
    bool replaced;              /* Every row is another one. */
    struct sset ports, bridges; /* Names of what changed, unless 'replaced'. */

    struct sset doubled;        /* Names of ports that are on two bridges. */
};

void replica_init(struct replica *, const char *remote, const char *key);
void replica_destroy(struct replica *);
void replica_run(struct replica *);
void replica_wait(const struct replica *);

/* Changes whenever the replica's contents do. */
unsigned int replica_seqno(const struct replica *);

/* The row of the table Open_vSwitch, or NULL: an empty database. */
const struct ovs_row *replica_switch(const struct replica *);
int64_t replica_cur_cfg(const struct replica *);
int64_t replica_next_cfg(const struct replica *);
size_t replica_n_ports(const struct replica *);

/* NULL if there is none. */
const struct ovs_row *replica_bridge(const struct replica *,
                                     const char *name);
const struct ovs_row *replica_port(const struct replica *, const char *name);
const struct ovs_row *replica_interface(const struct replica *,
                                        const char *name);
const struct ovs_row *replica_row(const struct replica *, enum ovs_table,
                                  const struct uuid *);

/* The Port that 'interface' is part of, the Bridge that 'port' is on, and the
 * Interface of 'port' that has the port's name. */
const struct ovs_row *replica_port_of(const struct replica *,
                                      const struct ovs_row *interface);
const struct ovs_row *replica_bridge_of(const struct replica *,
                                        const struct ovs_row *port);
const struct ovs_row *replica_interface_of(const struct replica *,
                                           const struct ovs_row *port);

/* A bridge other than 'but' that 'port' is on too, or NULL.  The database lets
 * somebody put a port on several; which of them ovs-vswitchd heeds is chance,
 * so that such a port is on the wrong one. */
const struct ovs_row *replica_other_bridge_of(const struct replica *,
                                              const struct ovs_row *port,
                                              const struct ovs_row *but);

/* Whether 'row', a Port or a Bridge, carries our key; its port id then, or
 * NULL. */
bool replica_is_ours(const struct replica *, const struct ovs_row *row,
                     int ids_column);
const char *replica_port_id(const struct replica *,
                            const struct ovs_row *port);

#endif /* ovs/replica.h */
