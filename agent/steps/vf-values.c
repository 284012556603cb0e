/* SPDX-License-Identifier: Apache-2.0 */

/* See vf-values.h. */

#include <config.h>

#include "steps/vf-values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"
#include "steps/vf-args.h"
#include "steps/vf-quirks.h"
#include "timeval.h"
#include "util.h"

/* Pauses before a busy driver is asked again.  A VF's reset takes some tens
 * of milliseconds to seconds. */
#define PAUSE_MIN_MS 10
#define PAUSE_MAX_MS 500

/* How long it is asked if nobody waits for that, but others for their turn. */
#define BACKGROUND_MS 500

/* Finding and reading. */

static struct vif_error *
gone(const struct vf_place *place, const char *why)
{
    return vif_error_create(VIF_ERR_NOT_FOUND, "%s is gone: %s", place->name,
                            why);
}

static struct vif_error *
no_such_number(const struct vf_place *place)
{
    return vif_error_create(VIF_ERR_NOT_FOUND, "%s is gone: it is not VF %u "
                            "of %s any more", place->name, place->number,
                            place->pf);
}

struct vif_error *
vf_find(struct vf_place *place)
{
    if (!device_path_is_vf(place->pf, place->number, place->name)) {
        return (device_path_exists(place->pf) ? no_such_number(place)
                : gone(place, "its PF is not there"));
    }

    struct vif_error *error = device_path_netdev(place->pf,
                                                 &place->pf_netdev);
    bool bound = device_path_driver(place->pf, place->driver);
    if (!error && !place->pf_netdev.ifindex) {
        error = vif_error_create(
            VIF_ERR_UNAVAILABLE, "PF %s has no network device here (%s%s), so "
            "that its VFs cannot be set", place->pf,
            bound ? "its driver is " : "no driver is bound",
            place->driver);
        error->retry = true;
    }
    return error;
}

static struct vif_error *
describe(const struct vf_place *place, const char *what)
{
    return vif_error_create(VIF_ERR_UNSUPPORTED, "driver %s of PF %s does not "
                            "describe %s", place->driver, place->pf, what);
}

struct vif_error *
vf_read(const struct vf_place *place, struct rtnl_vf *vf,
        struct rtnl_link *link)
{
    struct rtnl_pf pf;
    struct vif_error *error = rtnl_get_vf(place->rtnl,
                                          place->pf_netdev.ifindex,
                                          place->number, &pf);

    memset(vf, 0, sizeof *vf);
    memset(link, 0, sizeof *link);
    if (error && error->code == VIF_ERR_NOT_FOUND) {
        /* The PF was just given another netdev, or none. */
        error->code = VIF_ERR_UNAVAILABLE;
        error->retry = true;
    }
    if (error) {
        return error;
    } else if (pf.n_vfs <= place->number) {
        return no_such_number(place);
    } else if (!pf.tells) {
        return describe(place, "its VFs");
    } else if (!pf.found) {
        /* bnxt_get_vf_config() fails while the PF is down. */
        error = vf_check_pf(place, VF_ALL_FIELDS, &pf.link);
        return error ? error : describe(place, "this VF");
    }
    *vf = pf.vf;
    vf_normalize(vf);
    *link = pf.link;
    return NULL;
}

struct vif_error *
vf_check_pf(const struct vf_place *place, unsigned int fields,
            const struct rtnl_link *pf)
{
    bool needs_link;

    if (!vf_driver_needs_pf_up(place->driver, fields, &needs_link)
        || (pf->up && (pf->running || !needs_link))) {
        return NULL;
    }

    struct vif_error *error = (
        pf->up
        ? vif_error_create(VIF_ERR_REFUSED, "%s, the PF of %s, has no link, "
                           "without which driver %s sets no rates: plug its "
                           "cable in", pf->name, place->name, place->driver)
        : vif_error_create(VIF_ERR_REFUSED, "%s, the PF of %s, is down, and "
                           "driver %s wants it up for this: 'ip link set %s "
                           "up'", pf->name, place->name, place->driver,
                           pf->name));
    error->retry = true;
    return error;
}

