/* SPDX-License-Identifier: Apache-2.0 */

/* See request.h. */

#include <config.h>

#include "inventory/request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util.h"

static const char *const policy_names[N_NUMA_POLICIES] = {
    [NUMA_LEGACY] = "legacy",
    [NUMA_REQUIRED] = "required",
    [NUMA_PREFERRED] = "preferred",
    [NUMA_SOCKET] = "socket",
};

const char *
numa_policy_name(enum numa_policy policy)
{
    return policy_names[policy];
}

bool
numa_policy_from_name(const char *name, enum numa_policy *policyp)
{
    for (size_t i = 0; i < N_NUMA_POLICIES; i++) {
        if (!strcmp(name, policy_names[i])) {
            *policyp = i;
            return true;
        }
    }
    return false;
}

void
device_request_init(struct device_request *request)
{
    *request = (struct device_request) {
        .holder = "", .type = DEVICE_VF, .vendor = -1, .product = -1,
    };
}

struct vif_error *
device_request_check(const struct device_request *request)
{
    const char *id = request->request_id;

    if (request->type == DEVICE_PCI) {
        return vif_error_create(VIF_ERR_INVALID, "a port cannot have a "
                                "device of type %s",
                                device_type_name(request->type));
    } else if (id && (!*id || strlen(id) > DEVICE_REQUEST_ID_MAX
                      || strchr(id, '='))) {
        return vif_error_create(VIF_ERR_INVALID, "pci_request_id \"%s\" must "
                                "have 1 to %d characters other than \"=\"",
                                id, DEVICE_REQUEST_ID_MAX);
    }
    return NULL;
}

/* What the filters look at.  They pass what is not asked; those after the
 * first, which ask the spec, need it unless it is settled. */
struct question {
    const struct device_request *request;
    const struct device_host *host;
    const struct device *device;
    const struct device_spec *spec;     /* NULL: none, or not any more. */
    bool mine;                          /* The port holds the device ... */
    bool settled;                       /* ... for a request like this one:
                                         * the spec has been asked. */
};

static bool
is_network(const char *asked, const char *said)
{
    return asked && said ? !strcasecmp(asked, said) : asked == said;
}

/* Whether both ask the same of the spec. */
static bool
are_alike(const struct device_request *a, const struct device_request *b)
{
    return (is_network(a->physical_network, b->physical_network)
            && a->trusted == b->trusted
            && a->live_migratable == b->live_migratable
            && a->remote_managed == b->remote_managed);
}

static struct question
make_question(const struct device_request *request,
              const struct device_host *host, const struct device *device,
              const struct device_spec *spec)
{
    const char *port = device_claims_holder(host->claims, device->name);
    bool mine = port && !strcmp(port, request->holder);
    struct device_holder holder;

    return (struct question) {
        .request = request,
        .host = host,
        .device = device,
        .spec = spec,
        .mine = mine,
        .settled = (mine && host->holder
                    && host->holder(host->aux, port, &holder)
                    && are_alike(request, &holder.asked)),
    };
}

static bool
pass_spec(const struct question *q)
{
    return q->spec || q->settled;
}

static bool
pass_device(const struct question *q)
{
    return (!q->request->device
            || !strcmp(q->device->name, q->request->device));
}

static bool
pass_request_id(const struct question *q)
{
    const char *id = q->request->request_id;
    const char *bound = id ? device_claims_bound(q->host->claims, id) : NULL;

    return !bound || !strcmp(q->device->name, bound);
}

static bool
pass_physical_network(const struct question *q)
{
    return (q->settled
            || (q->spec->has_physical_network
                && is_network(q->request->physical_network,
                              q->spec->physical_network)));
}

static bool
pass_type(const struct question *q)
{
    return q->device->type == q->request->type;
}

static bool
pass_vendor(const struct question *q)
{
    return (q->request->vendor < 0
            || q->device->vendor == q->request->vendor);
}

static bool
pass_product(const struct question *q)
{
    return (q->request->product < 0
            || q->device->product == q->request->product);
}

static bool
pass_trusted(const struct question *q)
{
    return (q->settled || q->request->trusted == SPEC_UNSAID
            || q->spec->trusted == q->request->trusted);
}

static bool
pass_remote_managed(const struct question *q)
{
    return (q->settled
            || q->spec->remote_managed == q->request->remote_managed);
}

