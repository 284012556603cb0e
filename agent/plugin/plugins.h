/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_PLUGINS_H
#define PLUGIN_PLUGINS_H 1

/* The ways of plugging that are there: modules loaded from one directory, and
 * the planner that the engine sees in their place.  Knows include/vif/plugin.h
 * and nothing of any one plugin.  Belongs to the main loop. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vif/error.h>

struct device_host;
struct planner;
struct plugins;

/* What plugins are told about the host.  The functions must answer from
 * memory: they are called while a plan is made. */
struct plugins_config {
    const char *bridge;         /* Default integration bridge. */
    const char *datapath_type;  /* For bridges vifd makes; or NULL. */
    uint32_t mtu;               /* Default, bytes. */
    uint32_t max_queues;        /* 0: no limit but the kernel's. */

    bool (*ovsdb_ready)(void *aux);     /* bridge_exists() is the truth. */
    bool (*bridge_exists)(void *aux, const char *bridge);
    /* "" for the default; NULL if there is no such bridge. */
    const char *(*bridge_datapath_type)(void *aux, const char *bridge);
    bool (*bridge_may_create)(void *aux, const char *bridge);

    /* The devices of the host have been read, or it is known why not: a port
     * that needs one waits for that, until engine_planner_ready(). */
    bool (*devices_ready)(void *aux);
    /* What may be asked about them, valid until the main loop goes on.  NULL:
     * there are none here. */
    struct vif_error *(*devices)(void *aux, struct device_host *);
    void *aux;
};

/* The strings of the configuration are copied. */
struct plugins *plugins_create(const struct plugins_config *);
void plugins_set_config(struct plugins *, const struct plugins_config *);

/* Unloads the modules; no plan that they made depends on them. */
void plugins_destroy(struct plugins *);         /* NULL is allowed. */

/* Loads each NAME.so of directory 'dir', in the order of their names.  One
 * that cannot be used is refused: logged, and kept with the reason for
 * plugins_get().  Nobody may be able to write to the directory or to a module
 * who could not write to this program.  Fails if the directory itself is not
 * fit or cannot be read.  Blocks; only at start, and once. */
struct vif_error *plugins_load(struct plugins *, const char *dir)
    VIF_WARN_UNUSED;

/* The plugin is the one that the binding names, else the first by file name
 * that takes its vnic_type.  Lives as long as 'plugins'. */
struct planner *plugins_planner(struct plugins *);

/* Looking.  Strings are valid until the next change. */
struct plugin_view {
    const char *name;           /* Of a refused one: its file's, without
                                 * ".so". */
    const char *file;           /* Its path. */
    const char *refused;        /* Why it was not loaded, or NULL.  Then the
                                 * members below are empty. */
    const char *summary;
    uint32_t vnic_types;        /* Bit (1u << VIF_VNIC_...). */
    const char *missing;        /* What the host lacks for it, or NULL. */
};
size_t plugins_count(const struct plugins *);   /* Loaded or refused. */
void plugins_get(const struct plugins *, size_t i, struct plugin_view *);

#endif /* plugin/plugins.h */
