/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STEPS_ARGS_H
#define STEPS_ARGS_H 1

/* Checking the arguments of a step: a table says which there are and what is
 * wrong with a value.  Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/attrs.h>
#include <vif/error.h>

struct step_argument {
    const char *key;
    bool required;              /* Unless the arguments are 'partial'. */

    /* What is wrong with 'value', for the end of a sentence; NULL if
     * nothing. */
    const char *(*fault)(const char *value);
};

/* Checks that 'args' has the arguments in 'table' and no others, but "undo"
 * and "replace", which the engine adds for some reverts.  The error names the
 * step's 'kind', key and value; 'where' is the key. */
struct vif_error *step_args_check(const char *kind,
                                  const struct step_argument *table,
                                  size_t n_table,
                                  const struct vif_attrs *args, bool partial)
    VIF_WARN_UNUSED;

/* Whether 's' is a decimal number from 'min' to 'max'. */
bool step_args_is_number(const char *s, uint64_t min, uint64_t max);

/* What 'fault' may be. */
const char *step_args_bool_fault(const char *);
const char *step_args_mac_fault(const char *);  /* Zero is none either. */
const char *step_args_mtu_fault(const char *);
const char *step_args_id_fault(const char *);   /* Of a user or group. */
const char *step_args_queues_fault(const char *);       /* Of a tap. */
const char *step_args_ifindex_fault(const char *);
const char *step_args_netdev_fault(const char *);       /* A link's name. */

#endif /* steps/args.h */
