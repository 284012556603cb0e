/* SPDX-License-Identifier: Apache-2.0 */

/* Walking a YAML document, with the position of everything in errors. */

#include <config.h>

#include "agent/config-yaml.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "openvswitch/util.h"
#include "util.h"

#define MAX_NAMES 256
#define MAX_NAME 255

/* As editors count columns, from 1. */
static size_t
column_of(const struct config_yaml *yaml, const yaml_mark_t *mark)
{
    return mark->column + (mark->line ? yaml->indent : yaml->column) + 1;
}

static size_t
line_of(const struct config_yaml *yaml, const yaml_mark_t *mark)
{
    return mark->line + yaml->line + 1;
}

/* What libyaml says is wrong. */
static struct vif_error *
syntax_error(const struct config_yaml *yaml)
{
    const yaml_parser_t *parser = &yaml->parser;
    const char *problem = parser->problem ? parser->problem : "bad YAML";

    if (parser->error == YAML_MEMORY_ERROR) {
        out_of_memory();
    }
    if (parser->error == YAML_READER_ERROR) {
        return vif_error_create(VIF_ERR_INVALID, "%s: byte %zu: %s",
                                yaml->name, parser->problem_offset, problem);
    }
    return vif_error_create(VIF_ERR_INVALID, "%s:%zu:%zu: %s%s%s", yaml->name,
                            line_of(yaml, &parser->problem_mark),
                            column_of(yaml, &parser->problem_mark), problem,
                            parser->context ? " " : "",
                            parser->context ? parser->context : "");
}

/* Nothing may follow the one document. */
static struct vif_error *
expect_end(struct config_yaml *yaml)
{
    yaml_document_t further;

    if (!yaml_parser_load(&yaml->parser, &further)) {
        return syntax_error(yaml);
    }

    yaml_node_t *root = yaml_document_get_root_node(&further);
    struct vif_error *error = NULL;
    if (root) {
        error = config_yaml_at(yaml, root, NULL,
                               vif_error_create(VIF_ERR_INVALID,
                                                "only one document may be "
                                                "in the file"));
    }
    yaml_document_delete(&further);
    return error;
}

static struct vif_error *
parse(struct config_yaml *yaml, yaml_node_t **rootp)
{
    *rootp = NULL;
    yaml->has_document = false;
    if (!yaml_parser_initialize(&yaml->parser)) {
        out_of_memory();
    }
    yaml_parser_set_input_string(&yaml->parser,
                                 (const unsigned char *) yaml->text,
                                 yaml->length);
    if (!yaml_parser_load(&yaml->parser, &yaml->document)) {
        return syntax_error(yaml);
    }
    yaml->has_document = true;

    yaml_node_t *root = yaml_document_get_root_node(&yaml->document);
    if (!root) {
        return NULL;            /* The file has comments at most. */
    }
    *rootp = root;
    return expect_end(yaml);
}

struct vif_error *
config_yaml_open(struct config_yaml *yaml, const char *text, size_t length,
                 const char *name, yaml_node_t **rootp)
{
    *yaml = (struct config_yaml) {
        .name = name, .text = text, .length = length,
    };
    return parse(yaml, rootp);
}

struct vif_error *
config_yaml_open_part(struct config_yaml *yaml,
                      const struct config_yaml *outer, const char *text,
                      size_t length, size_t line, size_t column,
                      size_t indent, yaml_node_t **rootp)
{
    *yaml = (struct config_yaml) {
        .name = outer->name, .text = text, .length = length,
        .line = outer->line + line, .column = column, .indent = indent,
    };
    return parse(yaml, rootp);
}

void
config_yaml_close(struct config_yaml *yaml)
{
    if (yaml->has_document) {
        yaml_document_delete(&yaml->document);
    }
    yaml_parser_delete(&yaml->parser);
}

unsigned int
config_yaml_line(const struct config_yaml *yaml, const yaml_node_t *node)
{
    return line_of(yaml, &node->start_mark);
}

struct vif_error *
config_yaml_at(const struct config_yaml *yaml, const yaml_node_t *node,
               const char *name, struct vif_error *error)
{
    if (!error) {
        return NULL;
    }
    if (name && *name) {
        error = vif_error_wrap(error, "%s", name);
        if (!error->where) {
            error = vif_error_with_where(error, name);
        }
    }
    return vif_error_wrap(error, "%s:%zu:%zu", yaml->name,
                          line_of(yaml, &node->start_mark),
                          column_of(yaml, &node->start_mark));
}

