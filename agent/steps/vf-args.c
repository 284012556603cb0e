/* SPDX-License-Identifier: Apache-2.0 */

/* See vf-args.h.  Touches no host. */

#include <config.h>

#include "steps/vf-args.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "steps/args.h"
#include "steps/device-path.h"
#include "util.h"

#define MAX_VF 65535
#define MAX_VLAN 4094
#define MAX_QOS 7
#define MAX_RATE UINT32_MAX

static const char *
device_fault(const char *s)
{
    return device_path_check(s) ? NULL : "is no device's name";
}

static const char *
vf_fault(const char *s)
{
    return (step_args_is_number(s, 0, MAX_VF) ? NULL
            : "must be a number up to 65535");
}

static const char *
vlan_fault(const char *s)
{
    return (step_args_is_number(s, 0, MAX_VLAN) ? NULL
            : "must be 0 (none) to 4094");
}

static const char *
qos_fault(const char *s)
{
    return step_args_is_number(s, 0, MAX_QOS) ? NULL : "must be 0 to 7";
}

static const char *
protocol_fault(const char *s)
{
    return (!strcmp(s, "802.1Q") || !strcmp(s, "802.1ad") ? NULL
            : "must be '802.1Q' or '802.1ad'");
}

static const char *
rate_fault(const char *s)
{
    return (step_args_is_number(s, 0, MAX_RATE) ? NULL
            : "must be a number of Mbit/s, or 0 for no limit");
}

static const char *
link_state_fault(const char *s)
{
    enum vif_link_state state;

    return (vif_link_state_from_name(s, &state) ? NULL
            : "must be 'auto', 'enable' or 'disable'");
}

static const struct step_argument arguments[] = {
    { "best_effort", false, step_args_bool_fault },
    { "link_state", false, link_state_fault },
    { "mac", false, step_args_mac_fault },
    { "max_tx_rate", false, rate_fault },
    { "min_tx_rate", false, rate_fault },
    { "pf", true, device_fault },
    { "spoofchk", false, step_args_bool_fault },
    { "trust", false, step_args_bool_fault },
    { "vf", true, vf_fault },
    { "vlan", false, vlan_fault },
    { "vlan_protocol", false, protocol_fault },
    { "vlan_qos", false, qos_fault },
};

/* One field of a struct rtnl_vf. */
struct field {
    const char *key;            /* Of its argument. */
    const char *name;           /* In messages. */
    size_t offset, size;

    void (*format)(const void *value, char *buf, size_t size);
    void (*write)(const void *value, const char *key, struct vif_attrs *);
    void (*read)(const struct vif_attrs *, const char *key, void *value);
};

static void
format_mac(const void *value, char *buf, size_t size)
{
    char mac[VIF_MAC_BUFSIZE];

    snprintf(buf, size, "%s", vif_mac_format(value, mac));
}

static void
write_mac(const void *value, const char *key, struct vif_attrs *attrs)
{
    char mac[VIF_MAC_BUFSIZE];

    vif_attrs_set(attrs, key, vif_mac_format(value, mac));
}

static void
read_mac(const struct vif_attrs *attrs, const char *key, void *value)
{
    vif_mac_from_string(vif_attrs_get(attrs, key), value);
}

static const char *
protocol_name(const struct rtnl_vf_vlan *vlan)
{
    return vlan->is_8021ad ? "802.1ad" : "802.1Q";
}

static void
format_vlan(const void *value, char *buf, size_t size)
{
    const struct rtnl_vf_vlan *vlan = value;

    if (!vlan->id && !vlan->qos) {
        snprintf(buf, size, "none");
    } else {
        snprintf(buf, size, "%u with QoS %u and protocol %s", vlan->id,
                 vlan->qos, protocol_name(vlan));
    }
}

static void
write_vlan(const void *value, const char *key, struct vif_attrs *attrs)
{
    const struct rtnl_vf_vlan *vlan = value;

    vif_attrs_set_uint(attrs, key, vlan->id);
    vif_attrs_set_uint(attrs, "vlan_qos", vlan->qos);
    vif_attrs_set(attrs, "vlan_protocol", protocol_name(vlan));
}

