/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the element with libxml2's writer, never by hand.  Which one it is
 * follows from one table. */

#include <config.h>

#include "report/libvirt-xml.h"

#include <stdarg.h>
#include <string.h>

#include <libxml/xmlwriter.h>

#include <vif/attrs.h>
#include <vif/binding.h>

#include "inventory/pci-address.h"
#include "lib/binding-profile.h"
#include "lib/cleanup.h"
#include "util.h"

struct element {
    xmlTextWriterPtr writer;
    const struct vif_binding *binding;
    const struct vif_attrs *details;
};

/* The writer fails only for want of memory, which ends the program here as
 * everywhere. */
static void
must(int result)
{
    if (result < 0) {
        out_of_memory();
    }
}

static void
start(const struct element *e, const char *name)
{
    must(xmlTextWriterStartElement(e->writer, BAD_CAST name));
}

static void
put(const struct element *e, const char *name, const char *value)
{
    must(xmlTextWriterWriteAttribute(e->writer, BAD_CAST name,
                                     BAD_CAST value));
}

static void
end(const struct element *e)
{
    must(xmlTextWriterEndElement(e->writer));
}

/* The children, in the order in which Nova has them. */

static const char *
model_of(const struct vif_binding *binding)
{
    return binding->model ? binding->model : "virtio";
}

static const char *
detail(const struct element *e, const char *name)
{
    return vif_attrs_get(e->details, name);
}

/* A VF that was given no address keeps its own: libvirt would make one up, and
 * set it. */
static void
put_mac(const struct element *e)
{
    char buf[VIF_MAC_BUFSIZE];
    const char *mac = (e->binding->has_mac
                       ? vif_mac_format(&e->binding->mac, buf)
                       : detail(e, "mac_address"));

    if (mac) {
        start(e, "mac");
        put(e, "address", mac);
        end(e);
    }
}

static void
put_model(const struct element *e)
{
    start(e, "model");
    put(e, "type", model_of(e->binding));
    end(e);
}

/* More than one queue needs the driver to say so.  The number is the
 * effective one: it must be what the tap's IFF_MULTI_QUEUE was set for, or
 * QEMU cannot open it. */
static void
put_driver(const struct element *e)
{
    const char *queues = detail(e, "queues.effective");

    if (!strcmp(model_of(e->binding), "virtio")
        && vif_attrs_get_uint(e->details, "queues.effective", 1) > 1) {
        start(e, "driver");
        put(e, "name", "vhost");
        put(e, "queues", queues);
        end(e);
    }
}

static void
put_mtu(const struct element *e)
{
    const char *mtu = detail(e, "mtu");

    if (mtu) {
        start(e, "mtu");
        put(e, "size", mtu);
        end(e);
    }
}

/* managed="no", which libvirt 9.5 and newer insist on: the tap or macvtap is
 * there, and libvirt must neither make it nor change it. */
static void
put_target(const struct element *e)
{
    const char *tap = detail(e, "devices.tap");

    start(e, "target");
    put(e, "dev", tap ? tap : detail(e, "devices.macvtap"));
    if (e->binding->create_device) {
        put(e, "managed", "no");
    }
    end(e);
}

/* No tag for VLAN 0: libvirt takes away what a VF has without it, and refuses
 * one where it cannot set it. */
static void
put_vlan(const struct element *e)
{
    const char *vlan = detail(e, "vif_details.vlan");

    if (vif_attrs_get_uint(e->details, "vif_details.vlan", 0)) {
        start(e, "vlan");
        start(e, "tag");
        put(e, "id", vlan);
        end(e);
        end(e);
    }
}

/* One <parameters> element has them all. */
static void
put_virtualport(const struct element *e)
{
    const struct vif_attrs *profile = &e->binding->port_profile;

    if (!profile->n) {
        return;
    }
    start(e, "virtualport");
    put(e, "type", vif_attrs_get(profile, "type"));
    start(e, "parameters");
    for (size_t i = 0; i < profile->n; i++) {
        if (strcmp(profile->attrs[i].key, "type")) {
            put(e, profile->attrs[i].key, profile->attrs[i].value);
        }
    }
    end(e);
    end(e);
}

static void VIF_PRINTF(3, 4)
put_format(const struct element *e, const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *value CLEANUP_FREE = xvasprintf(format, args);
    va_end(args);
    put(e, name, value);
}

/* 'type' if the element that it is in may have sources other than PCI. */
static void
put_pci_source(const struct element *e, bool type)
{
    struct pci_address address = { 0, 0, 0, 0 };

    ignore(pci_address_from_string(detail(e, "devices.pci_slot"), &address));
    start(e, "source");
    start(e, "address");
    if (type) {
        put(e, "type", "pci");
    }
    put_format(e, "domain", "0x%04x", address.domain);
    put_format(e, "bus", "0x%02x", address.bus);
    put_format(e, "slot", "0x%02x", address.slot);
    put_format(e, "function", "0x%x", address.function);
    end(e);
    end(e);
}

/* Whether libvirt binds the driver and gives the old one back. */
static void
put_managed(const struct element *e)
{
    put(e, "managed", (vif_attrs_get_bool(e->details, "devices.managed",
                                          !e->binding->driver)
                       ? "yes" : "no"));
}

/* libvirt's name for the mode, which is the kernel's but for one. */
static void
put_mode(const struct element *e, enum vif_macvtap_mode otherwise)
{
    enum vif_macvtap_mode mode = e->binding->macvtap.mode;

    mode = mode == VIF_MACVTAP_DEFAULT ? otherwise : mode;
    put(e, "mode", (mode == VIF_MACVTAP_PASSTHRU ? "passthrough"
                    : vif_macvtap_mode_name(mode)));
}

/* The forms. */

