/* SPDX-License-Identifier: Apache-2.0 */

/* The clients. */

#include <config.h>

#include "rpc/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/budget.h"
#include "agent/config.h"
#include "agent/descriptors.h"
#include "engine/engine.h"
#include "lib/cleanup.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "report/details.h"
#include "rpc/events.h"
#include "rpc/session.h"
#include "rpc/turns.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(rpc_server);

#define ACCEPTS_PER_TURN 64

/* Behind max_clients there are so many more for root and vifd's own user. */
#define RESERVED_CLIENTS 16

/* What all clients get of a turn of the main loop, and the least that one
 * does. */
#define TURN_US 20000
#define SHARE_MIN_US 200
#define ACCEPT_PAUSE_MS 100     /* When descriptors have run out. */

/* SO_PEERGROUPS is of Linux 4.13; glibc learnt of it later. */
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

struct client {
    struct ovs_list node;
    struct rpc_session *session;
};

struct rpc_server {
    const struct rpc_host *host;
    struct rpc_listener listener;
    struct rpc_traffic traffic;
    struct ovs_list clients;    /* The one whose turn is next comes first. */
    size_t n_clients;
    size_t n_busy;              /* Had more to say in their last turn. */
    size_t n_due;               /* Clients in front that had no turn in this
                                 * round yet. */
    long long accept_again;     /* Not before; 0: now. */
    bool looked_again;          /* In this turn, because there was no room. */
    int reserve_fd;             /* See refuse_one(). */
};

/* A descriptor to give back when there is no other left. */
static int
open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

struct rpc_server *
rpc_server_create(const struct rpc_host *host,
                  const struct rpc_listener *listener)
{
    struct rpc_server *server = xzalloc(sizeof *server);

    server->host = host;
    server->listener = *listener;
    ovs_list_init(&server->clients);
    server->reserve_fd = open_reserve();
    return server;
}

static void
client_destroy(struct rpc_server *server, struct client *client)
{
    ovs_list_remove(&client->node);
    server->n_clients--;
    rpc_session_destroy(client->session);
    free(client);
}

void
rpc_server_destroy(struct rpc_server *server)
{
    if (server) {
        struct client *client, *next;

        LIST_FOR_EACH_SAFE (client, next, node, &server->clients) {
            client_destroy(server, client);
        }
        rpc_listener_close(&server->listener);
        if (server->reserve_fd >= 0) {
            close(server->reserve_fd);
        }
        free(server);
    }
}

/* The supplementary groups of the peer, in memory that the caller frees. */
static struct vif_error *
peer_groups(int fd, struct rpc_peer *peer)
{
    socklen_t size = 64 * sizeof *peer->groups;

    for (int i = 0; i < 4; i++) {
        uint32_t *groups = xmalloc(MAX(size, sizeof *groups));
        if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size)) {
            peer->groups = groups;
            peer->n_groups = size / sizeof *groups;
            return NULL;
        }
        free(groups);
        if (errno == ENOPROTOOPT) {
            return NULL;        /* Before Linux 4.13: the primary one only. */
        } else if (errno != ERANGE) {
            break;              /* With ERANGE, 'size' is what is needed. */
        }
    }
    return vif_error_from_errno(errno, "ask for the groups of a client");
}

static struct vif_error *
peer_of(int fd, struct rpc_peer *peer)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;

    memset(peer, 0, sizeof *peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length)) {
        return vif_error_from_errno(errno, "ask who a client is");
    }
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
    peer->pid = credentials.pid;
    return peer_groups(fd, peer);
}

/* Tells somebody who cannot be let in why, as far as the socket takes it. */
static void
turn_away(int fd, const char *why)
{
    struct vif_error *error = vif_error_with_retry(
        vif_error_create(VIF_ERR_BUSY, "%s", why), 1000);
    struct json *message = rpc_error_message(
        NULL, false, error_to_json(rpc_code_of(error), error, NULL));
    CLEANUP_FREE char *text = json_to_string(message, JSSF_SORT);
    CLEANUP_FREE char *line = xasprintf("%s\n", text);

    ignore(send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT));
    json_destroy(message);
    vif_error_destroy(error);
}

