/* SPDX-License-Identifier: Apache-2.0 */

/* One table says what a binding is made of; reading, writing and refusing
 * walk it.  A new member of struct vif_binding is a new line here. */

#include <config.h>

#include "binding/binding-json.h"

#include <stddef.h>

#include "binding/binding-fields.h"
#include "lib/binding-profile.h"

#define FIELD(NAME, KIND, MEMBER, ...)                          \
    { .name = NAME, .kind = KIND,                               \
      .offset = offsetof(struct vif_binding, MEMBER),           \
      .size = sizeof ((struct vif_binding *) 0)->MEMBER,        \
      __VA_ARGS__ }
#define HAS(MEMBER) .has = offsetof(struct vif_binding, MEMBER)
#define OBJECT(NAME, MEMBERS)                                   \
    { .name = NAME, .kind = FIELD_OBJECT, .members = &(MEMBERS) }
/* Open vSwitch's ARRAY_SIZE() is no constant for an initializer. */
#define N_OF(FIELDS) (sizeof (FIELDS) / sizeof *(FIELDS))
#define TABLE(FIELDS) { .fields = FIELDS, .n = N_OF(FIELDS) }

/* Words. */

static const char *
vnic_type_name(unsigned int type)
{
    return vif_vnic_type_name((enum vif_vnic_type) type);
}

static const char *
link_state_name(unsigned int state)
{
    return vif_link_state_name((enum vif_link_state) state);
}

static const char *
macvtap_mode_name(unsigned int mode)
{
    return vif_macvtap_mode_name((enum vif_macvtap_mode) mode);
}

/* As ip-link(8) has them. */
static const char *
vlan_protocol_name(unsigned int is_8021ad)
{
    return is_8021ad ? "802.1ad" : "802.1Q";
}

static const struct field_words vnic_types = {
    .what = "vnic type",
    .n = VIF_N_VNIC_TYPES,
    .name = vnic_type_name,
    .always = true,
};

static const struct field_words link_states = {
    .what = "link state: there are auto, enable and disable",
    .n = VIF_N_LINK_STATES,
    .name = link_state_name,
};

static const struct field_words macvtap_modes = {
    .what = "macvtap mode: there are bridge, vepa, private and passthru",
    .first = VIF_MACVTAP_DEFAULT + 1,
    .n = VIF_N_MACVTAP_MODES,
    .name = macvtap_mode_name,
};

static const struct field_words vlan_protocols = {
    .what = "VLAN protocol: there are 802.1Q and 802.1ad",
    .n = 2,
    .name = vlan_protocol_name,
};

/* Tables. */

#define VLAN_MAX 4094
#define QOS_MAX 7

static const struct field owner_fields[] = {
    FIELD("uid", FIELD_ID, uid, .max = VIF_NO_ID - 1),
    FIELD("gid", FIELD_ID, gid, .max = VIF_NO_ID - 1),
};
static const struct field_table owner_table = TABLE(owner_fields);

static const struct field vf_fields[] = {
    FIELD("vlan", FIELD_NUMBER, vf.vlan, HAS(vf.has_vlan), .max = VLAN_MAX),
    FIELD("vlan_qos", FIELD_NUMBER, vf.vlan_qos, .max = QOS_MAX),
    FIELD("vlan_protocol", FIELD_WORD, vf.vlan_8021ad,
          .words = &vlan_protocols),
    FIELD("min_tx_rate", FIELD_NUMBER, vf.min_tx_rate,
          HAS(vf.has_min_tx_rate), .max = UINT32_MAX),
    FIELD("max_tx_rate", FIELD_NUMBER, vf.max_tx_rate,
          HAS(vf.has_max_tx_rate), .max = UINT32_MAX),
    FIELD("spoofchk", FIELD_BOOL, vf.spoofchk, HAS(vf.has_spoofchk)),
    FIELD("trust", FIELD_BOOL, vf.trust, HAS(vf.has_trust)),
    FIELD("link_state", FIELD_WORD, vf.link_state, HAS(vf.has_link_state),
          .words = &link_states),
    FIELD("best_effort", FIELD_BOOL, vf.best_effort),
};
static const struct field_table vf_table = TABLE(vf_fields);

static const struct field macvtap_fields[] = {
    FIELD("mode", FIELD_WORD, macvtap.mode, .words = &macvtap_modes),
    FIELD("source", FIELD_TEXT, macvtap.source),
    FIELD("physical_interface", FIELD_TEXT, macvtap.physical_interface),
    FIELD("vlan", FIELD_NUMBER, macvtap.vlan, .max = VLAN_MAX),
};
static const struct field_table macvtap_table = TABLE(macvtap_fields);

static const struct field numa_fields[] = {
    FIELD("nodes", FIELD_BITS, numa_nodes),
    FIELD("policy", FIELD_TEXT, numa_policy),
};
static const struct field_table numa_table = TABLE(numa_fields);

static const struct field fields[] = {
    FIELD("port_id", FIELD_TEXT, port_id),
    FIELD("instance_id", FIELD_TEXT, instance_id),
    FIELD("instance_name", FIELD_TEXT, instance_name),
    FIELD("project_id", FIELD_TEXT, project_id),
    FIELD("network_id", FIELD_TEXT, network_id),
    FIELD("vnic_type", FIELD_WORD, vnic_type, .words = &vnic_types),
    FIELD("physical_network", FIELD_NULLABLE_TEXT, physical_network),
    FIELD("plugin", FIELD_TEXT, plugin),
    FIELD("bridge", FIELD_TEXT, bridge),
    FIELD("datapath_type", FIELD_TEXT, datapath_type),
    FIELD("interface_id", FIELD_TEXT, interface_id),
    FIELD("external_ids", FIELD_STRINGS, external_ids),
    FIELD("mac_address", FIELD_MAC, mac, HAS(has_mac)),
    FIELD("mtu", FIELD_POSITIVE, mtu, .max = UINT32_MAX),
    FIELD("model", FIELD_TEXT, model),
    FIELD("queues", FIELD_POSITIVE, queues, .max = UINT32_MAX),
    FIELD("vcpus", FIELD_POSITIVE, vcpus, .max = UINT32_MAX),
    FIELD("device_name", FIELD_TEXT, device_name),
    FIELD("create_device", FIELD_TRUE, create_device),
    OBJECT("device_owner", owner_table),
    OBJECT("vf", vf_table),
    OBJECT("macvtap", macvtap_table),
    FIELD("port_profile", FIELD_STRINGS, port_profile),
    FIELD("driver", FIELD_TEXT, driver),
    OBJECT("numa", numa_table),
    FIELD("prepare", FIELD_BOOL, prepare),
    FIELD("profile", FIELD_VALUES, profile),
    FIELD("hints", FIELD_VALUES, hints),
};
static const struct field_table binding_table = {
    .fields = fields,
    .n = N_OF(fields),
    .whole = true,
};

/* The one member that JSON must have. */
#define REQUIRED_FIELD "port_id"

struct vif_error *
binding_from_json(const struct json *json, const char *where,
                  struct vif_binding *binding)
{
    vif_binding_init(binding);

    struct vif_error *error = fields_read(&binding_table, json, where,
                                          binding);
    if (!error && !binding->port_id) {
        error = fields_refuse(where, REQUIRED_FIELD, "is missing");
    }
    if (error) {
        vif_binding_destroy(binding);
    } else {
        binding_complete(binding);
    }
    return error;
}

struct json *
binding_to_json(const struct vif_binding *binding)
{
    return fields_write(&binding_table, binding);
}
