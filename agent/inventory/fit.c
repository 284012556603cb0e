/* SPDX-License-Identifier: Apache-2.0 */

/* See fit.h.  VFs are given out by augmenting paths (Kuhn's algorithm): a
 * request takes a device that is left, or makes the one that has it move on
 * to another.  PFs are tried in turn before that, because a PF that is taken
 * excludes all its VFs, which no path can express; PFs that cost the fewest
 * VFs are tried first. */

#include <config.h>

#include "inventory/fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alloc.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Devices looked at before the search is given up: some ten milliseconds. */
#define MAX_LOOKS 4000000

struct candidate {
    size_t device;              /* Position in the inventory. */
    bool mine;                  /* The port has it. */
    unsigned int rank;          /* 0 is best. */
    unsigned int load;          /* VF: held on its PF.  PF: VFs that it would
                                 * take from the other requests. */
};

struct seeker {
    struct candidate *candidates;   /* Best first. */
    size_t n;
    size_t device;              /* What it has been given, or NONE. */
};

#define NONE SIZE_MAX

struct search {
    const struct device_host *host;
    const struct device_request *requests;
    size_t n;
    struct seeker seekers[FIT_MAX_REQUESTS];

    const struct device_spec **specs;   /* By device: what is said of it. */
    size_t *owner;              /* By device: the seeker that has it. */
    bool *excluded;             /* By device: a VF whose PF is given. */
    size_t *parent;             /* By device: its PF, or NONE. */
    unsigned int *visited;      /* By device: the last path that came by. */
    unsigned int path;
    size_t looks;

    uint64_t crowd;             /* The seekers that the last path that failed
                                 * came by: they have too few devices. */
};

static bool
wants_pf(const struct search *s, size_t i)
{
    return s->requests[i].type == DEVICE_PF;
}

/* Candidates. */

static int
compare_candidates(const void *a_, const void *b_, void *inventory_)
{
    const struct candidate *a = a_, *b = b_;
    const struct inventory *inventory = inventory_;
    const struct device *x = &inventory->devices[a->device];
    const struct device *y = &inventory->devices[b->device];
    const int order[] = {
        b->mine - a->mine,
        (int) a->rank - (int) b->rank,
        (int) a->load - (int) b->load,
        strcmp(x->parent, y->parent),
        x->vf_number - y->vf_number,
        strcmp(x->name, y->name),
    };

    for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
        if (order[i]) {
            return order[i];
        }
    }
    return 0;
}

static void
sort_candidates(struct search *s, struct seeker *seeker)
{
    qsort_r(seeker->candidates, seeker->n, sizeof *seeker->candidates,
            compare_candidates, CONST_CAST(void *, s->host->inventory));
}

/* How near the device is, and whether its driver promises anything good.  One
 * that cannot serve as it is now is better than none, because it may be on its
 * way back to its driver, but whatever can goes before it.  Of two that are
 * equally near, what has no driver of VFIO is less likely to be in somebody's
 * guest. */
static unsigned int
find_rank(const struct device_request *request,
          const struct inventory *inventory, const struct device *device)
{
    unsigned int near = device_request_rank(request, inventory, device);
    bool lacks_netdev = request->needs_netdev && !device->netdev.ifindex;
    bool is_vfio = strstr(device->driver, "vfio") != NULL;

    return 2 * (near + (lacks_netdev ? N_NUMA_POLICIES : 0)) + is_vfio;
}

/* Passes all devices through the filters of request 'i'. */
static void
find_candidates(struct search *s, size_t i, struct fit_answer *answer)
{
    const struct inventory *inventory = s->host->inventory;
    const struct device_request *request = &s->requests[i];
    struct seeker *seeker = &s->seekers[i];

    seeker->device = NONE;
    seeker->candidates = vif_xcalloc(inventory->n + 1,
                                     sizeof *seeker->candidates);
    for (size_t d = 0; d < inventory->n; d++) {
        const struct device *device = &inventory->devices[d];
        enum device_filter end = device_request_filter(request, s->host,
                                                       device, s->specs[d]);

        for (enum device_filter f = 0; f < end; f++) {
            answer->left[f]++;
        }
        if (end == N_DEVICE_FILTERS) {
            /* What is held and fits is its own. */
            bool mine = device_claims_holder(s->host->claims,
                                             device->name) != NULL;

            seeker->candidates[seeker->n++] = (struct candidate) {
                .device = d,
                .mine = mine,
                .rank = mine ? 0 : find_rank(request, inventory, device),
                .load = (device->parent[0]
                         ? device_claims_count_vfs(s->host->claims,
                                                   device->parent) : 0),
            };
        }
    }
    sort_candidates(s, seeker);
}

