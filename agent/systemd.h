/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_SYSTEMD_H
#define AGENT_SYSTEMD_H 1

/* Telling the service manager how vifd is: the datagrams of sd_notify(3),
 * which documents them for programs that do without libsystemd.  Without a
 * service manager nothing happens. */

#include <vif/error.h>

/* Remembers NOTIFY_SOCKET and WATCHDOG_USEC and forgets the environment
 * variables, so that no child speaks in our name.  Before any thread. */
void systemd_init(void);

/* Sends 'format', lines of NAME=VALUE.  Never blocks; a manager that does not
 * listen is none of our business. */
void systemd_notify(const char *format, ...) VIF_PRINTF(1, 2);

/* With "RELOADING=1" goes the time at which it began (systemd 253). */
void systemd_notify_reloading(void);

/* The main loop is alive: answers the watchdog when it is due, and wakes up
 * in time for that. */
void systemd_watchdog_run(void);
void systemd_watchdog_wait(void);

#endif /* agent/systemd.h */