static void
read_vlan(const struct vif_attrs *attrs, const char *key, void *value)
{
    const char *protocol = vif_attrs_get(attrs, "vlan_protocol");

    *(struct rtnl_vf_vlan *) value = (struct rtnl_vf_vlan) {
        .id = vif_attrs_get_uint(attrs, key, 0),
        .qos = vif_attrs_get_uint(attrs, "vlan_qos", 0),
        .is_8021ad = protocol && !strcmp(protocol, "802.1ad"),
    };
}

static void
format_rate(const void *value, char *buf, size_t size)
{
    const uint32_t *rate = value;

    if (*rate) {
        snprintf(buf, size, "%"PRIu32" Mbit/s", *rate);
    } else {
        snprintf(buf, size, "none");
    }
}

static void
write_rate(const void *value, const char *key, struct vif_attrs *attrs)
{
    vif_attrs_set_uint(attrs, key, *(const uint32_t *) value);
}

static void
read_rate(const struct vif_attrs *attrs, const char *key, void *value)
{
    *(uint32_t *) value = vif_attrs_get_uint(attrs, key, 0);
}

static void
format_flag(const void *value, char *buf, size_t size)
{
    snprintf(buf, size, "%s", *(const uint32_t *) value ? "on" : "off");
}

static void
write_flag(const void *value, const char *key, struct vif_attrs *attrs)
{
    vif_attrs_set_bool(attrs, key, *(const uint32_t *) value);
}

static void
read_flag(const struct vif_attrs *attrs, const char *key, void *value)
{
    *(uint32_t *) value = vif_attrs_get_bool(attrs, key, false);
}

static void
format_link_state(const void *value, char *buf, size_t size)
{
    snprintf(buf, size, "%s",
             vif_link_state_name(*(const uint32_t *) value));
}

static void
write_link_state(const void *value, const char *key, struct vif_attrs *attrs)
{
    vif_attrs_set(attrs, key, vif_link_state_name(*(const uint32_t *) value));
}

static void
read_link_state(const struct vif_attrs *attrs, const char *key, void *value)
{
    enum vif_link_state state = VIF_LINK_AUTO;

    vif_link_state_from_name(vif_attrs_get(attrs, key), &state);
    *(uint32_t *) value = state;
}

#define FIELD(KEY, NAME, MEMBER, TYPE)                                  \
    { KEY, NAME, offsetof(struct rtnl_vf, MEMBER),                      \
      sizeof ((struct rtnl_vf *) 0)->MEMBER,                            \
      format_##TYPE, write_##TYPE, read_##TYPE }

static const struct field fields[] = {
    [RTNL_VF_MAC] = FIELD("mac", "MAC address", mac, mac),
    [RTNL_VF_VLAN] = FIELD("vlan", "VLAN", vlan, vlan),
    [RTNL_VF_MIN_TX_RATE] = FIELD("min_tx_rate", "minimum rate", min_tx_rate,
                                  rate),
    [RTNL_VF_MAX_TX_RATE] = FIELD("max_tx_rate", "maximum rate", max_tx_rate,
                                  rate),
    [RTNL_VF_SPOOFCHK] = FIELD("spoofchk", "spoof checking", spoofchk, flag),
    [RTNL_VF_TRUST] = FIELD("trust", "trust", trust, flag),
    [RTNL_VF_LINK_STATE] = FIELD("link_state", "link state", link_state,
                                 link_state),
};
BUILD_ASSERT_DECL(ARRAY_SIZE(fields) == RTNL_VF_N_FIELDS);

static void *
member(const struct rtnl_vf *vf, enum rtnl_vf_field field)
{
    return (char *) vf + fields[field].offset;
}

bool
vf_has(const struct rtnl_vf *vf, enum rtnl_vf_field field)
{
    return vf->fields & RTNL_VF_BIT(field);
}

bool
vf_equal(const struct rtnl_vf *a, const struct rtnl_vf *b,
         enum rtnl_vf_field field)
{
    return (vf_has(a, field) && vf_has(b, field)
            && !memcmp(member(a, field), member(b, field),
                       fields[field].size));
}

void
vf_copy(struct rtnl_vf *to, const struct rtnl_vf *from,
        enum rtnl_vf_field field)
{
    memcpy(member(to, field), member(from, field), fields[field].size);
    to->fields |= RTNL_VF_BIT(field);
}

void
vf_clear(struct rtnl_vf *vf, enum rtnl_vf_field field)
{
    vf->fields &= ~RTNL_VF_BIT(field);
}

unsigned int
vf_differing(unsigned int among, const struct rtnl_vf *wanted,
             const struct rtnl_vf *found)
{
    for (int i = 0; i < RTNL_VF_N_FIELDS; i++) {
        if (!vf_has(wanted, i) || vf_equal(wanted, found, i)) {
            among &= ~RTNL_VF_BIT(i);
        }
    }
    return among;
}

void
vf_normalize(struct rtnl_vf *vf)
{
    static const struct vif_mac none = { { 0x02, 0, 0, 0, 0, 0 } };

    if (!memcmp(&vf->mac, &none, sizeof none)) {
        memset(&vf->mac, 0, sizeof vf->mac);
    }
    if (!vf->vlan.id && !vf->vlan.qos) {
        vf->vlan.is_8021ad = false;
    }
}

const char *
vf_field_key(enum rtnl_vf_field field)
{
    return fields[field].key;
}

const char *
vf_field_name(enum rtnl_vf_field field)
{
    return fields[field].name;
}

const char *
vf_field_format(const struct rtnl_vf *vf, enum rtnl_vf_field field,
                char buf[VF_VALUE_SIZE])
{
    fields[field].format(member(vf, field), buf, VF_VALUE_SIZE);
    return buf;
}

void
vf_values_write(const struct rtnl_vf *vf, struct vif_attrs *attrs)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (vf_has(vf, i)) {
            fields[i].write(member(vf, i), fields[i].key, attrs);
        }
    }
}

