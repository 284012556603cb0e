/* SPDX-License-Identifier: Apache-2.0 */
/* What a message of the kernel's about a device says, whatever is in it. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/uevent.h"
#include "lib/cleanup.h"
#include "util.h"

/* As the kernel sends it when a VF gets its driver. */
static const char bound[] =
    "bind@/devices/pci0000:00/0000:03:01.2\0"
    "ACTION=bind\0"
    "DEVPATH=/devices/pci0000:00/0000:03:01.2\0"
    "SUBSYSTEM=pci\0"
    "DRIVER=iavf\0"
    "PCI_CLASS=20000\0"
    "PCI_SLOT_NAME=0000:03:01.2\0"
    "SEQNUM=4711";

static void
test_bind(void **state OVS_UNUSED)
{
    struct uevent event;

    assert_true(uevent_parse(bound, sizeof bound, &event));
    assert_int_equal(event.action, UEVENT_BIND);
    assert_string_equal(event.devpath, "/devices/pci0000:00/0000:03:01.2");
    assert_string_equal(event.name, "0000:03:01.2");
    assert_string_equal(event.subsystem, "pci");
    assert_string_equal(event.driver, "iavf");
}

static void
test_actions(void **state OVS_UNUSED)
{
    static const struct {
        const char *text;
        enum uevent_action action;
    } cases[] = {
        { "add@/devices/x", UEVENT_ADD },
        { "remove@/devices/x", UEVENT_REMOVE },
        { "change@/devices/x", UEVENT_CHANGE },
        { "move@/devices/x", UEVENT_MOVE },
        { "unbind@/devices/x", UEVENT_UNBIND },
        { "online@/devices/x", UEVENT_OTHER },
        { "ad@/devices/x", UEVENT_OTHER },
        { "adds@/devices/x", UEVENT_OTHER },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_FREE char *text = xasprintf("%s%cSUBSYSTEM=net", cases[i].text,
                                            '\0');
        struct uevent event;

        assert_true(uevent_parse(text, strlen(cases[i].text) + 1 + 14,
                                 &event));
        assert_int_equal(event.action, cases[i].action);
        assert_string_equal(event.name, "x");
        assert_null(event.driver);
    }
}

static void
test_refused(void **state OVS_UNUSED)
{
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {
#define CASE(TEXT) { TEXT, sizeof TEXT }
        CASE(""),
        CASE("libudev\0\xfe\xed\xca\xfe"),
        CASE("add"),
        CASE("@/devices/x\0SUBSYSTEM=net"),
        CASE("add@devices/x\0SUBSYSTEM=net"),
        CASE("add@/devices/\0SUBSYSTEM=net"),
        CASE("add@/devices/x"),             /* No subsystem. */
        CASE("add@/devices/x\0SUBSYSTEMS=net"),
        { "", 0 },
        { "add@/devices/x\0SUBSYSTEM=net", 28 },    /* No terminator. */
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct uevent event;

        if (uevent_parse(cases[i].text, cases[i].n, &event)) {
            fail_msg("case %"PRIuSIZE, i);
        }
    }
}

/* Each beginning and each byte changed is read within its bounds. */
static void
test_broken(void **state OVS_UNUSED)
{
    struct uevent event;

    for (size_t n = 0; n < sizeof bound; n++) {
        CLEANUP_FREE char *copy = malloc(n ? n : 1);
        memcpy(copy, bound, n);
        uevent_parse(copy, n, &event);
    }
    for (size_t i = 0; i < sizeof bound; i++) {
        for (unsigned int value = 0; value < 256; value += 5) {
            CLEANUP_FREE char *copy = malloc(sizeof bound);
            memcpy(copy, bound, sizeof bound);
            copy[i] = value;
            if (uevent_parse(copy, sizeof bound, &event)) {
                assert_true(strlen(event.name) <= strlen(event.devpath));
                assert_true(event.subsystem > copy
                            && event.subsystem < copy + sizeof bound);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bind),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
