/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of vifctl that need no daemon: the command tree and its parser,
 * times, files. */

#include <config.h>

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "ctl/command.h"
#include "ctl/input.h"
#include "ctl/invocation.h"
#include "ctl/units.h"
#include "tests/unit/vifctl-run.h"

/* The command tree. */

/* No two options of a command have the same name or letter, each argument has
 * its help, and operands that may be repeated come last. */
static void
check_arguments(const struct command *command)
{
    struct argument_cursor cursor = { 0, 0 };
    const struct argument *argument, *before = NULL;
    size_t n = 0;

    while ((argument = command_next_argument(command, &cursor)) != NULL) {
        const char *name = argument->name;
        char letter[3] = { '-', argument->letter, '\0' };

        n++;
        assert_non_null(argument->help);
        assert_true(argument->kind != ARGUMENT_CHOICE || argument->choices);
        assert_true(argument->kind != ARGUMENT_NUMBER || argument->max);
        if (argument_is_option(argument)) {
            assert_true(command_find_option(command, name) == argument);
            assert_true(!argument->letter
                        || command_find_option(command, letter) == argument);
            assert_true((argument->kind == ARGUMENT_FLAG)
                        == !argument->value);
        } else {
            assert_true(!before || !before->repeated);
            before = argument;
        }
    }
    assert_true(n >= 7);
}

static void
test_tree_is_consistent(void **state)
{
    (void) state;
    for (size_t i = 0; commands[i]; i++) {
        const struct command *command = commands[i];

        assert_true(command_find(command->word) == command);
        assert_non_null(command->help);
        assert_true(isupper((unsigned char) command->help[0]));
        assert_non_null(command->execute);
        assert_true(command->hidden || command->examples[0].words
                    || command == &help_command);
        check_arguments(command);
    }
    check_arguments(NULL);
    assert_null(command_find("fly"));
    assert_null(command_find_option(&plug_command, "--fly"));
    assert_null(command_find_option(&plug_command, "-"));
    assert_null(command_find_operand(&list_command, 0));
}

/* Parses "vifctl WORDS", the words separated by spaces; "" stands for an
 * empty one. */