/* False if the client has left, and is no more. */
static bool
run_client(struct rpc_server *server, struct client *client)
{
    long long share_us = MAX(TURN_US / (server->n_busy + 1), SHARE_MIN_US);

    if (!rpc_session_run(client->session, share_us)) {
        client_destroy(server, client);
        return false;
    }
    return true;
}

/* Each in its turn, which nobody can make long: who had none because of the
 * others has it in the next turn of the main loop. */
static void
run_clients(struct rpc_server *server)
{
    long long end_us = time_usec() + TURN_US;
    size_t n_busy = 0;

    server->n_due = MIN(server->n_due ? server->n_due : SIZE_MAX,
                        server->n_clients);
    while (server->n_due && time_usec() < end_us) {
        struct client *client = CONTAINER_OF(
            ovs_list_pop_front(&server->clients), struct client, node);

        ovs_list_push_back(&server->clients, &client->node);
        n_busy += (run_client(server, client)
                   && rpc_session_busy(client->session));
        server->n_due--;
    }
    server->n_busy = server->n_due ? MAX(n_busy, server->n_busy) : n_busy;
}

/* Connections of user 'uid'. */
static size_t
count_clients_of(const struct rpc_server *server, uint32_t uid)
{
    const struct client *client;
    size_t n = 0;

    LIST_FOR_EACH (client, node, &server->clients) {
        n += rpc_session_caller(client->session)->peer.uid == uid;
    }
    return n;
}

/* Why 'peer' cannot be let in, in memory that the caller frees; NULL if it
 * can. */
static char *
why_not(const struct rpc_server *server, const struct rpc_peer *peer)
{
    const struct config *config = server->host->config;
    bool privileged = access_is_privileged(&server->host->access, peer);
    size_t max = (config->max_clients
                  + (privileged ? RESERVED_CLIENTS : 0));

    if (server->n_clients >= descriptors_for_clients()) {
        return xasprintf("vifd already has %"PRIuSIZE" clients, and its limit "
                         "of descriptors allows no more", server->n_clients);
    } else if (server->n_clients >= max) {
        return xasprintf("vifd already has %"PRIuSIZE" clients, max_clients "
                         "is %u", server->n_clients, config->max_clients);
    } else if (!privileged && (count_clients_of(server, peer->uid)
                               >= config->max_clients_per_user)) {
        return xasprintf("user %"PRIu32" already has %u clients, which is "
                         "max_clients_per_user", peer->uid,
                         config->max_clients_per_user);
    }

    CLEANUP_ERROR struct vif_error *error
        = privileged ? NULL : budget_check(server->host->budget, BUDGET_ADD,
                                           0);
    return error ? xstrdup(error->message) : NULL;
}

/* Takes 'peer' and 'fd' over. */
static void
client_create(struct rpc_server *server, const struct rpc_peer *peer, int fd)
{
    struct client *client = xmalloc(sizeof *client);

    client->session = rpc_session_create(server->host, &server->traffic, peer,
                                         fd);
    ovs_list_push_back(&server->clients, &client->node);
    server->n_clients++;

    /* As a rule the first request has come along. */
    run_client(server, client);
}

/* Takes 'fd' over. */
static void
let_in(struct rpc_server *server, int fd_)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 10);
    CLEANUP_CLOSE int fd = fd_;
    struct rpc_peer peer;

    struct vif_error *error = peer_of(fd, &peer);
    if (error) {
        VLOG_WARN_RL(&rl, "a client was turned away: %s", error->message);
        vif_error_destroy(error);
        return;
    }

    CLEANUP_FREE char *why = why_not(server, &peer);
    if (why && !server->looked_again) {
        /* Perhaps somebody has just left. */
        server->looked_again = true;
        run_clients(server);
        free(why);
        why = why_not(server, &peer);
    }
    if (why) {
        VLOG_WARN_RL(&rl, "a client was turned away: %s", why);
        turn_away(fd, why);
        free(peer.groups);
        return;
    }
    client_create(server, &peer, fd);
    fd = -1;
}

