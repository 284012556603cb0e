/* SPDX-License-Identifier: Apache-2.0 */

/* Step "vf": what a PF's driver does for a VF, set through the PF, whoever
 * has the VF itself: another driver, another namespace, a guest.
 *
 * Arguments: "pf" (its device name), "vf" (the number); of "mac", "vlan" with
 * "vlan_qos" and "vlan_protocol" (802.1Q or 802.1ad), "min_tx_rate" and
 * "max_tx_rate" (Mbit/s), "spoofchk", "trust" and "link_state" (auto, enable,
 * disable) those that are to be set; "best_effort" (what the driver refuses
 * is a warning, but for what keeps guests apart).  The original is all that
 * the driver reports, and "netdev_mac", the address of the VF's netdev if it
 * has one and "mac" is asked for.  Outputs: "mac" (what the PF's driver says),
 * "given_mac" (the one asked for, once it had that), "skipped" and "refused"
 * (the fields that were, and why), "warning".
 *
 * A VF that a guest has (held.h) is neither taken for a new port nor taken
 * back.
 *
 * What is taken back: what is as vifd set it becomes the original again; what
 * somebody else has changed is left as it is and reported, but for MAC
 * address, VLAN, trust and spoof checking of a VF that is free now: those are
 * made neutral, so that its next user inherits nothing. */

#include <config.h>

#include "steps/step.h"

#include <string.h>

#include "lib/cleanup.h"
#include "steps/held.h"
#include "steps/vf-args.h"
#include "steps/vf-mac.h"
#include "steps/vf-values.h"
#include "util.h"

/* A VF that nobody has.  Spoof checking is on in drivers that have it. */
static const struct rtnl_vf neutral = {
    .fields = VF_ALL_FIELDS,
    .spoofchk = true,
    .link_state = VIF_LINK_AUTO,
};

/* What is never left to the next user of a VF. */
#define FREED_FIELDS (RTNL_VF_BIT(RTNL_VF_MAC) | RTNL_VF_BIT(RTNL_VF_VLAN) \
                      | RTNL_VF_BIT(RTNL_VF_TRUST)                         \
                      | RTNL_VF_BIT(RTNL_VF_SPOOFCHK))

/* What is wanted, and where. */
struct wish {
    struct vf_args args;
    struct vf_place place;
};

static struct vif_error *
find(const struct step *step, const struct step_env *env, struct wish *wish)
{
    struct vif_error *error = vf_args_read(&step->args, &wish->args);

    if (!error) {
        wish->place = (struct vf_place) {
            .name = step->object,
            .pf = wish->args.pf,
            .number = wish->args.number,
            .rtnl = env->rtnl,
            .in_background = step->background,
        };
        error = vf_find(&wish->place);
    }
    return error;
}

static struct vif_error *
find_and_read(const struct step *step, const struct step_env *env,
              struct wish *wish, struct rtnl_vf *found,
              struct rtnl_link *pf)
{
    struct vif_error *error = find(step, env, wish);

    return error ? error : vf_read(&wish->place, found, pf);
}

/* The fields that the driver refused and was allowed to, as a list of keys
 * among the outputs. */
static void
write_skipped(struct vif_attrs *output, unsigned int skipped)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        if (skipped & RTNL_VF_BIT(i)) {
            ds_put_format(&ds, "%s%s", ds.length ? "," : "",
                          vf_field_key(i));
        }
    }
    vif_attrs_set(output, "skipped", ds.length ? ds_cstr(&ds) : NULL);
    ds_destroy(&ds);
}

static unsigned int
read_skipped(const struct vif_attrs *output)
{
    const char *list = vif_attrs_get(output, "skipped");
    char *copy CLEANUP_FREE = xstrdup(list ? list : "");
    unsigned int skipped = 0;
    char *save = NULL;

    for (char *key = strtok_r(copy, ",", &save); key;
         key = strtok_r(NULL, ",", &save)) {
        for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
            if (!strcmp(key, vf_field_key(i))) {
                skipped |= RTNL_VF_BIT(i);
            }
        }
    }
    return skipped;
}

