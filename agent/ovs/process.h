/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OVS_PROCESS_H
#define OVS_PROCESS_H 1

/* Whether the process ovs-vswitchd is there.  A hint, to tell a switch that is
 * dead or stopped from one that only has much to do; what it does is seen in
 * the database alone. */

#include <stdbool.h>

enum switch_process {
    SWITCH_UNKNOWN, /* Not to be seen from here. */
    SWITCH_RUNS,
    SWITCH_STOPPED, /* By a signal or a debugger. */
    SWITCH_GONE,    /* It has left its pidfile behind, or has
                                 * removed it and ended. */
};

/* What earlier looks have found; all zeros at first. */
struct switch_sighting {
    int pid;      /* Its process id; 0: never seen. */
    bool visible; /* /proc showed it; it need not. */
};

/* Looks at ovs-vswitchd.pid in the directory of ovsdb-server's socket, where
 * Open vSwitch's own scripts put it: who has locked it lives (fcntl(2)).  One
 * that ends as it is told to removes the file, so that only who has seen it
 * before can tell that it is gone.  Reads two small files, not of a disk. */
enum switch_process switch_process_look(struct switch_sighting *,
                                        const char *remote);

/* "its process is stopped", for a log. */
const char *switch_process_text(enum switch_process);

#endif /* ovs/process.h */
