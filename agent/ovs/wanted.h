/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OVS_WANTED_H
#define OVS_WANTED_H 1

/* What the arguments of an OVS port (steps/ovs-port.c) mean for the columns of
 * its Interface row: comparing, writing what differs, remembering what was
 * there.  One table of columns; knows neither batches nor the network. */

#include <stdbool.h>

#include <vif/attrs.h>
#include <vif/error.h>

struct ovs_row;

/* Whether 'interface' is as 'args' say; the error names the first column that
 * is not, what is wanted and what was found.  Keys that are about something
 * else than the Interface row are skipped. */
struct vif_error *wanted_compare(const struct ovs_row *interface,
                                 const struct vif_attrs *args)
    VIF_WARN_UNUSED;

/* Within a transaction: writes those columns that differ, as mutations, and
 * takes out what 'previous' (or NULL) had put there and 'args' have not.
 * Returns false if nothing had to be written. */
bool wanted_write(const struct ovs_row *interface,
                  const struct vif_attrs *args,
                  const struct vif_attrs *previous);

/* Within a transaction: all columns of a row just inserted. */
void wanted_fill(const struct ovs_row *interface,
                 const struct vif_attrs *args);

/* Puts into 'found' the present value of each column that 'args' would write;
 * one that is empty is left out. */
void wanted_read(const struct ovs_row *interface,
                 const struct vif_attrs *args, struct vif_attrs *found);

/* Whether 'key' of the arguments is a column of the Interface row. */
bool wanted_is_column(const char *key);

#endif /* ovs/wanted.h */