/* There is no descriptor left: gives back the one in reserve for as long as
 * it takes to tell somebody so.  False if not even that works. */
static bool
refuse_one(struct rpc_server *server)
{
    if (server->reserve_fd < 0) {
        return false;
    }
    close(server->reserve_fd);
    CLEANUP_CLOSE int fd = accept4(server->listener.fd, NULL, NULL,
                                   SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        turn_away(fd, "vifd has no descriptor left (RLIMIT_NOFILE)");
    }

    bool done = fd >= 0;
    if (done) {
        close(fd);
        fd = -1;
    }
    server->reserve_fd = open_reserve();
    return done;
}

static void
accept_clients(struct rpc_server *server)
{
    if (server->listener.fd < 0 || time_msec() < server->accept_again) {
        return;
    }
    server->accept_again = 0;
    if (server->reserve_fd < 0) {
        server->reserve_fd = open_reserve();
    }
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept4(server->listener.fd, NULL, NULL,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            let_in(server, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 10);
            bool none_left = errno == EMFILE || errno == ENFILE;

            VLOG_WARN_RL(&rl, "accept: %s", ovs_strerror(errno));
            if (none_left && refuse_one(server)) {
                continue;
            }
            server->accept_again = time_msec() + ACCEPT_PAUSE_MS;
            return;
        }
    }
}

void
rpc_server_run(struct rpc_server *server)
{
    server->looked_again = false;
    run_clients(server);
    accept_clients(server);
    rpc_turns_run(server->host->turns);
}

void
rpc_server_flush(struct rpc_server *server)
{
    const struct client *client;

    if (server->traffic.unsent) {
        LIST_FOR_EACH (client, node, &server->clients) {
            rpc_session_flush(client->session);
        }
    }
}

void
rpc_server_wait(struct rpc_server *server)
{
    const struct client *client;

    if (server->listener.fd >= 0) {
        if (server->accept_again) {
            poll_timer_wait_until(server->accept_again);
        } else {
            poll_fd_wait(server->listener.fd, POLLIN);
        }
    }
    LIST_FOR_EACH (client, node, &server->clients) {
        rpc_session_wait(client->session);
    }
    if (server->n_due) {
        poll_immediate_wake();
    }
    rpc_turns_wait(server->host->turns);
}

void
rpc_server_event(struct rpc_server *server, const struct engine_event *event)
{
    CLEANUP_FREE char *text = NULL;
    const struct client *client;

    LIST_FOR_EACH (client, node, &server->clients) {
        const struct rpc_caller *caller = rpc_session_caller(client->session);

        if (caller->watching && rpc_event_visible(caller, event->port_id)) {
            if (!text) {
                text = rpc_event_text(event);
            }
            rpc_session_notify(client->session, text);
        }
    }
}

void
rpc_server_stop(struct rpc_server *server)
{
    rpc_listener_close(&server->listener);
    rpc_turns_stop(server->host->turns);
}

bool
rpc_server_idle(const struct rpc_server *server)
{
    const struct client *client;

    LIST_FOR_EACH (client, node, &server->clients) {
        if (!rpc_session_idle(client->session)) {
            return false;
        }
    }
    return true;
}

void
rpc_server_get_stats(const struct rpc_server *server,
                     struct rpc_server_stats *stats)
{
    const struct client *client;

    memset(stats, 0, sizeof *stats);
    LIST_FOR_EACH (client, node, &server->clients) {
        stats->n_clients++;
        stats->n_calls += rpc_session_caller(client->session)->n_calls;
    }
}
