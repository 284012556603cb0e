/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_HOLDERS_H
#define PRIVILEGE_HOLDERS_H 1

/* Which processes have a device open, as far as 'proc', which is "/proc",
 * tells this one: "pid 812 (qemu-system-x86), pid 913 (dnsmasq)".
 *
 * All functions return false, and an empty string, if nobody is found.  They
 * look at each descriptor of each process and may take a while: for error
 * messages no more than a second, and where the kernel has no better answer
 * no more than ten.  '*wholep' then says whether there was time to look at
 * all processes. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Who has the tap 'name' open.  A holder whose processes live in another
 * network namespace is marked so, because its tap may be another one of the
 * same name. */
bool tap_holders_describe(const char *proc, const char *name, char *buf,
                          size_t size);

/* Who has one of the 'n' character devices below /dev/vfio open, except this
 * process itself. */
bool vfio_holders_describe(const char *proc, const dev_t *devices, size_t n,
                           char *buf, size_t size, bool *wholep);

/* Who has the character device 'device' open, whose node is called 'name'
 * ("tap12"). */
bool node_holders_describe(const char *proc, const char *name, dev_t device,
                           char *buf, size_t size, bool *wholep);

#endif /* privilege/holders.h */