static bool
pass_live_migratable(const struct question *q)
{
    return (q->settled || q->request->live_migratable == SPEC_UNSAID
            || q->spec->live_migratable == q->request->live_migratable);
}

/* How far from the instance: on one of its nodes, in one of their sockets, on
 * no node at all, or elsewhere. */
enum distance { NEAR, SAME_SOCKET, NOWHERE, FAR };

static bool
is_asked(const struct device_request *request, int node)
{
    return (node >= 0 && node < DEVICE_MAX_NUMA_NODES
            && request->numa_nodes & UINT64_C(1) << node);
}

static enum distance
distance(const struct device_request *request,
         const struct inventory *inventory, const struct device *device)
{
    int node = device->numa_node;
    int socket = inventory_socket(inventory, node);

    if (!request->numa_nodes || is_asked(request, node)) {
        return NEAR;
    } else if (node < 0) {
        return NOWHERE;
    }
    for (size_t i = 0; i < inventory->n_nodes && socket >= 0; i++) {
        if (is_asked(request, inventory->nodes[i].node)
            && inventory->nodes[i].socket == socket) {
            return SAME_SOCKET;
        }
    }
    return FAR;
}

/* By policy and distance: how good it is, or -1 if it will not do. */
static const int ranks[N_NUMA_POLICIES][4] = {
    [NUMA_LEGACY] =    { [NEAR] = 0, [SAME_SOCKET] = -1, [NOWHERE] = 1,
                         [FAR] = -1 },
    [NUMA_REQUIRED] =  { [NEAR] = 0, [SAME_SOCKET] = -1, [NOWHERE] = -1,
                         [FAR] = -1 },
    [NUMA_PREFERRED] = { [NEAR] = 0, [SAME_SOCKET] = 2, [NOWHERE] = 1,
                         [FAR] = 2 },
    [NUMA_SOCKET] =    { [NEAR] = 0, [SAME_SOCKET] = 1, [NOWHERE] = -1,
                         [FAR] = -1 },
};

static int
rank(const struct device_request *request, const struct inventory *inventory,
     const struct device *device)
{
    return ranks[request->numa_policy][distance(request, inventory, device)];
}

static bool
pass_numa(const struct question *q)
{
    return rank(q->request, q->host->inventory, q->device) >= 0;
}

static bool
pass_drained(const struct question *q)
{
    return (q->mine
            || !device_claims_is_drained(q->host->claims, q->device));
}

static bool
pass_free(const struct question *q)
{
    return (q->mine
            || device_claims_state(q->host->claims, q->host->inventory,
                                   q->device, NULL) == DEVICE_FREE);
}

static void
describe_spec(const struct device_request *r OVS_UNUSED, char *buf)
{
    strcpy(buf, "device_spec");
}

static void
describe_device(const struct device_request *r, char *buf)
{
    if (r->device) {
        snprintf(buf, DEVICE_FILTER_TEXT_SIZE, "device %s", r->device);
    }
}

static void
describe_request_id(const struct device_request *r, char *buf)
{
    if (r->request_id) {
        snprintf(buf, DEVICE_FILTER_TEXT_SIZE, "pci_request_id %s",
                 r->request_id);
    }
}

static void
describe_physical_network(const struct device_request *r, char *buf)
{
    snprintf(buf, DEVICE_FILTER_TEXT_SIZE, "physical_network %s",
             r->physical_network ? r->physical_network : "null");
}

static void
describe_type(const struct device_request *r, char *buf)
{
    snprintf(buf, DEVICE_FILTER_TEXT_SIZE, "type %s",
             device_type_name(r->type));
}

static void
describe_vendor(const struct device_request *r, char *buf)
{
    if (r->vendor >= 0) {
        snprintf(buf, DEVICE_FILTER_TEXT_SIZE, "vendor_id %04x",
                 (unsigned int) r->vendor);
    }
}

static void
describe_product(const struct device_request *r, char *buf)
{
    if (r->product >= 0) {
        snprintf(buf, DEVICE_FILTER_TEXT_SIZE, "product_id %04x",
                 (unsigned int) r->product);
    }
}

static void
describe_trusted(const struct device_request *r, char *buf)
{
    if (r->trusted != SPEC_UNSAID) {
        snprintf(buf, DEVICE_FILTER_TEXT_SIZE, "trusted %s",
                 r->trusted == SPEC_YES ? "true" : "false");
    }
}

