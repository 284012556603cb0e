/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes into lines, however they come, and what a line may not be. */

#include <config.h>

#include "rpc/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/util.h"
#include "util.h"

static void
feed(struct line_buffer *buffer, const char *bytes, size_t n)
{
    while (n) {
        size_t size;
        char *room = line_buffer_room(buffer, &size);

        assert_true(size > 0);
        size = MIN(size, n);
        memcpy(room, bytes, size);
        line_buffer_added(buffer, size);
        bytes += size;
        n -= size;
    }
}

static void
expect(struct line_buffer *buffer, const char *wanted)
{
    char *line;
    size_t length;
    enum line_status status = line_buffer_next(buffer, &line, &length);

    if (!wanted) {
        assert_int_equal(status, LINE_NONE);
    } else {
        assert_int_equal(status, LINE_OK);
        assert_int_equal(length, strlen(wanted));
        assert_string_equal(line, wanted);
    }
}

static void
test_several_lines_at_once(void **state OVS_UNUSED)
{
    struct line_buffer buffer = { .bytes = NULL };

    feed(&buffer, "one\ntwo\r\n\nthree", 15);
    expect(&buffer, "one");
    expect(&buffer, "two");
    expect(&buffer, "");
    expect(&buffer, NULL);
    feed(&buffer, "!\n", 2);
    expect(&buffer, "three!");
    expect(&buffer, NULL);
    line_buffer_destroy(&buffer);
}

static void
test_byte_by_byte(void **state OVS_UNUSED)
{
    static const char text[] = "a line\nand another\n";
    struct line_buffer buffer = { .bytes = NULL };

    for (size_t i = 0; i < sizeof text - 1; i++) {
        if (i == 7) {
            expect(&buffer, "a line");
        } else {
            expect(&buffer, NULL);
        }
        feed(&buffer, &text[i], 1);
    }
    expect(&buffer, "and another");
    line_buffer_destroy(&buffer);
}

static void
test_rest(void **state OVS_UNUSED)
{
    struct line_buffer buffer = { .bytes = NULL };
    char *line;
    size_t length;

    feed(&buffer, "one\nhalf", 8);
    expect(&buffer, "one");
    expect(&buffer, NULL);
    assert_int_equal(line_buffer_rest(&buffer, &line, &length), LINE_OK);
    assert_string_equal(line, "half");
    assert_int_equal(line_buffer_rest(&buffer, &line, &length), LINE_NONE);
    line_buffer_destroy(&buffer);
}

/* The longest line is taken, one byte more is not, and the next one is fine
 * again; memory does not grow with what is thrown away. */
static void
test_too_long(void **state OVS_UNUSED)
{
    struct line_buffer buffer = { .bytes = NULL };
    CLEANUP_FREE char *longest = xmalloc(LINE_MAX_BYTES + 1);
    char *line;
    size_t length;

    memset(longest, 'x', LINE_MAX_BYTES);
    longest[LINE_MAX_BYTES] = '\0';
    feed(&buffer, longest, LINE_MAX_BYTES);
    expect(&buffer, NULL);
    feed(&buffer, "\n", 1);
    expect(&buffer, longest);

    feed(&buffer, longest, LINE_MAX_BYTES);
    expect(&buffer, NULL);
    feed(&buffer, "x", 1);
    assert_int_equal(line_buffer_next(&buffer, &line, &length),
                     LINE_TOO_LONG);
    for (int i = 0; i < 8; i++) {
        expect(&buffer, NULL);
        feed(&buffer, longest, LINE_MAX_BYTES);
    }
    expect(&buffer, NULL);
    assert_true(buffer.allocated < 4 * LINE_MAX_BYTES);
    feed(&buffer, "the end of it\nnext\n", 19);
    expect(&buffer, "next");
    expect(&buffer, NULL);

    /* Too long although its end has come along. */
    feed(&buffer, longest, LINE_MAX_BYTES);
    feed(&buffer, "xx\nafter\n", 9);
    assert_int_equal(line_buffer_next(&buffer, &line, &length),
                     LINE_TOO_LONG);
    expect(&buffer, "after");
    line_buffer_destroy(&buffer);
}

