/* SPDX-License-Identifier: Apache-2.0 */
/* The error object: what it says after it was wrapped, and who owns it. */

#include <config.h>

#include <vif/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"

static void
test_code_names(void **state)
{
    (void) state;
    for (int i = 0; i < VIF_N_ERROR_CODES; i++) {
        enum vif_error_code code = VIF_N_ERROR_CODES;

        assert_true(vif_error_code_from_name(vif_error_code_name(i), &code));
        assert_int_equal(code, i);
    }

    enum vif_error_code code = VIF_ERR_BUSY;
    assert_false(vif_error_code_from_name("BUSY", &code));
    assert_false(vif_error_code_from_name("", &code));
    assert_int_equal(code, VIF_ERR_BUSY);
    assert_string_equal(vif_error_code_name(VIF_N_ERROR_CODES), "unknown");
    assert_string_equal(vif_error_code_name(VIF_ERR_IN_USE), "in-use");
}

static void
test_wrapped_reads_as_one_sentence(void **state)
{
    (void) state;
    struct vif_error *error CLEANUP_ERROR
        = vif_error_from_errno(EINVAL, "kernel");

    error = vif_error_wrap(error, "set MTU of %s", "tap1");
    error = vif_error_wrap(error, "plug %s", "b679325f");
    assert_string_equal(error->message,
                        "plug b679325f: set MTU of tap1: kernel: "
                        "Invalid argument");
    assert_int_equal(error->code, VIF_ERR_KERNEL);
    assert_int_equal(error->errnum, EINVAL);
    assert_false(error->retry);
    assert_null(error->source);
    assert_null(error->where);
}

static void
test_errno_decides_code_and_retry(void **state)
{
    static const struct {
        int errnum;
        enum vif_error_code code;
        bool retry;
    } cases[] = {
        { EOPNOTSUPP, VIF_ERR_UNSUPPORTED, false },
        { EINVAL, VIF_ERR_KERNEL, false },
        { EPERM, VIF_ERR_KERNEL, false },
        { EEXIST, VIF_ERR_KERNEL, false },
        { EAGAIN, VIF_ERR_KERNEL, true },
        { EBUSY, VIF_ERR_KERNEL, true },
        { EINTR, VIF_ERR_KERNEL, true },
        { ENOBUFS, VIF_ERR_KERNEL, true },
        { ENOMEM, VIF_ERR_KERNEL, true },
    };

    (void) state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vif_error *error CLEANUP_ERROR
            = vif_error_from_errno(cases[i].errnum, "x");

        assert_int_equal(error->code, cases[i].code);
        assert_int_equal(error->errnum, cases[i].errnum);
        assert_int_equal(error->retry, cases[i].retry);
        assert_int_equal(error->retry_ms, 0);
        assert_string_equal(error->message + strlen("x: "),
                            strerror(cases[i].errnum));
    }
}

static void
test_members_are_replaced_and_copied(void **state)
{
    (void) state;
    char text[] = "Attribute failed policy validation";
    struct vif_error *error CLEANUP_ERROR
        = vif_error_create(VIF_ERR_KERNEL, "no");

    error = vif_error_with_source(error, text);
    text[0] = 'X';
    assert_string_equal(error->source, "Attribute failed policy validation");
    error = vif_error_with_source(error, "other");
    assert_string_equal(error->source, "other");
    error = vif_error_with_source(error, error->source + 1);
    assert_string_equal(error->source, "ther");
    error = vif_error_with_source(error, NULL);
    assert_null(error->source);

    error = vif_error_with_where(error, "ports[2].mtu");
    assert_string_equal(error->where, "ports[2].mtu");

    error = vif_error_with_retry(error, 250);
    assert_true(error->retry);
    assert_int_equal(error->retry_ms, 250);
}

static void
test_success_passes_through(void **state)
{
    (void) state;
    assert_null(vif_error_wrap(NULL, "never %d", 1));
    assert_null(vif_error_with_source(NULL, "x"));
    assert_null(vif_error_with_where(NULL, "x"));
    assert_null(vif_error_with_retry(NULL, 1));
    assert_null(vif_error_clone(NULL));
    vif_error_destroy(NULL);
}

static void
test_clone_is_independent(void **state)
{
    (void) state;
    struct vif_error *error CLEANUP_ERROR
        = vif_error_from_errno(EBUSY, "open %s", "/dev/net/tun");
    error = vif_error_with_where(error, "device_name");
    error = vif_error_with_source(error, "extack");

    struct vif_error *clone CLEANUP_ERROR = vif_error_clone(error);
    vif_error_cleanup(&error);
    assert_null(error);

    assert_int_equal(clone->code, VIF_ERR_KERNEL);
    assert_int_equal(clone->errnum, EBUSY);
    assert_true(clone->retry);
    assert_string_equal(clone->message,
                        "open /dev/net/tun: Device or resource busy");
    assert_string_equal(clone->where, "device_name");
    assert_string_equal(clone->source, "extack");
}

/* A '%' in what a peer said must not be read as a format. */
static void
test_percent_signs_are_text(void **state)
{
    (void) state;
    struct vif_error *error CLEANUP_ERROR
        = vif_error_create(VIF_ERR_OVSDB, "%s", "100%s%n");

    error = vif_error_wrap(error, "%s", "50%d");
    assert_string_equal(error->message, "50%d: 100%s%n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_names),
        cmocka_unit_test(test_wrapped_reads_as_one_sentence),
        cmocka_unit_test(test_errno_decides_code_and_retry),
        cmocka_unit_test(test_members_are_replaced_and_copied),
        cmocka_unit_test(test_success_passes_through),
        cmocka_unit_test(test_clone_is_independent),
        cmocka_unit_test(test_percent_signs_are_text),
    };

    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
