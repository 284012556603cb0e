/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the <interface> element with libxml2's writer, never by hand.  Which
 * children it has follows from one table. */

#include <config.h>

#include "report/libvirt-xml.h"

#include <string.h>

#include <libxml/xmlwriter.h>

#include <vif/attrs.h>
#include <vif/binding.h>

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

static void
put_mac(const struct element *e)
{
    char buf[VIF_MAC_BUFSIZE];

    if (e->binding->has_mac) {
        start(e, "mac");
        put(e, "address", vif_mac_format(&e->binding->mac, buf));
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
    const char *queues = vif_attrs_get(e->details, "queues.effective");

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
    const char *mtu = vif_attrs_get(e->details, "mtu");

    if (mtu) {
        start(e, "mtu");
        put(e, "size", mtu);
        end(e);
    }
}

/* managed="no", which libvirt 9.5 and newer insist on: the tap is there, and
 * libvirt must neither make it nor change it. */
static void
put_target(const struct element *e)
{
    start(e, "target");
    put(e, "dev", vif_attrs_get(e->details, "devices.tap"));
    if (e->binding->create_device) {
        put(e, "managed", "no");
    }
    end(e);
}

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

/* What a domain gets for each device that a port may have. */
static const struct {
    const char *device;         /* Of the details. */
    void (*put)(const struct element *);
} forms[] = {
    { "devices.tap", put_ethernet },
};

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
    size_t form = 0;

    while (form < ARRAY_SIZE(forms)
           && !vif_attrs_get(details, forms[form].device)) {
        form++;
    }
    if (form == ARRAY_SIZE(forms)) {
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
    forms[form].put(&e);
    must(xmlTextWriterFlush(e.writer));
    char *text = take_text(buffer);
    xmlFreeTextWriter(e.writer);
    xmlBufferFree(buffer);
    return text;
}
