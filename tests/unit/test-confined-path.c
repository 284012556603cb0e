/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that come in a binding: none leads out of where the operator wants
 * them, whatever lies on the way and whoever changes it meanwhile. */

#include <config.h>

#include "binding/confined-path.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "util.h"

typedef struct vif_error *opener(const char *, char *const *, size_t, int *,
                                 const char **);
static opener *const openers[] = { confined_path_open, confined_path_walk };

/* top/sockets/a/b is the operator's; top/outside is not. */
struct place {
    char top[64];
    char *sockets;
    char *directories[2];
};

static char * VIF_PRINTF(2, 3)
at(const struct place *place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    CLEANUP_FREE char *rest = xvasprintf(format, args);
    va_end(args);
    return xasprintf("%s/%s", place->top, rest);
}

static void
make_directory(const struct place *place, const char *name)
{
    CLEANUP_FREE char *path = at(place, "%s", name);

    assert_int_equal(mkdir(path, 0755), 0);
}

static int
setup(void **state)
{
    struct place *place = xzalloc(sizeof *place);

    strcpy(place->top, "/tmp/vifd-confined-XXXXXX");
    assert_non_null(mkdtemp(place->top));
    make_directory(place, "sockets");
    make_directory(place, "sockets/a");
    make_directory(place, "sockets/a/b");
    make_directory(place, "outside");
    make_directory(place, "outside/b");
    place->sockets = at(place, "sockets");
    place->directories[0] = CONST_CAST(char *, "/nonexistent");
    place->directories[1] = place->sockets;
    *state = place;
    return 0;
}

static int
teardown(void **state)
{
    struct place *place = *state;
    static const char *const names[] = {
        "sockets/a/b", "sockets/a", "sockets/c", "sockets", "outside/b",
        "outside",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        CLEANUP_FREE char *path = at(place, "%s", names[i]);
        if (unlink(path)) {
            ignore(rmdir(path));
        }
    }
    rmdir(place->top);
    free(place->sockets);
    free(place);
    return 0;
}

