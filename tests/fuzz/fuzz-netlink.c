/* SPDX-License-Identifier: Apache-2.0 */

/* What the kernel answers, in whatever datagrams: acknowledgements with and
 * without text, dumps of many parts, notifications, cut off anywhere.  Each
 * request ends, with a verdict.
 *
 * The input is the number of a request, then datagrams, each with its length
 * in two bytes before it. */

#include <config.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/rtnl-private.h"
#include "kernel/rtnl-vf.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

#define PORT 7          /* Our address: seeds have it. */
#define MAX_DATAGRAMS 8

enum { DUMP, GET, GET_BY_NAME, SET, DELETE, DELETE_MANY, GET_VF,
       N_REQUESTS };

static void
check_link(const struct rtnl_link *link)
{
    ovs_assert(link->ifindex > 0);
    ovs_assert(memchr(link->name, '\0', sizeof link->name));
    ovs_assert(memchr(link->alias, '\0', sizeof link->alias));
    ovs_assert(memchr(link->kind, '\0', sizeof link->kind));
}

static void
check_error(struct vif_error *error)
{
    ovs_assert(!error || (error->message && *error->message));
    vif_error_destroy(error);
}

static void
request_dump(struct rtnl *rtnl)
{
    struct rtnl_link *links;
    size_t n;

    check_error(rtnl_dump(rtnl, &links, &n));
    for (size_t i = 0; i < n; i++) {
        check_link(&links[i]);
    }
    free(links);
}

static void
request_delete_many(struct rtnl *rtnl)
{
    static const int ifindexes[] = { 3, 4, 5 };
    struct vif_error *errors[ARRAY_SIZE(ifindexes)];

    rtnl_delete_many(rtnl, ifindexes, errors, ARRAY_SIZE(ifindexes));
    for (size_t i = 0; i < ARRAY_SIZE(ifindexes); i++) {
        check_error(errors[i]);
    }
}

static struct vif_error *
request_vf(struct rtnl *rtnl)
{
    struct rtnl_pf pf;
    struct vif_error *error = rtnl_get_vf(rtnl, 3, 2, &pf);

    if (!error) {
        check_link(&pf.link);
        ovs_assert(!pf.found || pf.tells);
        ovs_assert(!pf.found || pf.vf.fields & RTNL_VF_BIT(RTNL_VF_MAC));
        ovs_assert(pf.vf.spoofchk <= 1 && pf.vf.trust <= 1);
        ovs_assert(pf.vf.link_state < VIF_N_LINK_STATES);
    }
    return error;
}

static void
request(struct rtnl *rtnl, int what)
{
    const struct rtnl_change change = { .set_mtu = true, .mtu = 1500,
                                        .set_alias = true, .alias = "a" };
    struct rtnl_link link;
    struct vif_error *error = NULL;

    switch (what) {
    case DUMP:
        request_dump(rtnl);
        break;
    case GET:
    case GET_BY_NAME:
        error = (what == GET ? rtnl_get(rtnl, 3, &link)
                 : rtnl_get_by_name(rtnl, "tap0", &link));
        if (!error) {
            check_link(&link);
        }
        break;
    case SET:
        error = rtnl_set(rtnl, 3, &change);
        break;
    case DELETE:
        error = rtnl_delete(rtnl, 3);
        break;
    case DELETE_MANY:
        request_delete_many(rtnl);
        break;
    case GET_VF:
        error = request_vf(rtnl);
        break;
    default:
        OVS_NOT_REACHED();
    }
    check_error(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct fuzz_input input = { bytes, n };
    int what = fuzz_take_byte(&input) % N_REQUESTS;
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                   fds)) {
        abort();
    }
    fuzz_send_datagrams(&input, fds[1], MAX_DATAGRAMS);

    /* What is not there now never comes. */
    struct rtnl *rtnl = rtnl_create_for_test(fds[0], PORT, 0);

    request(rtnl, what);
    rtnl_close(rtnl);
    close(fds[0]);
    close(fds[1]);
    return 0;
}