/* How many of the others' candidates each PF would take away. */
static void
weigh_pfs(struct search *s)
{
    CLEANUP_FREE unsigned int *cost
        = vif_xcalloc(s->host->inventory->n + 1, sizeof *cost);

    for (size_t i = 0; i < s->n; i++) {
        const struct seeker *seeker = &s->seekers[i];

        for (size_t c = 0; c < seeker->n && !wants_pf(s, i); c++) {
            size_t pf = s->parent[seeker->candidates[c].device];
            if (pf != NONE) {
                cost[pf]++;
            }
        }
    }
    for (size_t i = 0; i < s->n; i++) {
        struct seeker *seeker = &s->seekers[i];

        for (size_t c = 0; c < seeker->n && wants_pf(s, i); c++) {
            seeker->candidates[c].load = cost[seeker->candidates[c].device];
        }
        if (wants_pf(s, i)) {
            sort_candidates(s, seeker);
        }
    }
}

/* Search. */

static void
give(struct search *s, size_t i, size_t device)
{
    s->seekers[i].device = device;
    s->owner[device] = i;
}

static bool augment(struct search *, size_t i);

/* Tries the candidates of 'i' from 'first' to before 'end', which are equally
 * good: first those that nobody has, then those whose owner can move on. */
static bool
augment_with(struct search *s, size_t i, size_t first, size_t end)
{
    const struct seeker *seeker = &s->seekers[i];

    for (int pass = 0; pass < 2; pass++) {
        for (size_t c = first; c < end; c++) {
            size_t device = seeker->candidates[c].device;

            s->looks++;
            if (s->excluded[device] || s->visited[device] == s->path) {
                continue;
            }
            if (s->owner[device] == NONE) {
                give(s, i, device);
                return true;
            } else if (pass == 1) {
                s->visited[device] = s->path;
                if (augment(s, s->owner[device])) {
                    give(s, i, device);
                    return true;
                }
            }
        }
    }
    return false;
}

/* Finds a device for 'i' that leaves every other seeker one. */
static bool
augment(struct search *s, size_t i)
{
    const struct seeker *seeker = &s->seekers[i];
    size_t end;

    s->crowd |= UINT64_C(1) << i;
    for (size_t first = 0; first < seeker->n; first = end) {
        end = first + 1;
        while (end < seeker->n && (seeker->candidates[end].rank
                                   == seeker->candidates[first].rank)) {
            end++;
        }
        if (augment_with(s, i, first, end)) {
            return true;
        }
    }
    return false;
}

static void
clear(struct search *s, bool pfs)
{
    for (size_t i = 0; i < s->n; i++) {
        if (wants_pf(s, i) == pfs && s->seekers[i].device != NONE) {
            s->owner[s->seekers[i].device] = NONE;
            s->seekers[i].device = NONE;
        }
    }
}

/* Gives VFs to all who want one, the PFs being given. */
static bool
give_vfs(struct search *s)
{
    clear(s, false);
    for (size_t i = 0; i < s->n; i++) {
        if (!wants_pf(s, i)) {
            s->crowd = 0;
            s->path++;
            if (!augment(s, i)) {
                return false;
            }
        }
    }
    return true;
}

static void
exclude_vfs(struct search *s, size_t pf, bool excluded)
{
    s->looks += s->host->inventory->n;
    for (size_t d = 0; d < s->host->inventory->n; d++) {
        if (s->parent[d] == pf) {
            s->excluded[d] = excluded;
        }
    }
}

/* Whether two requests for a PF have the same candidates, so that giving one
 * this PF and the other that need not be tried both ways. */
