/* SPDX-License-Identifier: Apache-2.0 */
/* Running vifctl in tests.  See vifctl-run.h.
 *
 * VIFD_TEST_WRAPPER, if set, is put in front of each vifctl: for instance
 * "./libtool --mode=execute valgrind -q --error-exitcode=99". */

#include <config.h>

#include "tests/unit/vifctl-run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT_S 60
#define MAX_WORDS 64

static void
make_folder(struct simulated *simulated)
{
    snprintf(simulated->folder, sizeof simulated->folder,
             "/tmp/vifctl-test-XXXXXX");
    assert_non_null(mkdtemp(simulated->folder));
    snprintf(simulated->socket, sizeof simulated->socket, "%s/vifd.sock",
             simulated->folder);
    simulated->pid = 0;
}

void
simulated_absent(struct simulated *simulated)
{
    make_folder(simulated);
}

void
simulated_start(struct simulated *simulated, const char *const quirks[])
{
    const char *argv[32] = { VIFD_TOP_BUILDDIR "/tests/unit/simulated-vifd" };
    int pipe_fds[2];
    size_t n = 2;
    char ready[8];

    make_folder(simulated);
    argv[1] = simulated->socket;
    for (size_t i = 0; quirks && quirks[i]; i++) {
        argv[n++] = quirks[i];
    }
    assert_int_equal(pipe(pipe_fds), 0);
    simulated->pid = fork();
    if (!simulated->pid) {
        dup2(pipe_fds[1], STDOUT_FILENO);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        execv(argv[0], (char *const *) argv);
        _exit(127);
    }
    assert_true(simulated->pid > 0);
    close(pipe_fds[1]);
    assert_int_equal(read(pipe_fds[0], ready, sizeof ready), 6);
    close(pipe_fds[0]);
}

/* The folder has files alone. */
static void
remove_folder(const struct simulated *simulated)
{
    static const char *const names[] = { "vifd.sock", "input", "other" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];

        snprintf(path, sizeof path, "%s/%s", simulated->folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(simulated->folder), 0);
}

void
simulated_stop(struct simulated *simulated)
{
    if (simulated->pid > 0) {
        kill(simulated->pid, SIGKILL);
        waitpid(simulated->pid, NULL, 0);
    }
    remove_folder(simulated);
}

const char *
simulated_file(const struct simulated *simulated, const char *name,
               const char *text)
{
    static char paths[4][128];
    static unsigned int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", simulated->folder, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
    return path;
}

/* Outputs. */

static char *
slurp(int fd)
{
    size_t n = 0, allocated = 65536;
    char *text = malloc(allocated + 1);
    ssize_t got;

    lseek(fd, 0, SEEK_SET);
    while ((got = read(fd, text + n, allocated - n)) > 0) {
        n += got;
        if (n == allocated) {
            allocated *= 2;
            text = realloc(text, allocated + 1);
        }
    }
    text[n] = '\0';
    close(fd);
    return text;
}

static int
temporary(const char *text)
{
    char path[] = "/tmp/vifctl-run-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);

    assert_true(fd >= 0);
    unlink(path);
    if (text) {
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

/* All that a terminal gets, until its other side is closed. */
static char *
read_terminal(int master, size_t at_most)
{
    int copy = temporary(NULL);
    struct pollfd pollfd = { .fd = master, .events = POLLIN };
    char block[4096];
    size_t total = 0;
    ssize_t n;

    while ((!at_most || total < at_most)
           && poll(&pollfd, 1, LIMIT_S * 1000) > 0
           && (n = read(master, block, sizeof block)) > 0) {
        assert_int_equal(write(copy, block, n), n);
        total += n;
    }
    close(master);
    return slurp(copy);
}

static int
open_terminal(int *slave)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    *slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(*slave >= 0);
    return master;
}

static void
start_child(const struct run_options *options, const char *const argv[],
            int in, int out, int err)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(LIMIT_S);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    unsetenv("NO_COLOR");
    unsetenv("VIFD_SOCKET");
    setenv("TERM", "xterm", 1);
    for (size_t i = 0; options->environment && options->environment[i]; i++) {
        putenv((char *) options->environment[i]);
    }
    execvp(argv[0], (char *const *) argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

void
run_program(struct run *run, const struct run_options *options,
            const char *const argv[])
{
    int in = temporary(options->input);
    int out, err, master = -1, wait_status;

    if (options->terminal) {
        master = open_terminal(&out);
        err = dup(out);
    } else {
        out = temporary(NULL);
        err = temporary(NULL);
    }

    fflush(NULL);
    pid_t pid = fork();
    if (!pid) {
        start_child(options, argv, in, out, err);
    }
    assert_true(pid > 0);
    close(in);
    if (options->terminal) {
        close(out);
        close(err);
        run->out = read_terminal(master, options->read_at_most);
        run->err = strdup("");
    }
    assert_int_equal(waitpid(pid, &wait_status, 0), pid);
    if (!options->terminal) {
        run->out = slurp(out);
        run->err = slurp(err);
    }
    run->status = (WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                   : 128 + WTERMSIG(wait_status));
}

void
run_destroy(struct run *run)
{
    free(run->out);
    free(run->err);
}

/* vifctl. */

static size_t
split(char *text, const char **words, size_t n)
{
    char *word, *rest;

    for (word = strtok_r(text, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(n < MAX_WORDS - 1);
        words[n++] = word;
    }
    return n;
}

void
run_vifctl_with(struct run *run, const struct simulated *simulated,
                const struct run_options *options, const char *words)
{
    const char *wrapper = getenv("VIFD_TEST_WRAPPER");
    char *before = strdup(wrapper ? wrapper : "");
    char *after = strdup(words);
    const char *argv[MAX_WORDS] = { NULL };
    size_t n = split(before, argv, 0);

    argv[n++] = VIFD_TOP_BUILDDIR "/ctl/vifctl";
    if (simulated) {
        argv[n++] = "--socket";
        argv[n++] = simulated->socket;
    }
    n = split(after, argv, n);
    argv[n] = NULL;
    run_program(run, options, argv);
    free(before);
    free(after);
}

void
run_vifctl(struct run *run, const struct simulated *simulated,
           const char *words)
{
    run_vifctl_with(run, simulated, &(struct run_options) { .input = NULL },
                    words);
}

void
assert_status_at(const struct run *run, int status, const char *file,
                 int line)
{
    if (run->status != status) {
        /* cmocka's own function cuts long texts. */
        fprintf(stderr, "exit status %d, not %d\nstdout: %s\nstderr: %s\n",
                run->status, status, run->out, run->err);
        _fail(file, line);
    }
}

void
assert_contains_at(const char *text, const char *part, bool yes,
                   const char *file, int line)
{
    if ((strstr(text, part) != NULL) != yes) {
        fprintf(stderr, "\"%s\" is%s in:\n%s\n", part, yes ? " not" : "",
                text);
        _fail(file, line);
    }
}
