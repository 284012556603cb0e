/* SPDX-License-Identifier: Apache-2.0 */

/* The process: command line, signals, and the loop in which the daemon has
 * its turns.  What the daemon is made of is vifd.c's business. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/descriptors.h"
#include "agent/systemd.h"
#include "agent/vifd.h"
#include "command-line.h"
#include "daemon.h"
#include "dirs.h"
#include "fatal-signal.h"
#include "lib/cleanup.h"
#include "memory.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "simap.h"
#include "unixctl.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(main);

/* Of threads; nothing recurses or keeps much on it. */
#define STACK_SIZE (1024 * 1024)

/* Before trying again when there are no descriptors. */
#define EXHAUSTED_PAUSE_MS 100

/* From the command line. */
struct options {
    struct vifd_options vifd;
    const char *unixctl;
    const char *pidfile;        /* NULL: none. */
    bool check_config;
    bool restore;
    int time_limit;             /* Of --restore, in seconds. */
    bool log_chosen;            /* With -v. */
};

/* Signals are remembered and looked at in the main loop; the descriptor wakes
 * it up. */
static int signal_fd = -1;
static volatile sig_atomic_t stop_signal, reload_signal;

static void
handle_signal(int number)
{
    int saved_errno = errno;

    if (number == SIGHUP) {
        reload_signal = 1;
    } else {
        stop_signal = number;
    }
    ignore(write(signal_fd, &(uint64_t) { 1 }, sizeof(uint64_t)));
    errno = saved_errno;
}

/* To be called behind daemonize_start(), so that the processes that wait for
 * this one keep Open vSwitch's handlers, which end them. */
static void
catch_signals(void)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
    const struct sigaction action = {
        .sa_handler = handle_signal,
        .sa_flags = SA_RESTART,
    };

    signal_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (signal_fd < 0) {
        VLOG_FATAL("eventfd: %s", ovs_strerror(errno));
    }
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        sigaction(numbers[i], &action, NULL);
    }
}

static void
run_signals(struct vifd *vifd)
{
    uint64_t n;

    ignore(read(signal_fd, &n, sizeof n));
    if (reload_signal) {
        reload_signal = 0;
        vifd_reload(vifd);
    }
    if (stop_signal) {
        vifd_stop(vifd, stop_signal == SIGINT ? "SIGINT" : "SIGTERM");
        stop_signal = 0;
    }
}

/* ovs-appctl. */

static void
exit_command(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *vifd)
{
    vifd_stop(vifd, "ovs-appctl exit");
    unixctl_command_reply(conn, NULL);
}

static void
reload_command(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[] OVS_UNUSED, void *vifd)
{
    vifd_reload(vifd);
    unixctl_command_reply(conn, NULL);
}

static void
stats_command(struct unixctl_conn *conn, int argc OVS_UNUSED,
              const char *argv[] OVS_UNUSED, void *vifd)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    vifd_format_stats(vifd, &ds);
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

static void
register_commands(struct vifd *vifd)
{
    unixctl_command_register("exit", "", 0, 0, exit_command, vifd);
    unixctl_command_register("vifd/reload", "", 0, 0, reload_command, vifd);
    unixctl_command_register("vifd/stats", "", 0, 0, stats_command, vifd);
}

/* Never destroyed: at the end of the process Open vSwitch's library removes
 * the socket without a word if that fails.  It fails where the directory is
 * root's; then it is the helper's task. */
static struct unixctl_server *unixctl;

/* What the files are called that vifd makes for ovs-appctl, as the functions
 * that make them call them. */
static void
name_files(struct options *options)
{
    const char *dir = ovs_rundir();

    if (options->pidfile) {
        options->vifd.pidfile = abs_file_name(dir, options->pidfile);
    }
    options->vifd.unixctl
        = (options->unixctl ? abs_file_name(dir, options->unixctl)
           : xasprintf("%s/%s.%ld.ctl", dir, program_name, (long) getpid()));
}

/* Why no socket could be made at 'path', where Open vSwitch says 'error': it
 * forgets the reason while it tidies up. */
static int
why_no_socket(const char *path, int error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        return errno;
    }
    close(fd);
    unlink(path);
    return error;
}

/* Without a control socket vifd works all the same, as long as none was asked
 * for: Open vSwitch's run directory may not be there yet. */