static bool
alike(const struct seeker *a, const struct seeker *b)
{
    for (size_t c = 0; c < a->n && c < b->n; c++) {
        if (a->candidates[c].device != b->candidates[c].device) {
            return false;
        }
    }
    return a->n == b->n;
}

/* Gives PFs to the seekers from 'i' on, and then VFs.  'first' is where to
 * begin among the candidates if 'i' is like the PF seeker before it. */
static bool
give_pfs(struct search *s, size_t i, size_t previous, size_t first)
{
    while (i < s->n && !wants_pf(s, i)) {
        i++;
    }
    if (i == s->n) {
        return give_vfs(s);
    }

    const struct seeker *seeker = &s->seekers[i];
    size_t c = (previous != NONE && alike(&s->seekers[previous], seeker)
                ? first : 0);
    for (; c < seeker->n && s->looks < MAX_LOOKS; c++) {
        size_t pf = seeker->candidates[c].device;

        s->looks++;
        if (s->owner[pf] != NONE) {
            continue;
        }
        give(s, i, pf);
        exclude_vfs(s, pf, true);
        if (give_pfs(s, i + 1, i, c + 1)) {
            return true;
        }
        exclude_vfs(s, pf, false);
        s->owner[pf] = NONE;
        s->seekers[i].device = NONE;
    }
    return false;
}

/* Why not. */

bool
fit_answer_describe(const struct fit_answer *answer,
                    const struct device_request *request,
                    enum device_filter filter,
                    char buf[DEVICE_FILTER_TEXT_SIZE])
{
    return (*device_filter_describe(filter, request, buf)
            && (filter != FILTER_DRAINED
                || answer->left[filter] < answer->left[filter - 1]));
}

static bool
is_leaving(const struct device_host *host, const char *port)
{
    struct device_holder holder;

    return (host->holder && host->holder(host->aux, port, &holder)
            && holder.leaving);
}

/* Those who hold VFs of a PF. */
struct holders {
    const struct device_host *host;
    bool stay;                  /* One of them at least. */
};

static void
look_at_vf(void *holders_, const char *vf)
{
    struct holders *holders = holders_;
    const char *port = device_claims_holder(holders->host->claims, vf);

    holders->stay |= port && !is_leaving(holders->host, port);
}

/* Whether all who are in the way of 'device' are leaving. */
static bool
will_be_free(const struct device_host *host, const struct device *device)
{
    struct holders holders = { host, false };
    const char *port;

    device_claims_state(host->claims, host->inventory, device, &port);
    device_claims_for_each_vf(host->claims, device->name, look_at_vf,
                              &holders);
    return port && is_leaving(host, port) && !holders.stay;
}

/* Whether a device that would do is about to be given back. */
static bool
is_worth_a_retry(const struct search *s, const struct device_request *request)
{
    const struct inventory *inventory = s->host->inventory;

    for (size_t d = 0; d < inventory->n; d++) {
        const struct device *device = &inventory->devices[d];

        if (device_request_filter(request, s->host, device,
                                  s->specs[d]) == FILTER_FREE
            && will_be_free(s->host, device)) {
            return true;
        }
    }
    return false;
}

/* "device_spec 16, physical_network physnet1 8, type type-VF 0" */
static struct vif_error *
explain_one(const struct search *s, const struct device_request *request,
            const struct fit_answer *answer)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    enum device_filter filter;

    for (filter = 0; filter < N_DEVICE_FILTERS; filter++) {
        char text[DEVICE_FILTER_TEXT_SIZE];

        if (fit_answer_describe(answer, request, filter, text)) {
            ds_put_format(&ds, "%s%s %u", ds.length ? ", " : "", text,
                          answer->left[filter]);
        }
        if (!answer->left[filter]) {
            break;
        }
    }
    struct vif_error *error = vif_error_create(
        filter >= FILTER_DRAINED ? VIF_ERR_CONFLICT : VIF_ERR_NOT_FOUND,
        "port %s: no device fits; left after each filter: %s",
        request->holder, ds_cstr(&ds));
    ds_destroy(&ds);
    return (is_worth_a_retry(s, request) ? vif_error_with_retry(error, 0)
            : error);
}