static struct vif_error * VIF_PRINTF(4, 5)
refuse(const struct config_yaml *yaml, const yaml_node_t *node,
       const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    struct vif_error *error = vif_error_create_va(VIF_ERR_INVALID, format,
                                                  args);
    va_end(args);
    return config_yaml_at(yaml, node, name, error);
}

/* YAML 1.2, 10.3.2: what a plain scalar may be to mean null. */
static bool
is_null(const yaml_node_t *node)
{
    static const char *const words[] = { "", "~", "null", "Null", "NULL" };

    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcmp((const char *) node->data.scalar.value, words[i])) {
            return true;
        }
    }
    return false;
}

struct vif_error *
config_yaml_scalar(const struct config_yaml *yaml, const yaml_node_t *node,
                   const char *name, const char **textp)
{
    *textp = NULL;
    if (node->type != YAML_SCALAR_NODE) {
        return refuse(yaml, node, name, "must be a single value");
    }

    const char *text = (const char *) node->data.scalar.value;
    if (strlen(text) != node->data.scalar.length) {
        return refuse(yaml, node, name, "has a null byte");
    }
    *textp = is_null(node) ? NULL : text;
    return NULL;
}

struct vif_error *
config_yaml_members_init(struct config_yaml *yaml, yaml_node_t *mapping,
                         const char *path, struct config_yaml_members *members)
{
    members->yaml = yaml;
    members->path = path;
    members->next = members->end = NULL;
    sset_init(&members->seen);
    if (mapping->type != YAML_MAPPING_NODE) {
        return refuse(yaml, mapping, path,
                      "must be a mapping: lines of \"name: value\"");
    }
    members->next = mapping->data.mapping.pairs.start;
    members->end = mapping->data.mapping.pairs.top;
    return NULL;
}

bool
config_yaml_members_next(struct config_yaml_members *members,
                         const char **namep, yaml_node_t **valuep,
                         struct vif_error **errorp)
{
    if (members->next == members->end) {
        return false;
    }

    yaml_document_t *document = &members->yaml->document;
    yaml_node_pair_t *pair = members->next++;
    yaml_node_t *key = yaml_document_get_node(document, pair->key);

    *errorp = config_yaml_scalar(members->yaml, key, members->path, namep);
    if (*errorp) {
        return false;
    } else if (!*namep) {
        *errorp = refuse(members->yaml, key, members->path,
                         "has a member without a name");
        return false;
    } else if (!sset_add(&members->seen, *namep)) {
        *errorp = refuse(members->yaml, key, *namep, "is there twice");
        return false;
    }
    *valuep = yaml_document_get_node(document, pair->value);
    return true;
}

void
config_yaml_members_destroy(struct config_yaml_members *members)
{
    sset_destroy(&members->seen);
}

static struct vif_error *
add_name(struct config_yaml *yaml, yaml_node_t *node, const char *name,
         struct config_names *names)
{
    const char *text;
    struct vif_error *error = config_yaml_scalar(yaml, node, name, &text);
    if (error) {
        return error;
    } else if (text && (!*text || strlen(text) > MAX_NAME)) {
        return refuse(yaml, node, name, "must have 1 to %d bytes", MAX_NAME);
    }
    names->names = xrealloc(names->names,
                            (names->n + 1) * sizeof *names->names);
    names->names[names->n++] = nullable_xstrdup(text);
    return NULL;
}

struct vif_error *
config_yaml_names(struct config_yaml *yaml, yaml_node_t *node,
                  const char *name, struct config_names *names)
{
    if (node->type == YAML_SCALAR_NODE) {
        return add_name(yaml, node, name, names);
    } else if (node->type != YAML_SEQUENCE_NODE) {
        return refuse(yaml, node, name, "must be a list of names");
    }

    const yaml_node_item_t *item = node->data.sequence.items.start;
    const yaml_node_item_t *end = node->data.sequence.items.top;
    if (end - item > MAX_NAMES) {
        return refuse(yaml, node, name, "has more than %d names", MAX_NAMES);
    }
    for (; item < end; item++) {
        struct vif_error *error = add_name(
            yaml, yaml_document_get_node(&yaml->document, *item), name, names);
        if (error) {
            return error;
        }
    }
    return NULL;
}

void
config_names_destroy(struct config_names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        free(names->names[i]);
    }
    free(names->names);
}