static char *
parse(struct invocation *invocation, const char *words)
{
    static char text[1024];
    char *argv[64] = { (char *) "vifctl" };
    int argc = 1;
    char *word, *rest;

    snprintf(text, sizeof text, "%s", words);
    for (word = strtok_r(text, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        argv[argc++] = strcmp(word, "\"\"") ? word : (char *) "";
    }
    return invocation_parse(invocation, argc, argv);
}

static void
test_command_lines_that_are_right(void **state)
{
    (void) state;
    struct invocation invocation;
    size_t cursor = 0;

    assert_null(parse(&invocation, "-j plug --mtu=9000 p1 --external-id a=1 "
                      "--external-id b= --timeout 0.25 --prepare"));
    assert_true(invocation.command == &plug_command);
    assert_true(invocation_has(&invocation, "--json"));
    assert_string_equal(invocation_get(&invocation, "--mtu"), "9000");
    assert_string_equal(invocation_get(&invocation, "PORT"), "p1");
    assert_int_equal(invocation_count(&invocation, "--external-id"), 2);
    assert_string_equal(invocation_next(&invocation, "--external-id",
                                        &cursor), "a=1");
    assert_string_equal(invocation_next(&invocation, "--external-id",
                                        &cursor), "b=");
    assert_null(invocation_next(&invocation, "--external-id", &cursor));
    assert_int_equal(invocation_timeout_ms(&invocation, 7), 250);
    assert_null(invocation_get(&invocation, "--mac"));
    invocation_destroy(&invocation);

    assert_null(parse(&invocation, "unplug a b -- -c --d"));
    assert_int_equal(invocation_count(&invocation, "PORT"), 4);
    assert_int_equal(invocation_timeout_ms(&invocation, 7), 7);
    invocation_destroy(&invocation);

    /* "-" is a file, not an option. */
    assert_null(parse(&invocation, "plug -F -"));
    assert_string_equal(invocation_get(&invocation, "--file"), "-");
    invocation_destroy(&invocation);

    /* Help is answered whatever is missing. */
    assert_null(parse(&invocation, "show --help"));
    invocation_destroy(&invocation);
    assert_null(parse(&invocation, ""));
    assert_null(invocation.command);
    invocation_destroy(&invocation);
}

static void
test_command_lines_that_are_wrong(void **state)
{
    (void) state;
    static const struct {
        const char *words;
        const char *why;
    } wrong[] = {
        { "fly", "there is no command 'fly'" },
        { "--fly", "there is no option --fly" },
        { "--mtu 9000 plug p", "there is no option --mtu" },
        { "plug p --fly=3", "there is no option --fly" },
        { "plug", "give PORT or --file" },
        { "plug p --file x", "give either PORT or --file, not both" },
        { "plug p q", "'q' is one word too many" },
        { "plug p --mtu", "--mtu needs a value: BYTES" },
        { "plug p --mtu 67", "--mtu takes a number from 68 to 65535, not "
                             "'67'" },
        { "plug p --mtu 65536", "not '65536'" },
        { "plug p --mtu 9e3", "not '9e3'" },
        { "plug p --mtu -9", "not '-9'" },
        { "plug p --mtu +90", "not '+90'" },
        { "plug p --mtu 99999999999999999999", "not '99999999999999999999'" },
        { "plug p --mtu 90 --mtu 91", "--mtu was given twice" },
        { "plug p --prepare=yes", "--prepare takes no value" },
        { "plug p --vnic-type odd", "--vnic-type takes one of normal, "
                                    "direct, direct-physical, macvtap, vdpa, "
                                    "virtio-forwarder, remote-managed, not "
                                    "'odd'" },
        { "plug p --vlan 4095", "--vlan takes a number from 0 to 4094, not "
                                "'4095'" },
        { "plug p --vlan-protocol 802.1x", "one of 802.1Q, 802.1ad" },
        { "plug p --trust yes", "--trust takes one of off, on, not 'yes'" },
        { "plug p --link-state up", "one of auto, enable, disable" },
        { "plug p --macvtap-mode source", "one of bridge, vepa, private, "
                                          "passthru" },
        { "plug p --numa-node 64", "--numa-node takes a number from 0 to "
                                   "63" },
        { "plug p --port-profile type", "--port-profile takes KEY=VALUE" },
        { "plug p --external-id a", "--external-id takes KEY=VALUE, not "
                                    "'a'" },
        { "plug p --external-id =a", "takes KEY=VALUE" },
        { "plug \"\"", "PORT must not be empty" },
        { "plug p --bridge=", "--bridge must not be empty" },
        { "plug p\xff", "PORT is no UTF-8" },
        { "plug p --atomic", "--atomic is about the ports of a --file" },
        { "plug p --xml -j", "--xml is a format of its own" },
        { "list --timeout 0", "--timeout takes a number of seconds" },
        { "list --timeout -1", "number of seconds" },
        { "list --timeout 1s", "number of seconds" },
        { "list --timeout nan", "number of seconds" },
        { "list --timeout inf", "number of seconds" },
        { "list --format xml", "--format takes one of table, json, kv, not "
                               "'xml'" },
        { "list p", "'p' is one word too many" },
        { "show", "PORT is missing" },
        { "show p --xml -f kv", "--xml is a format of its own" },
        { "unplug", "give PORT..., --file or --all" },
        { "unplug p --all --yes", "give PORT..., --file or --all" },
        { "unplug --all", "say --yes, too" },
        { "activate", "PORT is missing" },
        { "watch --count 0", "--count takes a number from 1 to" },
        { "help fly", "there is no such command" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct invocation invocation;
        char *why = parse(&invocation, wrong[i].words);

        if (!why) {
            fail_msg("vifctl %s: not refused", wrong[i].words);
        }
        assert_contains(why, wrong[i].why);
        free(why);
        invocation_destroy(&invocation);
    }
}

/* Times. */

static void
test_durations(void **state)
{
    (void) state;
    static const struct {
        int64_t us;
        const char *text;
    } durations[] = {
        { -5, "0.00 ms" }, { 0, "0.00 ms" }, { 850, "0.85 ms" },
        { 12345, "12.3 ms" }, { 999000, "999 ms" }, { 1240000, "1.24 s" },
        { 59000000, "59.0 s" }, { 60000000, "1 min" },
        { 125000000, "2 min 5 s" }, { 12000000000, "3 h 20 min" },
        { 86400000000, "1 d" }, { 1051200000000, "12 d 4 h" },
    };
    char buf[UNITS_BUFSIZE];

    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        assert_string_equal(units_duration(durations[i].us, buf),
                            durations[i].text);
    }
    assert_non_null(strstr(units_duration(INT64_MAX, buf), " d "));
}

static void
test_times(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        int64_t us;
    } times[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-01T00:00:01.5Z", 1500000 },
        { "1970-01-01T00:00:00.000001z", 1 },
        { "1970-01-01T00:00:00.1234567Z", 123456 },
        { "1970-01-01T02:00:00+02:00", 0 },
        { "1969-12-31T19:30:00.25-04:30", 250000 },
        { "2024-05-01T12:00:00Z", 1714564800000000 },
    };
    static const char *const wrong[] = {
        "", "yesterday", "2024-05-01", "2024-05-01T12:00:00",
        "2024-05-01T12:00:00Zulu", "2024-05-01T12:00:00+2",
        "2024-05-01T12:00:00*02:00", "2024-05-01T12:00:00+02:00x",
    };
    int64_t us;

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        us = -1;
        assert_true(units_parse_time(times[i].text, &us));
        assert_true(us == times[i].us);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(units_parse_time(wrong[i], &us));
    }
    assert_true(units_now() > 1714564800000000);
}

