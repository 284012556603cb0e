/* SPDX-License-Identifier: Apache-2.0 */

/* What the kernel says about links.  It is trusted, but it grows: attributes
 * of other lengths and nestings than today's must not be read beyond. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "kernel/rtnl-private.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct rtnl_link link;

    if (n >= sizeof(struct nlmsghdr)) {
        struct nlmsghdr *header = xmemdup(bytes, n);

        header->nlmsg_len = n;
        header->nlmsg_type = n % 2 ? RTM_NEWLINK : RTM_DELLINK;
        if (rtnl_link_parse(header, &link)) {
            ovs_assert(memchr(link.name, '\0', sizeof link.name));
            ovs_assert(memchr(link.alias, '\0', sizeof link.alias));
            ovs_assert(memchr(link.kind, '\0', sizeof link.kind));
            ovs_assert(memchr(link.parent, '\0', sizeof link.parent));
        }
        free(header);
    }
    return 0;
}
