/* SPDX-License-Identifier: Apache-2.0 */
/* The device spec: how it is written, how a mistake in it is told, and which
 * devices it means. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/config.h"
#include "lib/cleanup.h"
#include "tests/unit/some-nics.h"
#include "util.h"

static struct config *
parse_well(const char *text)
{
    struct config *config;
    CLEANUP_ERROR struct vif_error *error
        = config_parse(text, strlen(text), "f.yaml", &config);

    if (error) {
        fail_msg("%s", error->message);
    }
    return config;
}

/* The line of the entry that 'device' matches in "device_spec: [TEXT]", or
 * 0. */
static unsigned int
match(const char *text, struct inventory *inventory, const char *device)
{
    CLEANUP_FREE char *yaml = xasprintf("device_spec: %s\n", text);
    struct config *config = parse_well(yaml);
    const struct device_spec *spec
        = device_specs_match(&config->device_spec, inventory,
                             some_nics_get(inventory, device));
    unsigned int line = spec ? spec->line : 0;

    config_destroy(config);
    return line;
}

static void
make_host(struct inventory *inventory)
{
    some_nics_add(inventory, "0000:03:00.0", 10, 64);
    some_nics_add(inventory, "0000:03:00.1", 0, 64);
    some_nics_add(inventory, "0000:03:03.0", 2, 64);
    strcpy(some_nics_get(inventory, "pci/0000:03:04.1")->parent,
           "pci/0000:03:00.1");
    some_nics_add(inventory, "0000:0a:1f.7", 0, 0);
    some_nics_add(inventory, "10000:03:00.0", 0, 0);
    strcpy(some_nics_get(inventory, "pci/0000:03:00.0")->netdev.name, "eno1");
    some_nics_get(inventory, "pci/0000:03:00.0")->netdev.ifindex = 5;
    strcpy(some_nics_get(inventory, "pci/0000:03:01.1")->netdev.name,
           "eno1v1");
    some_nics_get(inventory, "pci/0000:03:01.1")->netdev.ifindex = 6;
}

static void
test_all_members(void **state OVS_UNUSED)
{
    struct config *config = parse_well(
        "device_spec:\n"
        "- vendor_id: 8086\n"
        "  product_id: 0x154C\n"
        "  address: '*:03:*.*'\n"
        "  physical_network: physnet1\n"
        "  trusted: yes\n"
        "  remote_managed: False\n"
        "  managed: 'no'\n"
        "  live_migratable: ON\n"
        "  resource_class: CUSTOM_NIC\n"
        "  traits: [A, B]\n"
        "  one_time_use: true\n"
        "- physical_network: null\n"
        "  remote_managed: 1\n"
        "- physical_network: 'null'\n"
        "  trusted: false\n"
        "- {}\n");
    const struct device_spec *specs = config->device_spec.specs;

    assert_int_equal(config->device_spec.n, 4);
    assert_int_equal(specs[0].vendor, 0x8086);
    assert_int_equal(specs[0].product, 0x154c);
    assert_int_equal(specs[0].address.kind, SPEC_FIELDS);
    assert_true(specs[0].has_physical_network);
    assert_string_equal(specs[0].physical_network, "physnet1");
    assert_int_equal(specs[0].trusted, SPEC_YES);
    assert_int_equal(specs[0].live_migratable, SPEC_YES);
    assert_false(specs[0].remote_managed);
    assert_false(specs[0].managed);
    assert_int_equal(specs[0].line, 2);

    assert_int_equal(specs[1].vendor, -1);
    assert_int_equal(specs[1].product, -1);
    assert_int_equal(specs[1].address.kind, SPEC_ANY);
    assert_true(specs[1].has_physical_network);
    assert_null(specs[1].physical_network);
    assert_int_equal(specs[1].trusted, SPEC_UNSAID);
    assert_true(specs[1].remote_managed);
    assert_true(specs[1].managed);
    assert_int_equal(specs[1].line, 13);

    assert_string_equal(specs[2].physical_network, "null");
    assert_int_equal(specs[2].trusted, SPEC_NO);
    assert_false(specs[3].has_physical_network);
    config_destroy(config);
}

