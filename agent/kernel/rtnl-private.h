/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RTNL_PRIVATE_H
#define KERNEL_RTNL_PRIVATE_H 1

/* Between the files of rtnetlink (and their tests): requests and their
 * answers, and how a link is read from a message.  Beyond those, only the
 * files of generic netlink include this. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "kernel/rtnl.h"
#include "lib/cleanup.h"

/* Requests that may share one datagram.  Their acknowledgements must fit into
 * the socket's receive buffer together. */
#define RTNL_MAX_REQUESTS 64

struct rtnl {
    int fd;
    bool keeps_fd;              /* False: 'fd' is a test's. */
    uint32_t port;              /* Our address: what answers are sent to. */
    uint32_t seq;               /* Of the next request. */
    int timeout_ms;             /* For the answers to one datagram. */
    char *buf;                  /* Where answers are received. */
    size_t size;

    /* For tests: called when links have been moved into 'group', before its
     * members are read again. */
    void (*moved)(void *aux, uint32_t group);
    void *moved_aux;
};

/* rtnl-socket.c. */

/* A socket to the kernel, without any options; the caller closes.  'portp',
 * which may be NULL, is its address. */
struct vif_error *rtnl_socket_open(int *fdp, uint32_t *portp);

/* The same, and rtnl_open(), for another protocol than NETLINK_ROUTE. */
struct vif_error *rtnl_socket_open_protocol(int protocol, int *fdp,
                                            uint32_t *portp);
struct vif_error *rtnl_open_protocol(int protocol, struct rtnl **);

/* Talks to whoever is at the other end of 'fd', which the caller keeps. */
struct rtnl *rtnl_create_for_test(int fd, uint32_t port, int timeout_ms);

long long rtnl_now_ms(void);    /* CLOCK_MONOTONIC. */

/* Called for each answer that is neither an acknowledgement nor the end of a
 * dump.  An error ends the request with it. */
typedef struct vif_error *rtnl_reply_cb(const struct nlmsghdr *, void *aux);

/* Sends 'msg' and blocks until it is answered: by an acknowledgement, an
 * error or, if it asks for no acknowledgement, one reply.  'reply' may be
 * NULL. */
struct vif_error *rtnl_request(struct rtnl *, struct nl_msg *msg,
                               rtnl_reply_cb *reply, void *aux);

/* The same for a dump: 'reply' is called for each message.  Sets
 * '*interruptedp' if what was dumped changed meanwhile, so that something may
 * have been left out or told twice. */
struct vif_error *rtnl_request_dump(struct rtnl *, struct nl_msg *msg,
                                    rtnl_reply_cb *reply, void *aux,
                                    bool *interruptedp);

/* Sends at most RTNL_MAX_REQUESTS in one datagram; the kernel carries out
 * each of them whatever became of those before.  Stores each one's result. */
void rtnl_request_many(struct rtnl *, struct nl_msg *const *msgs,
                       struct vif_error **errors, size_t n);

/* rtnl-link.c. */

/* A message that begins with 'header', with a page of room.  Never NULL; the
 * caller frees. */
struct nl_msg *rtnl_msg(int type, int flags, const void *header, size_t size);

/* A message about link 'ifindex' (0: none in particular) with a page of room.
 * Never NULL; the caller frees. */
struct nl_msg *rtnl_link_msg(int type, int flags, int ifindex);
void rtnl_msg_cleanup(struct nl_msg **);        /* Points to NULL: nothing. */
#define CLEANUP_MSG CLEANUP(rtnl_msg_cleanup)

/* Appends an attribute.  Everything that is put into a message here is short,
 * so that running out of room is a bug, which ends the program. */
void rtnl_put(struct nl_msg *, int type, const void *, size_t length);
void rtnl_put_u32(struct nl_msg *, int type, uint32_t);

/* A question about link 'ifindex' or about all (0). */
struct nl_msg *rtnl_question(int ifindex);

/* Reads an RTM_NEWLINK or RTM_DELLINK.  False if it makes no sense or is not
 * about a link by itself (a bridge's port, a wireless event). */
bool rtnl_link_parse(const struct nlmsghdr *, struct rtnl_link *);

/* RTM_NEWLINK that makes 'change' on the link that is there.  Its alias must
 * be shorter than RTNL_ALIAS_SIZE. */
struct nl_msg *rtnl_change_msg(int ifindex, const struct rtnl_change *);

/* Calls 'visit' for each link.  When the kernel says that the dump was
 * interrupted, 'restart' is called and all is told again. */
typedef struct vif_error *rtnl_visit_cb(const struct rtnl_link *, void *aux);
struct vif_error *rtnl_walk(struct rtnl *, rtnl_visit_cb *visit,
                            void (*restart)(void *aux), void *aux);

/* rtnl-qdisc.c.  Gives a link that is down the queueing discipline "noqueue",
 * if the kernel has it; otherwise leaves it as it is. */
struct vif_error *rtnl_set_noqueue(struct rtnl *, int ifindex);

/* rtnl-upper.c: what IFLA_INFO_DATA says of these kinds.  False if it makes no
 * sense. */
bool rtnl_parse_macvtap(struct nlattr *data, struct rtnl_link *);
bool rtnl_parse_vlan(struct nlattr *data, struct rtnl_link *);

/* rtnl-monitor.c. */

struct rtnl_monitor;
int rtnl_monitor_fd(const struct rtnl_monitor *);       /* For tests. */

#endif /* kernel/rtnl-private.h */
