/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONFIG_YAML_H
#define AGENT_CONFIG_YAML_H 1

/* What config.c needs of libyaml: walk a document, and put file, line and
 * column in front of what is wrong with it.  Knows no option by name but
 * those of the access rules. */

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#include "agent/config.h"
#include "sset.h"

struct config_yaml {
    yaml_parser_t parser;
    yaml_document_t document;
    bool has_document;
    const char *name;       /* Of the file. */
    const char *text;       /* What is parsed, 'length' bytes. */
    size_t length;

    /* Where that begins in the file, counted from 0, and by how much its
     * further lines are indented there. */
    size_t line, column, indent;
};

/* Parses 'text', which must stay, into '*rootp'; NULL if there is nothing in
 * it.  config_yaml_close() is due also after an error. */
struct vif_error *config_yaml_open(struct config_yaml *, const char *text,
                                   size_t length, const char *name,
                                   yaml_node_t **rootp) VIF_WARN_UNUSED;
/* The same for a text that stands in another one, with 'line', 'column' and
 * 'indent' of the outer one, so that errors tell the place in the file. */
struct vif_error *config_yaml_open_part(struct config_yaml *,
                                        const struct config_yaml *outer,
                                        const char *text, size_t length,
                                        size_t line, size_t column,
                                        size_t indent, yaml_node_t **rootp)
    VIF_WARN_UNUSED;
void config_yaml_close(struct config_yaml *);

/* The number of the line that 'node' begins in, counted from 1. */
unsigned int config_yaml_line(const struct config_yaml *,
                              const yaml_node_t *node);

/* Puts the position of 'node' and the option 'name' in front of 'error'. */
struct vif_error *config_yaml_at(const struct config_yaml *,
                                 const yaml_node_t *node, const char *name,
                                 struct vif_error *error) VIF_WARN_UNUSED;

/* The text of a scalar, which lives as long as the document; NULL for null.*/
struct vif_error *config_yaml_scalar(const struct config_yaml *,
                                     const yaml_node_t *, const char *name,
                                     const char **textp) VIF_WARN_UNUSED;

/* The members of a mapping, each name only once.  'path' is the option that
 * the mapping belongs to, "" for the whole document. */
struct config_yaml_members {
    struct config_yaml *yaml;
    const char *path;
    yaml_node_pair_t *next, *end;
    struct sset seen;
};
struct vif_error *config_yaml_members_init(struct config_yaml *,
                                           yaml_node_t *mapping,
                                           const char *path,
                                           struct config_yaml_members *)
    VIF_WARN_UNUSED;
/* False at the end or, with '*errorp' set, when a name is wrong. */
bool config_yaml_members_next(struct config_yaml_members *,
                              const char **namep, yaml_node_t **valuep,
                              struct vif_error **errorp);
void config_yaml_members_destroy(struct config_yaml_members *);

/* A sequence of names, or a single one. */
struct vif_error *config_yaml_names(struct config_yaml *, yaml_node_t *,
                                    const char *name,
                                    struct config_names *) VIF_WARN_UNUSED;
void config_names_destroy(struct config_names *);

/* A sequence of access rules (config-access.c). */
struct vif_error *config_yaml_access(struct config_yaml *, yaml_node_t *,
                                     const char *name,
                                     struct config_access_rule **rulesp,
                                     size_t *np) VIF_WARN_UNUSED;
/* What may be used for which physical network (config-device-spec.c). */
struct vif_error *config_yaml_device_spec(struct config_yaml *, yaml_node_t *,
                                          const char *name,
                                          struct device_specs *)
    VIF_WARN_UNUSED;
/* The number of the group 'name', which may be a number. */
struct vif_error *config_group_lookup(const char *name, uint32_t *gidp)
    VIF_WARN_UNUSED;
void config_access_destroy(struct config_access_rule *, size_t n);

#endif /* agent/config-yaml.h */
