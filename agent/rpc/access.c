/* SPDX-License-Identifier: Apache-2.0 */

/* The rules of "access". */

#include <config.h>

#include "rpc/access.h"

#include <fnmatch.h>
#include <string.h>

#include <vif/attrs.h>

#include "agent/config.h"
#include "inventory/binding-request.h"
#include "util.h"

static bool
ids_contain(const struct config_ids *ids, uint32_t id)
{
    for (size_t i = 0; i < ids->n; i++) {
        if (ids->ids[i] == id) {
            return true;
        }
    }
    return false;
}

/* "*" stands for everything, NULL included. */
static bool
names_contain(const struct config_names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++) {
        const char *rule = names->names[i];
        if ((rule && !strcmp(rule, "*"))
            || nullable_string_is_equal(rule, name)) {
            return true;
        }
    }
    return false;
}

static bool
names_contain_all(const struct config_names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        if (names->names[i] && !strcmp(names->names[i], "*")) {
            return true;
        }
    }
    return false;
}

static bool
peer_in_group(const struct rpc_peer *peer, uint32_t gid)
{
    if (peer->gid == gid) {
        return true;
    }
    for (size_t i = 0; i < peer->n_groups; i++) {
        if (peer->groups[i] == gid) {
            return true;
        }
    }
    return false;
}

static bool
rule_is_about(const struct config_access_rule *rule,
              const struct rpc_peer *peer)
{
    if (rule->anybody || ids_contain(&rule->users, peer->uid)) {
        return true;
    }
    for (size_t i = 0; i < rule->groups.n; i++) {
        if (peer_in_group(peer, rule->groups.ids[i])) {
            return true;
        }
    }
    return false;
}

bool
access_is_privileged(const struct access *access, const struct rpc_peer *peer)
{
    return peer->uid == 0 || peer->uid == access->own_uid;
}

/* Whether everything is allowed whatever the rules say. */
static bool
peer_is_trusted(const struct access *access, const struct rpc_peer *peer)
{
    return (access_is_privileged(access, peer)
            || (!access->config->has_access
                && access->socket_gid != UINT32_MAX
                && peer_in_group(peer, access->socket_gid)));
}

/* Which parts of an object a rule is asked about. */
enum {
    ASK_NETWORK = 1 << 0,
    ASK_PCI = 1 << 1,
    ASK_INTERFACE = 1 << 2,
    ASK_OWNER = 1 << 3,
    ASK_ALL = ASK_NETWORK | ASK_PCI | ASK_INTERFACE | ASK_OWNER,
};

static bool
patterns_contain(const struct config_names *patterns, const char *name)
{
    for (size_t i = 0; name && i < patterns->n; i++) {
        if (patterns->names[i]
            && !fnmatch(patterns->names[i], name, FNM_CASEFOLD)) {
            return true;
        }
    }
    return names_contain(patterns, name);
}

static bool
rule_allows_owner(const struct config_access_rule *rule,
                  const struct access_object *object)
{
    return (rule->any_owner
            || ((object->uid == VIF_NO_ID
                 || ids_contain(&rule->owner_users, object->uid))
                && (object->gid == VIF_NO_ID
                    || ids_contain(&rule->owner_groups, object->gid))));
}

static bool
rule_allows_device(const struct config_access_rule *rule,
                   const struct access_object *object)
{
    return (object->any_device ? names_contain_all(&rule->pci_addresses)
            : patterns_contain(&rule->pci_addresses, object->pci_address));
}

/* There is something that the rule is for. */
static bool
rule_is_somewhere(const struct config_access_rule *rule)
{
    return rule->physical_networks.n && rule->pci_addresses.n;
}

static bool
rule_is_everywhere(const struct config_access_rule *rule)
{
    return (names_contain_all(&rule->physical_networks)
            && names_contain_all(&rule->pci_addresses));
}

static bool
rule_allows(const struct config_access_rule *rule,
            const struct access_object *object, int ask)
{
    return ((!(ask & ASK_NETWORK)
             || names_contain(&rule->physical_networks,
                              object->physical_network))
            && (!(ask & ASK_PCI) || rule_allows_device(rule, object))
            && (!(ask & ASK_INTERFACE) || !object->interface
                || rule_is_everywhere(rule))
            && (!(ask & ASK_OWNER) || rule_allows_owner(rule, object)));
}

/* The next rule, from position '*ip' on, that is about 'peer' and 'method';
 * NULL if there is none.  Moves '*ip' behind it. */
static const struct config_access_rule *
next_rule(const struct access *access, const struct rpc_peer *peer,
          const char *method, size_t *ip)
{
    while (*ip < access->config->n_access) {
        const struct config_access_rule *rule = &access->config->access[*ip];

        ++*ip;
        if (rule_is_about(rule, peer)
            && names_contain(&rule->methods, method)) {
            return rule;
        }
    }
    return NULL;
}

static bool
may_ask(const struct access *access, const struct rpc_peer *peer,
        const char *method, const struct access_object *object, int ask)
{
    const struct config_access_rule *rule;
    size_t i = 0;

    if (peer_is_trusted(access, peer)) {
        return true;
    }
    while ((rule = next_rule(access, peer, method, &i)) != NULL) {
        if (rule_allows(rule, object, ask)) {
            return true;
        }
    }
    return false;
}

struct access_object
access_object_of(const struct vif_binding *binding, bool giving)
{
    const char *slot = vif_attrs_get(&binding->profile, "pci_slot");

    return (struct access_object) {
        .physical_network = binding->physical_network,
        .pci_address = slot,
        .any_device = !slot && binding_needs_device(binding),
        .interface = giving ? binding->macvtap.source : NULL,
        .uid = giving ? binding->uid : VIF_NO_ID,
        .gid = giving ? binding->gid : VIF_NO_ID,
    };
}

bool
access_may(const struct access *access, const struct rpc_peer *peer,
           const char *method, const struct access_object *object)
{
    return may_ask(access, peer, method, object, ASK_ALL);
}

const char *
access_culprit(const struct access *access, const struct rpc_peer *peer,
               const char *method, const struct access_object *object)
{
    return (!may_ask(access, peer, method, object, ASK_NETWORK)
            ? "physical_network"
            : !may_ask(access, peer, method, object, ASK_NETWORK | ASK_PCI)
            ? "profile.pci_slot"
            : !may_ask(access, peer, method, object,
                       ASK_NETWORK | ASK_PCI | ASK_INTERFACE)
            ? "macvtap.source" : "device_owner");
}

bool
access_may_on_network(const struct access *access,
                      const struct rpc_peer *peer, const char *method,
                      const char *physical_network)
{
    const struct access_object object = {
        .physical_network = physical_network,
    };

    return may_ask(access, peer, method, &object, ASK_NETWORK);
}

bool
access_may_somewhere(const struct access *access, const struct rpc_peer *peer,
                     const char *method)
{
    const struct config_access_rule *rule;
    size_t i = 0;

    if (peer_is_trusted(access, peer)) {
        return true;
    }
    while ((rule = next_rule(access, peer, method, &i)) != NULL) {
        if (rule_is_somewhere(rule)) {
            return true;
        }
    }
    return false;
}

bool
access_may_everywhere(const struct access *access,
                      const struct rpc_peer *peer, const char *method)
{
    const struct config_access_rule *rule;
    size_t i = 0;

    if (peer_is_trusted(access, peer)) {
        return true;
    }
    while ((rule = next_rule(access, peer, method, &i)) != NULL) {
        if (rule_is_everywhere(rule)) {
            return true;
        }
    }
    return false;
}
