/* SPDX-License-Identifier: Apache-2.0 */

/* See devlink-ask.h. */

#include <config.h>

#include "inventory/devlink-ask.h"

#include <stdlib.h>

#include "agent/chore.h"
#include "inventory/read.h"
#include "kernel/devlink.h"
#include "kernel/genl.h"
#include "lib/alloc.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(devlink_ask);

/* After no socket could be had. */
#define RETRY_MS 1000

/* The thread's until that is over. */
struct question {
    struct inventory devices;   /* Copies, to be filled in. */
    struct vif_error *error;
};

struct devlink_ask {
    struct chore_thread *chores;
    struct question *question;  /* Under way, or NULL. */
    struct inventory due;       /* For the next. */
    long long earliest;         /* Not before. */
};

/* The thread. */

static void
question_destroy(void *question_)
{
    struct question *question = question_;

    inventory_destroy(&question->devices);
    vif_error_destroy(question->error);
    free(question);
}

static void
ask(void *question_)
{
    struct question *question = question_;
    struct genl *devlink = NULL;

    question->error = genl_open(DEVLINK_FAMILY, &devlink);
    if (!question->error) {
        inventory_read_devlink(devlink, &question->devices);
    }
    genl_close(devlink);
}

/* The main loop. */

struct devlink_ask *
devlink_ask_create(void)
{
    struct devlink_ask *asking = vif_xcalloc(1, sizeof *asking);

    asking->chores = chore_thread_create("devlink");
    return asking;
}

void
devlink_ask_destroy(struct devlink_ask *asking)
{
    if (asking) {
        chore_thread_destroy(asking->chores);
        inventory_destroy(&asking->due);
        free(asking);
    }
}

/* A VF that has no address of its own is not devlink's. */
void
devlink_ask_about(struct devlink_ask *asking, const struct device *device)
{
    if (device->is_pci || !device_is_vf(device)) {
        inventory_put(&asking->due, device);
    }
}

void
devlink_ask_copy(struct device *device, const struct inventory *from)
{
    const struct device *known = inventory_find(from, device->name);

    if (known) {
        device->in_devlink = known->in_devlink;
        device->eswitch = known->eswitch;
    }
}

/* Nothing could be asked: again later. */
static void
put_off(struct devlink_ask *asking, const struct question *question)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

    VLOG_WARN_RL(&rl, "%s", question->error->message);
    for (size_t i = 0; i < question->devices.n; i++) {
        inventory_put(&asking->due, &question->devices.devices[i]);
    }
    asking->earliest = time_msec() + RETRY_MS;
}

static bool
take_answer(struct devlink_ask *asking, struct inventory *answer)
{
    struct question *question = TAKE(asking->question);
    bool answered = !question->error;

    if (answered) {
        *answer = question->devices;
        question->devices = (struct inventory) INVENTORY_INIT;
    } else {
        put_off(asking, question);
    }
    question_destroy(question);
    return answered;
}

bool
devlink_ask_run(struct devlink_ask *asking, struct inventory *answer)
{
    bool answered = (chore_take(asking->chores)
                     && take_answer(asking, answer));

    if (!asking->question && asking->due.n
        && time_msec() >= asking->earliest) {
        asking->question = vif_xcalloc(1, sizeof *asking->question);
        asking->question->devices = asking->due;
        asking->due = (struct inventory) INVENTORY_INIT;
        chore_start(asking->chores, ask, question_destroy, asking->question);
    }
    return answered;
}

void
devlink_ask_wait(const struct devlink_ask *asking)
{
    if (asking->question) {
        chore_wait(asking->chores);
    } else if (asking->due.n) {
        poll_timer_wait_until(asking->earliest);
    }
}

bool
devlink_ask_idle(const struct devlink_ask *asking)
{
    return (!asking->question
            && (!asking->due.n || time_msec() < asking->earliest));
}