static void
test_check(void **state OVS_UNUSED)
{
    static char vhost[] = "/var/lib/vhost", x[] = "/run/x/";
    static char *const directories[] = { vhost, x };
    static const struct {
        const char *path, *says;        /* NULL: fine. */
    } cases[] = {
        { "/var/lib/vhost/vhu1", NULL },
        { "/var/lib/vhost/a/b/vhu1", NULL },
        { "/run/x/vhu1", NULL },
        { "/var/lib/vhost/..vhu", NULL },
        { "", "no absolute" },
        { "vhu1", "no absolute" },
        { "./vhu1", "no absolute" },
        { "/var/lib/vhost", "in none of" },
        { "/var/lib/vhost/", "empty component" },
        { "/var/lib/vhost//vhu1", "empty component" },
        { "/var/lib/vhost/../x", "\"..\"" },
        { "/var/lib/vhost/a/..", "\"..\"" },
        { "/var/lib/vhost/./x", "\"..\"" },
        { "/var/lib/vhost2/x", "in none of" },
        { "/var/lib/vhos/x", "in none of" },
        { "/etc/passwd", "in none of" },
        { "/", "empty component" },
        { "/var/lib/vhost/a\nb", "control character" },
        { "/var/lib/vhost/"
          "0123456789012345678901234567890123456789012345678901234567890123"
          "45678901234567890123456789012", "longer than" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_ERROR struct vif_error *error = confined_path_check(
            cases[i].path, directories, ARRAY_SIZE(directories));

        assert_int_equal(!error, !cases[i].says);
        if (error && !strstr(error->message, cases[i].says)) {
            fail_msg("%s: %s", cases[i].path, error->message);
        }
    }

    CLEANUP_ERROR struct vif_error *error = confined_path_check("/x/y", NULL,
                                                                0);
    assert_non_null(strstr(error->message, "there are none"));
}

static struct vif_error *
try_open(opener *open_it, const struct place *place, const char *path)
{
    const char *name;
    int fd = -1;
    struct vif_error *error = open_it(path, place->directories,
                                      ARRAY_SIZE(place->directories), &fd,
                                      &name);

    if (!error) {
        assert_true(fd >= 0);
        assert_string_equal(name, strrchr(path, '/') + 1);
        close(fd);
    } else {
        assert_int_equal(fd, -1);
    }
    return error;
}

static void
expect(const struct place *place, const char *name, const char *says)
{
    CLEANUP_FREE char *path = at(place, "%s", name);

    for (size_t i = 0; i < ARRAY_SIZE(openers); i++) {
        CLEANUP_ERROR struct vif_error *error = try_open(openers[i], place,
                                                         path);

        if (!error != !says) {
            fail_msg("%s: %s", path, error ? error->message : "opened");
        } else if (error && !strstr(error->message, says)) {
            fail_msg("%s: %s", path, error->message);
        }
    }
}

static void
test_open(void **state)
{
    const struct place *place = *state;

    expect(place, "sockets/vhu1", NULL);
    expect(place, "sockets/a/vhu1", NULL);
    expect(place, "sockets/a/b/vhu1", NULL);
    expect(place, "sockets/none/vhu1", "No such file");
    expect(place, "outside/vhu1", "in none of");
    expect(place, "sockets/../outside/vhu1", "\"..\"");
}

/* A link at each component, to where it would do harm and to where not. */
static void
test_links(void **state)
{
    const struct place *place = *state;
    static const struct {
        const char *link, *to, *path;
    } cases[] = {
        { "sockets/a", "../outside", "sockets/a/b/vhu1" },
        { "sockets/a", "../outside", "sockets/a/vhu1" },
        { "sockets/a", "/tmp", "sockets/a/vhu1" },
        { "sockets/a", "/proc/self/root/tmp", "sockets/a/vhu1" },
        { "sockets/a/b", "../../outside", "sockets/a/b/vhu1" },
        { "sockets/a/b", ".", "sockets/a/b/vhu1" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP_FREE char *link = at(place, "%s", cases[i].link);
        CLEANUP_FREE char *aside = at(place, "aside");

        assert_int_equal(rename(link, aside), 0);
        assert_int_equal(symlink(cases[i].to, link), 0);
        expect(place, cases[i].path, "link");
        assert_int_equal(unlink(link), 0);
        assert_int_equal(rename(aside, link), 0);
        expect(place, cases[i].path, NULL);
    }
}

/* The operator's directory may be reached over a link: it is theirs. */
static void
test_the_directory_may_be_a_link(void **state)
{
    struct place *place = *state;
    CLEANUP_FREE char *link = at(place, "link");

    assert_int_equal(symlink("sockets", link), 0);
    place->directories[0] = link;
    expect(place, "link/a/vhu1", NULL);
    unlink(link);
}

static void
test_modes(void **state)
{
    const struct place *place = *state;
    CLEANUP_FREE char *a = at(place, "sockets/a");

    assert_int_equal(chmod(a, 0777), 0);
    expect(place, "sockets/a/vhu1", "writable for everybody");
    assert_int_equal(chmod(a, 0775), 0);
    expect(place, "sockets/a/vhu1", NULL);
    assert_int_equal(chmod(place->sockets, 01777), 0);
    expect(place, "sockets/a/vhu1", "writable for everybody");
    assert_int_equal(chmod(place->sockets, 0755), 0);

    if (geteuid()) {
        return;                 /* Only root can give a directory away. */
    }
    assert_int_equal(chown(a, 1000, -1), 0);
    expect(place, "sockets/a/vhu1", "belongs to user 1000");
    assert_int_equal(chown(a, 0, -1), 0);
    assert_int_equal(chown(place->sockets, 1000, -1), 0);
    expect(place, "sockets/a/vhu1", "belongs to user 1000");
}

/* A directory that is a link half of the time. */
struct race {
    char *a, *c;
    atomic_bool over;
};

static void *
swap(void *race_)
{
    struct race *race = race_;

    while (!atomic_load(&race->over)) {
        renameat2(AT_FDCWD, race->a, AT_FDCWD, race->c, RENAME_EXCHANGE);
    }
    return NULL;
}

static void
test_race(void **state)
{
    const struct place *place = *state;
    CLEANUP_FREE char *a = at(place, "sockets/a");
    CLEANUP_FREE char *c = at(place, "sockets/c");
    CLEANUP_FREE char *outside = at(place, "outside/b");
    CLEANUP_FREE char *path = at(place, "sockets/a/b/vhu1");
    struct race race = { .a = a, .c = c };
    unsigned int n_opened = 0, n_refused = 0;
    struct stat harm;
    pthread_t thread;

    assert_int_equal(symlink("../outside", c), 0);
    assert_int_equal(stat(outside, &harm), 0);
    assert_int_equal(pthread_create(&thread, NULL, swap, &race), 0);
    for (int i = 0; i < 1000000 && (i < 2000 || !n_opened || !n_refused);
         i++) {
        const char *name;
        struct stat st;
        int fd;
        CLEANUP_ERROR struct vif_error *error = openers[i % 2](
            path, place->directories, 2, &fd, &name);

        n_refused += error != NULL;
        if (!error) {
            n_opened++;
            assert_int_equal(fstat(fd, &st), 0);
            close(fd);
            if (st.st_ino == harm.st_ino && st.st_dev == harm.st_dev) {
                fail_msg("led outside");
            }
        }
    }
    atomic_store(&race.over, true);
    pthread_join(thread, NULL);
    assert_true(n_opened && n_refused);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test_setup_teardown(test_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_directory_may_be_a_link,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_race, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