/* Writing. */

static void
nap(long long ms)
{
    const struct timespec pause = {
        .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000,
    };

    nanosleep(&pause, NULL);
}

static struct vif_error *
send_patiently(const struct vf_place *place, enum rtnl_vf_request request,
               const struct rtnl_vf *values, long long deadline)
{
    if (place->in_background) {
        deadline = MIN(deadline, time_msec() + BACKGROUND_MS);
    }
    for (long long pause = PAUSE_MIN_MS; ;
         pause = MIN(2 * pause, PAUSE_MAX_MS)) {
        struct vif_error *error = rtnl_set_vf(place->rtnl,
                                              place->pf_netdev.ifindex,
                                              place->number, request,
                                              values);

        if (!error || !vf_is_busy(error->errnum)
            || time_msec() + pause >= deadline) {
            return error;
        }
        vif_error_destroy(error);
        nap(pause);
    }
}

/* Some drivers take no address of zero: libvirt's
 * virNetDevSetVfConfig() found this one to do, which no NIC has. */
static struct vif_error *
send_mac(const struct vf_place *place, const struct rtnl_vf *values,
         long long deadline)
{
    struct vif_error *error = send_patiently(place, RTNL_VF_SET_MAC, values,
                                             deadline);

    if (error && vif_mac_is_zero(&values->mac)
        && (error->errnum == EADDRNOTAVAIL || vf_is_refusal(error->errnum))) {
        struct rtnl_vf other = *values;

        vif_error_destroy(error);
        other.mac.octets[0] = 0x02;
        error = send_patiently(place, RTNL_VF_SET_MAC, &other, deadline);
    }
    return error;
}

/* "trust to on", or both rates. */
static void
describe_fields(const struct rtnl_vf *values, unsigned int fields,
                struct ds *ds)
{
    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        char value[VF_VALUE_SIZE];

        if (fields & RTNL_VF_BIT(i)) {
            ds_put_format(ds, "%s%s to %s", ds->length ? ", " : "",
                          vf_field_name(i),
                          vf_field_format(values, i, value));
        }
    }
}

/* Appends " (why)". */
static struct vif_error *
because(struct vif_error *error, const char *why)
{
    char *message = vif_xasprintf("%s (%s)", error->message, why);

    free(error->message);
    error->message = message;
    return error;
}

/* Makes a sentence of a refusal: what was to be set, and why not. */
static struct vif_error *
explain(const struct vf_place *place, unsigned int fields,
        const struct rtnl_vf *values, struct vif_error *error)
{
    const char *why = vf_driver_lacks(place->driver, fields, values,
                                      error->errnum);
    struct ds what = DS_EMPTY_INITIALIZER;
    struct rtnl_link pf;
    struct rtnl_vf vf;

    if (why) {
        error->code = VIF_ERR_UNSUPPORTED;
        error = because(error, why);
    } else if (vf_is_refusal(error->errnum)) {
        CLEANUP_ERROR struct vif_error *unread = vf_read(place, &vf, &pf);
        CLEANUP_ERROR struct vif_error *state
            = unread ? NULL : vf_check_pf(place, fields, &pf);

        if (state) {
            error->retry = true;
            error = because(error, state->message);
        }
    }
    describe_fields(values, fields, &what);
    error = vif_error_wrap(error, "set %s of VF %u of %s (driver %s)",
                           ds_cstr(&what), place->number, place->pf,
                           place->driver);
    ds_destroy(&what);
    return error;
}

/* Sends 'fields', which are all of 'request', and what else the request must
 * say as it is. */
