/* SPDX-License-Identifier: Apache-2.0 */
/* Completion: "vifctl complete" by itself, and through bash and zsh as their
 * users have it; and that vifctl(8) explains every command and option that
 * the command tree has.  Ports come from a SIMULATED vifd. */

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/command.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"
#include "tests/unit/vifctl-run.h"

static int
start(void **state)
{
    static struct simulated simulated;
    struct run run;

    simulated_start(&simulated, NULL);
    run_vifctl(&run, &simulated, "plug port-one");
    assert_status(&run, 0);
    run_destroy(&run);
    run_vifctl(&run, &simulated, "plug port:two --prepare");
    assert_status(&run, 0);
    run_destroy(&run);
    *state = &simulated;
    return 0;
}

static int
stop(void **state)
{
    simulated_stop(*state);
    return 0;
}

/* Lines whose last word is empty are written with "''" there. */
static const struct {
    const char *line;       /* After "vifctl". */
    const char *has[4];
    const char *lacks;
} cases[] = {
    { "''", { "plug", "watch", "help" }, "complete" },
    { "unp", { "unplug" }, "plug\t" },
    { "fly ''", { "plug" }, NULL },
    { "--so", { "--socket" }, "--mtu" },
    { "plug --m", { "--mac", "--mtu", "--model" }, "--queues" },
    { "plug -", { "--timeout", "--json" }, NULL },
    { "plug --vnic-type direct", { "direct", "direct-physical" }, "normal" },
    { "plug --wait ''", { "ofport", "committed" }, NULL },
    { "--format ''", { "table", "json", "kv" }, "plug" },
    { "list --state d", { "drifted" }, "active" },
    { "help ''", { "plug", "list" }, "port-one" },
    { "help sh", { "show" }, "plug" },
    { "unplug ''", { "port-one", "port:two" }, "plug\t" },
    { "unplug port-one ''", { "port-one" }, NULL },
    { "show port:", { "port:two" }, "port-one" },
    { "show -- port-", { "port-one" }, "--" },
    { "-t 3 watch -n 2 port-", { "port-one" }, NULL },
    { "drain ''", { "pci/0000:03:00.0", "eno1" }, "pci/0000:03:03.1" },
    { "undrain e", { "eno1" }, "pci/0000:03:00.0\t" },
    { "drain pci/0000:04", { NULL }, "pci/0000:04:00.0" },
};

static void
test_complete_by_itself(void **state)
{
    const struct simulated *simulated = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP_FREE char *command = vif_xasprintf(
            "exec '%s/ctl/vifctl' complete -- --socket '%s' %s",
            VIFD_TOP_BUILDDIR, simulated->socket, cases[i].line);
        const char *const argv[] = { "sh", "-c", command, NULL };
        struct run run;

        run_program(&run, &(struct run_options) { .input = NULL }, argv);
        assert_status(&run, 0);
        assert_string_equal(run.err, "");
        for (size_t j = 0; j < 4 && cases[i].has[j]; j++) {
            CLEANUP_FREE char *candidate
                = vif_xasprintf("%s\t", cases[i].has[j]);

            assert_contains(run.out, candidate);
        }
        if (cases[i].lacks && strcmp(cases[i].line, "unp") != 0) {
            assert_lacks(run.out, cases[i].lacks);
        }
        run_destroy(&run);
    }
}

static void
test_complete_offers_help_and_files(void **state)
{
    struct run run;

    run_vifctl(&run, *state, "complete -- li");
    assert_string_equal(run.out, "list\tList the ports that vifd has\n");
    run_destroy(&run);
    run_vifctl(&run, *state, "complete -- plug --file x");
    assert_string_equal(run.out, ":files\n");
    run_destroy(&run);
    run_vifctl(&run, *state, "complete -- plug --mtu 1");
    assert_string_equal(run.out, "");
    run_destroy(&run);
    run_vifctl(&run, *state, "complete");
    assert_contains(run.out, "plug\t");
    run_destroy(&run);
}

static void
test_complete_without_vifd(void **state)
{
    (void) state;
    struct simulated simulated;
    struct run run;

    simulated_absent(&simulated);
    CLEANUP_FREE char *words
        = vif_xasprintf("complete -- --socket %s unplug p",
                        simulated.socket);
    run_vifctl(&run, NULL, words);
    assert_status(&run, 0);
    assert_string_equal(run.out, "");
    assert_string_equal(run.err, "");
    run_destroy(&run);
    simulated_stop(&simulated);

    const char *const quirks[] = { "silent", NULL };
    simulated_start(&simulated, quirks);
    CLEANUP_FREE char *again
        = vif_xasprintf("complete -- --socket %s unplug p",
                        simulated.socket);
    run_vifctl(&run, NULL, again);
    assert_status(&run, 0);
    assert_string_equal(run.out, "");
    run_destroy(&run);
    simulated_stop(&simulated);
}

/* Shells.  In both scripts the words of the command line are "$@", the last
 * one under the cursor, and each candidate is written on a line. */

static const char bash_script[] =
    ". \"$VIFD_SRC/etc/completion/bash/vifctl\"\n"
    "[[ $(complete -p vifctl) == 'complete -F _vifctl vifctl' ]] || exit 1\n"
    "COMP_WORDS=(vifctl \"$@\")\n"
    "COMP_CWORD=$#\n"
    "_vifctl\n"
    "printf '%s\\n' \"${COMPREPLY[@]}\"\n";

