/* SPDX-License-Identifier: Apache-2.0 */

/* See claims.h. */

#include <config.h>

#include "inventory/claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "util.h"

#define VF_OF "vf-of/"
#define REQUEST "pci-request/"
#define DRAIN "drain/"

size_t
device_claim_names(const struct device *device, const char *request_id,
                   char names[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE])
{
    size_t n = 0;

    snprintf(names[n++], DEVICE_CLAIM_SIZE, "%s", device->name);
    if (device->parent[0]) {
        snprintf(names[n++], DEVICE_CLAIM_SIZE, VF_OF "%s=%s",
                 device->parent, device->name);
    }
    if (request_id) {
        ovs_assert(strlen(request_id) <= DEVICE_REQUEST_ID_MAX);
        snprintf(names[n++], DEVICE_CLAIM_SIZE, REQUEST "%s=%s", request_id,
                 device->name);
    }
    return n;
}

bool
device_claim_is(const char *name)
{
    return name[strcspn(name, "/:")] == '/';
}

void
device_claims_add(struct device_claims *claims, const char *name,
                  const char *holder)
{
    if (claims->n == claims->allocated) {
        claims->allocated = claims->n ? 2 * claims->n : 16;
        claims->claims = vif_xreallocarray(claims->claims, claims->allocated,
                                           sizeof *claims->claims);
    }
    claims->claims[claims->n++] = (struct device_claim) { name, holder };
}

static int
compare_claims(const void *a_, const void *b_)
{
    const struct device_claim *a = a_, *b = b_;

    return strcmp(a->name, b->name);
}

void
device_claims_sort(struct device_claims *claims)
{
    if (claims->n) {
        qsort(claims->claims, claims->n, sizeof *claims->claims,
              compare_claims);
    }
}

void
device_claims_destroy(struct device_claims *claims)
{
    free(claims->claims);
    *claims = (struct device_claims) { NULL, 0, 0 };
}

