/* SPDX-License-Identifier: Apache-2.0 */

/* See device-choice.h. */

#include <config.h>

#include "plugin/device-choice.h"

#include <stdio.h>
#include <stdlib.h>

#include "inventory/binding-request.h"
#include "inventory/fit.h"
#include "util.h"

/* What a plugin is shown, and room for what it points to. */
struct chosen_device {
    bool needed;
    struct vif_error *error;        /* The binding does not say what it
                                     * needs. */
    struct binding_request request;

    struct vif_device device;
    char pci_slot[PCI_ADDRESS_SIZE];
    char vendor_info[sizeof "8086:10ca"];
    char mac[VIF_MAC_BUFSIZE], pf_mac[VIF_MAC_BUFSIZE];
    char claims[DEVICE_MAX_CLAIMS][DEVICE_CLAIM_SIZE];
    const char *claim_names[DEVICE_MAX_CLAIMS];
    const char *capabilities[N_DEVICE_CAPABILITIES];
};

void
device_choice_init(struct device_choice *choice,
                   const struct vif_binding *const *bindings, size_t n)
{
    *choice = (struct device_choice) { .bindings = bindings, .n = n };
}

void
device_choice_destroy(struct device_choice *choice)
{
    for (size_t i = 0; i < choice->n && choice->chosen; i++) {
        vif_error_destroy(choice->chosen[i].error);
    }
    free(choice->chosen);
    vif_error_destroy(choice->error);
    device_choice_init(choice, NULL, 0);
}

static size_t
position(const struct device_choice *choice,
         const struct vif_binding *binding)
{
    size_t i = 0;

    while (i < choice->n && choice->bindings[i] != binding) {
        i++;
    }
    return i;
}

bool
device_choice_has(const struct device_choice *choice,
                  const struct vif_binding *binding)
{
    return position(choice, binding) < choice->n;
}

/* What a plugin is shown. */

static const char *
said(const char *text)
{
    return text[0] ? text : NULL;
}

static const char *
mac_of(const struct device_netdev *netdev, char buf[VIF_MAC_BUFSIZE])
{
    return (netdev->ifindex && netdev->has_mac
            ? vif_mac_format(&netdev->mac, buf) : NULL);
}

static void
show_pci(struct chosen_device *c, const struct device *device)
{
    if (device->is_pci) {
        c->device.pci_slot = pci_address_format(&device->pci, c->pci_slot);
        snprintf(c->vendor_info, sizeof c->vendor_info, "%04x:%04x",
                 device->vendor, device->product);
        c->device.pci_vendor_info = c->vendor_info;
    }
}

static void
show_pf(struct chosen_device *c, const struct device *pf)
{
    c->device.pf = pf->name;
    c->device.pf_netdev = said(pf->netdev.name);
    c->device.pf_mac = mac_of(&pf->netdev, c->pf_mac);
}

/* A device that its port keeps although the spec says something else by now
 * is shown as the binding has it. */
static void
show_spec(struct chosen_device *c, const struct device_host *host,
          const struct device *device)
{
    const struct device_request *request = &c->request.request;
    const struct device_spec *spec = device_request_spec(request, host,
                                                         device);

    c->device.physical_network = (spec ? spec->physical_network
                                  : request->physical_network);
    c->device.trusted = (spec ? spec->trusted : request->trusted) == SPEC_YES;
    c->device.managed = !spec || spec->managed;
}

static void
show_claims(struct chosen_device *c, const struct device *device)
{
    size_t n = device_claim_names(device, c->request.request.request_id,
                                  c->claims);

    for (size_t i = 0; i < n; i++) {
        c->claim_names[i] = c->claims[i];
    }
    c->device.claims = c->claim_names;
    c->device.n_claims = n;
}

static void
show(struct chosen_device *c, const struct device_host *host,
     const struct device *device)
{
    const struct device *pf = inventory_parent(host->inventory, device);

    c->device = (struct vif_device) {
        .name = device->name,
        .type = device_type_name(device->type),
        .driver = said(device->driver),
        .netdev = said(device->netdev.name),
        .mac = mac_of(&device->netdev, c->mac),
        .vf_number = device->vf_number,
        .numa_node = device->numa_node,
        .serial = said(inventory_serial(host->inventory, device)),
    };
    show_pci(c, device);
    c->device.capabilities = c->capabilities;
    c->device.n_capabilities = device_capability_names(
        inventory_capabilities(host->inventory, device), c->capabilities);
    if (pf) {
        show_pf(c, pf);
    }
    show_spec(c, host, device);
    show_claims(c, device);
}

