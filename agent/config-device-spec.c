/* SPDX-License-Identifier: Apache-2.0 */

/* The option "device_spec": a list of mappings, or lines as they stand in
 * nova.conf.  Those are JSON, which is YAML as well, so that both are read by
 * the same code and mistakes in both are told by line and column. */

#include <config.h>

#include "agent/config-yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/cleanup.h"
#include "openvswitch/util.h"
#include "util.h"

#define MAX_SPECS 1024
#define MAX_NETWORK 255

static struct vif_error *
parse_id(const char *text, int *idp)
{
    if (!strcmp(text, "*")) {
        *idp = -1;
        return NULL;
    }

    const char *digits = text + (strncasecmp(text, "0x", 2) ? 0 : 2);
    size_t n = strlen(digits);
    if (!n || n > 4
        || digits[strspn(digits, "0123456789abcdefABCDEF")]) {
        return vif_error_create(VIF_ERR_INVALID, "\"%s\" is neither \"*\" "
                                "nor up to four hexadecimal digits", text);
    }
    *idp = strtoul(digits, NULL, 16);
    return NULL;
}

/* The words that Nova takes. */
static struct vif_error *
parse_answer(const char *text, enum spec_answer *answerp)
{
    static const struct {
        const char *yes, *no;
    } words[] = {
        { "true", "false" }, { "yes", "no" }, { "on", "off" }, { "1", "0" },
        { "t", "f" }, { "y", "n" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcasecmp(text, words[i].yes)) {
            *answerp = SPEC_YES;
            return NULL;
        } else if (!strcasecmp(text, words[i].no)) {
            *answerp = SPEC_NO;
            return NULL;
        }
    }
    return vif_error_create(VIF_ERR_INVALID, "\"%s\" is neither true nor "
                            "false", text);
}

static struct vif_error *
set_vendor(struct device_spec *spec, const char *text)
{
    return parse_id(text, &spec->vendor);
}

static struct vif_error *
set_product(struct device_spec *spec, const char *text)
{
    return parse_id(text, &spec->product);
}

static struct vif_error *
set_address(struct device_spec *spec, const char *text)
{
    return spec_address_parse(text, &spec->address);
}

static struct vif_error *
set_netdev(struct device_spec *spec, const char *text)
{
    return spec_address_set_netdev(&spec->address, text);
}

static struct vif_error *
set_network(struct device_spec *spec, const char *text)
{
    spec->has_physical_network = true;
    if (text && (!*text || strlen(text) > MAX_NETWORK)) {
        return vif_error_create(VIF_ERR_INVALID, "must have 1 to %d bytes",
                                MAX_NETWORK);
    }
    spec->physical_network = nullable_xstrdup(text);
    return NULL;
}

static struct vif_error *
set_trusted(struct device_spec *spec, const char *text)
{
    return parse_answer(text, &spec->trusted);
}

static struct vif_error *
set_live_migratable(struct device_spec *spec, const char *text)
{
    return parse_answer(text, &spec->live_migratable);
}

static struct vif_error *
set_remote_managed(struct device_spec *spec, const char *text)
{
    enum spec_answer answer = SPEC_NO;
    struct vif_error *error = parse_answer(text, &answer);

    spec->remote_managed = answer == SPEC_YES;
    return error;
}

static struct vif_error *
set_managed(struct device_spec *spec, const char *text)
{
    enum spec_answer answer = SPEC_YES;
    struct vif_error *error = parse_answer(text, &answer);

    spec->managed = answer == SPEC_YES;
    return error;
}

/* What Nova tells the placement service; nothing that is done here. */
static struct vif_error *
set_nothing(struct device_spec *spec OVS_UNUSED, const char *text OVS_UNUSED)
{
    return NULL;
}

static const struct member {
    const char *name;
    bool may_be_null;
    struct vif_error *(*set)(struct device_spec *, const char *text);
} members[] = {
    { "vendor_id", false, set_vendor },
    { "product_id", false, set_product },
    { "address", false, set_address },
    { "devname", false, set_netdev },
    { "physical_network", true, set_network },
    { "trusted", false, set_trusted },
    { "remote_managed", false, set_remote_managed },
    { "managed", false, set_managed },
    { "live_migratable", false, set_live_migratable },
    { "resource_class", true, set_nothing },
    { "traits", true, set_nothing },
    { "one_time_use", true, set_nothing },
};

