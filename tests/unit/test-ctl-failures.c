/* SPDX-License-Identifier: Apache-2.0 */
/* What vifctl says and returns when things go wrong, and what it shows on a
 * terminal, against a SIMULATED vifd. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "tests/unit/vifctl-run.h"

/* Runs "vifctl WORDS" with a vifd that has 'quirk' (NULL: none). */
static void
run_with_quirk(struct run *run, const char *quirk, const char *words)
{
    const char *const quirks[] = { quirk, NULL };
    struct simulated simulated;

    simulated_start(&simulated, quirks);
    run_vifctl(run, &simulated, words);
    simulated_stop(&simulated);
}

static void
expect_words(int status, const char *quirk, const char *words,
             const char *err)
{
    struct run run;

    run_with_quirk(&run, quirk, words);
    assert_status(&run, status);
    assert_contains(run.err, err);
    assert_contains(run.err, "vifctl");
    run_destroy(&run);
}

static void
test_usage_is_2(void **state)
{
    (void) state;
    expect_words(2, NULL, "fly", "vifctl: there is no command 'fly'; see "
                                 "'vifctl help'\n");
    expect_words(2, NULL, "plug", "vifctl plug: give PORT or --file; see "
                                  "'vifctl help plug'\n");
    expect_words(2, NULL, "list --timeout soon", "number of seconds");
    expect_words(2, NULL, "plug -F /nonexistent", "open /nonexistent: No "
                                                  "such file");
    expect_words(2, NULL, "unplug -F /nonexistent", "open /nonexistent");
}

static void
test_files_that_make_no_sense_are_2(void **state)
{
    (void) state;
    static const struct {
        const char *text;
        const char *err;
    } files[] = {
        { "", "there is no binding in it" },
        { "[]", "there is no binding in it" },
        { "[1]", "binding 1 is no JSON object" },
        { "{\"port_id\":\"a\"}\n\"b\"", "binding 2 is no JSON object" },
        { "{\"port_id\":\"a\"}\n{", "line 2" },
    };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct simulated simulated;
        char words[200];
        struct run run;

        simulated_start(&simulated, NULL);
        snprintf(words, sizeof words, "plug -F %s",
                 simulated_file(&simulated, "input", files[i].text));
        run_vifctl(&run, &simulated, words);
        assert_status(&run, 2);
        assert_contains(run.err, files[i].err);
        assert_string_equal(run.out, "");
        run_destroy(&run);
        simulated_stop(&simulated);
    }
}

static void
test_nobody_there_is_3(void **state)
{
    (void) state;
    static const char *const commands[] = {
        "list", "plug p", "unplug p", "unplug --all --yes", "plan p",
        "show p", "check", "repair", "activate p", "abort p", "watch",
        "capabilities", "reload", "version", "list -j", "plug p -j",
    };
    struct simulated simulated;
    char wanted[300];

    simulated_absent(&simulated);
    snprintf(wanted, sizeof wanted,
             "vifctl: vifd cannot be reached: connect to %s: No such file or "
             "directory: start vifd ('systemctl start vifd'), or name its "
             "socket with --socket or VIFD_SOCKET\n", simulated.socket);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct run run;

        run_vifctl(&run, &simulated, commands[i]);
        assert_status(&run, 3);
        assert_string_equal(run.err, wanted);
        assert_string_equal(run.out, "");
        run_destroy(&run);
    }
    simulated_stop(&simulated);
}

static void
test_socket_comes_from_the_environment(void **state)
{
    (void) state;
    struct simulated simulated;
    char variable[120];
    struct run run;

    simulated_start(&simulated, NULL);
    snprintf(variable, sizeof variable, "VIFD_SOCKET=%s", simulated.socket);
    const char *const environment[] = { variable, NULL };
    const struct run_options options = { .environment = environment };
    run_vifctl_with(&run, NULL, &options, "list -j");
    assert_status(&run, 0);
    run_destroy(&run);
    simulated_stop(&simulated);
}

static void
test_lost_on_the_way_is_3(void **state)
{
    (void) state;
    expect_words(3, "hang-up", "list", "closed the connection: see vifd's "
                                       "log ('journalctl -u vifd')");
    expect_words(3, NULL, "plug cut-1",
                 "vifctl: plug cut-1: vifd closed the connection in the "
                 "middle of a line\n"
                 "  outcome:    not known: see 'vifctl list' and vifd's log "
                 "('journalctl -u vifd')\n");
    expect_words(3, NULL, "show cut-1", "in the middle of a line\n");
}

static void
test_broken_protocol_is_1(void **state)
{
    (void) state;
    expect_words(1, "babble", "list", "vifd broke the protocol: a line is "
                                      "no JSON object");
    expect_words(1, "stray", "list", "answered what was not asked");
    expect_words(1, NULL, "plug huge-1", "longer than 16777216 bytes");
    expect_words(1, "old", "list", "speaks version 7");
    expect_words(1, "refuse", "list", ": you may not speak to me\n");
}