/* Choosing. */

/* Gives a device to each that needs one and says so well. */
static struct vif_error *
choose(struct device_choice *choice, const struct device_host *host)
{
    size_t room = MAX(choice->n, 1), n = 0;
    CLEANUP_FREE struct device_request *requests
        = xcalloc(room, sizeof *requests);
    CLEANUP_FREE struct fit_answer *answers = xcalloc(room, sizeof *answers);
    CLEANUP_FREE size_t *who = xcalloc(room, sizeof *who);

    for (size_t i = 0; i < choice->n; i++) {
        struct chosen_device *c = &choice->chosen[i];

        c->error = binding_request_init(&c->request, choice->bindings[i],
                                        &c->needed);
        if (!c->error && c->needed) {
            requests[n] = c->request.request;
            who[n++] = i;
        }
    }

    struct vif_error *error = device_fit(host, requests, n, answers);
    for (size_t i = 0; i < n && !error; i++) {
        show(&choice->chosen[who[i]], host, answers[i].device);
    }
    return error;
}

static void
make(struct device_choice *choice,
     struct vif_error *(*devices)(void *aux, struct device_host *), void *aux)
{
    struct device_host host = { .inventory = NULL };

    choice->made = true;
    choice->chosen = xcalloc(MAX(choice->n, 1), sizeof *choice->chosen);
    choice->error = (devices ? devices(aux, &host)
                     : vif_error_create(VIF_ERR_UNSUPPORTED,
                                        "no devices are known here"));
    if (!choice->error) {
        choice->error = choose(choice, &host);
    }
}

struct vif_error *
device_choice_get(struct device_choice *choice,
                  struct vif_error *(*devices)(void *aux,
                                               struct device_host *),
                  void *aux, const struct vif_binding *binding,
                  const struct vif_device **devicep)
{
    *devicep = NULL;
    if (!choice->made) {
        make(choice, devices, aux);
    }

    const struct chosen_device *c = &choice->chosen[position(choice,
                                                             binding)];
    if (c->error) {
        return vif_error_clone(c->error);
    } else if (choice->error) {
        return vif_error_clone(choice->error);
    } else if (!c->needed) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "a port with vnic_type '%s' "
                             "has no device",
                             vif_vnic_type_name(binding->vnic_type)),
            "vnic_type");
    }
    *devicep = &c->device;
    return NULL;
}

/* What is missing. */

/* By type of device: no device, and none that the spec means. */
static const char *const missing_texts[N_DEVICE_TYPES][2] = {
    [DEVICE_PCI] = { "the host has no NIC",
                     "device_spec in vifd.yaml means no NIC of this host" },
    [DEVICE_PF] = { "the host has no PF",
                    "device_spec in vifd.yaml means no PF of this host" },
    [DEVICE_VF] = { "the host has no VF",
                    "device_spec in vifd.yaml means no VF of this host" },
    [DEVICE_VDPA] = { "the host has no vDPA device on a VF",
                      "device_spec in vifd.yaml means no VF of this host that "
                      "has a vDPA device" },
};

const char *
device_choice_missing(
    struct vif_error *(*devices)(void *aux, struct device_host *), void *aux,
    enum vif_vnic_type vnic_type)
{
    static const char unknown[] = "the devices of the host are not known";
    struct vif_binding binding = { .vnic_type = vnic_type };
    struct binding_request request;
    struct device_host host;
    bool needed, there = false;

    vif_error_destroy(binding_request_init(&request, &binding, &needed));
    if (!needed) {
        return NULL;
    } else if (!devices) {
        return unknown;
    }

    CLEANUP_ERROR struct vif_error *error = devices(aux, &host);
    if (error) {
        return unknown;
    }
    for (size_t i = 0; i < host.inventory->n; i++) {
        const struct device *device = &host.inventory->devices[i];
        const struct device_spec *spec
            = (device->type == request.request.type
               ? device_host_spec(&host, device) : NULL);

        if (spec && spec->has_physical_network) {
            return NULL;
        }
        there = there || device->type == request.request.type;
    }
    return missing_texts[request.request.type][there];
}
