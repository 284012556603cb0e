/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_BUDGET_H
#define AGENT_BUDGET_H 1

/* Memory: how much of it vifd may still take.
 *
 * An allocation that fails ends the process, in Open vSwitch's library as in
 * ours (lib/alloc.h); what was under way is then taken back from the journal
 * after the restart.  So that it does not come to that, a request that would
 * need memory is refused while it is cheap to do so: before it has begun.
 *
 * What is left is the least of what these leave: the limits of the process
 * (RLIMIT_AS, RLIMIT_DATA), the control groups it is in (memory.max, version
 * 2), and the option memory_limit.  Of the latter two the memory counts that
 * cannot be reclaimed: cached files in the group are no reason to refuse
 * anything.  All are read when somebody asks, at most once a millisecond, so
 * that a limit may change while vifd runs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

struct budget;

/* What memory is asked for, the least important first.  Each leaves a reserve
 * for those that follow. */
enum budget_use {
    BUDGET_ADD,             /* A port more, a client more. */
    BUDGET_LOOK,            /* Something that is answered and over. */
    BUDGET_FREE,            /* A port less. */
};

/* 'proc' is "/proc/self" and 'cgroups' "/sys/fs/cgroup", but for tests.  What
 * cannot be opened there sets no limit. */
struct budget *budget_create(const char *proc, const char *cgroups);
void budget_destroy(struct budget *);           /* NULL is allowed. */

/* The option: bytes; 0 for none. */
void budget_set_limit(struct budget *, uint64_t bytes);

/* Whether there is memory for 'use' while requests for 'n_ports' ports are
 * under way, the new one included.  The error says to try again, what is left
 * and which limit it is.  With NULL there always is. */
struct vif_error *budget_check(struct budget *, enum budget_use,
                               size_t n_ports) VIF_WARN_UNUSED;

/* Bytes that are left: UINT64_MAX without any limit. */
uint64_t budget_left(struct budget *);

/* How often budget_check() has refused. */
uint64_t budget_refused(const struct budget *);

#endif /* agent/budget.h */
