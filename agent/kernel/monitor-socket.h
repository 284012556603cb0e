/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_MONITOR_SOCKET_H
#define KERNEL_MONITOR_SOCKET_H 1

/* A netlink socket that the kernel sends notifications to, for the main loop:
 * it never blocks.  What the kernel could not deliver is said to be lost, not
 * guessed.  Knows nothing about what they are of. */

#include <stdbool.h>
#include <stddef.h>

struct nlmsghdr;

/* Gives it room for 'size' bytes of notifications, as the kernel counts them;
 * without CAP_NET_ADMIN net.core.rmem_max is the most. */
void monitor_socket_enlarge(int fd, int size);

/* Receives the next datagram: '*np' bytes in 'buf', 0 if it is not the
 * kernel's.  Calls 'lost' if some did not arrive, or not whole.  False if
 * there is no more for now. */
bool monitor_socket_receive(int fd, void *buf, size_t size, size_t *np,
                            void (*lost)(void *aux), void *aux);

/* The same for a protocol of struct nlmsghdr: calls 'notify' for each message
 * of the next datagram. */
bool monitor_socket_notify(int fd, void *buf, size_t size,
                           void (*notify)(void *monitor,
                                          const struct nlmsghdr *),
                           void *monitor, void (*lost)(void *aux), void *aux);

#endif /* kernel/monitor-socket.h */
