/* SPDX-License-Identifier: Apache-2.0 */

/* Owner and mode of a macvtap's node.  The helper changes them. */

#include <config.h>

#include "steps/macvtap-node.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include <vif/binding.h>

#include "privilege/privilege.h"

#define WAIT_MS 2000
#define PAUSE_MS 20

static long long
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

const char *
macvtap_node_path(int ifindex, char buf[MACVTAP_NODE_SIZE])
{
    snprintf(buf, MACVTAP_NODE_SIZE, "/dev/tap%d", ifindex);
    return buf;
}

/* What the node must be like; UINT32_MAX: whatever it is. */
static struct privilege_owner
wanted(uint32_t uid, uint32_t gid)
{
    return (struct privilege_owner) {
        .uid = uid,
        .gid = gid,
        .mode = (gid != VIF_NO_ID && gid ? 0660
                 : uid != VIF_NO_ID || gid != VIF_NO_ID ? 0600 : UINT32_MAX),
    };
}

/* The kernel makes the node in devtmpfs before it answers, so that nobody
 * waits; udev, which may have to make it elsewhere, announces nothing that
 * could be waited for. */
struct vif_error *
macvtap_node_give(int ifindex, uint32_t uid, uint32_t gid, long long deadline)
{
    const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
    const struct privilege_owner owner = wanted(uid, gid);
    long long limit = now_ms() + WAIT_MS;

    if (deadline && deadline < limit) {
        limit = deadline;
    }
    for (;;) {
        struct vif_error *error = privilege_give_tap_node(ifindex, &owner);

        if (!error || error->errnum != ENOENT || now_ms() >= limit) {
            return error;
        }
        vif_error_destroy(error);
        nanosleep(&pause, NULL);
    }
}

struct vif_error *
macvtap_node_check(int ifindex, uint32_t uid, uint32_t gid)
{
    const struct privilege_owner owner = wanted(uid, gid);
    char path[MACVTAP_NODE_SIZE];
    struct stat st;

    macvtap_node_path(ifindex, path);
    if (stat(path, &st)) {
        return (errno == ENOENT
                ? vif_error_create(VIF_ERR_NOT_FOUND, "%s is not there", path)
                : vif_error_from_errno(errno, "look at %s", path));
    } else if ((uid != VIF_NO_ID && st.st_uid != uid)
               || (gid != VIF_NO_ID && st.st_gid != gid)) {
        return vif_error_create(
            VIF_ERR_CONFLICT, "%s belongs to user %"PRIuMAX" and group "
            "%"PRIuMAX" instead of %"PRIdMAX" and %"PRIdMAX, path,
            (uintmax_t) st.st_uid, (uintmax_t) st.st_gid,
            (intmax_t) (uid != VIF_NO_ID ? uid : st.st_uid),
            (intmax_t) (gid != VIF_NO_ID ? gid : st.st_gid));
    } else if (owner.mode != UINT32_MAX
               && (st.st_mode & 07777) != owner.mode) {
        return vif_error_create(VIF_ERR_CONFLICT, "%s has mode %04o instead "
                                "of %04o", path,
                                (unsigned int) st.st_mode & 07777,
                                owner.mode);
    }
    return NULL;
}
