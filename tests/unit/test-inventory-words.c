/* SPDX-License-Identifier: Apache-2.0 */
/* What a NIC says of itself in words and bytes: addresses, names of ports,
 * vital product data. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inventory/pci-address.h"
#include "inventory/port-name.h"
#include "inventory/vpd.h"
#include "lib/cleanup.h"
#include "util.h"

static void
test_pci_address(void **state OVS_UNUSED)
{
    static const char *const good[] = {
        "0000:00:00.0", "0000:03:1f.7", "ffff:ff:00.1", "10000:01:00.0",
        "ffffffff:00:00.0",
    };
    static const char *const bad[] = {
        "", "0000", "03:00.0", "0000:03:00", "0000:03:00.", "0000:03:00.8",
        "0000:03:20.0", "0000:3:00.0", "000:03:00.0", "0000:03:00.0 ",
        "0000:03:00.00", "0000:0A:00.0", "123456789:00:00.0", "0000-03-00.0",
        "-001:03:00.0", "0000:03:00.0\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct pci_address address;
        char text[PCI_ADDRESS_SIZE];

        assert_true(pci_address_from_string(good[i], &address));
        assert_string_equal(pci_address_format(&address, text), good[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pci_address address;

        if (pci_address_from_string(bad[i], &address)) {
            fail_msg("\"%s\" is an address", bad[i]);
        }
    }
}

static void
test_port_name(void **state OVS_UNUSED)
{
    static const struct {
        const char *text;
        struct port_name name;      /* Kind, controller, PF, number, split. */
    } good[] = {
        { "p0", { PORT_UPLINK, -1, -1, 0, -1 } },
        { "p7", { PORT_UPLINK, -1, -1, 7, -1 } },
        { "p1s3", { PORT_UPLINK, -1, -1, 1, 3 } },
        { "pf31", { PORT_PF, -1, 31, -1, -1 } },
        { "c1pf0", { PORT_PF, 1, 0, -1, -1 } },
        { "pf0vf12", { PORT_VF, -1, 0, 12, -1 } },
        { "PF1VF42", { PORT_VF, -1, 1, 42, -1 } },
        { "c1pf0vf0", { PORT_VF, 1, 0, 0, -1 } },
        { "vf42", { PORT_VF, -1, -1, 42, -1 } },
        { "vf42@PF1", { PORT_VF, -1, 1, 42, -1 } },
        { "42", { PORT_VF, -1, -1, 42, -1 } },
        { "pf0sf3", { PORT_SF, -1, 0, 3, -1 } },
        { "c2pf1sf88", { PORT_SF, 2, 1, 88, -1 } },
    };
    static const char *const bad[] = {
        "", "p", "pf", "vf", "pf0vf", "p0 ", " p0", "p0s", "p0s1s2", "xp0",
        "pf0vf1x", "pf0vf1pf2", "c1", "c1vf0", "sf3", "vfr0", "p-1", "p+1",
        "9999999", "pf0vf99999999999999999999", "eth0", "pf13vf42@pf1",
    };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct port_name name;

        if (!port_name_parse(good[i].text, &name)
            || name.kind != good[i].name.kind
            || name.controller != good[i].name.controller
            || name.pf != good[i].name.pf
            || name.number != good[i].name.number
            || name.split != good[i].name.split) {
            fail_msg("\"%s\"", good[i].text);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct port_name name;

        if (port_name_parse(bad[i], &name)) {
            fail_msg("\"%s\" is the name of a port", bad[i]);
        }
    }
}

/* A card's VPD: an identifier, a part number, the serial number, a checksum
 * and the end. */
static size_t
make_vpd(uint8_t *bytes, const char *serial, bool with_checksum)
{
    size_t length = strlen(serial), n = 0;

    memcpy(bytes, "\x82\x03\x00NIC", 6);
    n += 6;
    bytes[n++] = 0x90;
    bytes[n++] = 3 + 2 + 3 + length + (with_checksum ? 4 : 0);
    bytes[n++] = 0;
    memcpy(bytes + n, "PN\x02X1SN", 7);
    n += 7;
    bytes[n++] = length;
    memcpy(bytes + n, serial, length);
    n += length;
    if (with_checksum) {
        uint8_t sum = 0;

        memcpy(bytes + n, "RV\x01", 3);
        n += 3;
        for (size_t i = 0; i < n; i++) {
            sum += bytes[i];
        }
        bytes[n++] = -sum;
    }
    bytes[n++] = 0x78;
    return n;
}

static void
test_vpd(void **state OVS_UNUSED)
{
    static const struct {
        const char *stored, *read;
    } cases[] = {
        { "MT2011X12345", "MT2011X12345" },
        { "  A 1  ", "A 1" },
        { "", "" },
        { "    ", "" },
        { "bad\x01", "" },          /* No text. */
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (int checksum = 0; checksum < 2; checksum++) {
            uint8_t bytes[256];
            char serial[VPD_SERIAL_SIZE];
            size_t n = make_vpd(bytes, cases[i].stored, checksum);

            assert_null(vpd_serial(bytes, n, serial));
            assert_string_equal(serial, cases[i].read);
            /* What follows the end does not matter. */
            bytes[n] = 0xff;
            assert_null(vpd_serial(bytes, n + 1, serial));
        }
    }
}

static void
test_vpd_checksum(void **state OVS_UNUSED)
{
    uint8_t bytes[256];
    char serial[VPD_SERIAL_SIZE];
    size_t n = make_vpd(bytes, "SERIAL", true);

    bytes[4] ^= 1;
    CLEANUP_ERROR struct vif_error *error = vpd_serial(bytes, n, serial);
    assert_non_null(error);
    assert_non_null(strstr(error->message, "the checksum is wrong"));
    assert_string_equal(serial, "");
}

/* Every beginning of it, and every single byte of it changed, is read to an
 * end within its bounds (which the sanitizer watches). */
static void
test_vpd_broken(void **state OVS_UNUSED)
{
    uint8_t bytes[256];
    char serial[VPD_SERIAL_SIZE];
    size_t n = make_vpd(bytes, "MT2011X12345", true);
    size_t refused = 0;

    for (size_t length = 0; length < n; length++) {
        CLEANUP_FREE uint8_t *copy = malloc(length ? length : 1);
        memcpy(copy, bytes, length);
        CLEANUP_ERROR struct vif_error *error = vpd_serial(copy, length,
                                                           serial);
        /* The checksum comes just before the end. */
        assert_true(length == n - 1 || error);
    }
    for (size_t i = 0; i < n; i++) {
        for (unsigned int value = 0; value < 256; value++) {
            CLEANUP_FREE uint8_t *copy = malloc(n);
            memcpy(copy, bytes, n);
            copy[i] = value;
            CLEANUP_ERROR struct vif_error *error = vpd_serial(copy, n,
                                                               serial);
            assert_true(strlen(serial) < sizeof serial);
            refused += error != NULL;
        }
    }
    assert_true(refused > n * 200);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pci_address),
        cmocka_unit_test(test_port_name),
        cmocka_unit_test(test_vpd),
        cmocka_unit_test(test_vpd_checksum),
        cmocka_unit_test(test_vpd_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
