/* SPDX-License-Identifier: Apache-2.0 */
/* See pci-host.h. */

#include <config.h>

#include "tests/unit/pci-host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/rtnl.h"
#include "privilege/privilege.h"
#include "inventory/device.h"
#include "steps/device-path.h"

struct pci_host host;

/* The kernel's part. */

void
set_driver(const char *driver)
{
    if (driver[0]) {
        char target[128];

        snprintf(target, sizeof target, "../../../bus/pci/drivers/%s",
                 driver);
        fake_sysfs_link(host.sysfs, target, FOLDER_OF("%s") "/driver",
                        host.address);
    } else {
        fake_sysfs_remove(host.sysfs, FOLDER_OF("%s") "/driver",
                          host.address);
    }
}

void
set_override(const char *driver)
{
    fake_sysfs_write(host.sysfs, driver[0] ? driver : "(null)",
                     FOLDER_OF("%s") "/driver_override", host.address);
}

void
remove_function(void)
{
    fake_sysfs_remove(host.sysfs, "bus/pci/devices/%s", host.address);
    fake_sysfs_remove(host.sysfs, FOLDER_OF("%s"), host.address);
}

static bool
is_at(const struct privilege_pci_address *pci, const char *address)
{
    char text[32];

    snprintf(text, sizeof text, "%04x:%02x:%02x.%x",
             (unsigned int) pci->domain, pci->bus, pci->device,
             pci->function);
    return !strcmp(text, address);
}

static struct vif_error *
held(void)
{
    return vif_error_create(VIF_ERR_IN_USE, "held by pid 812");
}

bool
begin_call(const struct privilege_pci_address *pci, const char *name,
           const char *argument, struct vif_error **errorp)
{
    size_t length = strlen(host.calls);

    assert_true(is_at(pci, host.address));
    snprintf(host.calls + length, sizeof host.calls - length, "%s%s%s%s",
             length ? ", " : "", name, argument ? " " : "",
             argument ? argument : "");
    host.n_calls++;
    *errorp = NULL;
    if (host.trouble && !strcmp(host.trouble, name)) {
        *errorp = (host.trouble_errnum
                   ? vif_error_from_errno(host.trouble_errnum, "%s", name)
                   : held());
        if (host.trouble_removes) {
            remove_function();
        }
        return false;
    } else if (host.n_calls == host.crash_at) {
        *errorp = vif_error_create(VIF_ERR_KERNEL, "crash");
    }
    return true;
}

struct vif_error *__wrap_privilege_pci_driver_override(
    const struct privilege_pci_address *, const char *);
struct vif_error *
__wrap_privilege_pci_driver_override(const struct privilege_pci_address *pci,
                                     const char *driver)
{
    struct vif_error *error;

    if (begin_call(pci, "override", driver ? driver : "none", &error)) {
        set_override(driver ? driver : "");
    }
    return error;
}

struct vif_error *__wrap_privilege_pci_unbind(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_unbind(const struct privilege_pci_address *pci)
{
    struct vif_error *error;

    if (begin_call(pci, "unbind", NULL, &error)) {
        set_driver("");
        if (host.unbound) {
            host.unbound();
        }
    }
    return error;
}

struct vif_error *__wrap_privilege_pci_bind(
    const struct privilege_pci_address *, const char *);
struct vif_error *
__wrap_privilege_pci_bind(const struct privilege_pci_address *pci,
                          const char *driver)
{
    struct vif_error *error;

    if (begin_call(pci, "bind", driver, &error)) {
        set_driver(driver);
    }
    return error;
}

struct vif_error *__wrap_privilege_pci_probe(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_probe(const struct privilege_pci_address *pci)
{
    struct vif_error *error;

    if (begin_call(pci, "probe", NULL, &error)) {
        set_driver(host.driver);
    }
    return error;
}

struct vif_error *__wrap_privilege_pci_reset(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_reset(const struct privilege_pci_address *pci)
{
    struct vif_error *error;

    begin_call(pci, "reset", NULL, &error);
    return error;
}

struct vif_error *__wrap_privilege_pci_check_unheld(
    const struct privilege_pci_address *);
struct vif_error *
__wrap_privilege_pci_check_unheld(const struct privilege_pci_address *pci)
{
    host.n_looks++;
    return host.held && is_at(pci, host.held) ? held() : NULL;
}

struct vif_error *__wrap_rtnl_get_by_name(struct rtnl *, const char *,
                                          struct rtnl_link *);
struct vif_error *
__wrap_rtnl_get_by_name(struct rtnl *rtnl, const char *name,
                        struct rtnl_link *link)
{
    (void) rtnl;
    *link = (struct rtnl_link) { .kind = "macvtap" };
    strcpy(link->name, name);
    return NULL;
}

/* The step. */

int
pci_host_set_up(void **state, const char *address, const char *driver)
{
    const char *const drivers[] = { driver, "vfio-pci", "uio_other" };
    char name[DEVICE_NAME_SIZE];

    fake_sysfs_set_up(state);
    host = (struct pci_host) {
        .sysfs = *state, .address = address, .driver = driver,
    };
    device_path_set_root(host.sysfs->root);
    fake_sysfs_pci(host.sysfs, PF);
    fake_sysfs_vfs(host.sysfs, PF, N_VFS, MAX_VFS);
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        fake_sysfs_write(host.sysfs, "", "bus/pci/drivers/%s/bind",
                         drivers[i]);
    }
    set_override("");
    fake_sysfs_link(host.sysfs, "../../../kernel/iommu_groups/42",
                    FOLDER_OF("%s") "/iommu_group", address);
    snprintf(name, sizeof name, "pci/%s", address);
    some_step_init(&host.step, &step_pci_driver_class, name);
    vif_attrs_set(&host.step.args, "pf", "pci/" PF);
    return 0;
}

int
pci_host_tear_down(void **state)
{
    some_step_end(&host.step);
    return fake_sysfs_tear_down(state);
}

struct vif_error *
run(enum step_op op)
{
    host.calls[0] = '\0';
    host.n_calls = 0;
    return some_step_run(&host.step, op, NULL);
}

void
succeeds(enum step_op op, const char *calls)
{
    CLEANUP_ERROR struct vif_error *error = run(op);

    if (error) {
        fail_msg("%s: %s", step_op_name(op), error->message);
    }
    if (calls) {
        assert_string_equal(host.calls, calls);
    }
}

void
fails(enum step_op op, enum vif_error_code code, const char *words,
      const char *calls)
{
    assert_error(run(op), code, words);
    if (calls) {
        assert_string_equal(host.calls, calls);
    }
}
