/* SPDX-License-Identifier: Apache-2.0 */
/* The <interface> element, compared with what Nova's libvirt driver writes for
 * the same port, and held against libvirt's own schema. */

#include <config.h>

#include "report/libvirt-xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libxml/parser.h>

#include <vif/attrs.h>
#include <vif/binding.h>

#include "lib/cleanup.h"
#include "tests/unit/libvirt-schema.h"
#include "util.h"

/* Members of a binding and details of the answer, as far as they matter. */
struct port {
    const char *mac, *model;
    bool libvirt_makes_it;
    const char *tap, *mtu, *queues;
};

static const struct {
    const char *name;
    struct port port;
    const char *xml;
} cases[] = {
    /* Nova with create_tap. */
    { "tap made by vifd",
      { .mac = "52:54:00:12:34:56", .model = "virtio",
        .tap = "tapb679325f-ca", .mtu = "1450", .queues = "1" },
      "<interface type=\"ethernet\">\n"
      "  <mac address=\"52:54:00:12:34:56\"/>\n"
      "  <model type=\"virtio\"/>\n"
      "  <mtu size=\"1450\"/>\n"
      "  <target dev=\"tapb679325f-ca\" managed=\"no\"/>\n"
      "</interface>" },
    /* The same with hw:vif_multiqueue_enabled. */
    { "tap made by vifd, four queues",
      { .mac = "52:54:00:12:34:56",
        .tap = "tapb679325f-ca", .mtu = "1450", .queues = "4" },
      "<interface type=\"ethernet\">\n"
      "  <mac address=\"52:54:00:12:34:56\"/>\n"
      "  <model type=\"virtio\"/>\n"
      "  <driver name=\"vhost\" queues=\"4\"/>\n"
      "  <mtu size=\"1450\"/>\n"
      "  <target dev=\"tapb679325f-ca\" managed=\"no\"/>\n"
      "</interface>" },
    /* Nova with create_port alone: os-vif makes the port, libvirt the tap. */
    { "tap made by libvirt, four queues",
      { .mac = "52:54:00:12:34:56", .libvirt_makes_it = true,
        .tap = "tapb679325f-ca", .mtu = "1450", .queues = "4" },
      "<interface type=\"ethernet\">\n"
      "  <mac address=\"52:54:00:12:34:56\"/>\n"
      "  <model type=\"virtio\"/>\n"
      "  <driver name=\"vhost\" queues=\"4\"/>\n"
      "  <mtu size=\"1450\"/>\n"
      "  <target dev=\"tapb679325f-ca\"/>\n"
      "</interface>" },
    /* Nova's form for vif_type tap. */
    { "tap without an MTU",
      { .mac = "52:54:00:12:34:56", .tap = "tapb679325f-ca" },
      "<interface type=\"ethernet\">\n"
      "  <mac address=\"52:54:00:12:34:56\"/>\n"
      "  <model type=\"virtio\"/>\n"
      "  <target dev=\"tapb679325f-ca\" managed=\"no\"/>\n"
      "</interface>" },
    /* Only virtio has queues; Nova's known mistake is to differ here from
     * the tap. */
    { "another model",
      { .mac = "52:54:00:12:34:56", .model = "e1000",
        .tap = "vnet0", .mtu = "1500", .queues = "1" },
      "<interface type=\"ethernet\">\n"
      "  <mac address=\"52:54:00:12:34:56\"/>\n"
      "  <model type=\"e1000\"/>\n"
      "  <mtu size=\"1500\"/>\n"
      "  <target dev=\"vnet0\" managed=\"no\"/>\n"
      "</interface>" },
    { "no address",
      { .tap = "tapp1", .mtu = "1500", .queues = "1" },
      "<interface type=\"ethernet\">\n"
      "  <model type=\"virtio\"/>\n"
      "  <mtu size=\"1500\"/>\n"
      "  <target dev=\"tapp1\" managed=\"no\"/>\n"
      "</interface>" },
    { "a name that XML must escape",
      { .tap = "a<&\">b'" },
      "<interface type=\"ethernet\">\n"
      "  <model type=\"virtio\"/>\n"
      "  <target dev=\"a&lt;&amp;&quot;&gt;b'\" managed=\"no\"/>\n"
      "</interface>" },
};

static char *
element_for(const struct port *port)
{
    struct vif_attrs details CLEANUP_ATTRS = VIF_ATTRS_INIT;
    struct vif_binding binding CLEANUP(vif_binding_destroy);

    vif_binding_init(&binding);
    binding.model = nullable_xstrdup(port->model);
    binding.create_device = !port->libvirt_makes_it;
    if (port->mac) {
        binding.has_mac = vif_mac_from_string(port->mac, &binding.mac);
    }
    vif_attrs_set(&details, "devices.tap", port->tap);
    vif_attrs_set(&details, "mtu", port->mtu);
    vif_attrs_set(&details, "queues.effective", port->queues);
    return libvirt_interface_xml(&binding, &details);
}

static void
test_elements(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *xml CLEANUP_FREE = element_for(&cases[i].port);

        assert_string_equal(xml, cases[i].xml);
    }
}

static void
test_no_device_no_element(void **state OVS_UNUSED)
{
    const struct port port = { .mac = "52:54:00:12:34:56", .mtu = "1500" };

    assert_null(element_for(&port));
}

static void
test_elements_are_valid(void **state OVS_UNUSED)
{
    static const char *const mtus[] = { NULL, "68", "1500", "65535" };
    static const char *const queues[] = { NULL, "1", "2", "256" };
    static const char *const models[] = { NULL, "virtio", "e1000e" };
    static const char *const macs[] = { NULL, "fa:16:3e:00:00:01" };
    int n = 0;

    libvirt_schema_open();
    assert_false(libvirt_schema_takes("<interface type='ethernet'>"
                                      "<target dev='tap1' "
                                      "managed='perhaps'/></interface>"));
    for (size_t i = 0; i < 2 * ARRAY_SIZE(mtus) * ARRAY_SIZE(queues)
                           * ARRAY_SIZE(models) * ARRAY_SIZE(macs); i++) {
        size_t rest = i / 2;
        struct port port = { .tap = "tap1", .libvirt_makes_it = i % 2 };

        port.mtu = mtus[rest % ARRAY_SIZE(mtus)];
        rest /= ARRAY_SIZE(mtus);
        port.queues = queues[rest % ARRAY_SIZE(queues)];
        rest /= ARRAY_SIZE(queues);
        port.model = models[rest % ARRAY_SIZE(models)];
        rest /= ARRAY_SIZE(models);
        port.mac = macs[rest % ARRAY_SIZE(macs)];

        char *xml CLEANUP_FREE = element_for(&port);
        if (!libvirt_schema_takes(xml)) {
            fail_msg("not valid: %s", xml);
        }
        n++;
    }
    assert_int_equal(n, 192);
    libvirt_schema_close();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_no_device_no_element),
        cmocka_unit_test(test_elements_are_valid),
    };
    int status = cmocka_run_group_tests_name("libvirt xml", tests, NULL,
                                             NULL);

    xmlCleanupParser();
    return status;
}
