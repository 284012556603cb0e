/* SPDX-License-Identifier: Apache-2.0 */

/* Reading the configuration again, in a thread. */

#include <config.h>

#include "agent/reload.h"

#include <stdlib.h>

#include "agent/chore.h"
#include "agent/config.h"
#include "lib/cleanup.h"
#include "util.h"

struct reload {
    reload_load *load;
    void *aux;

    struct chore_thread *chores;
    bool running;
    bool again;                 /* Asked for meanwhile. */

    struct config *config;      /* The thread's while 'running'. */
    struct vif_error *error;
};

struct reload *
reload_create(reload_load *load, void *aux)
{
    struct reload *reload = xzalloc(sizeof *reload);

    reload->load = load;
    reload->aux = aux;
    reload->chores = chore_thread_create("reload");
    return reload;
}

static void
load(void *reload_)
{
    struct reload *reload = reload_;

    reload->error = reload->load(reload->aux, &reload->config);
}

/* It stays with reload_destroy(), which waits for the thread. */
static void
keep(void *reload)
{
    (void) reload;
}

bool
reload_start(struct reload *reload)
{
    if (reload->running) {
        reload->again = true;
        return false;
    }
    reload->running = true;
    chore_start(reload->chores, load, keep, reload);
    return true;
}

bool
reload_take(struct reload *reload, struct config **configp,
            struct vif_error **errorp)
{
    if (!chore_take(reload->chores)) {
        return false;
    }
    reload->running = false;
    *configp = TAKE(reload->config);
    *errorp = TAKE(reload->error);
    if (reload->again) {
        reload->again = false;
        reload_start(reload);
    }
    return true;
}

void
reload_wait(struct reload *reload)
{
    chore_wait(reload->chores);
}

void
reload_destroy(struct reload *reload)
{
    if (reload) {
        chore_finish(reload->chores);
        chore_thread_destroy(reload->chores);
        config_destroy(reload->config);
        vif_error_destroy(reload->error);
        free(reload);
    }
}
