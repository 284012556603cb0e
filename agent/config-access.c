/* SPDX-License-Identifier: Apache-2.0 */

/* The rules under "access" of vifd.yaml, with users and groups turned into
 * numbers.  What they mean is rpc/access.c's business. */

#include <config.h>

#include "agent/config-yaml.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/util.h"
#include "sset.h"
#include "util.h"

#define MAX_RULES 256

/* Numbers of users and groups end before this one: (uid_t) -1 means "none",
 * see chown(2). */
#define MAX_ID (UINT32_MAX - 1)

/* Asks for a user or group by name; 'buf' has room for 'size' bytes.  Returns
 * 0, an errno value, or ENOENT if there is none. */
typedef int id_lookup(const char *name, char *buf, size_t size, uint32_t *idp);

static int
user_lookup(const char *name, char *buf, size_t size, uint32_t *idp)
{
    struct passwd passwd, *result;
    int retval = getpwnam_r(name, &passwd, buf, size, &result);
    if (!retval && result) {
        *idp = passwd.pw_uid;
    }
    return retval ? retval : result ? 0 : ENOENT;
}

static int
group_lookup(const char *name, char *buf, size_t size, uint32_t *idp)
{
    struct group group, *result;
    int retval = getgrnam_r(name, &group, buf, size, &result);
    if (!retval && result) {
        *idp = group.gr_gid;
    }
    return retval ? retval : result ? 0 : ENOENT;
}

static struct vif_error *
resolve_id(const char *name, const char *what, id_lookup *lookup,
           uint32_t *idp)
{
    if (!name) {
        return vif_error_create(VIF_ERR_INVALID, "null is no %s", what);
    }
    if (!name[strspn(name, "0123456789")]) {
        unsigned long long id = strtoull(name, NULL, 10);
        if (strlen(name) > 10 || id > MAX_ID) {
            return vif_error_create(VIF_ERR_INVALID, "%s is no number of a "
                                    "%s", name, what);
        }
        *idp = id;
        return NULL;
    }

    /* A group with many members needs a large buffer. */
    for (size_t size = 4096; size <= 4096 * 1024; size *= 4) {
        CLEANUP_FREE char *buf = xmalloc(size);
        int retval = lookup(name, buf, size, idp);

        switch (retval) {
        case 0:
            return NULL;
        case ERANGE:
            break;
        case ENOENT:
            return vif_error_create(VIF_ERR_INVALID, "there is no %s \"%s\"",
                                    what, name);
        default:
            return vif_error_from_errno(retval, "%s \"%s\"", what, name);
        }
    }
    return vif_error_create(VIF_ERR_INVALID, "%s \"%s\" is too large", what,
                            name);
}

struct vif_error *
config_group_lookup(const char *name, uint32_t *gidp)
{
    return resolve_id(name, "group", group_lookup, gidp);
}

static struct vif_error *
read_ids(struct config_yaml *yaml, yaml_node_t *node, const char *name,
         const char *what, id_lookup *lookup, struct config_ids *ids)
{
    struct config_names names = { NULL, 0 };
    struct vif_error *error = config_yaml_names(yaml, node, name, &names);

    if (!error) {
        ids->ids = xcalloc(names.n ? names.n : 1, sizeof *ids->ids);
        for (; ids->n < names.n && !error; ids->n++) {
            error = resolve_id(names.names[ids->n], what, lookup,
                               &ids->ids[ids->n]);
        }
        error = config_yaml_at(yaml, node, name, error);
    }
    config_names_destroy(&names);
    return error;
}

/* A pattern of fnmatch(3) that can match a PCI address. */
static bool
is_pci_pattern(const char *text)
{
    return !text[strspn(text, "0123456789abcdefABCDEF:.*?[]!-")];
}

static struct vif_error *
read_patterns(struct config_yaml *yaml, yaml_node_t *node, const char *name,
              void *names_)
{
    struct config_names *names = names_;
    struct vif_error *error = config_yaml_names(yaml, node, name, names);

    for (size_t i = 0; i < names->n && !error; i++) {
        if (names->names[i] && !is_pci_pattern(names->names[i])) {
            error = config_yaml_at(yaml, node, name, vif_error_create(
                VIF_ERR_INVALID, "\"%s\" is no pattern of a PCI address "
                "such as 0000:03:00.*", names->names[i]));
        }
    }
    return error;
}

static struct vif_error *
read_names(struct config_yaml *yaml, yaml_node_t *node, const char *name,
           void *names)
{
    return config_yaml_names(yaml, node, name, names);
}

static struct vif_error *
read_users(struct config_yaml *yaml, yaml_node_t *node, const char *name,
           void *ids)
{
    return read_ids(yaml, node, name, "user", user_lookup, ids);
}

