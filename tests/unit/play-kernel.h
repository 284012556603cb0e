/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PLAY_KERNEL_H
#define TESTS_PLAY_KERNEL_H 1

/* A netlink socket with a play-acted kernel at its other end.  The answers
 * are written before the question is asked, since both its number (the first
 * is 1) and its sender are known. */

#include <stddef.h>
#include <stdint.h>

#include "kernel/rtnl-private.h"

#define PLAY_PORT 4711
#define PLAY_TIMEOUT_MS 50

struct play {
    struct rtnl *rtnl;      /* Talks to it. */
    int fds[2];             /* Ours, the kernel's. */
};

/* For cmocka_unit_test_setup_teardown(): '*state' is the struct. */
int play_set_up(void **state);
int play_tear_down(void **state);

/* A message from the kernel, with room, and what makes it longer. */
struct nl_msg *play_answer(int type, int flags, uint32_t seq);
void play_append(struct nl_msg *, const void *bytes, size_t length);

/* An acknowledgement or error; 'echo' bytes of request follow its header. */
struct nl_msg *play_ack(uint32_t seq, int value, int flags, size_t echo);

/* Sends 'msg' and frees it. */
void play_say(struct play *, struct nl_msg *msg);

#endif /* tests/unit/play-kernel.h */
