/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PCI_HOST_H
#define TESTS_PCI_HOST_H 1

/* A PCI function on a fake sysfs, whose kernel binds and unbinds at once, and
 * the step "pci-driver" that is about it: what that asks the helper for, and
 * what the function has in the end.  There is a PF with some VFs; the function
 * is that PF or one of them.  To be linked with PCI_HOST_WRAPS (steps.mk).
 * All links are macvtaps here. */

#include <stdbool.h>

#include "tests/unit/fake-sysfs.h"
#include "tests/unit/some-step.h"

#define PF "0000:03:00.0"
#define VF "0000:03:01.0"           /* Its first ... */
#define VF1 "0000:03:01.1"          /* ... and second. */
#define FOLDER_OF(ADDRESS) "devices/pci0000:00/" ADDRESS
#define N_VFS 3
#define MAX_VFS 7

struct privilege_pci_address;

struct pci_host {
    struct fake_sysfs *sysfs;
    struct step step;
    const char *address;        /* Of the function. */
    const char *driver;         /* That probe() binds to it. */
    void (*unbound)(void);      /* What goes with its driver, or NULL. */

    /* What the helper was asked for in the last operation. */
    char calls[512];            /* "unbind, bind iavf". */
    int n_calls;

    /* What the call named 'trouble' fails with. */
    const char *trouble;
    int trouble_errnum;         /* 0: somebody holds it. */
    bool trouble_removes;       /* The function goes meanwhile. */
    int crash_at;               /* This call is carried out, and yet fails. */

    const char *held;           /* Address of what a guest has, or NULL. */
    int n_looks;                /* How often that was asked. */
};
extern struct pci_host host;

/* The function 'address', which 'driver' has; no trouble. */
int pci_host_set_up(void **state, const char *address, const char *driver);
int pci_host_tear_down(void **state);

void set_driver(const char *);      /* "": none; so for the next. */
void set_override(const char *);
void remove_function(void);

/* Notes a call of the helper's.  Sets '*errorp' if it fails; false if nothing
 * of it is to be carried out. */
bool begin_call(const struct privilege_pci_address *, const char *name,
                const char *argument, struct vif_error **errorp);

/* Carry out 'op', in which the helper is asked for 'calls' (NULL: whatever):
 * fail the test unless that succeeds, or fails so. */
struct vif_error *run(enum step_op) VIF_WARN_UNUSED;
void succeeds(enum step_op, const char *calls);
void fails(enum step_op, enum vif_error_code, const char *words,
           const char *calls);

#endif /* tests/unit/pci-host.h */
