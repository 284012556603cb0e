/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLUGIN_MODULE_H
#define PLUGIN_MODULE_H 1

/* One plugin's file: whether it may be trusted, loading it, and whether what
 * it exports is what this vifd understands. */

#include <vif/error.h>
#include <vif/plugin.h>

struct module {
    char *name;                 /* Of the file, without ".so". */
    char *path;
    void *handle;               /* dlopen()'s; NULL if refused. */
    const struct vif_plugin *entry;     /* NULL if refused. */
    char *refused;              /* Why, or NULL. */
};

/* Makes '*module' of file 'name' in 'dir'.  What is wrong with it is stored
 * in 'refused'. */
void module_open(struct module *module, const char *dir, const char *name);
void module_refuse(struct module *, const char *fmt, ...) VIF_PRINTF(2, 3);
void module_close(struct module *);

/* Whether nobody can write to 'path', a directory, who could not write to this
 * program anyway. */
struct vif_error *module_check_dir(const char *path) VIF_WARN_UNUSED;

#endif /* plugin/module.h */
