/* SPDX-License-Identifier: Apache-2.0 */
/* See fake-sysfs.h. */

#include <config.h>

#include "tests/unit/fake-sysfs.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "inventory/pci-address.h"
#include "lib/alloc.h"
#include "lib/cleanup.h"

#define PCI_FOLDER "devices/pci0000:00"

int
fake_sysfs_set_up(void **state)
{
    struct fake_sysfs *sysfs = vif_xcalloc(1, sizeof *sysfs);

    strcpy(sysfs->root, "/tmp/vifd-test-sysfs-XXXXXX");
    assert_non_null(mkdtemp(sysfs->root));
    *state = sysfs;
    return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type,
           struct FTW *ftw)
{
    (void) st;
    (void) type;
    (void) ftw;
    return remove(path);
}

int
fake_sysfs_tear_down(void **state)
{
    struct fake_sysfs *sysfs = *state;
    int failure = nftw(sysfs->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);

    free(sysfs);
    return failure;
}

#define FULL_PATH(SYSFS, FMT)                               \
    __extension__ ({                                        \
        va_list args__;                                     \
        va_start(args__, FMT);                              \
        char *path__ = vif_xvasprintf(FMT, args__);         \
        va_end(args__);                                     \
        char *full__ = vif_xasprintf("%s/%s", (SYSFS)->root, path__); \
        free(path__);                                       \
        full__;                                             \
    })

/* Makes the folders above 'path'. */
static void
make_folders(char *path)
{
    for (char *s = strchr(path + 1, '/'); s; s = strchr(s + 1, '/')) {
        *s = '\0';
        assert_true(!mkdir(path, 0700) || errno == EEXIST);
        *s = '/';
    }
}

static void
write_file(char *path, const void *bytes, size_t n, const char *end)
{
    make_folders(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_true(fputs(end, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void
fake_sysfs_write(struct fake_sysfs *sysfs, const char *value,
                 const char *fmt, ...)
{
    CLEANUP_FREE char *path = FULL_PATH(sysfs, fmt);

    write_file(path, value, strlen(value), "\n");
}

void
fake_sysfs_write_bytes(struct fake_sysfs *sysfs, const void *bytes, size_t n,
                       const char *fmt, ...)
{
    CLEANUP_FREE char *path = FULL_PATH(sysfs, fmt);

    write_file(path, bytes, n, "");
}

void
fake_sysfs_link(struct fake_sysfs *sysfs, const char *target,
                const char *fmt, ...)
{
    CLEANUP_FREE char *path = FULL_PATH(sysfs, fmt);

    make_folders(path);
    unlink(path);
    assert_int_equal(symlink(target, path), 0);
}

void
fake_sysfs_remove(struct fake_sysfs *sysfs, const char *fmt, ...)
{
    CLEANUP_FREE char *path = FULL_PATH(sysfs, fmt);

    assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void
add_function(struct fake_sysfs *sysfs, const char *address,
             const char *product, const char *driver)
{
    CLEANUP_FREE char *device
        = vif_xasprintf("../../../" PCI_FOLDER "/%s", address);
    CLEANUP_FREE char *bound
        = vif_xasprintf("../../../bus/pci/drivers/%s", driver);

    fake_sysfs_write(sysfs, "0x8086", PCI_FOLDER "/%s/vendor", address);
    fake_sysfs_write(sysfs, product, PCI_FOLDER "/%s/device", address);
    fake_sysfs_write(sysfs, "0x020000", PCI_FOLDER "/%s/class", address);
    fake_sysfs_write(sysfs, "0", PCI_FOLDER "/%s/numa_node", address);
    fake_sysfs_link(sysfs, bound, PCI_FOLDER "/%s/driver", address);
    fake_sysfs_link(sysfs, device, "bus/pci/devices/%s", address);
}

void
fake_sysfs_pci(struct fake_sysfs *sysfs, const char *address)
{
    add_function(sysfs, address, "0x1572", "i40e");
}

static void
vf_address(const char *pf, unsigned int number, char buf[PCI_ADDRESS_SIZE])
{
    struct pci_address address;

    assert_true(pci_address_from_string(pf, &address));
    unsigned int function = address.slot * 8 + address.function + 8 + number;
    address.bus += function / 256;
    address.slot = function / 8 % 32;
    address.function = function % 8;
    pci_address_format(&address, buf);
}

void
fake_sysfs_add_vf(struct fake_sysfs *sysfs, const char *pf,
                  unsigned int number)
{
    CLEANUP_FREE char *up = vif_xasprintf("../%s", pf);
    char address[PCI_ADDRESS_SIZE];

    vf_address(pf, number, address);
    CLEANUP_FREE char *down = vif_xasprintf("../%s", address);
    add_function(sysfs, address, "0x154c", "iavf");
    fake_sysfs_link(sysfs, up, PCI_FOLDER "/%s/physfn", address);
    fake_sysfs_link(sysfs, down, PCI_FOLDER "/%s/virtfn%u", pf, number);
}

void
fake_sysfs_remove_vf(struct fake_sysfs *sysfs, const char *pf,
                     unsigned int number)
{
    char address[PCI_ADDRESS_SIZE];

    vf_address(pf, number, address);
    fake_sysfs_remove(sysfs, PCI_FOLDER "/%s/virtfn%u", pf, number);
    fake_sysfs_remove(sysfs, "bus/pci/devices/%s", address);
    fake_sysfs_remove(sysfs, PCI_FOLDER "/%s", address);
}

static bool
has_vf(const struct fake_sysfs *sysfs, const char *pf, unsigned int number)
{
    CLEANUP_FREE char *path = vif_xasprintf("%s/" PCI_FOLDER "/%s/virtfn%u",
                                            sysfs->root, pf, number);
    struct stat st;

    return !lstat(path, &st);
}

void
fake_sysfs_vfs(struct fake_sysfs *sysfs, const char *pf, unsigned int n,
               unsigned int max)
{
    CLEANUP_FREE char *n_text = vif_xasprintf("%u", n);
    CLEANUP_FREE char *max_text = vif_xasprintf("%u", max);

    fake_sysfs_write(sysfs, n_text, PCI_FOLDER "/%s/sriov_numvfs", pf);
    fake_sysfs_write(sysfs, max_text, PCI_FOLDER "/%s/sriov_totalvfs", pf);
    fake_sysfs_write(sysfs, "154c", PCI_FOLDER "/%s/sriov_vf_device", pf);
    for (unsigned int i = 0; i < max; i++) {
        if (i < n) {
            fake_sysfs_add_vf(sysfs, pf, i);
        } else if (has_vf(sysfs, pf, i)) {
            fake_sysfs_remove_vf(sysfs, pf, i);
        }
    }
}

void
fake_sysfs_netdev(struct fake_sysfs *sysfs, const char *folder,
                  const char *name, int ifindex, const char *switch_id,
                  const char *port_name)
{
    CLEANUP_FREE char *index = vif_xasprintf("%d", ifindex);
    CLEANUP_FREE char *mac = vif_xasprintf("02:00:00:00:%02x:%02x",
                                           ifindex >> 8 & 255u,
                                           ifindex & 255u);

    fake_sysfs_write(sysfs, index, "%s/net/%s/ifindex", folder, name);
    fake_sysfs_write(sysfs, mac, "%s/net/%s/address", folder, name);
    if (switch_id) {
        fake_sysfs_write(sysfs, switch_id, "%s/net/%s/phys_switch_id", folder,
                         name);
    }
    if (port_name) {
        fake_sysfs_write(sysfs, port_name, "%s/net/%s/phys_port_name", folder,
                         name);
    }
}