/* The forms that an operator may paste. */
static void
test_nova_lines(void **state OVS_UNUSED)
{
    static const char *const texts[] = {
        /* As in nova.conf. */
        "device_spec: |\n"
        "  [pci]\n"
        "  # what Nova may give away\n"
        "  device_spec = { \"vendor_id\":\"8086\", \"address\": \":03:00.\","
        " \"physical_network\": null }\n"
        "\n"
        "  passthrough_whitelist=[{\"devname\":\"eno1\"}, {\"product_id\":"
        "\"154c\",\n"
        "     \"physical_network\": \"a\\u0062\"}]\n",
        /* The values alone. */
        "device_spec: |\n"
        "  {\"vendor_id\":\"8086\", \"address\":\":03:00.\","
        "\"physical_network\":null}\n"
        "  [ {\"devname\":\"eno1\"} ]\n"
        "  {\"product_id\":\"154c\",\"physical_network\":\"ab\"}\n",
        /* As entries of a list, quoted or not. */
        "device_spec:\n"
        "- '{\"vendor_id\": \"8086\", \"address\": \":03:00.\", "
        "\"physical_network\": null}'\n"
        "- {\"devname\": \"eno1\"}\n"
        "- |\n"
        "  device_spec = {\"product_id\": \"154c\",\n"
        "    \"physical_network\": \"ab\"}\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct config *config = parse_well(texts[i]);
        const struct device_spec *specs = config->device_spec.specs;

        assert_int_equal(config->device_spec.n, 3);
        assert_int_equal(specs[0].vendor, 0x8086);
        assert_int_equal(specs[0].address.kind, SPEC_FIELDS);
        assert_int_equal(specs[0].address.fields[SPEC_DOMAIN], -1);
        assert_int_equal(specs[0].address.fields[SPEC_BUS], 3);
        assert_int_equal(specs[0].address.fields[SPEC_SLOT], 0);
        assert_int_equal(specs[0].address.fields[SPEC_FUNCTION], -1);
        assert_true(specs[0].has_physical_network);
        assert_null(specs[0].physical_network);
        assert_int_equal(specs[1].address.kind, SPEC_NETDEV);
        assert_string_equal(specs[1].address.text, "eno1");
        assert_int_equal(specs[2].product, 0x154c);
        assert_string_equal(specs[2].physical_network, "ab");
        config_destroy(config);
    }

    struct config *config = parse_well(texts[0]);
    assert_int_equal(config->device_spec.specs[0].line, 4);
    assert_int_equal(config->device_spec.specs[1].line, 6);
    config_destroy(config);
}

static void
test_nothing(void **state OVS_UNUSED)
{
    static const char *const texts[] = {
        "", "device_spec:\n", "device_spec: []\n", "device_spec: |\n\n",
        "device_spec: |\n  # none\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct config *config = parse_well(texts[i]);

        assert_int_equal(config->device_spec.n, 0);
        config_destroy(config);
    }
}

#define NESTED_17 "(((((((((((((((((0)))))))))))))))))"

