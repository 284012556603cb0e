/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_FILTER_LISTS_H
#define PRIVILEGE_FILTER_LISTS_H 1

/* The lists of filter.c.  Each ends with NULL.  A call that an architecture
 * has not is passed over. */

#include <stdint.h>

extern const char *const filter_vifd[];         /* Allowed to vifd ... */
extern const char *const filter_helper[];       /* ... and to the helper. */
extern const char *const filter_both[];         /* Allowed to both. */
extern const char *const filter_absent[];       /* "No such call". */
extern const char *const filter_deadly[];       /* Ends the process. */

/* Requests of ioctl(2) that vifd makes; ends with 0. */
extern const uint32_t filter_vifd_ioctls[];

#endif /* privilege/filter-lists.h */