/* The two functions of zsh's completion system that the script uses. */
static const char zsh_script[] =
    "_describe() { local -a all; all=(\"${(@P)@[-1]}\");"
    " print -rl -- \"${(@)all}\" }\n"
    "_files() { print -r -- FILES }\n"
    "words=(vifctl \"$@\")\n"
    "CURRENT=$#words\n"
    ". \"$VIFD_SRC/etc/completion/zsh/_vifctl\"\n";

static void
run_in_shell(struct run *run, const struct simulated *simulated,
             const char *shell, const char *words)
{
    bool zsh = !strcmp(shell, "zsh");
    CLEANUP_FREE char *path
        = vif_xasprintf("PATH=%s/ctl:%s", VIFD_TOP_BUILDDIR, getenv("PATH"));
    CLEANUP_FREE char *socket = vif_xasprintf("VIFD_SOCKET=%s",
                                              simulated->socket);
    const char *const environment[] = {
        path, socket, "VIFD_SRC=" VIFD_TOP_SRCDIR, NULL
    };
    CLEANUP_FREE char *copy = vif_xstrdup(words);
    const char *argv[32] = {
        shell, zsh ? "-f" : "--norc", "-c", zsh ? zsh_script : bash_script,
        shell
    };
    char *word, *rest;
    size_t n = 5;

    for (word = strtok_r(copy, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        argv[n++] = strcmp(word, "''") ? word : "";
    }
    run_program(run, &(struct run_options) { .environment = environment },
                argv);
}

static bool
have_shell(const char *shell)
{
    const char *const argv[] = { shell, "-c", "exit 0", NULL };
    struct run run;

    run_program(&run, &(struct run_options) { .input = NULL }, argv);
    bool have = !run.status;
    run_destroy(&run);
    return have;
}

static void
expect_in_shell(const struct simulated *simulated, const char *shell,
                const char *words, const char *out)
{
    struct run run;

    run_in_shell(&run, simulated, shell, words);
    assert_status(&run, 0);
    assert_string_equal(run.err, "");
    assert_string_equal(run.out, out);
    run_destroy(&run);
}

static void
test_bash(void **state)
{
    const struct simulated *simulated = *state;
    const char *file = simulated_file(simulated, "input", "");
    CLEANUP_FREE char *prefix = vif_xasprintf("plug --file %.*s",
                                              (int) strlen(file) - 2, file);
    CLEANUP_FREE char *completed = vif_xasprintf("%s\n", file);

    expect_in_shell(simulated, "bash", "unp", "unplug\n");
    expect_in_shell(simulated, "bash", "plug --mo", "--model\n");
    expect_in_shell(simulated, "bash", "list --format = js", "json\n");
    expect_in_shell(simulated, "bash", "list --format =",
                    "table\njson\nkv\n");
    expect_in_shell(simulated, "bash", "show port-", "port-one\n");
    expect_in_shell(simulated, "bash", "drain e", "eno1\n");
    expect_in_shell(simulated, "bash", "plug --mtu ''", "\n");
    expect_in_shell(simulated, "bash", prefix, completed);
}

static void
test_zsh(void **state)
{
    if (!have_shell("zsh")) {
        print_message("# zsh is not installed\n");
        skip();
    }
    expect_in_shell(*state, "zsh", "unp",
                    "unplug:Take ports back: off the switch, and their "
                    "devices away\n");
    expect_in_shell(*state, "zsh", "list --state dr", "drifted:\n");
    expect_in_shell(*state, "zsh", "show port:", "port\\:two:prepared\n");
    expect_in_shell(*state, "zsh", "drain e", "eno1:pci/0000:03:00.0\n");
    expect_in_shell(*state, "zsh", "unplug ''",
                    "port-one:active\nport\\:two:prepared\n");
    expect_in_shell(*state, "zsh", "plug --file x", "FILES\n");
}

/* The manual page. */

static char *
read_manual(void)
{
    FILE *stream = fopen(VIFD_TOP_SRCDIR "/man/vifctl.8", "r");
    char *text = vif_xcalloc(1, 65536);

    assert_non_null(stream);
    assert_true(fread(text, 1, 65535, stream) > 1000);
    fclose(stream);
    return text;
}

/* Whether 'manual' has 'fmt' with 'name' in it, not as part of a word. */
static void
assert_explained(const char *manual, const char *fmt, const char *name)
{
    CLEANUP_FREE char *line = vif_xasprintf(fmt, name);

    for (const char *p = manual; (p = strstr(p, line)) != NULL; p++) {
        if (strchr(" \n", p[strlen(line)])) {
            return;
        }
    }
    fail_msg("vifctl(8) does not have \"%s\"", line);
}

static void
test_manual_explains_everything(void **state)
{
    (void) state;
    CLEANUP_FREE char *manual = read_manual();

    for (size_t i = 0; commands[i]; i++) {
        struct argument_cursor cursor = { 0, 0 };
        const struct argument *argument;

        if (commands[i]->hidden) {
            continue;
        }
        assert_explained(manual, ".Ss vifctl %s", commands[i]->word);
        while ((argument = command_next_argument(commands[i],
                                                 &cursor)) != NULL) {
            if (argument_is_option(argument)) {
                assert_explained(manual, "Fl %s", argument->name + 1);
            }
            for (size_t j = 0; argument->choices && argument->choices[j];
                 j++) {
                assert_explained(manual, "Cm %s", argument->choices[j]);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_complete_by_itself),
        cmocka_unit_test(test_complete_offers_help_and_files),
        cmocka_unit_test(test_complete_without_vifd),
        cmocka_unit_test(test_bash),
        cmocka_unit_test(test_zsh),
        cmocka_unit_test(test_manual_explains_everything),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
