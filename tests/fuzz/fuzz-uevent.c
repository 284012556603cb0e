/* SPDX-License-Identifier: Apache-2.0 */

/* What comes from the kernel, or from whoever can send to that group, about
 * devices: any bytes are an event, or none. */

#include <config.h>

#include "kernel/uevent.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

/* Whether 's' lies in the message with all of its text. */
static bool
is_within(const char *s, const char *buf, size_t n)
{
    return s >= buf && s < buf + n && memchr(s, 0, buf + n - s);
}

/* The bytes end where the memory does, so that the sanitizer sees who reads
 * on. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *buf = xmemdup(bytes, n);
    struct uevent event;

    if (uevent_parse(buf, n, &event)) {
        ovs_assert(event.action <= UEVENT_OTHER);
        ovs_assert(is_within(event.devpath, buf, n));
        ovs_assert(event.devpath[0] == '/');
        ovs_assert(is_within(event.name, buf, n));
        ovs_assert(event.name[0] && !strchr(event.name, '/'));
        ovs_assert(is_within(event.subsystem, buf, n));
        ovs_assert(!event.driver || is_within(event.driver, buf, n));
    }
    free(buf);
    return 0;
}
