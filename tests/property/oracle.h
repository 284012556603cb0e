/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_ORACLE_H
#define PROPERTY_ORACLE_H 1

/* What must be true.  The oracle hears what is asked and answered, works out
 * from that what each port may be like, and compares with the host.  It knows
 * nothing of how the engine goes about it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "host.h"
#include "shape.h"

struct world;

enum { MAX_ASKED = 64, MAX_GROUP = 4, MAX_WISHES = MAX_ASKED + 1 };

/* What a port may be like: plugged as 'shape' says, or not at all. */
struct wish {
    bool gone;
    struct shape shape;
};

/* A request. */
struct asked {
    struct world *world;
    enum request_kind kind;
    enum wait_for wait;
    size_t n;
    unsigned int ports[MAX_GROUP];
    struct wish wishes[MAX_GROUP];  /* What the ports will be if it is done. */

    long long deadline_us;
    uint64_t since;                 /* host->ticks when it was made. */
    bool answered;
    bool pending;                   /* Neither answered nor forgotten. */
    bool torn;                      /* A group that a crash interrupted. */

    /* For what must not write: how it was at the beginning. */
    bool same[MAX_GROUP];
    unsigned int writes[MAX_GROUP];
    unsigned int hits;
};

struct port_model {
    struct wish wishes[MAX_WISHES]; /* One of these it is, but for what is
                                     * under way. */
    size_t n;
    enum port_state state;          /* As far as was notified. */
    uint64_t proven;                /* host->ticks of the last request that
                                     * was done. */
    const struct asked *latest;     /* The youngest request answered that
                                     * may have changed it. */
    bool latest_done;
    bool committed_only;            /* The last one was not proven. */
    bool unsettled;                 /* Something may go on by itself. */
    bool doubtful;                  /* That is to undo 'doubt', unless vifd
                                     * dies when that was just in place. */
    struct wish doubt;
};

/* States in which nothing is under way, and in which all is in place. */
#define STATE(NAME) (1u << PORT_##NAME)
#define IN_PLACE (STATE(WAITING_FOR_DEVICE) | STATE(PREPARED) | STATE(ACTIVE))
#define RESTING (IN_PLACE | STATE(DRIFTED))

/* How late an answer may be: what one turn of the main loop may take. */
#define SLACK_US 20000

struct oracle {
    struct world *world;
    struct port_model ports[N_PORTS];
    struct asked asked[MAX_ASKED];
    size_t n_asked;
    unsigned int outcomes[3];
};

void oracle_init(struct oracle *, struct world *);

/* A request is about to be submitted: NULL if there were too many already.
 * 'shapes' only for plugs. */
struct asked *oracle_ask(struct oracle *, enum request_kind, enum wait_for,
                         const unsigned int *ports,
                         const struct shape *shapes, size_t n,
                         unsigned int timeout_ms);
/* answers.c: a request_done_cb; aux is the struct asked. */
void oracle_answered(void *asked, const struct port_result *, size_t n);
/* An engine_event_cb; aux is the world. */
void oracle_event(void *world, const struct engine_event *);

/* After each turn of the engine. */
void oracle_turn(struct oracle *);
void oracle_crashed(struct oracle *);
/* The engine has read the journal. */
void oracle_recovering(struct oracle *);
/* rest.c: the engine has looked at every port, and nothing was asked
 * meanwhile. */
void oracle_recovered(struct oracle *);

/* Nothing is under way, nothing is broken.  With 'verified', the engine has
 * looked at everything since the last change. */
void oracle_rest(struct oracle *, bool verified);
/* Nothing is plugged. */
void oracle_empty(struct oracle *);

/* What the engine says of 'port'; false if it says that it is not there. */
bool oracle_view(struct oracle *, unsigned int port,
                 struct engine_port_view *);
bool wish_equal(const struct wish *, const struct wish *);
bool model_has(const struct port_model *, const struct wish *);
void model_add(struct port_model *, const struct wish *);
void model_set(struct port_model *, const struct wish *);
bool changes_port(enum request_kind);
bool is_unplug(enum request_kind);

/* Whether the engine has a step for 'row' of the port that made it. */
bool oracle_has_row(struct oracle *, const struct thing *row);
/* Whether something else was asked of 'port' after 'asked'. */
bool asked_since(const struct oracle *, const struct asked *,
                 unsigned int port);
bool port_is_busy(const struct oracle *, unsigned int port);

/* differs.c: how the host is not what 'wish' says for 'port', or NULL.  What
 * a stranger touched after tick 'excused' does not count.  In 'buf'. */
const char *host_differs(struct world *, unsigned int port,
                         const struct wish *, uint64_t excused,
                         char *buf, size_t size);
/* The same for the claims. */
const char *claims_differ(struct world *, unsigned int port,
                          const struct wish *, char *buf, size_t size);
/* What of vifd's doing is on the host though nothing is plugged. */
const char *host_leftovers(struct world *, char *buf, size_t size);

#endif /* oracle.h */