static struct vif_error *
send_fields(const struct vf_place *place, enum rtnl_vf_request request,
            unsigned int fields, const struct rtnl_vf *wanted,
            struct rtnl_vf *found, long long deadline)
{
    struct rtnl_vf values = *found;
    struct vif_error *error;

    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        if (fields & RTNL_VF_BIT(i)) {
            vf_copy(&values, wanted, i);
        }
    }
    error = (request == RTNL_VF_SET_MAC
             ? send_mac(place, &values, deadline)
             : send_patiently(place, request, &values, deadline));
    if (error) {
        return explain(place, fields, &values, error);
    }
    *found = values;
    return NULL;
}

static void
skip(struct vf_refusals *refusals, unsigned int fields,
     struct vif_error *error)
{
    refusals->skipped |= fields;
    ds_put_format(&refusals->reasons, "%s%s%s%s%s",
                  refusals->reasons.length ? "; " : "", error->message,
                  error->source ? " (" : "",
                  error->source ? error->source : "",
                  error->source ? ")" : "");
    vif_error_destroy(error);
}

/* The same, but what may be refused is no error.  Of two fields the driver
 * may take one. */
static struct vif_error *
try_fields(const struct vf_place *place, enum rtnl_vf_request request,
           unsigned int fields, const struct rtnl_vf *wanted,
           struct rtnl_vf *found, struct vf_refusals *refusals,
           long long deadline)
{
    struct vif_error *error = send_fields(place, request, fields, wanted,
                                          found, deadline);

    if (!error || fields & ~refusals->may
        || !vf_is_refusal(error->errnum)) {
        return error;
    }

    unsigned int first = fields & -fields;
    if (fields == first) {
        skip(refusals, fields, error);
        return NULL;
    }
    vif_error_destroy(error);
    error = try_fields(place, request, first, wanted, found, refusals,
                       deadline);
    return error ? error
           : try_fields(place, request, fields & ~first, wanted, found,
                        refusals, deadline);
}

/* A driver that checks for spoofing may refuse an address until it does not,
 * so that goes off first and on last (LXD, network_sriov.go); and one may let
 * only a trusted VF have what comes after. */
enum spoofchk { WHATEVER, IF_OFF, IF_ON };
static const struct {
    enum rtnl_vf_request request;
    unsigned int fields;
    enum spoofchk spoofchk;
} order[] = {
    { RTNL_VF_SET_SPOOFCHK, RTNL_VF_BIT(RTNL_VF_SPOOFCHK), IF_OFF },
    { RTNL_VF_SET_TRUST, RTNL_VF_BIT(RTNL_VF_TRUST), WHATEVER },
    { RTNL_VF_SET_MAC, RTNL_VF_BIT(RTNL_VF_MAC), WHATEVER },
    { RTNL_VF_SET_VLAN, RTNL_VF_BIT(RTNL_VF_VLAN), WHATEVER },
    { RTNL_VF_SET_RATES,
      RTNL_VF_BIT(RTNL_VF_MIN_TX_RATE) | RTNL_VF_BIT(RTNL_VF_MAX_TX_RATE),
      WHATEVER },
    { RTNL_VF_SET_LINK_STATE, RTNL_VF_BIT(RTNL_VF_LINK_STATE), WHATEVER },
    { RTNL_VF_SET_SPOOFCHK, RTNL_VF_BIT(RTNL_VF_SPOOFCHK), IF_ON },
};

struct vif_error *
vf_converge(const struct vf_place *place, const struct rtnl_vf *wanted,
            struct rtnl_vf *found, struct vf_refusals *refusals,
            long long deadline)
{
    const enum spoofchk now = wanted->spoofchk ? IF_ON : IF_OFF;
    struct vif_error *error = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(order) && !error; i++) {
        unsigned int fields = vf_differing(order[i].fields, wanted,
                                           found);

        if (fields
            && (order[i].spoofchk == WHATEVER || order[i].spoofchk == now)) {
            error = try_fields(place, order[i].request, fields, wanted,
                               found, refusals, deadline);
        }
    }
    return error;
}