static const struct member *
find_member(const char *name)
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
    struct vif_error *error;
    char *list = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        char *longer = xasprintf("%s%s%s", list ? list : "", list ? " " : "",
                                 members[i].name);
        free(list);
        list = longer;
    }
    error = vif_error_create(VIF_ERR_INVALID, "\"%s\" is none of: %s", name,
                             list);
    free(list);
    return error;
}

/* An address as a mapping: a regular expression for each field. */
static struct vif_error *
read_regexes(struct config_yaml *yaml, yaml_node_t *node, const char *path,
             struct device_spec *spec)
{
    struct config_yaml_members fields;
    struct vif_error *error = config_yaml_members_init(yaml, node, path,
                                                       &fields);
    const char *field, *regex;
    yaml_node_t *value;

    spec->address.kind = SPEC_REGEXES;
    while (!error
           && config_yaml_members_next(&fields, &field, &value, &error)) {
        error = config_yaml_scalar(yaml, value, path, &regex);
        if (!error) {
            error = config_yaml_at(
                yaml, value, path,
                spec_address_add_regex(&spec->address, field,
                                       regex ? regex : ""));
        }
    }
    config_yaml_members_destroy(&fields);
    return error;
}

static struct vif_error *
read_member(struct config_yaml *yaml, yaml_node_t *node, const char *option,
            const char *name, struct device_spec *spec)
{
    const struct member *member = find_member(name);
    if (!member) {
        return config_yaml_at(yaml, node, option, unknown_member(name));
    }

    CLEANUP_FREE char *path = xasprintf("%s.%s", option, name);
    bool is_address = member->set == set_address || member->set == set_netdev;
    if (is_address && spec->address.kind != SPEC_ANY) {
        return config_yaml_at(yaml, node, path,
                              vif_error_create(VIF_ERR_INVALID, "address and "
                                               "devname exclude one "
                                               "another"));
    } else if (member->set == set_address
               && node->type == YAML_MAPPING_NODE) {
        return read_regexes(yaml, node, path, spec);
    } else if (member->set == set_nothing) {
        return NULL;
    }

    const char *text;
    struct vif_error *error = config_yaml_scalar(yaml, node, path, &text);
    if (!error && !text && !member->may_be_null) {
        error = config_yaml_at(yaml, node, path,
                               vif_error_create(VIF_ERR_INVALID,
                                                "must have a value"));
    } else if (!error) {
        error = config_yaml_at(yaml, node, path, member->set(spec, text));
    }
    return error;
}

static struct vif_error *
read_spec(struct config_yaml *yaml, yaml_node_t *node, const char *option,
          struct device_specs *specs)
{
    if (specs->n == MAX_SPECS) {
        return config_yaml_at(yaml, node, option,
                              vif_error_create(VIF_ERR_INVALID, "has more "
                                               "than %d entries", MAX_SPECS));
    }
    specs->specs = xrealloc(specs->specs,
                            (specs->n + 1) * sizeof *specs->specs);
    struct device_spec *spec = &specs->specs[specs->n++];
    device_spec_init(spec);
    spec->line = config_yaml_line(yaml, node);

    struct config_yaml_members pairs;
    struct vif_error *error = config_yaml_members_init(yaml, node, option,
                                                       &pairs);
    const char *name;
    yaml_node_t *value;
    while (!error
           && config_yaml_members_next(&pairs, &name, &value, &error)) {
        error = read_member(yaml, value, option, name, spec);
    }
    config_yaml_members_destroy(&pairs);
    return error;
}

/* A line of nova.conf, its value at 'text'. */
static struct vif_error *
read_json(const struct config_yaml *outer, const char *option,
          const char *text, size_t length, size_t line, size_t column,
          size_t indent, struct device_specs *specs)
{
    struct config_yaml yaml;
    yaml_node_t *root;
    struct vif_error *error = config_yaml_open_part(
        &yaml, outer, text, length, line, column, indent, &root);

    if (!error && root && root->type == YAML_SEQUENCE_NODE) {
        const yaml_node_item_t *item = root->data.sequence.items.start;
        const yaml_node_item_t *end = root->data.sequence.items.top;

        for (; item < end && !error; item++) {
            error = read_spec(&yaml,
                              yaml_document_get_node(&yaml.document, *item),
                              option, specs);
        }
    } else if (!error && root) {
        error = read_spec(&yaml, root, option, specs);
    }
    config_yaml_close(&yaml);
    return error;
}