/* What gives the VF "mac" may give it to its netdev, too. */
static void
write_netdev_mac(struct step *step, const struct wish *wish)
{
    char text[VIF_MAC_BUFSIZE];
    struct vif_mac mac;

    if (vf_has(&wish->args.values, RTNL_VF_MAC)
        && device_path_mac(step->object, &mac)) {
        vif_attrs_set(&step->original, "netdev_mac",
                      vif_mac_format(&mac, text));
    }
}

static bool
read_netdev_mac(const struct step *step, struct vif_mac *mac)
{
    const char *text = vif_attrs_get(&step->original, "netdev_mac");

    return text && vif_mac_from_string(text, mac);
}

static struct vif_error *
vf_capture(struct step *step, const struct step_env *env)
{
    struct rtnl_vf found;
    struct rtnl_link pf;
    struct wish wish;
    struct vif_error *error = find_and_read(step, env, &wish, &found, &pf);

    error = error ? error : device_check_new(step, env);
    if (!error && !step->has_previous) {
        vf_values_write(&found, &step->original);
        write_netdev_mac(step, &wish);
    }
    return error ? error
           : vf_check_pf(&wish.place,
                         vf_differing(VF_ALL_FIELDS, &wish.args.values,
                                      &found), &pf);
}

/* What apply() is to bring about: what is asked for, and the original of what
 * was and is not asked for any more. */
static void
find_wanted(const struct step *step, const struct wish *wish,
            struct rtnl_vf *wanted)
{
    struct rtnl_vf previous, original;

    *wanted = wish->args.values;
    if (step->has_previous) {
        vf_values_read(&step->previous, &previous);
        vf_values_read(&step->original, &original);
        for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
            if (vf_has(&previous, i) && !vf_has(wanted, i)
                && vf_has(&original, i)) {
                vf_copy(wanted, &original, i);
            }
        }
    }
}

/* A read costs as much as the PF has VFs, so the first apply() goes by what
 * capture() has just read.  If somebody was quicker, verify() tells, and the
 * next one reads. */
static struct vif_error *
find_current(const struct step *step, const struct step_env *env,
             struct wish *wish, struct rtnl_vf *found)
{
    struct rtnl_link pf;

    if (step->has_previous || vif_attrs_get(&step->output, "mac")) {
        return find_and_read(step, env, wish, found, &pf);
    }
    vf_values_read(&step->original, found);
    return find(step, env, wish);
}

/* The fields that may be left out of 'wanted' if the driver refuses them, when
 * as much as it can is good enough.  What keeps guests apart is not among
 * them: who is to be in a VLAN is not to be outside, and who is not to be
 * trusted must not be.  But what the driver does not report, it does not have,
 * and then a VF without VLAN, or without trust, is one anyway. */
static unsigned int
find_dispensable(const struct rtnl_vf *wanted, const struct rtnl_vf *found)
{
    static const enum rtnl_vf_field absent[] = { RTNL_VF_VLAN, RTNL_VF_TRUST };
    unsigned int fields = VF_ALL_FIELDS & ~FREED_FIELDS;

    for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
        if (!vf_has(found, absent[i])
            && vf_equal(wanted, &neutral, absent[i])) {
            fields |= RTNL_VF_BIT(absent[i]);
        }
    }
    if (wanted->trust) {
        fields |= RTNL_VF_BIT(RTNL_VF_TRUST);
    }
    if (!wanted->spoofchk) {
        fields |= RTNL_VF_BIT(RTNL_VF_SPOOFCHK);
    }
    return fields;
}

/* Whether the VF had the address that is wanted, and has another one that a
 * guest which is trusted may have given it: i40e and ice report that.  To set
 * the old one would reset the VF under its guest. */
static bool
has_guests_mac(const struct step *step, const struct rtnl_vf *wanted,
               const struct rtnl_vf *found)
{
    const char *given = vif_attrs_get(&step->output, "given_mac");
    struct vif_mac mac;

    return (given && vif_mac_from_string(given, &mac)
            && vf_has(wanted, RTNL_VF_MAC)
            && !memcmp(&mac, &wanted->mac, sizeof mac)
            && vf_has(wanted, RTNL_VF_TRUST) && wanted->trust
            && vf_has(found, RTNL_VF_TRUST) && found->trust
            && !vf_equal(wanted, found, RTNL_VF_MAC)
            && !vif_mac_is_zero(&found->mac));
}

