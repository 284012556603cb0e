/* SPDX-License-Identifier: Apache-2.0 */

/* Step "pci-driver": which driver has a PCI function.  Whoever plugs a guest
 * into it binds vfio-pci, or leaves that to libvirt (managed='yes'); either
 * way the function is given back to the driver that it had, reset in between.
 * A PF loses its VFs with its driver and gets as many again with it.  Of what
 * else a driver makes of its function nothing is known here.
 *
 * Arguments: "driver", to be bound; without it nothing is changed, and only
 * revert() does something; "pf", whose lane it is in.
 * Original: "driver" and "driver_override", each "" if there was none;
 * "n_vfs".
 * Outputs: "driver", "iommu_group", "warning".
 *
 * A guest's hands are kept off by the helper: it neither resets nor unbinds
 * what somebody has open through VFIO (VIF_ERR_IN_USE).  What a guest has by a
 * link on its netdev, or has before it is plugged, is seen here. */

#include <config.h>

#include "steps/step.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "privilege/privilege.h"
#include "steps/args.h"
#include "steps/device-path.h"
#include "steps/held.h"

/* A function as it is. */
struct function {
    const char *name;
    struct privilege_pci_address pci;
    bool exists;
    char driver[DEVICE_DRIVER_SIZE];        /* "" if none is bound. */
};

static struct vif_error *
look(const struct step *step, struct function *function)
{
    *function = (struct function) { .name = step->object };
    if (!device_path_pci(function->name, &function->pci)) {
        return vif_error_create(VIF_ERR_INVALID, "%s is no function on the "
                                "PCI bus", function->name);
    }
    function->exists = device_path_exists(function->name);
    device_path_driver(function->name, function->driver);
    return NULL;
}

static struct vif_error *
absent(const struct function *function)
{
    return vif_error_create(VIF_ERR_NOT_FOUND, "%s is not there",
                            function->name);
}

/* "driver igbvf", "no driver". */
#define SHOWN_SIZE (DEVICE_DRIVER_SIZE + 8)
static const char *
show_driver(const char *driver, char buf[SHOWN_SIZE])
{
    snprintf(buf, SHOWN_SIZE, "%s%s", driver[0] ? "driver " : "no driver",
             driver);
    return buf;
}

static void VIF_PRINTF(2, 3)
warn(struct step *step, const char *fmt, ...)
{
    const char *before = vif_attrs_get(&step->output, "warning");
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    vif_attrs_setf(&step->output, "warning", "%s%s%s", before ? before : "",
                   before ? "; " : "", text);
}

/* Arguments. */

