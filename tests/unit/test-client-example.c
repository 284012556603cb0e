/* SPDX-License-Identifier: Apache-2.0 */
/* tests/client-example as its author would have it: vifd's headers, library
 * and pkg-config file are installed, the program is built by its own Makefile
 * against them and nothing else, and plugs a port on a SIMULATED vifd.  And
 * what the library exports is what the headers declare. */

#include <config.h>

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "lib/alloc.h"
#include "lib/cleanup.h"
#include "tests/unit/vifctl-run.h"

static char dir[] = "/tmp/vif-client-example-XXXXXX";

/* Runs 'command', a shell's, in the environment of somebody who is not in the
 * middle of vifd's own "make check" and finds vifd under 'dir'. */
static void
run_shell(struct run *run, const char *command)
{
    CLEANUP_FREE char *all = vif_xasprintf(
        "unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR CPPFLAGS\n"
        "export PKG_CONFIG_PATH=%s%s/pkgconfig PKG_CONFIG_SYSROOT_DIR=%s\n"
        "export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1\n"
        "export PKG_CONFIG_ALLOW_SYSTEM_LIBS=1\n"
        "export LD_LIBRARY_PATH=%s%s\n"
        "%s\n",
        dir, VIFD_LIBDIR, dir, dir, VIFD_LIBDIR, command);
    const char *const argv[] = { "sh", "-ec", all, NULL };

    run_program(run, &(struct run_options) { .input = NULL }, argv);
}

static int
tear_down(void **state)
{
    (void) state;
    const char *const argv[] = { "rm", "-rf", dir, NULL };
    struct run run;

    run_program(&run, &(struct run_options) { .input = NULL }, argv);
    run_destroy(&run);
    return run.status;
}

static int
set_up(void **state)
{
    struct run run;

    assert_non_null(mkdtemp(dir));
    CLEANUP_FREE char *command = vif_xasprintf(
        "umask 022\n"
        "vifd='make -s --no-print-directory -C %s'\n"
        "$vifd DESTDIR=%s install-vifincludeHEADERS install-pkgconfigDATA "
        "install-libLTLIBRARIES\n"
        "eval \"$($vifd example-compiler)\"\n"
        "mkdir %s/example\n"
        "cp %s/tests/client-example/* %s/example\n"
        "make -s -C %s/example CC=\"$CC\" CFLAGS=\"$CFLAGS\"",
        VIFD_TOP_BUILDDIR, dir, dir, VIFD_TOP_SRCDIR, dir, dir);
    run_shell(&run, command);
    if (run.status) {
        /* Without a set-up nobody tears down. */
        fprintf(stderr, "%s%s", run.out, run.err);
        tear_down(state);
    }
    run_destroy(&run);
    return run.status;
}

static void
run_example(struct run *run, const struct simulated *simulated,
            const char *port_id, const char *mac)
{
    CLEANUP_FREE char *command
        = vif_xasprintf("%s/example/plug-one %s %s %s", dir,
                        simulated->socket, port_id, mac);

    run_shell(run, command);
}

static void
test_example_plugs_a_port(void **state)
{
    (void) state;
    struct simulated simulated;
    struct run run;

    simulated_start(&simulated, NULL);
    run_example(&run, &simulated, "p1", "fa:16:3e:00:00:01");
    assert_status(&run, 0);
    assert_contains(run.out, "p1 is active: device tapp1, 4 queues\n"
                             "<interface type='ethernet'>");
    assert_contains(run.out, "p1 is gone\n");
    run_destroy(&run);
    simulated_stop(&simulated);
}

static void
test_example_says_what_failed(void **state)
{
    (void) state;
    struct simulated simulated;
    struct run run;

    simulated_start(&simulated, NULL);
    run_example(&run, &simulated, "undoing-1", "fa:16:3e:00:00:01");
    assert_status(&run, 1);
    assert_string_equal(run.err, "plug: ovs-vswitchd does not answer (ovsdb, "
                                 "failed-undoing; try again)\n");
    run_destroy(&run);
    run_example(&run, &simulated, "p1", "01:00:00:00:00:01");
    assert_status(&run, 1);
    assert_contains(run.err, "check: ");
    run_destroy(&run);
    simulated_stop(&simulated);

    simulated_absent(&simulated);
    run_example(&run, &simulated, "p1", "fa:16:3e:00:00:01");
    assert_status(&run, 1);
    assert_contains(run.err, "(unavailable, none; try again)\n");
    run_destroy(&run);
    simulated_stop(&simulated);
}

/* Whether one of the headers declares the function 'name'. */
static bool
is_declared(const char *headers, const char *name)
{
    size_t length = strlen(name);

    for (const char *p = headers; (p = strstr(p, name)) != NULL; p++) {
        if (p[length] == '(' && !isalnum((unsigned char) p[-1])
            && p[-1] != '_') {
            return true;
        }
    }
    return false;
}

static void
test_exports_are_what_headers_declare(void **state)
{
    (void) state;
    char *word, *rest;
    struct run nm, headers;
    size_t n = 0;

    CLEANUP_FREE char *command = vif_xasprintf(
        "nm -D --defined-only %s%s/libvifclient.so |"
        " sed -n 's/.* [TDBR] //p' | sed 's/@.*//'", dir, VIFD_LIBDIR);
    run_shell(&nm, command);
    assert_status(&nm, 0);
    CLEANUP_FREE char *cat = vif_xasprintf(
        "cd %s%s/vif && cat client.h details.h error.h attrs.h binding.h",
        dir, VIFD_INCLUDEDIR);
    run_shell(&headers, cat);
    assert_status(&headers, 0);

    for (word = strtok_r(nm.out, "\n", &rest); word;
         word = strtok_r(NULL, "\n", &rest)) {
        if (!is_declared(headers.out, word)) {
            fail_msg("libvifclient exports %s", word);
        }
        n++;
    }

    /* And the other way round: a declaration is one "vif_name(" each. */
    size_t declared = 0;
    for (const char *p = headers.out; (p = strstr(p, "vif_")) != NULL; ) {
        const char *end = p + strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789"
                                        "_");

        /* In comments functions are called "vif_name()". */
        declared += (*end == '(' && end[1] != ')'
                     && !isalnum((unsigned char) p[-1]) && p[-1] != '_');
        p = end;
    }
    assert_int_equal(n, declared);
    assert_true(n > 70);
    run_destroy(&nm);
    run_destroy(&headers);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example_plugs_a_port),
        cmocka_unit_test(test_example_says_what_failed),
        cmocka_unit_test(test_exports_are_what_headers_declare),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