/* A tap, or a macvtap, which libvirt finds to be one. */
static void
put_ethernet(const struct element *e)
{
    start(e, "interface");
    put(e, "type", "ethernet");
    put_mac(e);
    put_model(e);
    put_driver(e);
    put_mtu(e);
    put_target(e);
    end(e);
}

/* A macvtap that libvirt makes; it takes no MTU here, and a VLAN only of a
 * VF. */
static void
put_direct(const struct element *e, const char *source,
           enum vif_macvtap_mode mode)
{
    start(e, "interface");
    put(e, "type", "direct");
    put_mac(e);
    put_model(e);
    put_driver(e);
    start(e, "source");
    put(e, "dev", source);
    put_mode(e, mode);
    end(e);
    if (binding_has_vf(e->binding)) {
        put_vlan(e);
    }
    put_virtualport(e);
    end(e);
}

static void
put_macvtap_of_agent(const struct element *e)
{
    put_direct(e, detail(e, "vif_details.macvtap_source"),
               VIF_MACVTAP_BRIDGE);
}

static void
put_macvtap_on_vf(const struct element *e)
{
    put_direct(e, detail(e, "devices.netdev"), VIF_MACVTAP_PASSTHRU);
}

static void
put_macvtap_for_vepa(const struct element *e)
{
    put_direct(e, detail(e, "devices.netdev"), VIF_MACVTAP_VEPA);
}

/* A VF as libvirt configures it, too.  There is neither model nor driver: what
 * the guest sees is the VF. */
static void
put_vf(const struct element *e)
{
    start(e, "interface");
    put(e, "type", "hostdev");
    put_managed(e);
    put_mac(e);
    put_pci_source(e, true);
    put_vlan(e);
    put_virtualport(e);
    end(e);
}

/* A PCI device of which libvirt knows nothing more. */
static void
put_hostdev(const struct element *e)
{
    start(e, "hostdev");
    put(e, "mode", "subsystem");
    put(e, "type", "pci");
    put_managed(e);
    put_pci_source(e, false);
    end(e);
}

/* What a domain gets: the first line that is true of the port. */
#define ANY_VNIC_TYPE UINT32_MAX

struct form {
    const char *device;         /* Of the details. */
    void (*put)(const struct element *);
    const char *vif_type;       /* NULL: any. */
    uint32_t vnic_types;        /* Bits, as of struct vif_plugin. */
    bool (*when)(const struct vif_binding *);   /* NULL: always. */
};

static bool
vifd_makes_it(const struct vif_binding *binding)
{
    return binding->create_device;
}

/* libvirt would set the VF's VLAN anew, with priority 0 and as 802.1Q: it must
 * not be told that it is a network device. */
static bool
libvirt_would_spoil_it(const struct vif_binding *binding)
{
    return binding->vf.vlan_qos || binding->vf.vlan_8021ad;
}

static const struct form forms[] = {
    { "devices.tap", put_ethernet, NULL, ANY_VNIC_TYPE, NULL },
    { "devices.macvtap", put_ethernet, NULL, ANY_VNIC_TYPE, vifd_makes_it },
    { "vif_details.macvtap_source", put_macvtap_of_agent, "macvtap",
      ANY_VNIC_TYPE, NULL },
    { "devices.netdev", put_macvtap_for_vepa, "802.1qbg", ANY_VNIC_TYPE,
      NULL },
    { "devices.netdev", put_macvtap_on_vf, NULL, 1u << VIF_VNIC_MACVTAP,
      NULL },
    { "devices.pci_slot", put_hostdev, NULL, 1u << VIF_VNIC_DIRECT_PHYSICAL,
      NULL },
    { "devices.pci_slot", put_hostdev, NULL, 1u << VIF_VNIC_DIRECT,
      libvirt_would_spoil_it },
    { "devices.pci_slot", put_vf, NULL, 1u << VIF_VNIC_DIRECT, NULL },
};

/* Whether the details have 'device', and a form can be made of it. */
static bool
has_device(const struct vif_attrs *details, const char *device)
{
    const char *value = vif_attrs_get(details, device);
    struct pci_address address;

    return (value && (strcmp(device, "devices.pci_slot")
                      || pci_address_from_string(value, &address)));
}

static const struct form *
find_form(const struct vif_binding *binding, const struct vif_attrs *details)
{
    const char *vif_type = vif_attrs_get(details, "vif_type");

    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        const struct form *form = &forms[i];

        if (has_device(details, form->device)
            && (!form->vif_type
                || (vif_type && !strcmp(vif_type, form->vif_type)))
            && form->vnic_types & 1u << binding->vnic_type
            && (!form->when || form->when(binding))) {
            return form;
        }
    }
    return NULL;
}

static char *
take_text(xmlBufferPtr buffer)
{
    size_t length = xmlBufferLength(buffer);
    const char *content = (const char *) xmlBufferContent(buffer);

    while (length && content[length - 1] == '\n') {
        length--;
    }
    return xmemdup0(content, length);
}

char *
libvirt_interface_xml(const struct vif_binding *binding,
                      const struct vif_attrs *details)
{
    const struct form *form = find_form(binding, details);

    if (!form) {
        return NULL;
    }

    xmlBufferPtr buffer = xmlBufferCreate();
    struct element e = {
        .writer = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL,
        .binding = binding,
        .details = details,
    };

    must(e.writer ? 0 : -1);
    must(xmlTextWriterSetIndent(e.writer, 1));
    must(xmlTextWriterSetIndentString(e.writer, BAD_CAST "  "));
    form->put(&e);
    must(xmlTextWriterFlush(e.writer));
    char *text = take_text(buffer);
    xmlFreeTextWriter(e.writer);
    xmlBufferFree(buffer);
    return text;
}