static void
open_unixctl(const char *path)
{
    int retval = unixctl_server_create(path, &unixctl);

    if (retval && path) {
        VLOG_FATAL("cannot listen on %s for ovs-appctl: %s", path,
                   ovs_strerror(why_no_socket(path, retval)));
    } else if (retval) {
        VLOG_WARN("ovs-appctl will not reach this vifd: %s",
                  ovs_strerror(retval));
    }
}

/* Command line. */

OVS_NO_RETURN static void
usage(void)
{
    printf("%s: plugs the ports of virtual machines\n"
           "usage: %s [OPTIONS]\n"
           "\n"
           "  --config=FILE           read FILE (default: %s/vifd/vifd.yaml,"
           "\n                          if it is there)\n"
           "  --check-config          say whether the configuration is fine, "
           "then exit\n"
           "  --restore               let the vifd that runs put every port "
           "back;\n"
           "                          say which it cannot, then exit\n"
           "  --time-limit=SECONDS    for --restore (default: 90)\n"
           "  --socket=PATH           listen there, whatever the file says\n"
           "  --journal=FILE          likewise for these\n"
           "  --plugins=DIRECTORY\n"
           "  --ovsdb=REMOTE\n"
           "  --unixctl=SOCKET        listen there for ovs-appctl\n"
           "  -h, --help              print this\n"
           "  -V, --version           print the version\n",
           program_name, program_name, VIFD_SYSCONFDIR);
    daemon_usage();
    vlog_usage();
    exit(EXIT_SUCCESS);
}

static void
parse_options(int argc, char *argv[], struct options *options)
{
    enum {
        OPT_CONFIG = UCHAR_MAX + 1,
        OPT_CHECK_CONFIG,
        OPT_RESTORE,
        OPT_TIME_LIMIT,
        OPT_SOCKET,
        OPT_JOURNAL,
        OPT_PLUGINS,
        OPT_OVSDB,
        OPT_UNIXCTL,
        DAEMON_OPTION_ENUMS,
        VLOG_OPTION_ENUMS,
    };
    static const struct option long_options[] = {
        { "config", required_argument, NULL, OPT_CONFIG },
        { "check-config", no_argument, NULL, OPT_CHECK_CONFIG },
        { "restore", no_argument, NULL, OPT_RESTORE },
        { "time-limit", required_argument, NULL, OPT_TIME_LIMIT },
        { "socket", required_argument, NULL, OPT_SOCKET },
        { "journal", required_argument, NULL, OPT_JOURNAL },
        { "plugins", required_argument, NULL, OPT_PLUGINS },
        { "ovsdb", required_argument, NULL, OPT_OVSDB },
        { "unixctl", required_argument, NULL, OPT_UNIXCTL },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        DAEMON_LONG_OPTIONS,
        VLOG_LONG_OPTIONS,
        { NULL, 0, NULL, 0 },
    };
    CLEANUP_FREE char *short_options =
        ovs_cmdl_long_options_to_short_options(long_options);

    for (;;) {
        int c = getopt_long(argc, argv, short_options, long_options, NULL);
        if (c == -1) {
            break;
        }

        options->log_chosen |= c == 'v';
        if (c == OPT_USER_GROUP) {
            /* Not as Open vSwitch's daemons do it: they keep more. */
            options->vifd.user = optarg;
            continue;
        } else if (c == OPT_PIDFILE) {
            options->pidfile = optarg ? optarg : "vifd.pid";
        }
        switch (c) {
        case OPT_CONFIG:
            options->vifd.config = optarg;
            break;
        case OPT_CHECK_CONFIG:
            options->check_config = true;
            break;
        case OPT_RESTORE:
            options->restore = true;
            break;
        case OPT_TIME_LIMIT:
            if (!str_to_int(optarg, 10, &options->time_limit)
                || options->time_limit < 1 || options->time_limit > 3600) {
                VLOG_FATAL("%s: the time limit must be 1 to 3600 seconds",
                           optarg);
            }
            break;
        case OPT_SOCKET:
            options->vifd.socket = optarg;
            break;
        case OPT_JOURNAL:
            options->vifd.journal = optarg;
            break;
        case OPT_PLUGINS:
            options->vifd.plugins = optarg;
            break;
        case OPT_OVSDB:
            options->vifd.ovsdb = optarg;
            break;
        case OPT_UNIXCTL:
            options->unixctl = optarg;
            break;
        case 'h':
            usage();
        case 'V':
            ovs_print_version(0, 0);
            exit(EXIT_SUCCESS);
        VLOG_OPTION_HANDLERS
        DAEMON_OPTION_HANDLERS
        case '?':
            exit(EXIT_FAILURE);
        default:
            abort();
        }
    }
    if (optind < argc) {
        VLOG_FATAL("%s: vifd takes no arguments, only options", argv[optind]);
    }
}

