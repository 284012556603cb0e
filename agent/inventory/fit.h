/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_FIT_H
#define INVENTORY_FIT_H 1

/* Which device each of some requests gets: all of them, or none and why.
 *
 * Pure.  The main loop calls it in the turn that plans, and claims what it
 * says in the same turn, so that the answer cannot grow old in between.  The
 * method 'fit' calls it and claims nothing.
 *
 * The search is exact: if all requests can be served together they are, PF
 * and VF exclusion included.  One request alone gets the best there is: the
 * device that its port has already; else one with a netdev, if it needs that,
 * as near as the policy asks, that no driver of VFIO has, on the PF with the
 * fewest VFs held, and the first of these by number.
 * Among several requests the earlier choose first, and give way to another
 * one only to a device that they fit as well. */

#include "inventory/request.h"

#define FIT_MAX_REQUESTS 64

struct fit_answer {
    const struct device *device;    /* NULL if it gets none. */
    unsigned int left[N_DEVICE_FILTERS];    /* Devices after each filter. */
};

/* What 'filter' asks for, if it is worth telling: if the request asks it, or
 * it has left fewer. */
bool fit_answer_describe(const struct fit_answer *,
                         const struct device_request *,
                         enum device_filter filter,
                         char buf[DEVICE_FILTER_TEXT_SIZE]);

/* Fills in 'answers', one for each of 'n' requests; after an error those of
 * requests that fit no device by themselves tell where the devices went, and
 * no device is set.  The error names the port.  VIF_ERR_CONFLICT if other
 * ports, or these among themselves, are in the way, or the operator drains a
 * PF, else VIF_ERR_NOT_FOUND.  To be tried again if who has a device that
 * would do is just leaving.
 * VIF_ERR_BUSY if there are too many ways to try (PFs for several ports among
 * VFs for many). */
struct vif_error *device_fit(const struct device_host *,
                             const struct device_request *requests, size_t n,
                             struct fit_answer *answers) VIF_WARN_UNUSED;

#endif /* inventory/fit.h */