static void
describe_remote_managed(const struct device_request *r, char *buf)
{
    snprintf(buf, DEVICE_FILTER_TEXT_SIZE, "remote_managed %s",
             r->remote_managed ? "true" : "false");
}

static void
describe_live_migratable(const struct device_request *r, char *buf)
{
    if (r->live_migratable != SPEC_UNSAID) {
        snprintf(buf, DEVICE_FILTER_TEXT_SIZE, "live_migratable %s",
                 r->live_migratable == SPEC_YES ? "true" : "false");
    }
}

static void
describe_numa(const struct device_request *r, char *buf)
{
    if (!r->numa_nodes) {
        return;
    }
    int n = snprintf(buf, DEVICE_FILTER_TEXT_SIZE, "NUMA policy %s, node",
                     numa_policy_name(r->numa_policy));
    for (int i = 0; i < DEVICE_MAX_NUMA_NODES; i++) {
        if (is_asked(r, i)) {
            n += snprintf(buf + n, DEVICE_FILTER_TEXT_SIZE - n, " %d", i);
        }
    }
}

static void
describe_drained(const struct device_request *r OVS_UNUSED, char *buf)
{
    strcpy(buf, "not drained");
}

static void
describe_free(const struct device_request *r OVS_UNUSED, char *buf)
{
    strcpy(buf, "free");
}

/* In Nova's order, but that what names one device comes first. */
static const struct {
    const char *name;
    bool (*pass)(const struct question *);
    void (*describe)(const struct device_request *, char *buf);
} filters[N_DEVICE_FILTERS] = {
    [FILTER_SPEC] = { "device_spec", pass_spec, describe_spec },
    [FILTER_DEVICE] = { "device", pass_device, describe_device },
    [FILTER_REQUEST_ID] = {
        "pci_request_id", pass_request_id, describe_request_id },
    [FILTER_PHYSICAL_NETWORK] = {
        "physical_network", pass_physical_network,
        describe_physical_network },
    [FILTER_TYPE] = { "type", pass_type, describe_type },
    [FILTER_VENDOR] = { "vendor_id", pass_vendor, describe_vendor },
    [FILTER_PRODUCT] = { "product_id", pass_product, describe_product },
    [FILTER_TRUSTED] = { "trusted", pass_trusted, describe_trusted },
    [FILTER_REMOTE_MANAGED] = {
        "remote_managed", pass_remote_managed, describe_remote_managed },
    [FILTER_LIVE_MIGRATABLE] = {
        "live_migratable", pass_live_migratable, describe_live_migratable },
    [FILTER_NUMA] = { "numa", pass_numa, describe_numa },
    [FILTER_DRAINED] = { "drained", pass_drained, describe_drained },
    [FILTER_FREE] = { "free", pass_free, describe_free },
};

const char *
device_filter_name(enum device_filter filter)
{
    return filters[filter].name;
}

const char *
device_filter_describe(enum device_filter filter,
                       const struct device_request *request,
                       char buf[DEVICE_FILTER_TEXT_SIZE])
{
    buf[0] = '\0';
    filters[filter].describe(request, buf);
    return buf;
}

enum device_filter
device_request_filter(const struct device_request *request,
                      const struct device_host *host,
                      const struct device *device,
                      const struct device_spec *spec)
{
    const struct question q = make_question(request, host, device, spec);

    for (enum device_filter i = 0; i < N_DEVICE_FILTERS; i++) {
        if (!filters[i].pass(&q)) {
            return i;
        }
    }
    return N_DEVICE_FILTERS;
}

const struct device_spec *
device_request_spec(const struct device_request *request,
                    const struct device_host *host,
                    const struct device *device)
{
    static const enum device_filter asking[] = {
        FILTER_SPEC, FILTER_PHYSICAL_NETWORK, FILTER_TRUSTED,
        FILTER_REMOTE_MANAGED, FILTER_LIVE_MIGRATABLE,
    };
    const struct question q = {
        .request = request,
        .host = host,
        .device = device,
        .spec = device_host_spec(host, device),
    };

    for (size_t i = 0; i < ARRAY_SIZE(asking); i++) {
        if (!filters[asking[i]].pass(&q)) {
            return NULL;
        }
    }
    return q.spec;
}

unsigned int
device_request_rank(const struct device_request *request,
                    const struct inventory *inventory,
                    const struct device *device)
{
    int value = rank(request, inventory, device);

    return value < 0 ? 0 : value;
}
