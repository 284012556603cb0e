/* SPDX-License-Identifier: Apache-2.0 */

/* See args.h.  Knows no kind of step. */

#include <config.h>

#include "steps/args.h"

#include <stdlib.h>
#include <string.h>

#include <vif/binding.h>

#include "kernel/rtnl.h"
#include "util.h"

/* As vif_binding_check() has them. */
#define MTU_MIN 68
#define MTU_MAX 65535
#define QUEUES_MAX 256          /* MAX_TAP_QUEUES, drivers/net/tun.c. */

bool
step_args_is_number(const char *s, uint64_t min, uint64_t max)
{
    size_t length = strlen(s);

    if (!length || length > 10 || s[strspn(s, "0123456789")]) {
        return false;
    }

    uint64_t value = strtoull(s, NULL, 10);
    return value >= min && value <= max;
}

const char *
step_args_bool_fault(const char *s)
{
    return (!strcmp(s, "true") || !strcmp(s, "false") ? NULL
            : "must be 'true' or 'false'");
}

const char *
step_args_mac_fault(const char *s)
{
    struct vif_mac mac;

    return (!vif_mac_from_string(s, &mac) ? "is no MAC address"
            : vif_mac_is_zero(&mac) ? "must not be zero"
            : vif_mac_is_multicast(&mac) ? "must not be a multicast address"
            : NULL);
}

const char *
step_args_mtu_fault(const char *s)
{
    return (step_args_is_number(s, MTU_MIN, MTU_MAX) ? NULL
            : "must be 68 to 65535");
}

const char *
step_args_queues_fault(const char *s)
{
    return step_args_is_number(s, 1, QUEUES_MAX) ? NULL : "must be 1 to 256";
}

/* 4294967295 is (uid_t) -1: nobody. */
const char *
step_args_id_fault(const char *s)
{
    return (step_args_is_number(s, 0, VIF_NO_ID - 1) ? NULL
            : "must be a number below 4294967295");
}

const char *
step_args_ifindex_fault(const char *s)
{
    return (step_args_is_number(s, 1, INT32_MAX) ? NULL
            : "is no index of a link");
}

const char *
step_args_netdev_fault(const char *s)
{
    size_t length = strlen(s);

    return (length && length < RTNL_NAME_SIZE && !strchr(s, '/') ? NULL
            : "cannot be the name of a link");
}

static const struct step_argument *
find_argument(const struct step_argument *table, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(table[i].key, key)) {
            return &table[i];
        }
    }
    return NULL;
}

/* What any step may be told by the engine, beside its own arguments: that a
 * revert() is half of a replacement, or takes back what has just failed. */
static const struct step_argument engine_arguments[] = {
    { "replace", false, step_args_bool_fault },
    { "undo", false, step_args_bool_fault },
};

static struct vif_error *
check_each(const char *kind, const struct step_argument *table, size_t n,
           const struct vif_attrs *args)
{
    for (size_t i = 0; i < args->n; i++) {
        const char *key = args->attrs[i].key;
        const char *value = args->attrs[i].value;
        const struct step_argument *argument = find_argument(table, n, key);

        argument = argument ? argument
            : find_argument(engine_arguments, ARRAY_SIZE(engine_arguments),
                            key);
        const char *fault = (argument ? argument->fault(value)
                             : "there is no such argument");

        if (fault) {
            return vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "%s: %s '%s': %s", kind,
                                 key, value, fault), key);
        }
    }
    return NULL;
}

struct vif_error *
step_args_check(const char *kind, const struct step_argument *table,
                size_t n_table, const struct vif_attrs *args, bool partial)
{
    struct vif_error *error = check_each(kind, table, n_table, args);

    for (size_t i = 0; i < n_table && !error && !partial; i++) {
        if (table[i].required && !vif_attrs_get(args, table[i].key)) {
            error = vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "%s: %s is missing", kind,
                                 table[i].key), table[i].key);
        }
    }
    return error;
}