static void
test_mistakes(void **state OVS_UNUSED)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "- vendor_id: 80860\n",
          "2:14: device_spec.vendor_id: \"80860\" is neither \"*\" nor up to "
          "four hexadecimal digits" },
        { "- product_id: intel\n", "2:15: device_spec.product_id: \"intel\"" },
        { "- vendor_id: ''\n", "2:14: device_spec.vendor_id: \"\" is" },
        { "- vendor_id:\n", "2:13: device_spec.vendor_id: must have a" },
        { "- physical_netwrok: a\n",
          "2:21: device_spec: \"physical_netwrok\" is none of: vendor_id "
          "product_id address devname physical_network trusted "
          "remote_managed managed live_migratable resource_class traits "
          "one_time_use" },
        { "- physical_network: ''\n",
          "2:21: device_spec.physical_network: must have 1 to 255 bytes" },
        { "- trusted: maybe\n",
          "2:12: device_spec.trusted: \"maybe\" is neither true nor false" },
        { "- managed: 2\n", "2:12: device_spec.managed: \"2\" is neither" },
        { "- address: 0000:03:00.8\n",
          "2:12: device_spec.address: function 8 is more than 7" },
        { "- address: 0000:03:20.*\n",
          "2:12: device_spec.address: slot 20 is more than 1f" },
        { "- address: 0000:100:00.*\n",
          "2:12: device_spec.address: bus 100 is more than ff" },
        { "- address: 10000:01:00.*\n",
          "2:12: device_spec.address: domain 10000 is more than ffff" },
        { "- address: '0[12]:00.*'\n",
          "2:12: device_spec.address: bus \"0[12]\" is neither \"*\" nor a "
          "hexadecimal number" },
        { "- address: 0:0000:03:00.1\n",
          "2:12: device_spec.address: \"0:0000:03:00.1\" has more fields "
          "than domain:bus:slot.function" },
        { "- address: 03:00.1.1\n",
          "2:12: device_spec.address: function \"1.1\" is neither" },
        { "- address: 03:00.0\n  devname: eno1\n",
          "3:12: device_spec.devname: address and devname exclude one "
          "another" },
        { "- devname: a/b\n",
          "2:12: device_spec.devname: \"a/b\" is no name of a netdev" },
        { "- address: {bus: '0[1'}\n",
          "2:18: device_spec.address: bus: regular expression \"0[1\": "
          "missing terminating ] for character class (byte 3)" },
        { "- address: {bus: '(?Z)'}\n",
          "2:18: device_spec.address: bus: regular expression \"(?Z)\": "
          "unrecognized character after (? or (?-" },
        { "- address: {bus: '\\1'}\n",
          "2:18: device_spec.address: bus: regular expression \"\\1\": "
          "reference to non-existent subpattern" },
        { "- address: {bus: '*'}\n",
          "2:18: device_spec.address: bus: regular expression \"*\": "
          "quantifier does not follow a repeatable item" },
        { "- address: {bus: '0{,2}3'}\n",
          "2:18: device_spec.address: bus: regular expression \"0{,2}3\": "
          "\"{,\" must be written \"{0,\" (byte 1)" },
        { "- address: {bus: '\\{,2}\\\\{,}'}\n",
          "2:18: device_spec.address: bus: regular expression "
          "\"\\{,2}\\\\{,}\": \"{,\" must be written \"{0,\" (byte 7)" },
        { "- address: {bus: '[]{,2}]{,2}'}\n",
          "2:18: device_spec.address: bus: regular expression "
          "\"[]{,2}]{,2}\": \"{,\" must be written \"{0,\" (byte 7)" },
        { "- address: {bus: '[^]\\]{,2}]{,}'}\n",
          "2:18: device_spec.address: bus: regular expression "
          "\"[^]\\]{,2}]{,}\": \"{,\" must be written \"{0,\" (byte 10)" },
        { "- address: {bus: '0\\[{,2}]'}\n",
          "2:18: device_spec.address: bus: regular expression "
          "\"0\\[{,2}]\": \"{,\" must be written \"{0,\" (byte 3)" },
        { "- address: {bus: '" NESTED_17 "'}\n",
          "2:18: device_spec.address: bus: regular expression "
          "\"" NESTED_17 "\": parentheses are too deeply nested" },
        { "- address: {bus: '(?:(a[]+{]{99}){999,999}){99}'}\n",
          "2:18: device_spec.address: bus: regular expression "
          "\"(?:(a[]+{]{99}){999,999}){99}\": regular expression is too "
          "large" },
        { "- address: {buss: '01'}\n",
          "2:19: device_spec.address: \"buss\" is none of: domain bus slot "
          "function" },
        { "- [a]\n", "2:3: device_spec: must be a mapping" },
        { "- trusted: true\n  trusted: true\n",
          "3:3: trusted: is there twice" },
        { "  \"{}\n  {}\"\n",
          "2:3: device_spec: lines of nova.conf must be a block that begins "
          "with \"|\"" },
        { "- eno1\n", "2:3: device_spec: must be a mapping" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_FREE char *text = xasprintf("device_spec:\n%s",
                                            cases[i].text);
        CLEANUP_FREE char *message = xasprintf("f.yaml:%s", cases[i].message);
        struct config *config;
        CLEANUP_ERROR struct vif_error *error
            = config_parse(text, strlen(text), "f.yaml", &config);

        assert_null(config);
        if (!error || strncmp(error->message, message, strlen(message))) {
            fail_msg("case %"PRIuSIZE": %s", i,
                     error ? error->message : "is fine");
        }
    }
}

