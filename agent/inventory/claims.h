/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_CLAIMS_H
#define INVENTORY_CLAIMS_H 1

/* Which port holds which device.  The truth about it is the engine's: a plan
 * claims names, each belongs to one port, and the journal keeps them.  Here
 * is what these names are for devices, and what follows from a set of them:
 *
 *   pci/0000:03:01.2            the device
 *   vf-of/PF=VF                 the same of a VF, so that its PF is known to
 *                               be needed although the VF may have gone
 *   pci-request/ID=DEVICE       Nova's pci_request_id and the device that it
 *                               stands for, as long as the port has it
 *   drain/PF                    no port's, but the operator's: nobody may take
 *                               the PF or a VF of it who does not have it; in
 *                               place of a holder, since when
 *
 * PF and VF exclude one another: while a VF is held its PF cannot be, and the
 * other way round.  Nothing is stored for that. */

#include "inventory/inventory.h"

#define DEVICE_CLAIM_SIZE 160
#define DEVICE_MAX_CLAIMS 3     /* For one device. */
#define DEVICE_REQUEST_ID_MAX 64

/* The names to claim for 'device', which a plan takes; 'request_id' may be
 * NULL.  Returns their number. */
size_t device_claim_names(const struct device *, const char *request_id,
                          char names[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE]);

/* Whether the claim 'name' is about a device: it begins with the name of a bus
 * or of what is claimed of a device there. */
bool device_claim_is(const char *name);

struct device_claim {
    const char *name;       /* Both belong to whoever added them. */
    const char *holder;     /* The port. */
};

/* Claims at one moment.  A zeroed struct has none.  Names that are about
 * something else ("netdev:tap1") may be among them.  Whoever adds some sorts
 * it before the first question; who puts and removes each need not. */
struct device_claims {
    struct device_claim *claims;
    size_t n, allocated;
};
#define CLEANUP_DEVICE_CLAIMS CLEANUP(device_claims_destroy)

void device_claims_add(struct device_claims *, const char *name,
                       const char *holder);
void device_claims_sort(struct device_claims *);
/* Puts it where it belongs, or gives it another holder. */
void device_claims_put(struct device_claims *, const char *name,
                       const char *holder);
void device_claims_remove(struct device_claims *, const char *name);
void device_claims_destroy(struct device_claims *);

/* Whether a device can be had. */
enum device_state {
    DEVICE_FREE,
    DEVICE_HELD,            /* By a port. */
    DEVICE_EXCLUDED,        /* A PF with VFs that are held, or a VF whose PF
                             * is. */
    DEVICE_DRAINED,         /* Free, but the PF is drained. */
};
const char *device_state_name(enum device_state);

/* '*holderp' becomes the port that holds it or what excludes it, else NULL.
 * 'holderp' may be NULL. */
enum device_state device_claims_state(const struct device_claims *,
                                      const struct inventory *,
                                      const struct device *,
                                      const char **holderp);

/* Since when the PF 'pf' is drained; NULL if it is not. */
const char *device_claims_drained(const struct device_claims *,
                                  const char *pf);
/* Whether the PF that 'device' is, or is a VF of, is. */
bool device_claims_is_drained(const struct device_claims *,
                              const struct device *);
void device_claims_for_each_drained(const struct device_claims *,
                                    void (*cb)(void *aux, const char *pf),
                                    void *aux);
/* The claim that says so. */
const char *device_drain_name(const char *pf, char name[DEVICE_CLAIM_SIZE]);

/* Who holds the device 'name', which may have gone; NULL if nobody. */
const char *device_claims_holder(const struct device_claims *,
                                 const char *name);

/* How many VFs of 'pf' are held, those that have gone included. */
unsigned int device_claims_count_vfs(const struct device_claims *,
                                     const char *pf);

/* Calls 'cb' for each of them. */
void device_claims_for_each_vf(const struct device_claims *, const char *pf,
                               void (*cb)(void *aux, const char *vf),
                               void *aux);

/* The device that 'request_id' stands for, or NULL. */
const char *device_claims_bound(const struct device_claims *,
                                const char *request_id);

#endif /* inventory/claims.h */