/* What only looks leaves nothing to be told. */
static void
expect_no_outcome(const char *quirk, const char *words)
{
    struct run run;

    run_with_quirk(&run, quirk, words);
    assert_status(&run, 4);
    assert_contains(run.err, "vifd did not answer in time\n");
    assert_lacks(run.err, "outcome");
    run_destroy(&run);
}

static void
test_silence_is_4(void **state)
{
    (void) state;
    expect_words(4, "silent", "list --timeout 0.2", "did not answer in time"
                 ": vifd is there but does not answer");
    expect_words(4, "mute", "list -t 1",
                 "vifctl: list the ports: vifd did not answer in time\n");
    expect_no_outcome("mute", "inventory -t 1");
    expect_no_outcome("mute", "fit p -t 1");
    expect_words(4, NULL, "plug silent-1 -t 1",
                 "vifctl: plug silent-1: vifd did not answer in time\n"
                 "  outcome:    not known: ");
    expect_words(4, NULL, "check silent-1 -t 1", "did not answer in time");
}

static void
test_refusal_is_1(void **state)
{
    (void) state;
    expect_words(1, NULL, "plug refused-1",
                 "vifctl: plug refused-1: tap1 belongs to somebody else\n"
                 "  look at:    params.binding.device_name\n"
                 "  outcome:    nothing was begun\n"
                 "  try again:  not before what is in the way has gone\n");
    expect_words(1, NULL, "plug undoing-1",
                 "vifctl: plug undoing-1: ovs-vswitchd does not answer\n"
                 "  outcome:    not everything is taken back yet; vifd goes "
                 "on trying (failed-undoing)\n"
                 "  try again:  yes, in 2.00 s\n");

    struct run run;
    run_with_quirk(&run, NULL, "plug failed-1 --format json");
    assert_status(&run, 1);
    json_t *json = json_loads(run.out, 0, NULL);
    json_t *data = json_object_get(json_object_get(json, "error"), "data");
    assert_string_equal(json_string_value(json_object_get(data, "source")),
                        "mtu greater than device maximum");
    assert_contains(run.err, "plug failed-1");
    json_decref(json);
    run_destroy(&run);
}

static void
test_request_that_is_too_long(void **state)
{
    (void) state;
    const char *const quirks[] = { "line=600", NULL };
    struct simulated simulated;
    char text[2000], words[200];
    struct run run;

    /* Each has its verdict: the short ones are plugged all the same. */
    simulated_start(&simulated, quirks);
    snprintf(text, sizeof text,
             "{\"port_id\":\"a\"}\n{\"port_id\":\"b\",\"x\":\"%0600d\"}\n"
             "{\"port_id\":\"c\"}\n", 0);
    snprintf(words, sizeof words, "plug -F %s",
             simulated_file(&simulated, "input", text));
    run_vifctl(&run, &simulated, words);
    assert_status(&run, 1);
    assert_contains(run.out, "a     active");
    assert_contains(run.out, "b     failed");
    assert_contains(run.out, "c     active");
    assert_contains(run.err, "plug b: the request 'plug' has ");
    assert_contains(run.err, "bytes; vifd takes 600");
    run_destroy(&run);
    simulated_stop(&simulated);
}

static void
test_some_are_not_answered(void **state)
{
    (void) state;
    struct simulated simulated;
    char words[200];
    struct run run;

    simulated_start(&simulated, NULL);
    snprintf(words, sizeof words, "plug -t 2 -F %s",
             simulated_file(&simulated, "input",
                            "{\"port_id\":\"a\"}{\"port_id\":\"silent-b\"}"
                            "{\"port_id\":\"failed-c\"}"));
    run_vifctl(&run, &simulated, words);
    assert_status(&run, 4);
    assert_contains(run.out, "a         active ");
    assert_contains(run.out, "silent-b  no answer");
    assert_contains(run.out, "failed-c  failed ");
    assert_contains(run.err, "plug 1 of 3 ports: vifd did not answer in "
                             "time\n");
    assert_contains(run.err, "plugged 1 of 3 ports in ");
    assert_contains(run.err, "1 failed, the others were not answered\n");
    run_destroy(&run);
    simulated_stop(&simulated);
}

static void
test_output_that_cannot_be_written(void **state)
{
    (void) state;
    static const char vifctl[] = VIFD_TOP_BUILDDIR "/ctl/vifctl";
    const char *const argv[] = {
        "sh", "-c", "exec \"$0\" help >/dev/full", vifctl, NULL
    };
    struct run run;

    run_program(&run, &(struct run_options) { .input = NULL }, argv);
    assert_status(&run, 1);
    assert_contains(run.err, "write to standard output: No space left");
    run_destroy(&run);
}