/* A mistake in what was pasted is told where it stands in the file. */
static void
test_mistakes_in_lines(void **state OVS_UNUSED)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "mtu: 1500\n"
          "device_spec: |\n"
          "    device_spec = {\"address\": \"03:00.9\"}\n",
          "f.yaml:3:31: device_spec.address: function 9 is more than 7" },
        { "device_spec: |\n"
          "\n"
          "  {\"devname\": \"eno1\"}\n"
          "  # comment\n"
          "  [{\"devname\": \"eno2\"},\n"
          "   {\"trusted\": \"perhaps\"}]\n",
          "f.yaml:6:16: device_spec.trusted: \"perhaps\" is neither" },
        { "device_spec:\n"
          "- '{\"managed\": 3}'\n",
          "f.yaml:2:16: device_spec.managed: \"3\" is neither" },
        { "device_spec:\n"
          "- trusted: true\n"
          "- |\n"
          "    passthrough_whitelist = {\"trusted\": }}\n",
          "f.yaml:4:42: did not find expected <document start>" },
        { "device_spec: |\n"
          "  report_in_placement = True\n",
          "f.yaml:2:3: device_spec: must be a mapping" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct config *config;
        CLEANUP_ERROR struct vif_error *error
            = config_parse(cases[i].text, strlen(cases[i].text), "f.yaml",
                           &config);

        assert_null(config);
        if (!error || strncmp(error->message, cases[i].message,
                              strlen(cases[i].message))) {
            fail_msg("case %"PRIuSIZE": %s", i,
                     error ? error->message : "is fine");
        }
    }
}

static void
test_addresses(void **state OVS_UNUSED)
{
    CLEANUP_INVENTORY struct inventory inventory = INVENTORY_INIT;
    static const struct {
        const char *address, *device;
        bool matches;
    } cases[] = {
        { "'*:*:*.*'", "0000:03:00.0", true },
        { "'*'", "0000:0a:1f.7", true },
        { "'*'", "10000:03:00.0", false },      /* LP 1897528. */
        { "''", "0000:03:00.0", true },
        { "':00.'", "0000:03:00.1", true },
        { "':00.'", "0000:03:01.1", false },
        { "'03:00.1'", "0000:03:00.1", true },
        { "'3:0.1'", "0000:03:00.1", true },
        { "'.1'", "0000:03:00.1", true },
        { "'.1'", "0000:03:00.0", false },
        { "'1F.*'", "0000:0a:1f.7", true },
        { "'A:*'", "0000:0a:1f.7", true },
        { "'*:0a:*.*'", "0000:03:00.0", false },
        { "'0:*:*.*'", "0000:0a:1f.7", true },
        { "'1:*:*.*'", "0000:0a:1f.7", false },
        { "0000:03:00.0", "0000:03:00.0", true },
        { "pci/0000:03:00.0", "0000:03:00.0", true },
        /* A PF's address means its VFs, if it is one. */
        { "0000:03:00.0", "0000:03:02.1", true },
        { "0000:03:00.1", "0000:03:04.1", true },
        { "0000:03:00.1", "0000:03:02.1", false },
        { "'*:03:00.0'", "0000:03:02.1", false },
        { "0000:03:01.0", "0000:03:01.0", true },
        { "0000:03:01.0", "0000:03:02.1", false },
        /* Each field's beginning. */
        { "{}", "0000:03:00.0", true },
        { "{bus: '03', function: '[0-3]'}", "0000:03:00.0", true },
        { "{bus: '0'}", "0000:0a:1f.7", true },
        { "{bus: 'a'}", "0000:0a:1f.7", false },
        { "{bus: '.a'}", "0000:0a:1f.7", true },
        { "{domain: '\\d{4}$', slot: '0[1-9a-f]|1[0-9]'}", "0000:03:01.0",
          true },
        { "{domain: '\\d{4}$', slot: '0[1-9a-f]|1[0-9]'}", "0000:03:00.0",
          false },
        { "{slot: '(?:00|1f)', function: '[^\\d]'}", "0000:0a:1f.7", false },
        { "{slot: '(?:00|1f)', function: '[\\d]+?'}", "0000:0a:1f.7", true },
        { "{slot: 'x|1f'}", "0000:0a:1f.7", true },
        { "{slot: 'x|f'}", "0000:0a:1f.7", false },
        { "{slot: '(?!1e)(?P<digit>[01])(?!(?P=digit))'}", "0000:0a:1f.7",
          true },
        { "{slot: '(?!1f)'}", "0000:0a:1f.7", false },
        { "{slot: '0{0,2}1f'}", "0000:0a:1f.7", true },
        /* What only looks like a quantifier. */
        { "{slot: '\\{,2}|1f'}", "0000:0a:1f.7", true },
        { "{slot: '[{,2}1]f'}", "0000:0a:1f.7", true },
        { "{slot: '[]{,2}1]f'}", "0000:0a:1f.7", true },
        { "{slot: '[^]\\]{,2}]f'}", "0000:0a:1f.7", true },
        { "{slot: '1{,x}|1{,|1f'}", "0000:0a:1f.7", true },
        /* Nobody has the time to find out. */
        { "{domain: '((((((0*)*)*)*)*)*)*x'}", "0000:0a:1f.7", false },
        { "{bus: '03', slot: '00', function: '0'}", "0000:03:02.1", false },
        { "netdevsim/*", "0000:03:00.0", false },
    };

    make_host(&inventory);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_FREE char *text = xasprintf("\n- address: %s",
                                            cases[i].address);
        CLEANUP_FREE char *name = xasprintf("pci/%s", cases[i].device);

        if ((match(text, &inventory, name) != 0) != cases[i].matches) {
            fail_msg("%s, %s", cases[i].address, cases[i].device);
        }
    }
}