void
vf_values_read(const struct vif_attrs *attrs, struct rtnl_vf *vf)
{
    memset(vf, 0, sizeof *vf);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (vif_attrs_get(attrs, fields[i].key)) {
            fields[i].read(attrs, fields[i].key, member(vf, i));
            vf->fields |= RTNL_VF_BIT(i);
        }
    }
    vf_normalize(vf);
}

/* What is wrong with arguments that are right one by one. */
static struct vif_error *
check_together(const struct vif_attrs *args)
{
    static const char *const needs_vlan[] = { "vlan_qos", "vlan_protocol" };

    for (size_t i = 0; i < ARRAY_SIZE(needs_vlan); i++) {
        if (vif_attrs_get(args, needs_vlan[i])
            && !vif_attrs_get(args, "vlan")) {
            return vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "vf: %s needs a vlan",
                                 needs_vlan[i]), needs_vlan[i]);
        }
    }

    uint64_t min = vif_attrs_get_uint(args, "min_tx_rate", 0);
    uint64_t max = vif_attrs_get_uint(args, "max_tx_rate", 0);
    if (max && min > max) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "vf: min_tx_rate %"PRIu64" is "
                             "more than max_tx_rate %"PRIu64, min, max),
            "min_tx_rate");
    }
    return NULL;
}

struct vif_error *
vf_args_check(const struct vif_attrs *args, bool partial)
{
    struct vif_error *error = step_args_check("vf", arguments,
                                              ARRAY_SIZE(arguments), args,
                                              partial);

    return error || partial ? error : check_together(args);
}

/* Which VF it is may not change; everything else may, under a guest. */
enum step_change
vf_args_compare(const struct vif_attrs *old, const struct vif_attrs *new)
{
    static const char *const identity[] = { "pf", "vf" };

    for (size_t i = 0; i < ARRAY_SIZE(identity); i++) {
        const char *a = vif_attrs_get(old, identity[i]);
        const char *b = vif_attrs_get(new, identity[i]);

        if (!a || !b || strcmp(a, b)) {
            return STEP_REPLACE;
        }
    }
    return vif_attrs_equal(old, new) ? STEP_KEEP : STEP_ALTER;
}

const char *
vf_args_lane(const struct vif_attrs *args, char buf[64])
{
    const char *pf = vif_attrs_get(args, "pf");

    if (!pf || strlen(pf) >= 64) {
        return NULL;
    }
    return strcpy(buf, pf);
}

struct vif_error *
vf_args_read(const struct vif_attrs *attrs, struct vf_args *args)
{
    struct vif_error *error = vf_args_check(attrs, false);

    if (!error) {
        args->pf = vif_attrs_get(attrs, "pf");
        args->number = vif_attrs_get_uint(attrs, "vf", 0);
        args->best_effort = vif_attrs_get_bool(attrs, "best_effort", false);
        vf_values_read(attrs, &args->values);
    }
    return error;
}
