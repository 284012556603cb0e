/* SPDX-License-Identifier: Apache-2.0 */
/* Loads one module.  Its constructors run with the daemon's privileges, so the
 * file is looked at before dlopen(), and what it exports before anything in it
 * is called.  Must not know what plugins do. */

#include <config.h>

#include "plugin/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "util.h"

#define SUFFIX ".so"
#define NAME_MAX_LENGTH 32

void
module_refuse(struct module *module, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    module->refused = xvasprintf(fmt, args);
    va_end(args);

    module->entry = NULL;
    if (module->handle) {
        dlclose(module->handle);
        module->handle = NULL;
    }
}

/* Why others than those who can change this program anyway could write to
 * what 'st' describes, or NULL if they cannot. */
static const char *
writable_by_others(const struct stat *st)
{
    struct stat self;
    bool have_self = !stat("/proc/self/exe", &self);

    if (st->st_mode & S_IWOTH) {
        return "everybody may write to it";
    }
    if (st->st_uid != 0 && st->st_uid != geteuid()
        && !(have_self && st->st_uid == self.st_uid)) {
        return "it belongs to another user";
    }
    if ((st->st_mode & S_IWGRP)
        && !(have_self && (self.st_mode & S_IWGRP)
             && self.st_gid == st->st_gid)) {
        return "its group may write to it";
    }
    return NULL;
}

struct vif_error *
module_check_dir(const char *path)
{
    struct stat st;

    if (stat(path, &st)) {
        return vif_error_from_errno(errno, "plugin directory %s", path);
    }
    if (!S_ISDIR(st.st_mode)) {
        return vif_error_from_errno(ENOTDIR, "plugin directory %s", path);
    }

    const char *fault = writable_by_others(&st);
    return (fault ? vif_error_create(VIF_ERR_REFUSED, "plugin directory %s is "
                                     "not safe: %s", path, fault)
            : NULL);
}

static bool
check_file(struct module *module)
{
    struct stat st;

    if (lstat(module->path, &st)) {
        module_refuse(module, "%s", ovs_strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        module_refuse(module, "it is not a regular file");
    } else {
        const char *fault = writable_by_others(&st);

        if (fault) {
            module_refuse(module, "it is not safe: %s", fault);
        }
    }
    return !module->refused;
}

static bool
name_is_valid(const char *name)
{
    size_t length = name ? strnlen(name, NAME_MAX_LENGTH + 1) : 0;

    return (length > 0 && length <= NAME_MAX_LENGTH
            && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")
               == length);
}

/* 'abi' comes first in every version of the struct; nothing after it is read
 * when the number differs. */
static void
check_entry(struct module *module)
{
    const struct vif_plugin *entry = module->entry;

    if (entry->abi != VIF_PLUGIN_ABI) {
        module_refuse(module, "it was built for plugin ABI %u, and this vifd "
                      "has %u", entry->abi, VIF_PLUGIN_ABI);
    } else if (entry->size != sizeof *entry) {
        module_refuse(module, "its struct vif_plugin has %u bytes instead of "
                      "%zu, although the ABI number is the same",
                      entry->size, sizeof *entry);
    } else if (!name_is_valid(entry->name)) {
        module_refuse(module, "its name is not one of 1 to %d of a-z, 0-9, "
                      "'_' and '-'", NAME_MAX_LENGTH);
    } else if (entry->vnic_types >> VIF_N_VNIC_TYPES) {
        module_refuse(module, "it takes vnic types that do not exist");
    } else if (!entry->plan) {
        module_refuse(module, "it has no plan()");
    }
}

static const char *
last_dl_error(void)
{
    const char *s = dlerror();

    return s ? s : "unknown error of the dynamic linker";
}

void
module_open(struct module *module, const char *dir, const char *name)
{
    size_t length = strlen(name) - strlen(SUFFIX);

    *module = (struct module) {
        .name = xmemdup0(name, length),
        .path = xasprintf("%s/%s", dir, name),
    };
    if (!check_file(module)) {
        return;
    }

    module->handle = dlopen(module->path, RTLD_NOW | RTLD_LOCAL);
    if (!module->handle) {
        module_refuse(module, "%s", last_dl_error());
        return;
    }
    module->entry = dlsym(module->handle, "vif_plugin_entry");
    if (!module->entry) {
        module_refuse(module, "it exports no vif_plugin_entry");
        return;
    }
    check_entry(module);
}

void
module_close(struct module *module)
{
    if (module->handle) {
        dlclose(module->handle);
    }
    free(module->name);
    free(module->path);
    free(module->refused);
}
