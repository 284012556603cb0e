/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROPERTY_HOST_H
#define PROPERTY_HOST_H 1

/* The model of a host: some things with attributes, which steps and strangers
 * change.  It knows what an operation does to a thing, not when or whether it
 * happens (executor.h).
 *
 * Attributes are numbers.  What was there before vifd came, and what strangers
 * write, is below FIRST_OURS; what ports ask for is not.  So whatever vifd
 * leaves behind, or takes for an original by mistake, can be told. */

#include <stdbool.h>
#include <stdint.h>

#include <vif/error.h>

#include "steps/step.h"

struct world;
struct dice;

enum {
    N_PORTS = 5,
    N_NETDEVS = 4,
    N_CARDS = 2,
    N_SLOTS = 6,            /* Of which half are on each card. */
    N_ROWS = 5,
    N_BRIDGES = 3,
    N_ATTRS = 4,
    FIRST_OURS = 8,
    FIRST_NUMBER = 100,     /* Of the numbers that incarnations have. */
};

enum thing_kind {
    THING_NETDEV,           /* Made by steps; in a lane; flavours, in use. */
    THING_SLOT,             /* Hardware with attributes; lane of its card. */
    THING_ROW,              /* Made by transactions of the main loop. */
    THING_BRIDGE,           /* The same, shared. */
    THING_CARD,             /* Hardware with a mode that ports share. */
    N_THING_KINDS
};
enum { N_THINGS = N_NETDEVS + N_SLOTS + N_ROWS + N_BRIDGES + N_CARDS };

struct thing_attr {
    const char *name;       /* NULL: there are no more. */
    enum step_change change;
};

struct thing_class {
    const char *kind;
    const char *names;      /* Format of the name. */
    unsigned int first, n;  /* Positions among host->things. */
    bool made;              /* Else hardware: always there. */
    bool shared;
    bool main_loop;
    struct thing_attr attrs[N_ATTRS];
    const char *extra;      /* An argument that is no attribute, or NULL. */
    const char *number;     /* The output that tells the incarnation. */
    const struct step_class *step_class;
};
extern const struct thing_class thing_classes[N_THING_KINDS];

/* classes.c: what the engine sees of them. */
extern const struct step_class netdev_class, slot_class, row_class;
extern const struct step_class bridge_class, card_class;

/* Who made a thing or gave it its attributes: a port's number, or: */
enum { MAKER_NOBODY = -1, MAKER_STRANGER = -2, MAKER_SHARED = -3 };

struct thing {
    enum thing_kind kind;
    char name[8];
    bool exists;
    int maker;
    uint32_t attrs[N_ATTRS];
    uint32_t number;        /* Another one each time it comes to be. */
    uint32_t uuid;          /* Of a row: chosen by capture. */
    bool open;              /* Held by a guest. */
    bool ready;             /* Of a late row: the guest made the device. */
    bool ghost;             /* Of a row: it came unseen. */
    unsigned int refusals;  /* Failures of apply() in a row. */

    uint32_t factory[N_ATTRS];
    uint32_t native[N_ATTRS];   /* Bit V: V may be there with nobody's
                                 * doing of ours. */
    uint64_t touched;       /* host->ticks when a stranger did something. */
};

struct host {
    struct world *world;
    struct thing things[N_THINGS];
    uint64_t ticks;
    uint32_t next_number;
};

void host_init(struct host *, struct world *, struct dice *);
struct thing *host_thing(struct host *, enum thing_kind, unsigned int n);
struct thing *host_find(struct host *, const char *kind, const char *name);
void thing_appear(struct host *, struct thing *, int maker);
size_t thing_n_attrs(const struct thing *);
/* Whether an attribute has a value that some port asked for. */
bool thing_is_configured(const struct thing *);
unsigned int thing_card(const struct thing *, const struct host *);
unsigned int row_bridge_number(const struct thing *row);
const struct step_class *host_lookup(const char *kind);

/* An attribute or number as it stands in arguments. */
uint32_t ours(unsigned int value);
uint32_t attrs_number(const struct vif_attrs *, const char *key,
                      uint32_t def);
bool argument_missing(const struct thing_class *, const struct vif_attrs *,
                      const char **keyp);

/* Does 'op', of APPLY only the apply().  At most 'max_writes' are carried out
 * of those that the kernel sees one by one; '*changedp' tells whether there
 * was one. */
struct vif_error *host_do(struct host *, struct thing *, struct step *,
                          enum step_op, unsigned int max_writes,
                          bool *changedp);
struct vif_error *host_verify(struct host *, struct thing *, struct step *);

/* Whether 'thing', which is made, looks like one of 'port_id' with 'args'. */
bool host_is_as_asked(const struct thing *, const struct vif_attrs *args,
                      const char *port_id);

/* Strangers and misfortune. */
enum stranger_act {
    STRANGER_TAKE,          /* Makes one of that name, if there is none. */
    STRANGER_CHANGE,        /* Writes an attribute. */
    STRANGER_REMOVE,        /* Deletes it, whosever it is; unplugs a card. */
    STRANGER_RETURN,        /* Plugs it in again. */
    STRANGER_LEAVE,         /* Deletes what a stranger made. */
    STRANGER_OPEN,
    STRANGER_CLOSE,
    STRANGER_DEVICE,        /* The guest makes the device of a late row. */
    N_STRANGER_ACTS
};
const char *stranger_act_name(enum stranger_act);
/* False if nothing came of it. */
bool host_stranger(struct host *, struct thing *, enum stranger_act,
                   unsigned int value);
void host_reboot(struct host *);

const char *thing_describe(const struct thing *, char *buf, size_t size);

#endif /* host.h */