static const char *
driver_fault(const char *s)
{
    size_t length = strlen(s);

    return (length && length < DEVICE_DRIVER_SIZE && s[0] != '.'
            && length == strspn(s, "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
            ? NULL : "is no driver's name");
}

static const char *
pf_fault(const char *s)
{
    return device_path_check(s) ? NULL : "is no device's name";
}

static const struct step_argument arguments[] = {
    { "driver", false, driver_fault },
    { "pf", false, pf_fault },
};

static struct vif_error *
pci_driver_check(const struct vif_attrs *args, bool partial)
{
    return step_args_check("pci-driver", arguments,
                           sizeof arguments / sizeof *arguments, args,
                           partial);
}

static bool
equal(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* Whether it is in a guest is seen when it is tried. */
static enum step_change
pci_driver_compare(const struct vif_attrs *old, const struct vif_attrs *new)
{
    return (equal(vif_attrs_get(old, "driver"), vif_attrs_get(new, "driver"))
            ? STEP_KEEP : STEP_ALTER);
}

static const char *
pci_driver_lane(const struct vif_attrs *args, char buf[64])
{
    const char *pf = vif_attrs_get(args, "pf");

    if (!pf || strlen(pf) >= 64) {
        return NULL;
    }
    return strcpy(buf, pf);
}

/* Binding. */

/* The kernel answers what the override is only when nobody is just unbinding
 * the function, which takes as long as a guest has it: so this is not among
 * what look() finds. */
static struct vif_error *
override_with(const struct function *function, const char *driver)
{
    char now[DEVICE_DRIVER_SIZE];

    device_path_driver_override(function->name, now);
    return (strcmp(now, driver)
            ? privilege_pci_driver_override(&function->pci,
                                            driver[0] ? driver : NULL)
            : NULL);
}

/* Finding it unbound by now is as good. */
static struct vif_error *
unbind(const struct function *function)
{
    struct vif_error *error = NULL;

    if (function->driver[0]) {
        error = privilege_pci_unbind(&function->pci);
        if (error && (error->errnum == ENOENT || error->errnum == ENODEV)) {
            vif_error_destroy(error);
            error = NULL;
        }
        error = vif_error_wrap(error, "unbind %s from %s", function->name,
                               function->driver);
    }
    return error;
}

/* Binding to a named driver answers with what the driver's probe() says,
 * which having the kernel look for one does not. */
static struct vif_error *
bind_to(const struct function *function, const char *driver)
{
    return vif_error_wrap(privilege_pci_bind(&function->pci, driver),
                          "bind %s to %s", function->name, driver);
}

static struct vif_error *
check_loaded(const struct function *function, const char *driver)
{
    return (device_path_has_driver(function->name, driver) ? NULL
            : vif_error_create(VIF_ERR_UNSUPPORTED, "the kernel has no %s "
                               "driver loaded: modprobe %s", driver, driver));
}

static struct vif_error *
switch_to(const struct function *function, const char *driver)
{
    struct vif_error *error = check_loaded(function, driver);

    error = error ? error : override_with(function, driver);
    error = error ? error : unbind(function);
    error = error ? error : bind_to(function, driver);
    if (error && error->errnum == EINVAL && strstr(driver, "vfio")
        && device_path_iommu_group(function->name) < 0) {
        error = vif_error_wrap(error, "%s is in no IOMMU group (is the "
                               "host's IOMMU switched on?)", function->name);
    }
    return error;
}

/* Giving back. */

/* Whether 'driver' is what this step brought about: what it was told to bind,
 * or, if it was told nothing, what libvirt binds. */
static bool
is_ours(const struct step *step, const char *driver)
{
    const char *wanted = vif_attrs_get(&step->args, "driver");
    const char *previous = vif_attrs_get(&step->previous, "driver");

    return ((wanted && !strcmp(wanted, driver))
            || (step->has_previous && previous && !strcmp(previous, driver))
            || (!wanted && strstr(driver, "vfio")));
}

/* What a guest has left in the function must not meet the next one.  A
 * function that cannot be reset by itself is given back all the same: no
 * later try would be better. */
static struct vif_error *
reset(struct step *step, const struct function *function)
{
    struct vif_error *error = privilege_pci_reset(&function->pci);

    if (error && (error->errnum == ENOENT || error->errnum == ENOTTY
                  || error->errnum == EOPNOTSUPP)) {
        warn(step, "%s was not reset: it cannot be reset by itself",
             function->name);
        vif_error_destroy(error);
        error = NULL;
    }
    return vif_error_wrap(error, "reset %s", function->name);
}

/* Makes the override 'driver' if it is one of ours. */
static struct vif_error *
replace_override(const struct step *step, const struct function *function,
                 const char *driver)
{
    char now[DEVICE_DRIVER_SIZE];

    device_path_driver_override(function->name, now);
    return is_ours(step, now) ? override_with(function, driver) : NULL;
}

static struct vif_error *
restore_override(const struct step *step, const struct function *function)
{
    const char *original = vif_attrs_get(&step->original, "driver_override");

    return replace_override(step, function, original ? original : "");
}

/* Binds it to the driver that it had; to the one that fits if that is not
 * known any more, after a reboot or with a journal made anew. */
static struct vif_error *
rebind(struct step *step, const struct function *function)
{
    const char *original = vif_attrs_get(&step->original, "driver");

    if (!original) {
        return privilege_pci_probe(&function->pci);
    } else if (!original[0]) {
        return NULL;
    } else if (!device_path_has_driver(function->name, original)) {
        /* Once it is loaded it will take the function by itself. */
        warn(step, "%s has no driver now: the kernel does not have %s, which "
             "it had, loaded any more", function->name, original);
        return NULL;
    }
    return bind_to(function, original);
}

static struct vif_error *
give_back(struct step *step, const struct function *function)
{
    struct vif_error *error = reset(step, function);

    error = error ? error : unbind(function);
    error = error ? error : restore_override(step, function);
    return error ? error : rebind(step, function);
}

/* It has the driver that it had before.  If that is one of the host's, libvirt
 * has given the function back, or nobody has ever taken it: then there is
 * nothing to reset, because vfio-pci reset it when the guest closed it
 * (vfio_pci_core_disable()), and so did the host's driver in its probe(),
 * which starts from a function in any state.  To reset it below that driver
 * would take the host's netdev down.  If it is a driver of VFIO, no probe()
 * has come after the guest. */
static struct vif_error *
settle(struct step *step, const struct function *function)
{
    struct vif_error *error = (strstr(function->driver, "vfio")
                               ? reset(step, function) : NULL);

    return error ? error : restore_override(step, function);
}

static struct vif_error *
take_back(struct step *step, const struct function *function)
{
    const char *original = vif_attrs_get(&step->original, "driver");

    if (equal(original, function->driver)) {
        return settle(step, function);
    } else if (!function->driver[0] || is_ours(step, function->driver)) {
        return give_back(step, function);
    }
    /* Without an original it is what the kernel chose at boot. */
    if (original) {
        char had[SHOWN_SIZE];

        warn(step, "%s has driver %s by now, which somebody else bound: left "
             "so; before it was plugged it had %s", function->name,
             function->driver, show_driver(original, had));
    }
    return restore_override(step, function);
}

/* VFs. */

struct vf_count {
    const struct step *step;    /* NULL: they are only counted. */
    const struct step_env *env;
    unsigned int n;
};

static struct vif_error *
take_vf(void *count_, const char *vf)
{
    struct vf_count *count = count_;
    struct vif_error *error = NULL;

    count->n++;
    if (count->step) {
        struct step step = *count->step;

        step.object = (char *) vf;
        error = device_check_new(&step, count->env);
    }
    return error;
}

/* Counts the VFs that would go with the driver.  A port has none of them,
 * because the claims of PF and VFs exclude one another; but a guest that vifd
 * does not know of may. */
static struct vif_error *
check_vfs(const struct step *step, const struct step_env *env,
          unsigned int *np)
{
    struct vf_count count = { .step = step, .env = env };
    const char *pf = vif_attrs_get(&step->args, "pf");
    struct vif_error *error = NULL;

    if (!pf || !strcmp(pf, step->object)) {     /* A VF has none. */
        error = device_path_each_vf(step->object, take_vf, &count);
    }
    *np = count.n;
    return vif_error_wrap(error, "%s would lose its VFs", step->object);
}

static struct vif_error *
count_vfs(const struct function *function, unsigned int *np)
{
    struct vf_count count = { .n = 0 };
    struct vif_error *error = device_path_each_vf(function->name, take_vf,
                                                  &count);

    *np = count.n;
    return error;
}

/* Whether it makes no sense to try again to make VFs: the driver cannot any
 * more, or not so many, or (EBUSY) there are others. */
static bool
is_final(const struct vif_error *error, unsigned int n_now)
{
    static const int errnums[] = {
        ENOENT, ENOSYS, EOPNOTSUPP, ERANGE, EINVAL, EPERM,
    };

    for (size_t i = 0; i < sizeof errnums / sizeof *errnums; i++) {
        if (error->errnum == errnums[i]) {
            return true;
        }
    }
    return error->errnum == EBUSY && n_now;
}

/* Makes as many VFs as there were before, once the driver that had them is
 * bound.  Writing the number that is there is no error for the kernel, which
 * has whoever comes while another is at it wait: so this may be done again
 * whenever it was interrupted. */
static struct vif_error *
restore_vfs(struct step *step, const struct function *function)
{
    const char *original = vif_attrs_get(&step->original, "driver");
    unsigned int had = vif_attrs_get_uint(&step->original, "n_vfs", 0);
    char driver[DEVICE_DRIVER_SIZE];
    unsigned int n;

    device_path_driver(function->name, driver);
    if (!had || !equal(original, driver)) {
        return NULL;            /* take_back() has told why. */
    }
    struct vif_error *error = count_vfs(function, &n);
    if (error || n == had) {
        return error;
    }

    error = privilege_pci_set_numvfs(&function->pci, had);
    CLEANUP_ERROR struct vif_error *why = NULL;
    if (error && is_final(error, n)) {
        why = error;
        error = NULL;
    }
    error = error ? error : count_vfs(function, &n);
    if (!error && n != had) {
        warn(step, "%s had %u VFs before it was plugged and has %u now%s%s",
             function->name, had, n, why ? ": " : "",
             why ? why->message : "");
    }
    return vif_error_wrap(error, "make the %u VFs of %s again", had,
                          function->name);
}

/* The class. */

static struct vif_error *
pci_driver_capture(struct step *step, const struct step_env *env)
{
    const char *wanted = vif_attrs_get(&step->args, "driver");
    char override[DEVICE_DRIVER_SIZE];
    struct function function;
    unsigned int n_vfs;
    struct vif_error *error = look(step, &function);

    if (error || !function.exists) {
        return error ? error : absent(&function);
    }
    error = device_check_new(step, env);
    error = error ? error : check_vfs(step, env, &n_vfs);
    if (error) {
        return error;
    }
    if (!step->has_previous) {
        vif_attrs_set(&step->original, "driver", function.driver);
        device_path_driver_override(function.name, override);
        vif_attrs_set(&step->original, "driver_override", override);
        vif_attrs_set_uint(&step->original, "n_vfs", n_vfs);
    }
    return wanted ? check_loaded(&function, wanted) : NULL;
}

static struct vif_error *
pci_driver_apply(struct step *step, const struct step_env *env)
{
    const char *wanted = vif_attrs_get(&step->args, "driver");
    struct function function;
    struct vif_error *error = look(step, &function);

    (void) env;
    if (error || !function.exists) {
        return error ? error : absent(&function);
    } else if (wanted && strcmp(function.driver, wanted)) {
        return switch_to(&function, wanted);
    } else if (wanted) {
        /* A change that failed halfway is taken back. */
        return (step->has_previous
                ? replace_override(step, &function, wanted) : NULL);
    }
    /* It is to be left to libvirt from now on. */
    return (step->has_previous && vif_attrs_get(&step->previous, "driver")
            ? take_back(step, &function) : NULL);
}

static struct vif_error *
pci_driver_verify(struct step *step, const struct step_env *env)
{
    const char *wanted = vif_attrs_get(&step->args, "driver");
    struct function function;
    struct vif_error *error = look(step, &function);
    char has[SHOWN_SIZE];

    (void) env;
    if (error || !function.exists) {
        return error ? error : absent(&function);
    } else if (wanted && strcmp(function.driver, wanted)) {
        return vif_error_create(VIF_ERR_CONFLICT, "%s has %s instead of %s",
                                function.name,
                                show_driver(function.driver, has), wanted);
    }

    int group = device_path_iommu_group(function.name);
    vif_attrs_set(&step->output, "driver", function.driver);
    if (group >= 0) {
        vif_attrs_set_uint(&step->output, "iommu_group", group);
    }
    return NULL;
}

static struct vif_error *
pci_driver_revert(struct step *step, const struct step_env *env)
{
    struct function function;
    struct vif_error *error = look(step, &function);

    if (error) {
        return error;
    } else if (function.exists) {
        error = device_check_links(step, env);
        error = error ? error : take_back(step, &function);
        error = error ? error : restore_vfs(step, &function);
    }
    /* It may have gone meanwhile. */
    if (!device_path_exists(function.name)) {
        vif_error_destroy(error);
        error = NULL;
        vif_attrs_setf(&step->output, "warning", "%s is not there any more: "
                       "it was not given back to a driver", function.name);
    }
    return error;
}

const struct step_class step_pci_driver_class = {
    .kind = "pci-driver",
    .version = 1,
    .summary = "the driver of a PCI function",
    .rank = 10,
    .check = pci_driver_check,
    .compare = pci_driver_compare,
    .lane = pci_driver_lane,
    .capture = pci_driver_capture,
    .apply = pci_driver_apply,
    .verify = pci_driver_verify,
    .revert = pci_driver_revert,
    .check_unused = device_check_unused,
};