static void
test_check(void **state OVS_UNUSED)
{
#define LINE(TEXT) TEXT, sizeof TEXT - 1
    static const struct {
        const char *line;
        size_t length;
        const char *says;       /* NULL: fine. */
    } cases[] = {
        { LINE("{\"a\":[]}"), NULL },
        { LINE("no JSON at all"), NULL },
        { LINE("{\"a\0b\":1}"), "null byte" },
        { LINE("\"\xc3\xa4\xf0\x9f\x98\x80\""), NULL },
        { LINE("\"\xc3\""), "invalid UTF-8" },
        { LINE("\"\xed\xa0\x80\""), "invalid UTF-8" },
        /* Brackets in a string do not count, nor does an escaped quotation
         * mark end it. */
        { LINE("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
               "[[[[[[[[[[[[[[[[[[[\\\"[[[[[\""), NULL },
    };
#undef LINE

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_ERROR struct vif_error *error
            = line_check(cases[i].line, cases[i].length);

        assert_int_equal(!error, !cases[i].says);
        assert_true(!error || strstr(error->message, cases[i].says));
    }
}

/* What JSON's parser would let pass, or would not say where it is. */
static void
test_paths(void **state OVS_UNUSED)
{
    static const struct {
        const char *line, *where, *says;
    } cases[] = {
        { "{\"id\":1,\"id\":2}", "id", "twice" },
        { "{\"p\":{\"b\":[{},{\"mtu\":1,\"m\\u0074u\":2}]}}",
          "p.b[1].mtu", "twice" },
        { "{\"p\":{\"x\":\"\\ud800\"}}", "p.x", "surrogate" },
        { "{\"p\":{\"x\":\"\\udc00\\ud800\"}}", "p.x", "surrogate" },
        { "{\"p\":{\"x\":\"\\ud83d\\ude00\"}}", NULL, NULL },
        { "{\"p\":{\"x\":\"a\\u0000\"}}", "p.x", "null character" },
        { "{\"p\":[1,2,\"\xff\"]}", "p[2]", "UTF-8" },
        { "{\"p\":[1,\xff]}", "p[1]", "UTF-8" },
        { "{\"p\":[0,1e999]}", "p[1]", "1e999 is too large" },
        { "{\"p\":18446744073709551616}", "p", "more than 19 digits" },
        { "{\"p\":-1.8446744073709551616e19}", "p", "more than 19 digits" },
        { "{\"p\":9999999999999999999,\"q\":-0.00001}", NULL, NULL },
        { "{\"p\":0.00000000000000000000001e-5}", NULL, NULL },
        { "{\"p\":1000000000000000000000000000000000000000000000000000000000"
          "00000000}", "p", "more than 64" },
        /* The same names in other objects are other members. */
        { "{\"a\":{\"a\":{\"a\":1},\"b\":{\"a\":1}},\"b\":1}", NULL, NULL },
        /* No JSON, and nothing to be found out here. */
        { "]}],,::\"", NULL, NULL },
        { "{\"\\q\":1}", NULL, NULL },
        { "{\"", NULL, NULL },
        { "{\"a", NULL, NULL },
        { "{\"a\\\"", NULL, NULL },
        { "{\"a\\", NULL, NULL },
        { "\"\\", NULL, NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_ERROR struct vif_error *error
            = line_check(cases[i].line, strlen(cases[i].line));

        if (!cases[i].says) {
            assert_null(error);
            continue;
        }
        assert_non_null(error);
        assert_string_equal(error->where, cases[i].where);
        assert_non_null(strstr(error->message, cases[i].says));
    }
}

/* Names of one hash would take the parser quadratic time. */
static void
test_members(void **state OVS_UNUSED)
{
    for (int n = LINE_MAX_MEMBERS; n <= LINE_MAX_MEMBERS + 1; n++) {
        struct ds line = DS_EMPTY_INITIALIZER;

        ds_put_char(&line, '{');
        for (int i = 0; i < n; i++) {
            ds_put_format(&line, "%s\"%d\":{\"x\":1}", i ? "," : "", i);
        }
        ds_put_char(&line, '}');

        CLEANUP_ERROR struct vif_error *error = line_check(ds_cstr(&line),
                                                           line.length);
        assert_int_equal(!error, n <= LINE_MAX_MEMBERS);
        assert_true(!error || !strcmp(error->where, "256"));
        ds_destroy(&line);
    }
}

static void
test_depth(void **state OVS_UNUSED)
{
    char line[2 * LINE_MAX_DEPTH + 8];

    for (int depth = LINE_MAX_DEPTH; depth <= LINE_MAX_DEPTH + 1; depth++) {
        memset(line, '[', depth);
        memset(line + depth, ']', depth);
        line[2 * depth] = '\0';

        CLEANUP_ERROR struct vif_error *error = line_check(line, 2 * depth);
        assert_int_equal(!error, depth <= LINE_MAX_DEPTH);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_lines_at_once),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