static void
test_watch_tells_of_losses_and_ends_with_vifd(void **state)
{
    (void) state;
    struct run run;

    run_with_quirk(&run, "lossy", "watch -t 1 -j");
    assert_status(&run, 4);
    assert_contains(run.err, "7 events were lost");
    assert_contains(run.out, "\"lost\":7");
    run_destroy(&run);
    run_with_quirk(&run, "lossy", "watch -t 1");
    assert_string_equal(run.out, "");
    run_destroy(&run);
}

static void
test_nothing_from_vifd_reaches_the_terminal_raw(void **state)
{
    (void) state;
    struct run run;

    run_with_quirk(&run, NULL, "plug evil-1");
    assert_status(&run, 0);
    assert_contains(run.err, "\\x1b[2Jgotcha\\x0d\\nbell\\x07 \\x9b");
    assert_lacks(run.err, "\033");
    run_destroy(&run);
}

/* Terminals. */

static void
run_on_terminal(struct run *run, const struct simulated *simulated,
                const char *variable, const char *words)
{
    const char *const environment[] = { variable, NULL };
    const struct run_options options = {
        .terminal = true,
        .environment = environment,
    };

    run_vifctl_with(run, simulated, &options, words);
}

static void
test_colours_on_a_terminal_only(void **state)
{
    (void) state;
    struct simulated simulated;
    struct run run;

    simulated_start(&simulated, NULL);
    run_on_terminal(&run, &simulated, NULL, "plug p1");
    assert_status(&run, 0);
    assert_contains(run.out, "\033[32mactive\033[0m");
    run_destroy(&run);
    run_on_terminal(&run, &simulated, "NO_COLOR=1", "list");
    assert_lacks(run.out, "\033");
    assert_contains(run.out, "active");
    run_destroy(&run);
    run_on_terminal(&run, &simulated, "TERM=dumb", "list");
    assert_lacks(run.out, "\033");
    run_destroy(&run);
    run_on_terminal(&run, &simulated, NULL, "list --color never");
    assert_lacks(run.out, "\033");
    run_destroy(&run);
    run_vifctl(&run, &simulated, "list");
    assert_lacks(run.out, "\033");
    run_destroy(&run);
    run_vifctl(&run, &simulated, "list --color always");
    assert_contains(run.out, "\033[32mactive\033[0m");
    run_destroy(&run);
    run_vifctl(&run, &simulated, "plug failed-1 --color always");
    assert_contains(run.err, "vifctl: \033[31mplug failed-1: ");
    run_destroy(&run);
    simulated_stop(&simulated);
}

static void
test_json_is_indented_on_a_terminal(void **state)
{
    (void) state;
    struct simulated simulated;
    struct run run;

    simulated_start(&simulated, NULL);
    run_on_terminal(&run, &simulated, NULL, "version -j");
    assert_status(&run, 0);
    assert_contains(run.out, "{\r\n  \"server\": \"vifd\",\r\n");
    run_destroy(&run);
    simulated_stop(&simulated);
}

static void
test_progress_on_a_terminal(void **state)
{
    (void) state;
    /* SIMULATED: the third and last port is never answered, so that there
     * is time for the line to be shown. */
    struct simulated simulated;
    char words[200];
    struct run run;

    simulated_start(&simulated, NULL);
    snprintf(words, sizeof words, "plug -t 2 -F %s",
             simulated_file(&simulated, "input",
                            "{\"port_id\":\"a\"}{\"port_id\":\"failed-b\"}"
                            "{\"port_id\":\"silent-c\"}"));
    run_on_terminal(&run, &simulated, NULL, words);
    assert_status(&run, 4);
    assert_contains(run.out, "\r\033[Kplugging: 2 of 3, 1 failed\r\033[K");
    run_destroy(&run);
    run_on_terminal(&run, &simulated, "TERM=dumb", words);
    assert_lacks(run.out, "plugging:");
    run_destroy(&run);
    run_vifctl(&run, &simulated, words);
    assert_lacks(run.err, "plugging:");
    run_destroy(&run);
    simulated_stop(&simulated);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage_is_2),
        cmocka_unit_test(test_files_that_make_no_sense_are_2),
        cmocka_unit_test(test_nobody_there_is_3),
        cmocka_unit_test(test_socket_comes_from_the_environment),
        cmocka_unit_test(test_lost_on_the_way_is_3),
        cmocka_unit_test(test_broken_protocol_is_1),
        cmocka_unit_test(test_silence_is_4),
        cmocka_unit_test(test_refusal_is_1),
        cmocka_unit_test(test_request_that_is_too_long),
        cmocka_unit_test(test_some_are_not_answered),
        cmocka_unit_test(test_output_that_cannot_be_written),
        cmocka_unit_test(test_watch_tells_of_losses_and_ends_with_vifd),
        cmocka_unit_test(test_nothing_from_vifd_reaches_the_terminal_raw),
        cmocka_unit_test(test_colours_on_a_terminal_only),
        cmocka_unit_test(test_json_is_indented_on_a_terminal),
        cmocka_unit_test(test_progress_on_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
