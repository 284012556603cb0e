/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_VIFD_PRIVATE_H
#define AGENT_VIFD_PRIVATE_H 1

/* What the files of the daemon itself, vifd*.c, share. */

#include <stdbool.h>

#include "agent/orphans.h"
#include "agent/vifd.h"
#include "engine/engine.h"
#include "inventory/claims.h"
#include "openvswitch/list.h"
#include "plugin/plugins.h"
#include "rpc/call.h"
#include "sset.h"

struct budget;
struct config;
struct device_host;
struct inventory_event;
struct inventory_keeper;
struct reload;
struct rtnl_link;

struct vifd {
    struct vifd_options options;
    struct config *config;
    struct reload *reload;
    struct budget *budget;
    struct ovs_list waiters;        /* For the load under way ... */
    struct ovs_list next_waiters;   /* ... and for the one after it. */

    struct journal *journal;
    struct plugins *plugins;
    struct ovs *ovs;
    struct lanes *lanes;
    struct engine *engine;
    struct rtnl_monitor *monitor;
    struct uevent_monitor *uevents;
    struct inventory_keeper *devices;
    struct vf_watch *vf_watch;
    bool devices_ready;             /* It has been read once, or not. */
    struct device_claims device_claims;     /* Kept as the engine's are. */
    struct rpc_host host;
    struct ovs_list calls;          /* struct rpc_call. */
    struct rpc_server *server;

    struct text_pages *text;
    bool rested;                    /* Since the start. */
    uint64_t rest_queued;           /* Operations until memory was given back
                                     * last ... */
    uint64_t rest_seen;             /* ... and when it was last looked. */
    long long rest_due;             /* When to give back; 0: no need. */

    bool failed;                    /* Stops because the helper has gone. */

    bool journal_taken;             /* The engine knows what it says. */
    bool journal_undecided;         /* There is none, and it is not known yet
                                     * whether there should be one. */
    struct vif_error *journal_lost; /* There should be one: why; or NULL. */
    bool journal_opening;           /* By its thread. */
    long long journal_due;          /* When to decide, or to try again. */
    struct rebuild *rebuild;        /* Under way, or NULL. */
    struct marks_look *marks_look;  /* For it. */

    bool collected;                 /* The replica was searched for rows that
                                     * belong to no port. */
    struct ovs_list gcs;            /* struct gc, under way. */
    struct gc *survey;              /* Which of them nobody waits for. */
    bool survey_due;
    struct sset orphans;            /* Known and not collected yet. */
    bool recovering;                /* Not all ports were looked at yet. */
    long long started_ms;
    long long stop_deadline;        /* 0: not stopping. */
    long long flush_deadline;       /* 0: work is still under way. */
};

/* vifd-journal.c: a journal that cannot be used. */
void vifd_start_journal(struct vifd *);
void vifd_run_journal(struct vifd *);
void vifd_wait_journal(const struct vifd *);
void vifd_take_key(struct vifd *);
/* Whether what no port has may be taken for what no port ever had. */
bool vifd_journal_is_whole(const struct vifd *);
/* What is wrong with it, for answers; NULL if nothing is. */
struct json *vifd_journal_to_json(void *vifd);

/* vifd-rebuild.c: making the journal anew from what is on the host. */
void vifd_start_rebuild(void *vifd, const char *key, rpc_rebuild_cb *done,
                        void *aux);
void vifd_run_rebuild(struct vifd *);
void vifd_wait_rebuild(const struct vifd *);
void vifd_forget_rebuild(struct vifd *);

/* vifd-collect.c: what is ours and belongs to no port. */
void vifd_collect_row(struct vifd *, const char *name);
void vifd_collect_link(struct vifd *, const struct rtnl_link *);
void vifd_gc(void *vifd, const struct gc_request *, gc_done_cb *, void *aux);
void vifd_survey(struct vifd *);
void vifd_run_collect(struct vifd *);
void vifd_wait_collect(const struct vifd *);

/* vifd-rest.c. */
void vifd_run_rest(struct vifd *);
void vifd_wait_rest(const struct vifd *);
void vifd_forget_collect(struct vifd *);

/* vifd-devices.c: what there is on the host. */
struct vif_error *vifd_start_devices(struct vifd *) VIF_WARN_UNUSED;
void vifd_stop_devices(struct vifd *);
void vifd_run_devices(struct vifd *);
void vifd_wait_devices(const struct vifd *);
void vifd_device_link(const struct vifd *, const struct rtnl_link *);
void vifd_devices_lost(const struct vifd *);
void vifd_watch_claims(struct vifd *);
/* vifd_devices() has an answer, be it an error. */
bool vifd_devices_ready(void *vifd);
/* What may be asked about devices, valid for this turn. */
struct vif_error *vifd_devices(void *vifd, struct device_host *)
    VIF_WARN_UNUSED;

/* vifd-vfs.c: what somebody else does to devices that ports have. */
void vifd_start_vfs(struct vifd *);
void vifd_netdev_link(const struct vifd *, const struct rtnl_link *);
void vifd_upper_link(const struct vifd *, const struct rtnl_link *);
void vifd_device_event(const struct vifd *, const struct inventory_event *);

/* vifd-privilege.c: giving up rights. */
struct rpc_listener;
struct vif_error *vifd_drop_rights(struct vifd *, const struct rpc_listener *)
    VIF_WARN_UNUSED;
struct vif_error *vifd_filter_calls(struct vifd *) VIF_WARN_UNUSED;
void vifd_run_helper(struct vifd *);

/* vifd-config.c: reading the configuration, and handing it out. */
const char *vifd_config_path(const struct vifd_options *);
struct vif_error *vifd_load_config(void *options, struct config **)
    VIF_WARN_UNUSED;
char *vifd_ovsdb_remote(const struct vifd *);   /* The caller frees. */
void vifd_set_limits(struct vifd *);
struct engine_config vifd_engine_config(const struct vifd *);
struct plugins_config vifd_plugins_config(struct vifd *);
void vifd_start_reload(void *vifd, rpc_reload_cb *done, void *aux);
void vifd_run_reload(struct vifd *);
void vifd_forget_waiters(struct vifd *);

#endif /* agent/vifd-private.h */