/* In the foreground the log goes to stderr, which the service manager keeps;
 * detached, unless -v says otherwise, to syslog. */
static void
choose_log(bool detached)
{
    vlog_set_levels(NULL, VLF_SYSLOG, detached ? VLL_INFO : VLL_OFF);
    vlog_set_levels(NULL, VLF_CONSOLE, detached ? VLL_OFF : VLL_INFO);
}

/* Says why the daemon cannot be started, and ends it. */
OVS_NO_RETURN static void
give_up(const char *what, struct vif_error *error)
{
    char why[1024];

    ovs_strlcpy(why, error->message, sizeof why);
    vif_error_destroy(error);
    systemd_notify("STATUS=%s%s", what, why);
    VLOG_FATAL("%s%s", what, why);
}

/* Main loop. */

static void
run_memory(const struct vifd *vifd)
{
    memory_run();
    if (memory_should_report()) {
        struct simap usage = SIMAP_INITIALIZER(&usage);

        vifd_get_memory_usage(vifd, &usage);
        memory_report(&usage);
        simap_destroy(&usage);
    }
}

/* Without a descriptor Open vSwitch's server would try to accept again and
 * again. */
static void
wait_for_unixctl(void)
{
    if (descriptors_exhausted()) {
        poll_timer_wait(EXHAUSTED_PAUSE_MS);
    } else {
        unixctl_server_wait(unixctl);
    }
}

static void
loop(struct vifd *vifd)
{
    while (!vifd_stopped(vifd)) {
        run_memory(vifd);
        run_signals(vifd);
        if (unixctl) {
            unixctl_server_run(unixctl);
        }
        vifd_run(vifd);

        memory_wait();
        poll_fd_wait(signal_fd, POLLIN);
        if (unixctl) {
            wait_for_unixctl();
        }
        vifd_wait(vifd);
        if (vifd_stopped(vifd)) {
            poll_immediate_wake();
        }
        poll_block();
    }
}

/* A thread's stack is memory that RLIMIT_AS and RLIMIT_DATA count whether it
 * is used or not, and without it the thread cannot start. */
static void
limit_stacks(void)
{
    pthread_attr_t attr;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    pthread_setattr_default_np(&attr);
    pthread_attr_destroy(&attr);
}

int
main(int argc, char *argv[])
{
    /* As long as the process. */
    static struct options options = { .time_limit = 90 };
    struct vifd *vifd;

    /* One arena: the workers allocate little, and each arena of its own would
     * cost more than the lock. */
    mallopt(M_ARENA_MAX, 1);
    limit_stacks();
    ovs_set_program_name(argv[0], PACKAGE_VERSION);
    ovsthread_id_init();
    ovs_cmdl_proctitle_init(argc, argv);
    choose_log(false);
    parse_options(argc, argv, &options);
    if (get_detach() && !options.log_chosen) {
        choose_log(true);
    }
    fatal_ignore_sigpipe();

    if (options.check_config) {
        struct vif_error *error = vifd_check_config(&options.vifd);
        if (error) {
            give_up("", error);
        }
        return EXIT_SUCCESS;
    }
    if (options.restore) {
        return (vifd_restore(&options.vifd, options.time_limit * 1000u)
                ? EXIT_SUCCESS : EXIT_FAILURE);
    }

    daemonize_start(true);
    catch_signals();
    uuid_init();        /* It reads /dev/urandom, or ends the process: not when
                         * there may be no descriptor left for that. */
    systemd_init();
    open_unixctl(options.unixctl);
    name_files(&options);
    struct vif_error *error = vifd_create(&options.vifd, &vifd);
    if (error) {
        give_up("cannot start: ", error);
    }
    register_commands(vifd);
    daemonize_complete();

    loop(vifd);

    int status = vifd_failed(vifd) ? EXIT_FAILURE : EXIT_SUCCESS;
    vifd_destroy(vifd);
    VLOG_INFO("stopped");
    return status;
}