static struct vif_error *
read_groups(struct config_yaml *yaml, yaml_node_t *node, const char *name,
            void *ids)
{
    return read_ids(yaml, node, name, "group", group_lookup, ids);
}

/* What a rule is made of. */
static const struct member {
    const char *name;
    struct vif_error *(*read)(struct config_yaml *, yaml_node_t *,
                              const char *name, void *);
    size_t offset;
} members[] = {
#define AT(MEMBER) offsetof(struct config_access_rule, MEMBER)
    { "users", read_users, AT(users) },
    { "groups", read_groups, AT(groups) },
    { "methods", read_names, AT(methods) },
    { "physical_networks", read_names, AT(physical_networks) },
    { "pci_addresses", read_patterns, AT(pci_addresses) },
    { "owner_users", read_users, AT(owner_users) },
    { "owner_groups", read_groups, AT(owner_groups) },
#undef AT
};

static const struct member *
member_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        if (!strcmp(members[i].name, name)) {
            return &members[i];
        }
    }
    return NULL;
}

static struct vif_error *
unknown_member(const char *name)
{
    struct ds all = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        ds_put_format(&all, " %s", members[i].name);
    }
    struct vif_error *error = vif_error_create(
        VIF_ERR_INVALID, "\"%s\" is none of:%s", name, ds_cstr(&all));
    ds_destroy(&all);
    return error;
}

static struct vif_error *
read_member(struct config_yaml *yaml, yaml_node_t *node, const char *name,
            struct config_access_rule *rule, struct sset *seen)
{
    const struct member *member = member_find(name);
    CLEANUP_FREE char *path = xasprintf("access.%s", name);

    if (!member) {
        return config_yaml_at(yaml, node, "access", unknown_member(name));
    }
    sset_add(seen, name);
    return member->read(yaml, node, path, (char *) rule + member->offset);
}

/* An absent list means all of them, an empty one none. */
static void
default_to_all(const struct sset *seen, const char *name,
               struct config_names *names)
{
    if (!sset_contains(seen, name)) {
        names->names = xmalloc(sizeof *names->names);
        names->names[names->n++] = xstrdup("*");
    }
}

static struct vif_error *
read_rule(struct config_yaml *yaml, yaml_node_t *node, const char *name,
          struct config_access_rule *rule)
{
    struct config_yaml_members given;
    struct vif_error *error = config_yaml_members_init(yaml, node, name,
                                                       &given);
    struct sset seen = SSET_INITIALIZER(&seen);
    const char *member;
    yaml_node_t *value;

    while (!error
           && config_yaml_members_next(&given, &member, &value, &error)) {
        error = read_member(yaml, value, member, rule, &seen);
    }
    config_yaml_members_destroy(&given);

    rule->anybody = (!sset_contains(&seen, "users")
                     && !sset_contains(&seen, "groups"));
    rule->any_owner = (!sset_contains(&seen, "owner_users")
                       && !sset_contains(&seen, "owner_groups"));
    default_to_all(&seen, "methods", &rule->methods);
    default_to_all(&seen, "physical_networks", &rule->physical_networks);
    default_to_all(&seen, "pci_addresses", &rule->pci_addresses);
    sset_destroy(&seen);
    return error;
}

struct vif_error *
config_yaml_access(struct config_yaml *yaml, yaml_node_t *node,
                   const char *name, struct config_access_rule **rulesp,
                   size_t *np)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        return config_yaml_at(yaml, node, name,
                              vif_error_create(VIF_ERR_INVALID,
                                               "must be a list of rules"));
    }

    const yaml_node_item_t *item = node->data.sequence.items.start;
    const yaml_node_item_t *end = node->data.sequence.items.top;
    if (end - item > MAX_RULES) {
        return config_yaml_at(yaml, node, name,
                              vif_error_create(VIF_ERR_INVALID, "has more "
                                               "than %d rules", MAX_RULES));
    }

    *rulesp = xcalloc(end - item + 1, sizeof **rulesp);
    for (; item < end; item++) {
        struct vif_error *error = read_rule(
            yaml, yaml_document_get_node(&yaml->document, *item), name,
            &(*rulesp)[(*np)++]);
        if (error) {
            return error;
        }
    }
    return NULL;
}

void
config_access_destroy(struct config_access_rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(rules[i].users.ids);
        free(rules[i].groups.ids);
        config_names_destroy(&rules[i].methods);
        config_names_destroy(&rules[i].physical_networks);
        config_names_destroy(&rules[i].pci_addresses);
        free(rules[i].owner_users.ids);
        free(rules[i].owner_groups.ids);
    }
    free(rules);
}