/* Files. */

static void
expect_input(const char *text, bool words, const char *json, bool many)
{
    struct simulated simulated;
    json_t *list = json_array();
    bool is_many = false;

    simulated_absent(&simulated);
    const char *path = simulated_file(&simulated, "input", text);
    char *why = (words ? input_read_words_or_json(path, list)
                 : input_read_json(path, list, &is_many));
    if (why) {
        fail_msg("%s", why);
    }
    char *dump = json_dumps(list, JSON_COMPACT);
    assert_string_equal(dump, json);
    assert_true(words || is_many == many);
    free(dump);
    json_decref(list);
    simulated_stop(&simulated);
}

static void
test_files_that_are_right(void **state)
{
    (void) state;
    expect_input("{\"a\":1}", false, "[{\"a\":1}]", false);
    expect_input("  {\n\"a\":1}\n\n", false, "[{\"a\":1}]", false);
    expect_input("[{\"a\":1}]", false, "[{\"a\":1}]", true);
    expect_input("[]", false, "[]", true);
    expect_input("", false, "[]", false);
    expect_input("{\"a\":1}\n{\"a\":2}\n", false, "[{\"a\":1},{\"a\":2}]",
                 true);
    expect_input("{\"a\":1}{\"a\":2}", false, "[{\"a\":1},{\"a\":2}]", true);
    expect_input("[1,2]\n[3]", false, "[1,2,3]", true);

    expect_input("a\n\n# no\n b  c # d\n", true, "[\"a\",\"b\",\"c\"]", true);
    expect_input("\"a\"\n\"b\"\n", true, "[\"a\",\"b\"]", true);
    expect_input("{\"port_id\":\"a\"}", true, "[{\"port_id\":\"a\"}]", true);
    expect_input("", true, "[]", true);
}

static void
test_files_that_are_wrong(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        const char *why;
    } wrong[] = {
        { "{\"a\":1}\n{\"a\":\n\n!", "line 4" },
        { "{\"a\":1,\"a\":2}", "duplicate" },
        { "{\"a\":1}\nnonsense", "line 2" },
        { "[{\"a\":1}", "line 1" },
    };
    struct simulated simulated;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *list = json_array();
        bool many;

        simulated_absent(&simulated);
        const char *path = simulated_file(&simulated, "input",
                                          wrong[i].text);
        char *why = input_read_json(path, list, &many);
        assert_non_null(why);
        assert_contains(why, path);
        assert_contains(why, wrong[i].why);
        free(why);
        json_decref(list);
        simulated_stop(&simulated);
    }

    json_t *list = json_array();
    char *why = input_read_words_or_json("/nonexistent/file", list);
    assert_string_equal(why, "open /nonexistent/file: "
                             "No such file or directory");
    free(why);
    why = input_read_words_or_json("/", list);
    assert_contains(why, "Is a directory");
    free(why);
    json_decref(list);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_is_consistent),
        cmocka_unit_test(test_command_lines_that_are_right),
        cmocka_unit_test(test_command_lines_that_are_wrong),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_files_that_are_right),
        cmocka_unit_test(test_files_that_are_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
