/* SPDX-License-Identifier: Apache-2.0 */
/* Links on top of others, on the real kernel: made, read, refused. */

#include <config.h>

#include "kernel/rtnl-upper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/rtnl-address.h"
#include "kernel/rtnl-private.h"
#include "steps/link-mark.h"
#include "steps/marked-link.h"
#include "tests/unit/own-netns.h"

static const struct vif_mac mac = { { 0xfa, 0x16, 0x3e, 0, 0, 1 } };

static struct rtnl_link
look(struct rtnl *rtnl, const char *name)
{
    struct rtnl_link link;

    assert_null(rtnl_get_by_name(rtnl, name, &link));
    return link;
}

static void
refused(struct vif_error *error, enum vif_error_code code, const char *words)
{
    assert_non_null(error);
    if (error->code != code || !strstr(error->message, words)) {
        fail_msg("%s: %s", vif_error_code_name(error->code), error->message);
    }
    vif_error_destroy(error);
}

static void
test_modes(void **state)
{
    static const enum vif_macvtap_mode modes[] = {
        VIF_MACVTAP_BRIDGE, VIF_MACVTAP_VEPA, VIF_MACVTAP_PRIVATE,
        VIF_MACVTAP_PASSTHRU,
    };
    struct rtnl *rtnl = *state;
    int lower = own_netns_add_veth(rtnl, "ve0", "ve1");

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const struct rtnl_upper upper = {
            .name = "m0", .lower = lower, .group = 0x20001234, .mtu = 1400,
        };

        assert_null(rtnl_macvtap_create(rtnl, &upper, modes[i], &mac));
        struct rtnl_link link = look(rtnl, "m0");
        assert_string_equal(link.kind, "macvtap");
        assert_int_equal(link.macvtap_mode, modes[i]);
        assert_int_equal(link.lower, lower);
        assert_int_equal(link.group, 0x20001234);
        assert_int_equal(link.mtu, 1400);
        assert_false(link.up);
        assert_true(!memcmp(&link.mac, &mac, sizeof mac)
                    == (modes[i] != VIF_MACVTAP_PASSTHRU));
        refused(rtnl_macvtap_create(rtnl, &upper, modes[i], &mac),
                VIF_ERR_CONFLICT, "create macvtap m0");
        assert_null(rtnl_delete(rtnl, link.ifindex));
    }
}

/* One for the link alone, which IPv6 makes up, is none. */
static void
test_addresses(void **state)
{
    const struct rtnl_change up = { .set_up = true, .up = true };
    struct rtnl *rtnl = *state;
    int ends[] = { own_netns_add_veth(rtnl, "ve0", "ve1"),
                   look(rtnl, "ve1").ifindex };
    int lo = look(rtnl, "lo").ifindex;
    bool has;

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        assert_null(rtnl_set(rtnl, ends[i], &up));
    }
    assert_null(rtnl_set(rtnl, lo, &up));
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        assert_null(rtnl_has_address(rtnl, ends[i], &has));
        assert_false(has);
    }
    assert_null(rtnl_has_address(rtnl, lo, &has));
    assert_true(has);
}

static void
test_what_cannot_be_made(void **state)
{
    struct rtnl *rtnl = *state;
    struct rtnl_upper upper = {
        .name = "m%d", .lower = own_netns_add_veth(rtnl, "ve0", "ve1"),
    };

    refused(rtnl_macvtap_create(rtnl, &upper, VIF_MACVTAP_BRIDGE, NULL),
            VIF_ERR_INVALID, "'m%d'");
    upper.name = "";
    refused(rtnl_vlan_create(rtnl, &upper, 7), VIF_ERR_INVALID, "''");
    upper.name = "m0";
    upper.lower = 0;
    refused(rtnl_vlan_create(rtnl, &upper, 7), VIF_ERR_INVALID, "0 is no");
    upper.lower = 4711;
    refused(rtnl_macvtap_create(rtnl, &upper, VIF_MACVTAP_BRIDGE, NULL),
            VIF_ERR_NOT_FOUND, "m0");
}

/* Either the kernel has them, or the error says what it lacks. */
static void
test_vlan(void **state)
{
    struct rtnl *rtnl = *state;
    const struct rtnl_upper upper = {
        .name = "v7", .lower = own_netns_add_veth(rtnl, "ve0", "ve1"),
    };
    struct vif_error *error = rtnl_vlan_create(rtnl, &upper, 7);

    if (error) {
        refused(error, VIF_ERR_UNSUPPORTED, "no 8021q module (modprobe");
        return;
    }
    struct rtnl_link link = look(rtnl, "v7");
    assert_string_equal(link.kind, "vlan");
    assert_int_equal(link.vlan_id, 7);
    assert_int_equal(link.lower, upper.lower);
    assert_false(link.vlan_is_8021ad);
}

/* The kernel ignores an alias while it makes a link; so a group stands for
 * it, which is the same in every release. */
static void
test_birth_groups(void **state)
{
    const char *mark = "vifd:5d6bc5e8-0000-4000-8000-000000000001:port-1";
    struct marked_link m = { .kind = "macvtap", .name = "m0", .ifindex = 7 };
    struct rtnl_link link = { .kind = "macvtap", .ifindex = 8 };

    (void) state;
    assert_int_equal(marked_link_birth_group(mark), 0x2b16027e);
    strcpy(m.mark, mark);
    m.birth_group = marked_link_birth_group(mark);

    assert_false(marked_link_is_ours(&m, &link));
    link.group = m.birth_group;
    assert_true(marked_link_is_ours(&m, &link));
    strcpy(link.alias, "mine");
    assert_false(marked_link_is_ours(&m, &link));
    strcpy(link.alias, mark);
    link.group = 0;
    assert_true(marked_link_is_ours(&m, &link));
    strcpy(link.kind, "macvlan");
    assert_false(marked_link_is_ours(&m, &link));

    strcpy(link.kind, "macvtap");
    link.alias[0] = '\0';
    assert_false(marked_link_lost_mark(&m, &link));
    link.ifindex = 7;
    assert_true(marked_link_lost_mark(&m, &link));
}

int
main(void)
{
#define TEST(FUNCTION) \
    cmocka_unit_test_setup_teardown(FUNCTION, own_netns_set_up, \
                                    own_netns_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_addresses),
        TEST(test_modes),
        TEST(test_what_cannot_be_made),
        TEST(test_vlan),
        TEST(test_birth_groups),
    };

    return own_netns_run(tests);
}