/* Says what was refused, and that the address is not the one that was
 * given. */
static void
write_warning(struct step *step, const struct rtnl_vf *wanted,
              const struct rtnl_vf *found)
{
    const char *refused = vif_attrs_get(&step->output, "refused");
    char is[VIF_MAC_BUFSIZE], was[VIF_MAC_BUFSIZE];

    if (has_guests_mac(step, wanted, found)) {
        vif_attrs_setf(&step->output, "warning", "%s%sthe VF, which is "
                       "trusted, has MAC address %s instead of %s: left so",
                       refused ? refused : "", refused ? "; " : "",
                       vif_mac_format(&found->mac, is),
                       vif_mac_format(&wanted->mac, was));
    } else {
        vif_attrs_set(&step->output, "warning", refused);
    }
}

static struct vif_error *
vf_apply(struct step *step, const struct step_env *env)
{
    struct rtnl_vf found, wanted;
    struct wish wish;
    struct vif_error *error = find_current(step, env, &wish, &found);

    if (error) {
        return error;
    }

    find_wanted(step, &wish, &wanted);
    if (has_guests_mac(step, &wanted, &found)) {
        vf_clear(&wanted, RTNL_VF_MAC);
    }
    struct vf_refusals refusals = {
        .may = (wish.args.best_effort ? find_dispensable(&wanted, &found)
                : 0),
        .reasons = DS_EMPTY_INITIALIZER,
    };
    error = vf_converge(&wish.place, &wanted, &found, &refusals,
                        step->deadline);
    write_skipped(&step->output, refusals.skipped);
    vif_attrs_set(&step->output, "refused",
                  refusals.skipped ? ds_cstr(&refusals.reasons) : NULL);
    ds_destroy(&refusals.reasons);
    return error;
}

/* The first of 'fields' that the driver reports otherwise than in 'wanted',
 * as an error. */
static struct vif_error *
compare(const struct vf_place *place, const struct rtnl_vf *wanted,
        const struct rtnl_vf *found, unsigned int fields)
{
    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        if (fields & RTNL_VF_BIT(i) && vf_has(wanted, i) && vf_has(found, i)
            && !vf_equal(wanted, found, i)) {
            char is[VF_VALUE_SIZE], should[VF_VALUE_SIZE];

            return vif_error_create(
                VIF_ERR_CONFLICT, "the %s of VF %u of %s (%s) is %s instead "
                "of %s", vf_field_name(i), place->number,
                place->pf_netdev.name, place->pf,
                vf_field_format(found, i, is),
                vf_field_format(wanted, i, should));
        }
    }
    return NULL;
}

static void
write_mac(struct step *step, const struct rtnl_vf *wanted,
          const struct rtnl_vf *found)
{
    char mac[VIF_MAC_BUFSIZE];

    vif_attrs_set(&step->output, "mac", vif_mac_format(&found->mac, mac));
    if (vf_has(wanted, RTNL_VF_MAC) && vf_equal(wanted, found, RTNL_VF_MAC)) {
        vif_attrs_set(&step->output, "given_mac", mac);
    }
}

static struct vif_error *
vf_verify(struct step *step, const struct step_env *env)
{
    struct rtnl_vf found, wanted;
    struct rtnl_link pf;
    struct wish wish;
    struct vif_error *error = find_and_read(step, env, &wish, &found, &pf);

    if (error) {
        return error;
    }
    find_wanted(step, &wish, &wanted);
    write_mac(step, &wanted, &found);
    write_warning(step, &wanted, &found);
    if (has_guests_mac(step, &wanted, &found)) {
        vf_clear(&wanted, RTNL_VF_MAC);
    }
    return compare(&wish.place, &wanted, &found,
                   ~read_skipped(&step->output));
}

/* Taking back. */

