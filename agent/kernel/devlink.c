/* SPDX-License-Identifier: Apache-2.0 */

/* See devlink.h. */

#include <config.h>

#include "kernel/devlink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/devlink.h>

#include "kernel/genl.h"
#include "kernel/rtnl-private.h"

/* All that is read comes before the mode. */
#define MAX_ATTR DEVLINK_ATTR_ESWITCH_MODE

static struct nla_policy policy[MAX_ATTR + 1] = {
    [DEVLINK_ATTR_BUS_NAME] = { .type = NLA_STRING, .minlen = 1 },
    [DEVLINK_ATTR_DEV_NAME] = { .type = NLA_STRING, .minlen = 1 },
    [DEVLINK_ATTR_ESWITCH_MODE] = { .type = NLA_U16 },
};

static bool
get_handle(struct nlattr *tb[], char handle[DEVLINK_HANDLE_SIZE])
{
    if (!tb[DEVLINK_ATTR_BUS_NAME] || !tb[DEVLINK_ATTR_DEV_NAME]) {
        return false;
    }
    int n = snprintf(handle, DEVLINK_HANDLE_SIZE, "%s/%s",
                     nla_get_string(tb[DEVLINK_ATTR_BUS_NAME]),
                     nla_get_string(tb[DEVLINK_ATTR_DEV_NAME]));
    return n > 0 && n < DEVLINK_HANDLE_SIZE;
}

static enum devlink_mode
parse_mode(uint16_t mode)
{
    static const struct {
        uint16_t value;
        enum devlink_mode mode;
    } modes[] = {
        { DEVLINK_ESWITCH_MODE_LEGACY, DEVLINK_MODE_LEGACY },
        { DEVLINK_ESWITCH_MODE_SWITCHDEV, DEVLINK_MODE_SWITCHDEV },
        /* Since Linux 6.19. */
        { DEVLINK_ESWITCH_MODE_SWITCHDEV + 1,
          DEVLINK_MODE_SWITCHDEV_INACTIVE },
    };

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (modes[i].value == mode) {
            return modes[i].mode;
        }
    }
    return DEVLINK_MODE_UNKNOWN;
}

static struct vif_error *
take_answer(const struct nlmsghdr *nlh, void *answer_)
{
    struct devlink_answer *answer = answer_;
    struct nlattr *tb[MAX_ATTR + 1];
    uint8_t command;

    if (!genl_parse(nlh, &command, tb, MAX_ATTR, policy)) {
        return genl_malformed(DEVLINK_FAMILY);
    }
    answer->known = true;
    if (tb[DEVLINK_ATTR_ESWITCH_MODE]) {
        answer->mode = parse_mode(nla_get_u16(tb[DEVLINK_ATTR_ESWITCH_MODE]));
    }
    return NULL;
}

static struct vif_error *
ask(struct genl *genl, uint8_t command, const char *handle,
    struct devlink_answer *answer)
{
    const char *address = strchr(handle, '/') + 1;
    CLEANUP_MSG struct nl_msg *msg = genl_msg(genl, command);
    char bus[DEVLINK_HANDLE_SIZE];

    snprintf(bus, sizeof bus, "%.*s", (int) (address - handle - 1), handle);
    rtnl_put(msg, DEVLINK_ATTR_BUS_NAME, bus, strlen(bus) + 1);
    rtnl_put(msg, DEVLINK_ATTR_DEV_NAME, address, strlen(address) + 1);
    return genl_request(genl, msg, take_answer, answer);
}

/* ENODEV is devlink's word for a handle that it does not know.  Whatever else
 * keeps it from telling the mode, mostly that the driver knows none
 * (EOPNOTSUPP), it may know the handle. */
struct vif_error *
devlink_get(struct genl *genl, const char *handle,
            struct devlink_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    if (!strchr(handle, '/')) {
        return NULL;
    }
    struct vif_error *error = ask(genl, DEVLINK_CMD_ESWITCH_GET, handle,
                                  answer);
    if (error && error->errnum != ENODEV) {
        vif_error_destroy(error);
        error = ask(genl, DEVLINK_CMD_GET, handle, answer);
    }
    if (error && error->errnum == ENODEV) {
        vif_error_destroy(error);
        return NULL;
    }
    return vif_error_wrap(error, "ask devlink for %s", handle);
}

bool
devlink_notified(const struct nlmsghdr *nlh, char handle[DEVLINK_HANDLE_SIZE])
{
    static const uint8_t commands[] = {
        DEVLINK_CMD_NEW, DEVLINK_CMD_DEL,
        DEVLINK_CMD_PORT_NEW, DEVLINK_CMD_PORT_DEL,
    };
    struct nlattr *tb[MAX_ATTR + 1];
    uint8_t command;

    return (genl_parse(nlh, &command, tb, MAX_ATTR, policy)
            && memchr(commands, command, sizeof commands)
            && get_handle(tb, handle));
}
