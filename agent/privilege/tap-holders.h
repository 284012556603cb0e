/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_TAP_HOLDERS_H
#define PRIVILEGE_TAP_HOLDERS_H 1

#include <stdbool.h>
#include <stddef.h>

/* Writes who has the tap 'name' open, as far as 'proc', which is "/proc",
 * tells this process:
 * "pid 812 (qemu-system-x86), pid 913 (dnsmasq)".  A holder whose processes
 * live in another network namespace is marked so, because its tap may be
 * another one of the same name.  Returns false, and an empty string, if
 * nobody is found.
 *
 * Reads a file for each descriptor of each process and may take a while,
 * though never more than a second: for error messages only. */
bool tap_holders_describe(const char *proc, const char *name, char *buf,
                          size_t size);

#endif /* privilege/tap-holders.h */
