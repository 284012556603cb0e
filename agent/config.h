/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONFIG_H
#define AGENT_CONFIG_H 1

/* What the operator has decided: vifd.yaml, checked as a whole.  Every option
 * has a default, so that no file is needed.  A struct config never changes
 * once it is made; a reload makes another one.  vifd.yaml(5) and
 * etc/vifd.yaml explain each option. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vif/error.h>

#include "inventory/spec.h"

/* A list of names, such as bridges. */
struct config_names {
    char **names;           /* NULL stands for null. */
    size_t n;
};

struct config_ids {
    uint32_t *ids;
    size_t n;
};

/* One of the rules under "access": who (users or groups), what, where.  Who
 * is in one of both lists, or anybody if both are absent, may call 'methods'
 * for ports on 'physical_networks' with one of 'pci_addresses', which are
 * patterns; "*" stands for all of them, none included.  They may give devices
 * to 'owner_users' and 'owner_groups', or to anybody if both are absent. */
struct config_access_rule {
    bool anybody;
    struct config_ids users, groups;
    struct config_names methods;
    struct config_names physical_networks;
    struct config_names pci_addresses;
    bool any_owner;
    struct config_ids owner_users, owner_groups;
};

struct config {
    char *socket;
    unsigned int socket_mode;
    char *socket_group;             /* NULL: left as it is. */
    uint32_t socket_gid;            /* Its number, or UINT32_MAX. */
    char *journal;
    char *plugins;
    char *ovsdb;                    /* NULL: db.sock in Open vSwitch's run
                                     * directory. */
    char *user;                     /* NULL: vifd, if there is such a one. */

    char *bridge;
    char *datapath_type;            /* NULL: Open vSwitch's default. */
    struct config_names create_bridges;     /* Patterns of fnmatch(3). */
    unsigned int mtu;
    unsigned int max_queues;        /* 0: no limit but the kernel's. */

    struct device_specs device_spec;

    unsigned int default_timeout_ms;
    unsigned int shutdown_ms;
    unsigned int retry_min_ms, retry_max_ms;
    unsigned int stuck_ms;

    unsigned int max_requests, max_ports;
    unsigned int max_clients, max_clients_per_user, max_in_flight;
    unsigned int memory_limit;      /* MiB; 0: none. */
    unsigned int workers, max_workers;

    struct config_names vhostuser_directories;

    bool has_access;                /* False: the socket's group decides. */
    struct config_access_rule *access;
    size_t n_access;
};

/* Makes '*configp' from the file 'path', or from defaults alone if 'path' is
 * NULL.  Errors carry file, line, column and the option's name.  Blocks: it
 * reads a file and asks for users and groups by name. */
struct vif_error *config_load(const char *path, struct config **configp)
    VIF_WARN_UNUSED;

/* The same from 'text'; 'name' stands for the file in errors. */
struct vif_error *config_parse(const char *text, size_t length,
                               const char *name, struct config **configp)
    VIF_WARN_UNUSED;

void config_destroy(struct config *);           /* NULL is allowed. */

/* Replaces the option 'name', which must be one of text, by what stands on
 * the command line.  'value' is checked as if it stood in the file. */
struct vif_error *config_override(struct config *, const char *name,
                                  const char *value) VIF_WARN_UNUSED;

/* Whether create_bridges allows vifd to make 'bridge'. */
bool config_may_create_bridge(const struct config *, const char *bridge);

/* What there is to configure, in the order of the manual. */
struct config_option {
    const char *name;
    const char *def;            /* As text; NULL if there is none. */
    const char *doc;            /* One line. */
    bool at_start;              /* A change needs a restart. */
};
const struct config_option *config_options(size_t *np);

/* The first of the options from position '*ip' on that needs a restart and
 * differs, or NULL.  Moves '*ip' behind it. */
const char *config_next_frozen(const struct config *, const struct config *,
                               size_t *ip);

#endif /* agent/config.h */
