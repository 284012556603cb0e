/* SPDX-License-Identifier: Apache-2.0 */

/* The table of what can be asked for.  A request that is not well-formed in
 * every byte is refused here, before anybody looks at what it means. */

#include <config.h>

#include "privilege/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "privilege/holders.h"

/* Like the kernel's IFNAMSIZ, with the NUL. */
#define LINK_NAME_SIZE 16

/* What a verb uses of a request. */
enum use {
    USES_PCI = 1 << 0,
    USES_NUMBER = 1 << 1,
    USES_OWNER = 1 << 2,
    USES_NAME = 1 << 3,
    MAY_LACK_NAME = 1 << 4,
};

/* Everything that a verb may need. */
struct errand {
    const struct privilege_host *host;
    const struct privilege_request *request;
    char *text;
    size_t size;
    int *fdp;
};

static struct vif_error *
malformed(const char *what)
{
    return vif_error_create(VIF_ERR_INTERNAL, "the helper was asked for "
                            "something that is not well-formed: %s", what);
}

static struct vif_error *
open_tun(const struct errand *errand)
{
    char path[512];

    snprintf(path, sizeof path, "%s/net/tun", errand->host->dev);
    *errand->fdp = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    return *errand->fdp >= 0 ? NULL
           : vif_error_from_errno(errno, "open %s", path);
}

/* Never waits: a socket on which nobody accepts any more says EAGAIN. */
static struct vif_error *
connect_ovsdb(const struct errand *errand)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    uint32_t number = errand->request->number;

    if (number >= errand->host->n_ovsdb) {
        return malformed("no such socket");
    }
    memcpy(address.sun_path, errand->host->ovsdb[number],
           sizeof address.sun_path);

    CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC
                                  | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *) &address,
                          sizeof address)) {
        return vif_error_from_errno(errno, "connect to %s", address.sun_path);
    }
    *errand->fdp = fd;
    fd = -1;
    return NULL;
}

static struct vif_error *
tap_holders(const struct errand *errand)
{
    const char *name = errand->request->name;

    if (strlen(name) >= LINK_NAME_SIZE) {
        return malformed("a name that no link has");
    }
    tap_holders_describe(errand->host->proc, name, errand->text,
                         errand->size);
    return NULL;
}

static struct vif_error *
pci(const struct errand *errand)
{
    return pci_carry_out(errand->host, errand->request, errand->fdp);
}

static struct vif_error *
node(const struct errand *errand)
{
    return node_carry_out(errand->host, errand->request);
}

static struct vif_error *
close_node(const struct errand *errand)
{
    return node_close(errand->host, errand->request);
}

static struct vif_error *
check_node_unheld(const struct errand *errand)
{
    return node_check_unheld(errand->host, errand->request);
}

static const struct {
    unsigned int uses;
    struct vif_error *(*carry_out)(const struct errand *);
} verbs[PRIVILEGE_N_VERBS] = {
    [PRIVILEGE_OPEN_TUN] = { 0, open_tun },
    [PRIVILEGE_CONNECT_OVSDB] = { USES_NUMBER, connect_ovsdb },
    [PRIVILEGE_TAP_HOLDERS] = { USES_NAME, tap_holders },
    [PRIVILEGE_PCI_DRIVER_OVERRIDE] = { USES_PCI | USES_NAME | MAY_LACK_NAME,
                                        pci },
    [PRIVILEGE_PCI_PROBE] = { USES_PCI, pci },
    [PRIVILEGE_PCI_BIND] = { USES_PCI | USES_NAME, pci },
    [PRIVILEGE_PCI_UNBIND] = { USES_PCI, pci },
    [PRIVILEGE_PCI_RESET] = { USES_PCI, pci },
    [PRIVILEGE_PCI_NUMVFS] = { USES_PCI | USES_NUMBER, pci },
    [PRIVILEGE_PCI_UNHELD] = { USES_PCI, pci },
    [PRIVILEGE_PCI_VPD] = { USES_PCI, pci },
    [PRIVILEGE_TAP_NODE] = { USES_NUMBER | USES_OWNER, node },
    [PRIVILEGE_CLOSE_TAP_NODE] = { USES_NUMBER, close_node },
    [PRIVILEGE_TAP_NODE_UNHELD] = { USES_NUMBER, check_node_unheld },
    [PRIVILEGE_VDPA_NODE] = { USES_NUMBER | USES_OWNER, node },
};

static bool
is_zero(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < n; i++) {
        if (p[i]) {
            return false;
        }
    }
    return true;
}

/* A name is one word of what drivers and links are called with, so that it is
 * no path and fits into a line of text. */
static bool
name_is_fine(const char name[PRIVILEGE_NAME_SIZE])
{
    size_t length = strnlen(name, PRIVILEGE_NAME_SIZE);

    if (!length || length >= PRIVILEGE_NAME_SIZE || name[0] == '.'
        || !is_zero(name + length, PRIVILEGE_NAME_SIZE - length)) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (name[i] <= ' ' || name[i] > '~' || name[i] == '/') {
            return false;
        }
    }
    return true;
}

static bool
pci_is_fine(const struct privilege_pci *address)
{
    return (address->device < 32 && address->function < 8
            && !address->zero);
}

/* No more than reading and writing, and not by everybody. */
static bool
owner_is_fine(const struct privilege_request *request)
{
    return request->mode == UINT32_MAX || !(request->mode & ~0660U);
}

static struct vif_error *
check(const struct privilege_request *request)
{
    if (request->version != PRIVILEGE_VERSION) {
        return malformed("another version");
    } else if (request->verb >= PRIVILEGE_N_VERBS
               || !verbs[request->verb].carry_out) {
        return malformed("no such verb");
    }

    unsigned int uses = verbs[request->verb].uses;
    bool no_name = is_zero(request->name, sizeof request->name);
    if (!(uses & USES_PCI ? pci_is_fine(&request->pci)
          : is_zero(&request->pci, sizeof request->pci))) {
        return malformed("no PCI address");
    } else if (!(uses & USES_NUMBER) && request->number) {
        return malformed("a number");
    } else if (!(uses & USES_OWNER ? owner_is_fine(request)
                 : !request->uid && !request->gid && !request->mode)) {
        return malformed("owner or mode");
    } else if (!(no_name ? !(uses & USES_NAME) || uses & MAY_LACK_NAME
                 : uses & USES_NAME && name_is_fine(request->name))) {
        return malformed("a name");
    }
    return NULL;
}

struct vif_error *
privilege_carry_out(const struct privilege_host *host,
                    const struct privilege_request *request,
                    char *text, size_t size, int *fdp)
{
    struct vif_error *error = check(request);

    *fdp = -1;
    text[0] = '\0';
    if (!error) {
        const struct errand errand = { host, request, text, size, fdp };
        error = verbs[request->verb].carry_out(&errand);
    }
    return error;
}
