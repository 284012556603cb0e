/* SPDX-License-Identifier: Apache-2.0 */
/* See play-kernel.h. */

#include <config.h>

#include "tests/unit/play-kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include <cmocka.h>

int
play_set_up(void **state)
{
    struct play *play = calloc(1, sizeof *play);
    const int size = 1024 * 1024;

    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
                                play->fds), 0);
    setsockopt(play->fds[1], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    setsockopt(play->fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    play->rtnl = rtnl_create_for_test(play->fds[0], PLAY_PORT,
                                      PLAY_TIMEOUT_MS);
    *state = play;
    return 0;
}

int
play_tear_down(void **state)
{
    struct play *play = *state;

    rtnl_close(play->rtnl);
    close(play->fds[0]);
    close(play->fds[1]);
    free(play);
    return 0;
}

struct nl_msg *
play_answer(int type, int flags, uint32_t seq)
{
    struct nl_msg *msg = nlmsg_alloc_size(256 * 1024);

    assert_non_null(msg);
    assert_non_null(nlmsg_put(msg, PLAY_PORT, seq, type, 0, flags));
    return msg;
}

void
play_append(struct nl_msg *msg, const void *bytes, size_t length)
{
    assert_int_equal(nlmsg_append(msg, (void *) bytes, length,
                                  NLMSG_ALIGNTO), 0);
}

void
play_say(struct play *play, struct nl_msg *msg)
{
    const struct nlmsghdr *nlh = nlmsg_hdr(msg);

    assert_int_equal(send(play->fds[1], nlh, nlh->nlmsg_len, 0),
                     nlh->nlmsg_len);
    nlmsg_free(msg);
}

struct nl_msg *
play_ack(uint32_t seq, int value, int flags, size_t echo)
{
    struct nl_msg *msg = play_answer(NLMSG_ERROR, flags, seq);
    struct nlmsgerr err = { .error = value };
    static const char zeros[256];

    err.msg.nlmsg_len = NLMSG_HDRLEN + echo;
    play_append(msg, &err, sizeof err);
    play_append(msg, zeros, echo);
    return msg;
}