/* Puts a sentence among the warnings. */
static void VIF_PRINTF(2, 3)
warn(struct ds *warnings, const char *fmt, ...)
{
    va_list args;

    if (warnings->length) {
        ds_put_cstr(warnings, "; ");
    }
    va_start(args, fmt);
    ds_put_format_valist(warnings, fmt, args);
    va_end(args);
}

static void
warn_of_field(struct ds *warnings, enum rtnl_vf_field field,
              const struct rtnl_vf *found, const struct rtnl_vf *before,
              const char *what)
{
    char is[VF_VALUE_SIZE], was[VF_VALUE_SIZE];

    warn(warnings, "somebody has changed the %s of the VF to %s, which was "
         "%s before vifd used it: %s", vf_field_name(field),
         vf_field_format(found, field, is),
         vf_field_format(before, field, was), what);
}

/* What there was, what vifd made of it, at last and before that. */
struct history {
    struct rtnl_vf original, applied, previous;
    struct rtnl_vf netdev;      /* The address that its netdev had, which the
                                 * PF is told when that is set back. */
};

static bool
is_ours(const struct history *history, const struct rtnl_vf *found,
        enum rtnl_vf_field field)
{
    return (vf_equal(&history->applied, found, field)
            || vf_equal(&history->previous, found, field)
            || (field == RTNL_VF_MAC && vf_has(&history->netdev, field)
                && vf_equal(&history->netdev, found, field)));
}

static bool
is_asked(const struct history *history, enum rtnl_vf_field field)
{
    return (vf_has(&history->applied, field)
            || vf_has(&history->previous, field));
}

/* Decides about one field that is not as it was. */
static void
decide(const struct history *history, const struct rtnl_vf *found,
       enum rtnl_vf_field field, struct rtnl_vf *wanted, struct ds *warnings)
{
    const struct rtnl_vf *original = &history->original;
    bool is_freed = FREED_FIELDS & RTNL_VF_BIT(field);
    bool is_reset = is_freed && !vf_equal(found, &neutral, field);

    if (is_ours(history, found, field)) {
        vf_copy(wanted, original, field);
        return;
    } else if (is_freed) {
        vf_copy(wanted, &neutral, field);
    }
    if ((is_reset || is_asked(history, field))
        && !(is_freed && vf_equal(original, &neutral, field))) {
        warn_of_field(warnings, field, found, original,
                      is_reset ? "it was reset" : "it was left so");
    }
}

/* What the VF must be given.  What the driver does not report is left. */
static void
find_wanted_back(const struct history *history, const struct rtnl_vf *found,
                 struct rtnl_vf *wanted, struct ds *warnings)
{
    memset(wanted, 0, sizeof *wanted);
    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        if (vf_has(found, i) && !vf_equal(&history->original, found, i)) {
            decide(history, found, i, wanted, warnings);
        }
    }
}

static void
read_history(const struct step *step, struct history *history)
{
    unsigned int skipped = read_skipped(&step->output);

    vf_values_read(&step->original, &history->original);
    vf_values_read(&step->args, &history->applied);
    vf_values_read(&step->previous, &history->previous);
    memset(&history->netdev, 0, sizeof history->netdev);
    if (read_netdev_mac(step, &history->netdev.mac)) {
        history->netdev.fields = RTNL_VF_BIT(RTNL_VF_MAC);
    }
    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        if (skipped & RTNL_VF_BIT(i)) {
            vf_clear(&history->applied, i);
        }
        if (!vf_has(&history->original, i)) {
            /* Nobody knows: the journal was lost. */
            vf_copy(&history->original, &neutral, i);
        }
    }
}

/* Writes 'wanted' and looks whether it is so. */
static struct vif_error *
give_back(const struct wish *wish, const struct rtnl_vf *wanted,
          struct rtnl_vf *found, struct ds *warnings, long long deadline)
{
    static const enum rtnl_vf_field sticky[] = {
        RTNL_VF_MAC, RTNL_VF_SPOOFCHK,
    };
    struct vf_refusals refusals = { .reasons = DS_EMPTY_INITIALIZER };
    struct rtnl_link pf;
    struct vif_error *error;