/* What stands before the JSON in a line of nova.conf. */
static size_t
prefix_length(const char *text, size_t length)
{
    static const char *const names[] = { "device_spec",
                                         "passthrough_whitelist" };
    size_t start = 0;

    while (start < length && text[start] == ' ') {
        start++;
    }
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        size_t n = strlen(names[i]);

        if (length - start > n && !memcmp(text + start, names[i], n)) {
            n += start;
            n += strspn(text + n, " ");
            if (n < length && text[n] == '=') {
                return n + 1;
            }
        }
    }
    return start;
}

/* A comment, a section's name such as "[pci]", or nothing. */
static bool
says_nothing(const char *line, size_t length)
{
    size_t name = length ? strspn(line + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;

    return (!length || *line == '#' || *line == ';'
            || (*line == '[' && name && line[1 + name] == ']'));
}

/* Whether a line continues the value of the one before: it is indented. */
static bool
continues(const char *line)
{
    return *line == ' ' || *line == '\t';
}

/* How far the lines of a block are indented in the file: 'content' is the
 * first of its lines that is not empty, 'line' its number. */
static size_t
indentation(const struct config_yaml *yaml, size_t line)
{
    const char *s = yaml->text, *end = s + yaml->length;

    for (; line && s < end; s++) {
        line -= *s == '\n';
    }
    size_t n = 0;
    while (s + n < end && s[n] == ' ') {
        n++;
    }
    return n;
}

/* A block of lines.  'text' lives as long as the document. */
static struct vif_error *
read_lines(struct config_yaml *yaml, const yaml_node_t *node,
           const char *option, const char *text, struct device_specs *specs)
{
    size_t line = node->start_mark.line + 1;
    size_t first = line + strspn(text, "\n");
    const char *s = text + strspn(text, "\n");
    size_t indent = indentation(yaml, first);

    for (line = first; *s; ) {
        size_t length = strcspn(s, "\n");
        size_t n_lines = 1;

        while (s[length] && continues(s + length + 1)) {
            length += 1 + strcspn(s + length + 1, "\n");
            n_lines++;
        }
        if (!says_nothing(s, length)) {
            size_t skip = prefix_length(s, length);
            struct vif_error *error = read_json(
                yaml, option, s + skip, length - skip, line, indent + skip,
                indent, specs);
            if (error) {
                return error;
            }
        }
        s += length + (s[length] != '\0');
        line += n_lines;
    }
    return NULL;
}

/* A scalar: lines of nova.conf. */
static struct vif_error *
read_scalar(struct config_yaml *yaml, yaml_node_t *node, const char *option,
            struct device_specs *specs)
{
    const char *text;
    struct vif_error *error = config_yaml_scalar(yaml, node, option, &text);
    if (error || !text) {
        return error;
    } else if (node->data.scalar.style == YAML_LITERAL_SCALAR_STYLE) {
        return read_lines(yaml, node, option, text, specs);
    } else if (node->start_mark.line != node->end_mark.line) {
        return config_yaml_at(yaml, node, option,
                              vif_error_create(VIF_ERR_INVALID, "lines of "
                                               "nova.conf must be a block "
                                               "that begins with \"|\""));
    }

    size_t skip = prefix_length(text, strlen(text));
    bool quoted = node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return read_json(yaml, option, text + skip, strlen(text) - skip,
                     node->start_mark.line,
                     node->start_mark.column + quoted + skip, 0, specs);
}

struct vif_error *
config_yaml_device_spec(struct config_yaml *yaml, yaml_node_t *node,
                        const char *option, struct device_specs *specs)
{
    if (node->type == YAML_SCALAR_NODE) {
        return read_scalar(yaml, node, option, specs);
    } else if (node->type == YAML_MAPPING_NODE) {
        return read_spec(yaml, node, option, specs);
    }

    const yaml_node_item_t *item = node->data.sequence.items.start;
    const yaml_node_item_t *end = node->data.sequence.items.top;
    for (; item < end; item++) {
        yaml_node_t *entry = yaml_document_get_node(&yaml->document, *item);
        struct vif_error *error = (entry->type == YAML_SCALAR_NODE
                                   ? read_scalar(yaml, entry, option, specs)
                                   : read_spec(yaml, entry, option, specs));
        if (error) {
            return error;
        }
    }
    return NULL;
}