/* Each would find a device, but not all of them at once. */
static struct vif_error *
explain_all(const struct search *s)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    unsigned int n = 0;

    if (s->looks >= MAX_LOOKS) {
        return vif_error_create(VIF_ERR_BUSY, "%"PRIuSIZE" ports together: "
                                "too many ways to give them devices", s->n);
    }
    for (size_t i = 0; i < s->n; i++) {
        if (s->crowd & UINT64_C(1) << i) {
            ds_put_format(&ds, "%s%s", n++ ? ", " : "",
                          s->requests[i].holder);
        }
    }
    struct vif_error *error
        = (n > 1
           ? vif_error_create(VIF_ERR_CONFLICT, "together there are too few "
                              "devices for ports %s", ds_cstr(&ds))
           : vif_error_create(VIF_ERR_CONFLICT, "together there are too few "
                              "devices for these %"PRIuSIZE" ports (a PF and "
                              "its VFs exclude one another)", s->n));
    ds_destroy(&ds);
    return error;
}

static struct vif_error *
check(const struct device_request *requests, size_t n)
{
    if (n > FIT_MAX_REQUESTS) {
        return vif_error_create(VIF_ERR_INVALID, "more than %d devices at "
                                "once", FIT_MAX_REQUESTS);
    }
    for (size_t i = 0; i < n; i++) {
        const char *id = requests[i].request_id;
        struct vif_error *error = device_request_check(&requests[i]);

        if (error) {
            return vif_error_wrap(error, "port %s", requests[i].holder);
        }
        for (size_t j = 0; j < i && id; j++) {
            if (requests[j].request_id
                && !strcmp(id, requests[j].request_id)) {
                return vif_error_create(VIF_ERR_INVALID, "port %s: "
                                        "pci_request_id %s is that of port "
                                        "%s, too", requests[i].holder, id,
                                        requests[j].holder);
            }
        }
    }
    return NULL;
}

static void
search_init(struct search *s, const struct device_host *host,
            const struct device_request *requests, size_t n)
{
    const struct inventory *inventory = host->inventory;

    memset(s, 0, sizeof *s);
    s->host = host;
    s->requests = requests;
    s->n = n;
    s->specs = vif_xcalloc(inventory->n + 1, sizeof *s->specs);
    s->owner = vif_xcalloc(inventory->n + 1, sizeof *s->owner);
    s->excluded = vif_xcalloc(inventory->n + 1, sizeof *s->excluded);
    s->parent = vif_xcalloc(inventory->n + 1, sizeof *s->parent);
    s->visited = vif_xcalloc(inventory->n + 1, sizeof *s->visited);
    for (size_t d = 0; d < inventory->n; d++) {
        const struct device *device = &inventory->devices[d];
        const struct device *pf = inventory_parent(inventory, device);

        s->specs[d] = n ? device_host_spec(host, device) : NULL;
        s->owner[d] = NONE;
        s->parent[d] = pf ? (size_t) (pf - inventory->devices) : NONE;
    }
}

static void
search_destroy(struct search *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->seekers[i].candidates);
    }
    free(s->specs);
    free(s->owner);
    free(s->excluded);
    free(s->parent);
    free(s->visited);
}

struct vif_error *
device_fit(const struct device_host *host,
           const struct device_request *requests, size_t n,
           struct fit_answer *answers)
{
    struct vif_error *error = check(requests, n);
    CLEANUP(search_destroy) struct search s;

    memset(answers, 0, n * sizeof *answers);
    search_init(&s, host, requests, error ? 0 : n);
    for (size_t i = 0; i < s.n; i++) {
        find_candidates(&s, i, &answers[i]);
        if (!s.seekers[i].n && !error) {
            error = explain_one(&s, &requests[i], &answers[i]);
        }
    }
    if (error) {
        return error;
    }

    weigh_pfs(&s);
    if (!give_pfs(&s, 0, NONE, 0)) {
        return explain_all(&s);
    }
    for (size_t i = 0; i < n; i++) {
        answers[i].device = &host->inventory->devices[s.seekers[i].device];
    }
    return NULL;
}