static void
test_netdev(void **state OVS_UNUSED)
{
    CLEANUP_INVENTORY struct inventory inventory = INVENTORY_INIT;

    make_host(&inventory);
    assert_int_equal(match("\n- devname: eno1", &inventory,
                           "pci/0000:03:00.0"), 2);
    assert_int_equal(match("\n- devname: eno1", &inventory,
                           "pci/0000:03:01.0"), 2);
    assert_int_equal(match("\n- devname: eno1", &inventory,
                           "pci/0000:0a:1f.7"), 0);
    assert_int_equal(match("\n- devname: eno1v1", &inventory,
                           "pci/0000:03:01.1"), 2);
    assert_int_equal(match("\n- devname: eno1v1", &inventory,
                           "pci/0000:03:01.0"), 0);
    assert_int_equal(match("\n- devname: eno7", &inventory,
                           "pci/0000:03:00.0"), 0);
}

static void
test_other_buses(void **state OVS_UNUSED)
{
    CLEANUP_INVENTORY struct inventory inventory = INVENTORY_INIT;
    struct device device;

    device_init(&device);
    device.type = DEVICE_PF;
    strcpy(device.name, "netdevsim/netdevsim1");
    inventory_put(&inventory, &device);
    device.type = DEVICE_VF;
    strcpy(device.name, "netdevsim/netdevsim1/3");
    strcpy(device.parent, "netdevsim/netdevsim1");
    inventory_put(&inventory, &device);

    const char *pf = "netdevsim/netdevsim1", *vf = "netdevsim/netdevsim1/3";
    assert_int_not_equal(match("[address: netdevsim/netdevsim1]", &inventory,
                               pf), 0);
    assert_int_not_equal(match("[address: netdevsim/netdevsim1]", &inventory,
                               vf), 0);
    assert_int_not_equal(match("[address: 'netdevsim/*']", &inventory, vf),
                         0);
    assert_int_equal(match("[address: 'netdevsim/*/3']", &inventory, pf), 0);
    assert_int_not_equal(match("[address: 'netdevsim/*/3']", &inventory, vf),
                         0);
    assert_int_equal(match("[address: netdevsim/netdevsim2]", &inventory, vf),
                     0);
    assert_int_equal(match("[address: '*:*:*.*']", &inventory, vf), 0);
    assert_int_not_equal(match("[physical_network: a]", &inventory, vf), 0);
}

/* The first that matches counts, with everything in it. */
static void
test_first_match(void **state OVS_UNUSED)
{
    CLEANUP_INVENTORY struct inventory inventory = INVENTORY_INIT;
    const char *text =
        "\n"
        "- vendor_id: 15b3\n"
        "- product_id: 154c\n"
        "  address: '*:03:01.*'\n"
        "- remote_managed: true\n"
        "- address: '*:03:*.*'\n";

    make_host(&inventory);
    assert_int_equal(match(text, &inventory, "pci/0000:03:01.0"), 3);
    assert_int_equal(match(text, &inventory, "pci/0000:03:02.0"), 5);
    /* A PF is not remote-managed. */
    assert_int_equal(match(text, &inventory, "pci/0000:03:00.0"), 6);
    assert_int_equal(match(text, &inventory, "pci/0000:0a:1f.7"), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_members),
        cmocka_unit_test(test_nova_lines),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_mistakes_in_lines),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_netdev),
        cmocka_unit_test(test_other_buses),
        cmocka_unit_test(test_first_match),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
