/* SPDX-License-Identifier: Apache-2.0 */

/* Reading the configuration again, in a thread. */

#include <config.h>

#include "agent/reload.h"

#include <stdlib.h>

#include "agent/config.h"
#include "latch.h"
#include "lib/cleanup.h"
#include "ovs-thread.h"
#include "util.h"

struct reload {
    reload_load *load;
    void *aux;

    bool running;               /* There is a thread. */
    bool again;                 /* Asked for meanwhile. */
    pthread_t thread;
    struct latch done;          /* Set by the thread as its last act. */

    struct config *config;      /* The thread's until 'done' is set. */
    struct vif_error *error;
};

struct reload *
reload_create(reload_load *load, void *aux)
{
    struct reload *reload = xzalloc(sizeof *reload);

    reload->load = load;
    reload->aux = aux;
    latch_init(&reload->done);
    return reload;
}

static void *
reload_main(void *reload_)
{
    struct reload *reload = reload_;

    reload->error = reload->load(reload->aux, &reload->config);
    latch_set(&reload->done);
    return NULL;
}

bool
reload_start(struct reload *reload)
{
    if (reload->running) {
        reload->again = true;
        return false;
    }
    reload->running = true;
    reload->thread = ovs_thread_create("reload", reload_main, reload);
    return true;
}

bool
reload_take(struct reload *reload, struct config **configp,
            struct vif_error **errorp)
{
    if (!reload->running || !latch_poll(&reload->done)) {
        return false;
    }
    xpthread_join(reload->thread, NULL);
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
    if (reload->running) {
        latch_wait(&reload->done);
    }
}

void
reload_destroy(struct reload *reload)
{
    if (reload) {
        if (reload->running) {
            xpthread_join(reload->thread, NULL);
        }
        config_destroy(reload->config);
        vif_error_destroy(reload->error);
        latch_destroy(&reload->done);
        free(reload);
    }
}
