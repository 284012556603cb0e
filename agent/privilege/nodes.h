/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRIVILEGE_NODES_H
#define PRIVILEGE_NODES_H 1

/* Device nodes, looked at without opening their devices. */

#include <sys/stat.h>

#include <vif/error.h>

#include "privilege/privilege.h"

#define NODE_PATH_SIZE 512

/* Makes '*fdp' a descriptor (O_PATH) of node 'name' in host->dev, and fills
 * 'path' and '*st'.  VIF_ERR_REFUSED if it is no character device that the
 * kernel knows by the last word of that name. */
struct vif_error *node_look(const struct privilege_host *, const char *name,
                            char path[NODE_PATH_SIZE], int *fdp,
                            struct stat *st) VIF_WARN_UNUSED;

/* Changes the mode of what 'fd', such a descriptor, stands for. */
struct vif_error *node_set_mode(int fd, const char *path, mode_t mode)
    VIF_WARN_UNUSED;

#endif /* privilege/nodes.h */
