/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>

#include "tests/unit/fake-sys.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cleanup.h"

const struct privilege_pci_address fake_nic = { .bus = 3, .function = 1 };
const struct privilege_pci_address fake_disk = { .device = 0x1f,
                                                 .function = 2 };

static const char *const directories[] = {
    "sys", "sys/bus", "sys/bus/pci", "sys/bus/pci/devices",
    FAKE_NIC_DIR, FAKE_DISK_DIR,
    "sys/bus/pci/drivers", "sys/bus/pci/drivers/igb",
    "sys/bus/pci/drivers/ahci", "sys/dev", "sys/dev/char", "dev", "dev/net",
};

static const struct {
    const char *name, *text;
} files[] = {
    { FAKE_NIC_DIR "/class", "0x020000\n" },
    { FAKE_NIC_DIR "/driver_override", "" },
    { FAKE_NIC_DIR "/reset", "" },
    { FAKE_NIC_DIR "/sriov_numvfs", "" },
    { FAKE_DISK_DIR "/class", "0x010601\n" },
    { FAKE_DISK_DIR "/driver_override", "" },
    { FAKE_DISK_DIR "/reset", "" },
    { "sys/bus/pci/drivers_probe", "" },
    { "sys/bus/pci/drivers/igb/bind", "" },
    { "sys/bus/pci/drivers/igb/unbind", "" },
    { "sys/bus/pci/drivers/ahci/bind", "" },
    { "sys/bus/pci/drivers/ahci/unbind", "" },
};

static char *
path_of(const struct fake_sys *fake, const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", fake->dir, name);
    return path;
}

void
fake_sys_write(const struct fake_sys *fake, const char *name,
               const char *text)
{
    char path[256];
    CLEANUP_CLOSE int fd = open(path_of(fake, name, path),
                                O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

const char *
fake_sys_read(const struct fake_sys *fake, const char *name)
{
    static char text[256];
    char path[256];
    CLEANUP_CLOSE int fd = open(path_of(fake, name, path), O_RDONLY);

    assert_true(fd >= 0);
    ssize_t n = read(fd, text, sizeof text - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    return text;
}

void
fake_sys_assert_untouched(const struct fake_sys *fake)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_string_equal(fake_sys_read(fake, files[i].name),
                            files[i].text);
    }
}

void
fake_sys_link(const struct fake_sys *fake, const char *name,
              const char *target)
{
    char path[256];

    unlink(path_of(fake, name, path));
    assert_int_equal(symlink(target, path), 0);
}

void
fake_sys_make_folder(const struct fake_sys *fake, const char *name)
{
    char path[256];

    assert_int_equal(mkdir(path_of(fake, name, path), 0700), 0);
}

int
fake_sys_set_up(void **state)
{
    struct fake_sys *fake = calloc(1, sizeof *fake);
    char path[256];

    assert_non_null(fake);
    strcpy(fake->dir, "/tmp/fake-sys-XXXXXX");
    assert_non_null(mkdtemp(fake->dir));
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        assert_int_equal(mkdir(path_of(fake, directories[i], path), 0700), 0);
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        fake_sys_write(fake, files[i].name, files[i].text);
    }
    fake_sys_link(fake, FAKE_NIC_DIR "/driver", "../../drivers/igb");
    fake_sys_link(fake, FAKE_DISK_DIR "/driver", "../../drivers/ahci");

    snprintf(fake->sys, sizeof fake->sys, "%s/sys", fake->dir);
    snprintf(fake->dev, sizeof fake->dev, "%s/dev", fake->dir);
    fake->host = privilege_real_host();
    fake->host.sys = fake->sys;
    fake->host.dev = fake->dev;
    *state = fake;
    return 0;
}

static int
remove_one(const char *path, const struct stat *st, int flag,
           struct FTW *place)
{
    (void) st, (void) flag, (void) place;
    return remove(path);
}

int
fake_sys_tear_down(void **state)
{
    struct fake_sys *fake = *state;

    privilege_end();
    nftw(fake->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(fake);
    return 0;
}