/* The first claim that is not before 'name'. */
static size_t
find(const struct device_claims *claims, const char *name)
{
    size_t low = 0, high = claims->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(claims->claims[middle].name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void
device_claims_put(struct device_claims *claims, const char *name,
                  const char *holder)
{
    size_t i = find(claims, name);

    if (i < claims->n && !strcmp(claims->claims[i].name, name)) {
        claims->claims[i] = (struct device_claim) { name, holder };
        return;
    }
    device_claims_add(claims, name, holder);
    memmove(&claims->claims[i + 1], &claims->claims[i],
            (claims->n - 1 - i) * sizeof *claims->claims);
    claims->claims[i] = (struct device_claim) { name, holder };
}

void
device_claims_remove(struct device_claims *claims, const char *name)
{
    size_t i = find(claims, name);

    if (i < claims->n && !strcmp(claims->claims[i].name, name)) {
        memmove(&claims->claims[i], &claims->claims[i + 1],
                (--claims->n - i) * sizeof *claims->claims);
    }
}

/* The claim at 'i' if its name begins with 'prefix', else NULL. */
static const struct device_claim *
at(const struct device_claims *claims, size_t i, const char *prefix)
{
    return (i < claims->n
            && !strncmp(claims->claims[i].name, prefix, strlen(prefix))
            ? &claims->claims[i] : NULL);
}

const char *
device_claims_holder(const struct device_claims *claims, const char *name)
{
    const struct device_claim *claim = at(claims, find(claims, name), name);

    return claim && !strcmp(claim->name, name) ? claim->holder : NULL;
}

/* The first claim of a VF of 'pf', or NULL. */
static const struct device_claim *
first_vf(const struct device_claims *claims, const char *pf)
{
    char prefix[DEVICE_CLAIM_SIZE];

    snprintf(prefix, sizeof prefix, VF_OF "%s=", pf);
    return at(claims, find(claims, prefix), prefix);
}

unsigned int
device_claims_count_vfs(const struct device_claims *claims, const char *pf)
{
    char prefix[DEVICE_CLAIM_SIZE];
    unsigned int n = 0;

    snprintf(prefix, sizeof prefix, VF_OF "%s=", pf);
    for (size_t i = find(claims, prefix); at(claims, i, prefix); i++) {
        n++;
    }
    return n;
}

/* Calls 'cb' for the rest of each name that begins with 'prefix'. */
static void
for_each(const struct device_claims *claims, const char *prefix,
         void (*cb)(void *aux, const char *rest), void *aux)
{
    const struct device_claim *claim;

    for (size_t i = find(claims, prefix);
         (claim = at(claims, i, prefix)) != NULL; i++) {
        cb(aux, claim->name + strlen(prefix));
    }
}

void
device_claims_for_each_vf(const struct device_claims *claims, const char *pf,
                          void (*cb)(void *aux, const char *vf), void *aux)
{
    char prefix[DEVICE_CLAIM_SIZE];

    snprintf(prefix, sizeof prefix, VF_OF "%s=", pf);
    for_each(claims, prefix, cb, aux);
}

void
device_claims_for_each_drained(const struct device_claims *claims,
                               void (*cb)(void *aux, const char *pf),
                               void *aux)
{
    for_each(claims, DRAIN, cb, aux);
}

const char *
device_claims_bound(const struct device_claims *claims,
                    const char *request_id)
{
    CLEANUP_FREE char *prefix = vif_xasprintf(REQUEST "%s=", request_id);
    const struct device_claim *claim = at(claims, find(claims, prefix),
                                          prefix);

    return claim ? claim->name + strlen(prefix) : NULL;
}

static const char *const state_names[] = {
    [DEVICE_FREE] = "free",
    [DEVICE_HELD] = "held",
    [DEVICE_EXCLUDED] = "excluded",
    [DEVICE_DRAINED] = "drained",
};

const char *
device_state_name(enum device_state state)
{
    return state_names[state];
}

const char *
device_drain_name(const char *pf, char name[DEVICE_CLAIM_SIZE])
{
    snprintf(name, DEVICE_CLAIM_SIZE, DRAIN "%s", pf);
    return name;
}

const char *
device_claims_drained(const struct device_claims *claims, const char *pf)
{
    char name[DEVICE_CLAIM_SIZE];

    return device_claims_holder(claims, device_drain_name(pf, name));
}

bool
device_claims_is_drained(const struct device_claims *claims,
                         const struct device *device)
{
    return device_claims_drained(claims, device->parent[0] ? device->parent
                                 : device->name);
}

/* Who holds a VF of 'pf', whatever its claims are called. */
static const char *
vf_holder(const struct device_claims *claims,
          const struct inventory *inventory, const struct device *pf)
{
    const struct device_claim *claim = first_vf(claims, pf->name);

    if (claim) {
        return claim->holder;
    }
    for (size_t i = 0; i < inventory->n && claims->n; i++) {
        const struct device *vf = &inventory->devices[i];
        const char *holder = (strcmp(vf->parent, pf->name) ? NULL
                              : device_claims_holder(claims, vf->name));
        if (holder) {
            return holder;
        }
    }
    return NULL;
}

enum device_state
device_claims_state(const struct device_claims *claims,
                    const struct inventory *inventory,
                    const struct device *device, const char **holderp)
{
    const char *holder = device_claims_holder(claims, device->name);
    enum device_state state = DEVICE_HELD;

    if (!holder) {
        holder = (device->parent[0]
                  ? device_claims_holder(claims, device->parent)
                  : device->type == DEVICE_PF
                  ? vf_holder(claims, inventory, device) : NULL);
        state = (holder ? DEVICE_EXCLUDED
                 : device_claims_is_drained(claims, device) ? DEVICE_DRAINED
                 : DEVICE_FREE);
    }
    if (holderp) {
        *holderp = holder;
    }
    return state;
}
