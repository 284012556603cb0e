/* SPDX-License-Identifier: Apache-2.0 */
/* See own-ovs.h. */

#include <config.h>

#include "tests/unit/own-ovs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "uuid.h"

#define SCHEMA "/usr/share/openvswitch/vswitch.ovsschema"
#define MAX_ARGS 64

struct own_ovs own_ovs;
struct own_changes own_changes;
static char directory[32];

/* Programs. */

/* Starts a program, which ends with this one.  Its output goes to 'fd', its
 * messages to log files of its own and nowhere else. */
static int
spawn(const char *const args[], int fd)
{
    int pid = fork();

    assert_true(pid >= 0);
    if (!pid) {
        int null = open("/dev/null", O_RDWR);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(null, STDIN_FILENO);
        dup2(fd >= 0 ? fd : null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execvp(args[0], (char **) args);
        _exit(127);
    }
    return pid;
}

static int
wait_status(int pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        assert_int_equal(errno, EINTR);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void
own_ovs_kill(int *pid)
{
    if (*pid) {
        kill(*pid, SIGKILL);
        wait_status(*pid);
        *pid = 0;
    }
}

static bool
server_listens(void)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd CLEANUP_CLOSE = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ovs_strlcpy(sun.sun_path, own_ovs.remote + strlen("unix:"),
                sizeof sun.sun_path);
    return !connect(fd, (struct sockaddr *) &sun, sizeof sun);
}

void
own_ovs_start_server(void)
{
    char *database CLEANUP_FREE = xasprintf("%s/conf.db", directory);
    char *remote CLEANUP_FREE
        = xasprintf("--remote=p%s", own_ovs.remote);
    char *control CLEANUP_FREE = xasprintf("--unixctl=%s/s.ctl", directory);
    char *log CLEANUP_FREE = xasprintf("--log-file=%s/s.log", directory);
    const char *const args[] = { "ovsdb-server", database, remote, control,
                                 log, "--no-chdir", NULL };

    own_ovs.server = spawn(args, -1);
    UNTIL(server_listens(), , poll_timer_wait(5));
}

void
own_ovs_start_vswitchd(void)
{
    char *control CLEANUP_FREE = xasprintf("--unixctl=%s/v.ctl", directory);
    char *log CLEANUP_FREE = xasprintf("--log-file=%s/v.log", directory);
    char *pidfile CLEANUP_FREE
        = xasprintf("--pidfile=%s/ovs-vswitchd.pid", directory);
    const char *const args[] = { "ovs-vswitchd", own_ovs.remote,
                                 "--enable-dummy", "--disable-system",
                                 control, log, pidfile, "--overwrite-pidfile",
                                 "--no-chdir", NULL };

    own_ovs.vswitchd = spawn(args, -1);
}

void
own_ovs_hide_vswitchd(void)
{
    char *pidfile CLEANUP_FREE = xasprintf("%s/ovs-vswitchd.pid", directory);

    assert_int_equal(unlink(pidfile), 0);
}

/* Runs a program, stores what it writes in 'output' and returns its exit
 * status. */
static int
run(const char *const args[], char *output, size_t size)
{
    size_t length = 0;
    ssize_t got;
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    int pid = spawn(args, fds[1]);
    close(fds[1]);
    while (length < size - 1
           && (got = read(fds[0], output + length, size - 1 - length)) > 0) {
        length += got;
    }
    close(fds[0]);
    while (length && output[length - 1] == '\n') {
        length--;
    }
    output[length] = '\0';
    return wait_status(pid);
}

static int
vsctl(const char *first, va_list rest, char *output, size_t size)
{
    char *db CLEANUP_FREE = xasprintf("--db=%s", own_ovs.remote);
    const char *args[MAX_ARGS] = { "ovs-vsctl", db, "--no-wait",
                                   "--timeout=20" };
    size_t n = 4;

    for (const char *arg = first; arg; arg = va_arg(rest, const char *)) {
        assert_true(n < MAX_ARGS - 1);
        args[n++] = arg;
    }
    return run(args, output, size);
}

static char vsctl_output[65536];

const char *
own_vsctl(const char *arg, ...)
{
    va_list rest;

    va_start(rest, arg);
    int status = vsctl(arg, rest, vsctl_output, sizeof vsctl_output);
    va_end(rest);
    if (status) {
        fail_msg("ovs-vsctl %s: exit status %d", arg, status);
    }
    return vsctl_output;
}

int
own_vsctl_status(const char *arg, ...)
{
    va_list rest;

    va_start(rest, arg);
    int status = vsctl(arg, rest, vsctl_output, sizeof vsctl_output);
    va_end(rest);
    return status;
}

#define SELECT(TABLE)                                                   \
    "{\"op\":\"select\",\"table\":\"" TABLE "\",\"where\":[],"            \
    "\"columns\":[\"_uuid\",\"_version\"]}"

char *
own_row_versions(void)
{
    const char *const args[] = {
        "ovsdb-client", "--timeout=20", "query", own_ovs.remote,
        "[\"Open_vSwitch\"," SELECT("Bridge") "," SELECT("Port") ","
        SELECT("Interface") "]", NULL
    };
    char *output = xmalloc(1 << 20);

    assert_int_equal(run(args, output, 1 << 20), 0);
    return output;
}

/* The program. */

static bool
installed(const char *program)
{
    const char *const args[] = { program, "--version", NULL };

    return !wait_status(spawn(args, -1));
}

bool
own_ovs_begin(void)
{
    set_program_name("test-ovs");
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    if (access(SCHEMA, R_OK) || !installed("ovsdb-server")
        || !installed("ovs-vswitchd") || !installed("ovs-vsctl")) {
        printf("1..0 # SKIP no ovsdb-server or ovs-vswitchd is installed\n");
        return false;
    }
    return true;
}

int
own_ovs_set_up(void **state)
{
    ovs_strlcpy(directory, "/tmp/vifd-ovs.XXXXXX", sizeof directory);
    assert_non_null(mkdtemp(directory));
    snprintf(own_ovs.remote, sizeof own_ovs.remote, "unix:%s/db.sock",
             directory);
    setenv("OVS_RUNDIR", directory, 1);
    setenv("OVS_LOGDIR", directory, 1);
    setenv("OVS_DBDIR", directory, 1);
    setenv("OVS_SYSCONFDIR", directory, 1);

    char *database CLEANUP_FREE = xasprintf("%s/conf.db", directory);
    const char *const create[] = { "ovsdb-tool", "create", database, SCHEMA,
                                   NULL };
    assert_int_equal(wait_status(spawn(create, -1)), 0);
    own_ovs_start_server();
    own_vsctl("init", "--", "add-br", "br-int", "--", "set", "bridge",
              "br-int", "datapath_type=dummy", "--", "add-br", "br-other",
              "--", "set", "bridge", "br-other", "datapath_type=dummy",
              NULL);
    own_ovs_start_vswitchd();
    *state = NULL;
    return 0;
}

static int
remove_entry(const char *path, const struct stat *s OVS_UNUSED,
             int type OVS_UNUSED, struct FTW *ftw OVS_UNUSED)
{
    return remove(path);
}

int
own_ovs_tear_down(void **state OVS_UNUSED)
{
    own_ovs_kill(&own_ovs.vswitchd);
    own_ovs_kill(&own_ovs.server);
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

/* The module. */

static void
count_change(void *aux OVS_UNUSED, const char *kind, const char *name)
{
    own_changes.n++;
    snprintf(own_changes.last, sizeof own_changes.last, "%s %s", kind, name);
}

static void
count_all(void *aux OVS_UNUSED)
{
    own_changes.n_all++;
}

struct ovs *
own_ovs_create(void)
{
    const struct ovs_config config = {
        .remote = own_ovs.remote,
        .key = OWN_OVS_KEY,
        .slot_ms = 300,
        .hang_ms = 60000,
        .changed = count_change,
        .all_changed = count_all,
    };
    struct ovs *ovs = ovs_create(&config);

    OVS_UNTIL(ovs, ovs_health(ovs) == OVS_OK);
    return ovs;
}

int
own_ovs_open(void **state)
{
    if (!own_ovs.server) {
        own_ovs_start_server();
    }
    if (!own_ovs.vswitchd) {
        own_ovs_start_vswitchd();
    }
    *state = own_ovs_create();
    memset(&own_changes, 0, sizeof own_changes);
    return 0;
}

int
own_ovs_close(void **state)
{
    ovs_destroy(*state);
    if (own_ovs.server) {
        kill(own_ovs.server, SIGCONT);
    }
    if (own_ovs.vswitchd) {
        kill(own_ovs.vswitchd, SIGCONT);
    }
    return 0;
}

/* Intents. */

static void
want_committed(struct ovs_intent *intent)
{
    struct own_want *want = intent->aux;

    assert_int_equal(want->n_done, 0);
    want->n_committed++;
}

static void
want_done(struct ovs_intent *intent, struct vif_error *error)
{
    struct own_want *want = intent->aux;

    want->n_done++;
    want->error = error;
}

void
own_want_init(struct own_want *want, enum ovs_intent_kind kind,
              const char *name)
{
    memset(want, 0, sizeof *want);
    snprintf(want->port_id, sizeof want->port_id, "port-%s", name);
    vif_attrs_set(&want->args, "bridge", "br-int");
    vif_attrs_set(&want->args, "type", "dummy");
    vif_attrs_set(&want->args, "device", "required");
    vif_attrs_setf(&want->args, "external_ids:iface-id", "id-%s", name);
    vif_attrs_set(&want->args, "external_ids:iface-status", "active");
    want->intent = (struct ovs_intent) {
        .kind = kind,
        .port_id = want->port_id,
        .name = xstrdup(name),
        .args = &want->args,
        .deadline = time_msec() + UNTIL_MS,
        .committed = want_committed,
        .done = want_done,
        .aux = want,
    };
    uuid_generate(&want->intent.port_uuid);
    uuid_generate(&want->intent.iface_uuid);
}

void
own_want_destroy(struct own_want *want)
{
    free(CONST_CAST(char *, want->intent.name));
    vif_attrs_destroy(&want->args);
    vif_error_destroy(want->error);
}

void
own_want_submit(struct ovs *ovs, struct own_want *want)
{
    vif_error_destroy(want->error);
    want->error = NULL;
    want->n_done = want->n_committed = 0;
    want->intent.deadline = time_msec() + UNTIL_MS;
    ovs_submit(ovs, &want->intent);
    assert_int_equal(want->n_done, 0);
}

const struct vif_error *
own_want_run(struct ovs *ovs, struct own_want *want)
{
    own_want_submit(ovs, want);
    OVS_UNTIL(ovs, want->n_done);
    assert_int_equal(want->n_done, 1);
    return want->error;
}

static void
run_one(struct ovs *ovs, enum ovs_intent_kind kind, const char *name)
{
    struct own_want want;

    own_want_init(&want, kind, name);
    if (own_want_run(ovs, &want)) {
        fail_msg("%s: %s", name, want.error->message);
    }
    own_want_destroy(&want);
}

void
own_plug(struct ovs *ovs, const char *name)
{
    run_one(ovs, OVS_PORT_ENSURE, name);
}

void
own_unplug(struct ovs *ovs, const char *name)
{
    run_one(ovs, OVS_PORT_REMOVE, name);
}