    if (!wanted->fields) {
        return NULL;
    }
    /* Some drivers take back neither an address nor spoof checking.  One that
     * keeps a VLAN or trust is asked again: the VF is not free so. */
    for (size_t i = 0; i < ARRAY_SIZE(sticky); i++) {
        if (vf_equal(wanted, &neutral, sticky[i])) {
            refusals.may |= RTNL_VF_BIT(sticky[i]);
        }
    }
    error = vf_converge(&wish->place, wanted, found, &refusals, deadline);
    if (refusals.skipped) {
        warn(warnings, "%s", ds_cstr(&refusals.reasons));
    }
    ds_destroy(&refusals.reasons);

    error = error ? error : vf_read(&wish->place, found, &pf);
    return error ? error : compare(&wish->place, wanted, found,
                                   ~refusals.skipped);
}

static struct vif_error *
take_back(struct step *step, const struct step_env *env, struct ds *warnings)
{
    struct rtnl_vf found, wanted;
    struct history history;
    struct rtnl_link pf;
    struct wish wish;
    struct vif_error *error = find_and_read(step, env, &wish, &found, &pf);

    if (!error) {
        read_history(step, &history);
        find_wanted_back(&history, &found, &wanted, warnings);
        error = give_back(&wish, &wanted, &found, warnings, step->deadline);
    }
    if (error && error->code == VIF_ERR_NOT_FOUND
        && !device_path_exists(step->object)) {
        warn(warnings, "%s, and with it what was set", error->message);
        vif_error_destroy(error);
        error = NULL;
    }
    return error;
}

/* Whether the netdev has the address that the port had. */
static bool
has_ports_mac(const struct step *step, const struct vf_netdev *netdev)
{
    const struct vif_attrs *const maps[] = { &step->args, &step->previous };
    struct vif_mac mac;

    for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
        const char *text = vif_attrs_get(maps[i], "mac");

        if (text && vif_mac_from_string(text, &mac)
            && netdev->link.has_mac
            && !memcmp(&mac, &netdev->link.mac, sizeof mac)) {
            return true;
        }
    }
    return false;
}

/* The host's driver, which has had the VF again before its PF was told the
 * old address, took the port's for its netdev.  Some keep it, and the NIC's
 * switch would send the port's frames there.  That is not worth keeping a VF
 * for: its driver's next probe takes what the PF has now. */
static void
renew_netdev(const struct step *step, const struct step_env *env,
             struct ds *warnings)
{
    struct vf_netdev netdev = {
        .name = step->object,
        .pf = vif_attrs_get(&step->args, "pf"),
        .rtnl = env->rtnl,
    };
    char text[VIF_MAC_BUFSIZE];
    struct vif_mac mac;

    if (!read_netdev_mac(step, &mac)) {
        return;
    }
    struct vif_error *error = vf_netdev_look(&netdev);
    if (!error && has_ports_mac(step, &netdev)) {
        error = vf_netdev_check_bare(&netdev);
        error = error ? error : vf_netdev_renew_mac(&netdev, &mac);
    }
    if (error && error->code != VIF_ERR_NOT_FOUND) {
        warn(warnings, "the network device of the VF did not get its MAC "
             "address %s back: %s", vif_mac_format(&mac, text),
             error->message);
    }
    vif_error_destroy(error);
}

static struct vif_error *
vf_revert(struct step *step, const struct step_env *env)
{
    struct ds warnings = DS_EMPTY_INITIALIZER;
    struct vif_error *error = device_check_unused(step, env);

    error = error ? error : take_back(step, env, &warnings);
    if (!error) {
        renew_netdev(step, env, &warnings);
    }
    vif_attrs_set(&step->output, "warning",
                  warnings.length ? ds_cstr(&warnings) : NULL);
    ds_destroy(&warnings);
    return error;
}

const struct step_class step_vf_class = {
    .kind = "vf",
    .version = 1,
    .summary = "a VF's MAC address, VLAN, rates and rights",
    .rank = 14,
    .check = vf_args_check,
    .compare = vf_args_compare,
    .lane = vf_args_lane,
    .capture = vf_capture,
    .apply = vf_apply,
    .verify = vf_verify,
    .revert = vf_revert,
    .check_unused = device_check_unused,
};
