/* SPDX-License-Identifier: Apache-2.0 */

/* One table says which options there are; reading, defaults and the manual's
 * test walk it.  YAML itself is libyaml's business; the rules under "access"
 * are config-access.c's. */

#include <config.h>

#include "agent/config.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "agent/config-yaml.h"
#include "lib/cleanup.h"
#include "openvswitch/util.h"
#include "privilege/account.h"
#include "stream.h"
#include "util.h"

#define MAX_FILE_SIZE (1024 * 1024)
#define MAX_TEXT 1024
#define SOCKET_PATH_MAX 107     /* sun_path without its NUL: unix(7). */

enum option_type {
    OPTION_PATH,            /* Absolute. */
    OPTION_TEXT,            /* NULL if there is no default. */
    OPTION_REMOTE,          /* Of OVSDB: "unix:FILE", "tcp:HOST:PORT". */
    OPTION_MODE,            /* Octal. */
    OPTION_UINT,
    OPTION_NAMES,
    OPTION_ACCESS,
    OPTION_DEVICE_SPEC,
};

/* The same position as in 'options'. */
struct option_type_of {
    enum option_type type;
    size_t offset;
    unsigned int min, max;  /* Numbers: value.  Text: length in bytes. */
    const char *choices;    /* Text: one of these words, if not NULL. */
};

#define AT(MEMBER) offsetof(struct config, MEMBER)

#define OPTIONS                                                             \
    OPTION("socket", VIFD_RUNDIR "/vifd.sock",                              \
           "the UNIX socket on which vifd listens", true,                   \
           OPTION_PATH, AT(socket), 2, SOCKET_PATH_MAX, NULL)               \
    OPTION("socket_mode", "0660",                                           \
           "access mode of the socket, octal", true,                        \
           OPTION_MODE, AT(socket_mode), 0, 0777, NULL)                     \
    OPTION("socket_group", NULL,                                            \
           "group that owns the socket, by name or number", true,           \
           OPTION_TEXT, AT(socket_group), 1, 255, NULL)                     \
    OPTION("journal", VIFD_STATEDIR "/journal.db",                          \
           "the file in which vifd remembers what it has put in place",     \
           true, OPTION_PATH, AT(journal), 2, MAX_TEXT, NULL)               \
    OPTION("plugins", VIFD_PLUGINDIR,                                       \
           "directory of the plugins", true,                                \
           OPTION_PATH, AT(plugins), 2, MAX_TEXT, NULL)                     \
    OPTION("ovsdb", NULL,                                                   \
           "where ovsdb-server listens, such as unix:FILE", true,           \
           OPTION_REMOTE, AT(ovsdb), 1, MAX_TEXT, NULL)                     \
    OPTION("user", NULL,                                                    \
           "the user that vifd becomes, USER or USER:GROUP", true,          \
           OPTION_TEXT, AT(user), 1, 255, NULL)                             \
    OPTION("bridge", "br-int",                                              \
           "bridge of ports that name none", false,                         \
           OPTION_TEXT, AT(bridge), 1, 255, NULL)                           \
    OPTION("datapath_type", NULL,                                           \
           "datapath of bridges that vifd makes", false,                    \
           OPTION_TEXT, AT(datapath_type), 1, 16, "system netdev")          \
    OPTION("create_bridges", NULL,                                          \
           "bridges that vifd may make, as shell patterns", false,          \
           OPTION_NAMES, AT(create_bridges), 1, 255, NULL)                  \
    OPTION("mtu", "1500",                                                   \
           "MTU of ports that name none, in bytes", false,                  \
           OPTION_UINT, AT(mtu), 68, 65535, NULL)                           \
    OPTION("max_queues", "0",                                               \
           "most queue pairs of a port; 0 for the kernel's limit", false,   \
           OPTION_UINT, AT(max_queues), 0, 256, NULL)                       \
    OPTION("device_spec", NULL,                                             \
           "devices that ports may use, and for which physical network",    \
           false, OPTION_DEVICE_SPEC, AT(device_spec), 0, 0, NULL)          \
    OPTION("vhostuser_directories", NULL,                                   \
           "directories that paths in a binding may lie in", false,         \
           OPTION_NAMES, AT(vhostuser_directories), 2, 255, NULL)           \
    OPTION("default_timeout_ms", "30000",                                   \
           "deadline of a request that names none", false,                  \
           OPTION_UINT, AT(default_timeout_ms), 100, 3600000, NULL)         \
    OPTION("shutdown_ms", "10000",                                          \
           "how long vifd finishes what is under way when it is told to "   \
           "stop", false,                                                   \
           OPTION_UINT, AT(shutdown_ms), 0, 600000, NULL)                   \
    OPTION("retry_min_ms", "100",                                           \
           "first pause before undoing is tried again", false,              \
           OPTION_UINT, AT(retry_min_ms), 1, 60000, NULL)                   \
    OPTION("retry_max_ms", "30000",                                         \
           "longest such pause", false,                                     \
           OPTION_UINT, AT(retry_max_ms), 1, 3600000, NULL)                 \
    OPTION("stuck_ms", "10000",                                             \
           "after this long an operation of the kernel counts as stuck",    \
           true, OPTION_UINT, AT(stuck_ms), 100, 3600000, NULL)             \
    OPTION("max_requests", "4096",                                          \
           "most requests under way at once", false,                        \
           OPTION_UINT, AT(max_requests), 1, 65536, NULL)                   \
    OPTION("max_ports", "16384",                                            \
           "most ports on this host", false,                                \
           OPTION_UINT, AT(max_ports), 1, 65536, NULL)                      \
    OPTION("max_clients", "1024",                                           \
           "most connections at once", false,                               \
           OPTION_UINT, AT(max_clients), 1, 4096, NULL)                     \
    OPTION("max_clients_per_user", "256",                                   \
           "most connections at once of one user", false,                   \
           OPTION_UINT, AT(max_clients_per_user), 1, 4096, NULL)            \
    OPTION("max_in_flight", "1024",                                         \
           "most requests under way of one connection", false,              \
           OPTION_UINT, AT(max_in_flight), 1, 65536, NULL)                  \
    OPTION("memory_limit", "0",                                             \
           "memory in MiB beyond which new requests are refused; 0: what "  \
           "the host sets", false,                                          \
           OPTION_UINT, AT(memory_limit), 0, 1048576, NULL)                 \
    OPTION("workers", "4",                                                  \
           "threads that wait for the kernel", true,                        \
           OPTION_UINT, AT(workers), 1, 64, NULL)                           \
    OPTION("max_workers", "16",                                             \
           "most such threads when some are stuck", true,                   \
           OPTION_UINT, AT(max_workers), 1, 256, NULL)                      \
    OPTION("access", NULL,                                                  \
           "who may call which methods for which physical networks",        \
           false, OPTION_ACCESS, AT(access), 0, 0, NULL)

#define OPTION(NAME, DEF, DOC, AT_START, TYPE, OFFSET, MIN, MAX, CHOICES) \
    { NAME, DEF, DOC, AT_START },
static const struct config_option options[] = { OPTIONS };
#undef OPTION

#define OPTION(NAME, DEF, DOC, AT_START, TYPE, OFFSET, MIN, MAX, CHOICES) \
    { TYPE, OFFSET, MIN, MAX, CHOICES },
static const struct option_type_of types[] = { OPTIONS };
#undef OPTION

const struct config_option *
config_options(size_t *np)
{
    *np = ARRAY_SIZE(options);
    return options;
}

static void *
member_of(const struct config *config, const struct option_type_of *type)
{
    return CONST_CAST(char *, (const char *) config) + type->offset;
}

/* Why 'text' cannot be the value of an option of text; NULL if it can. */
static struct vif_error *
check_text(const struct option_type_of *type, const char *text)
{
    size_t length = strlen(text);
    if (length < type->min || length > type->max) {
        return vif_error_create(VIF_ERR_INVALID, "must have %u to %u bytes",
                                type->min, type->max);
    } else if (type->type == OPTION_PATH && *text != '/') {
        return vif_error_create(VIF_ERR_INVALID, "\"%s\" is no absolute path",
                                text);
    } else if (type->choices) {
        CLEANUP_FREE char *words = xstrdup(type->choices);
        char *save = NULL;
        for (char *word = strtok_r(words, " ", &save); word;
             word = strtok_r(NULL, " ", &save)) {
            if (!strcmp(word, text)) {
                return NULL;
            }
        }
        return vif_error_create(VIF_ERR_INVALID, "\"%s\" is none of: %s",
                                text, type->choices);
    }
    return NULL;
}

static struct vif_error *
check_remote(const char *text)
{
    CLEANUP_FREE char *remotes = xstrdup(text);
    char *save = NULL;
    for (char *remote = strtok_r(remotes, ",", &save); remote;
         remote = strtok_r(NULL, ",", &save)) {
        if (stream_verify_name(remote)) {
            return vif_error_create(VIF_ERR_INVALID, "\"%s\" is no remote "
                                    "such as unix:FILE or tcp:HOST:PORT",
                                    remote);
        }
    }
    return NULL;
}

static struct vif_error *
parse_number(const struct option_type_of *type, const char *text,
             unsigned int *valuep)
{
    bool octal = type->type == OPTION_MODE;
    const char *digits = octal ? "01234567" : "0123456789";
    size_t length = strlen(text);
    if (!length || length > 10 || text[strspn(text, digits)]) {
        return vif_error_create(VIF_ERR_INVALID, "\"%s\" is no %s", text,
                                octal ? "octal number such as 0660"
                                : "whole number");
    }

    unsigned long long value = strtoull(text, NULL, octal ? 8 : 10);
    if (value < type->min || value > type->max) {
        return vif_error_create(VIF_ERR_INVALID,
                                octal ? "%s is not within %04o and %04o"
                                : "%s is not within %u and %u",
                                text, type->min, type->max);
    }
    *valuep = value;
    return NULL;
}

/* Sets an option with one value. */
static struct vif_error *
set_scalar(struct config *config, const struct option_type_of *type,
           const char *text)
{
    void *member = member_of(config, type);
    struct vif_error *error = NULL;

    switch (type->type) {
    case OPTION_MODE:
    case OPTION_UINT:
        return parse_number(type, text, member);
    case OPTION_REMOTE:
        error = check_remote(text);
        /* Fall through. */
    case OPTION_PATH:
    case OPTION_TEXT:
        if (!error) {
            error = check_text(type, text);
        }
        if (!error) {
            char **textp = member;
            free(*textp);
            *textp = xstrdup(text);
        }
        return error;
    case OPTION_NAMES:
    case OPTION_ACCESS:
    case OPTION_DEVICE_SPEC:
        break;
    }
    OVS_NOT_REACHED();
}

static struct vif_error *
read_option(struct config *config, const struct option_type_of *type,
            struct config_yaml *yaml, yaml_node_t *node, const char *name)
{
    const char *text;
    struct vif_error *error;

    switch (type->type) {
    case OPTION_NAMES:
        return config_yaml_names(yaml, node, name, member_of(config, type));
    case OPTION_ACCESS:
        config->has_access = true;
        return config_yaml_access(yaml, node, name, &config->access,
                                  &config->n_access);
    case OPTION_DEVICE_SPEC:
        return config_yaml_device_spec(yaml, node, name,
                                       member_of(config, type));
    case OPTION_PATH:
    case OPTION_TEXT:
    case OPTION_REMOTE:
    case OPTION_MODE:
    case OPTION_UINT:
        error = config_yaml_scalar(yaml, node, name, &text);
        if (!error && text) {
            error = config_yaml_at(yaml, node, name,
                                   set_scalar(config, type, text));
        }
        return error;
    }
    OVS_NOT_REACHED();
}

static const struct option_type_of *
option_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (!strcmp(options[i].name, name)) {
            return &types[i];
        }
    }
    return NULL;
}

static struct vif_error *
read_options(struct config *config, struct config_yaml *yaml,
             yaml_node_t *root)
{
    struct config_yaml_members members;
    struct vif_error *error = config_yaml_members_init(yaml, root, "",
                                                       &members);
    const char *name;
    yaml_node_t *node;

    while (!error
           && config_yaml_members_next(&members, &name, &node, &error)) {
        const struct option_type_of *type = option_find(name);
        error = (type ? read_option(config, type, yaml, node, name)
                 : config_yaml_at(yaml, node, name,
                                  vif_error_create(VIF_ERR_INVALID,
                                                   "is no option of vifd")));
    }
    config_yaml_members_destroy(&members);
    return error;
}

/* What the options say of one another, and of the host. */
static struct vif_error *
check_together(struct config *config, const char *name)
{
    if (config->socket_group) {
        struct vif_error *error = config_group_lookup(config->socket_group,
                                                      &config->socket_gid);
        if (error) {
            error = vif_error_wrap(error, "%s: socket_group", name);
            return vif_error_with_where(error, "socket_group");
        }
    }
    if (config->user) {
        struct account *account;
        struct vif_error *error = account_find(config->user, &account);
        if (error) {
            error = vif_error_wrap(error, "%s: user", name);
            return vif_error_with_where(error, "user");
        }
        account_destroy(account);
    }
    for (size_t i = 0; i < config->vhostuser_directories.n; i++) {
        const char *path = config->vhostuser_directories.names[i];
        if (!path || *path != '/') {
            return vif_error_with_where(
                vif_error_create(VIF_ERR_INVALID, "%s: vhostuser_directories: "
                                 "\"%s\" is no absolute path", name,
                                 path ? path : "null"),
                "vhostuser_directories");
        }
    }
    if (config->retry_min_ms > config->retry_max_ms) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "%s: retry_min_ms: %u is more "
                             "than retry_max_ms, %u", name,
                             config->retry_min_ms, config->retry_max_ms),
            "retry_min_ms");
    }
    if (config->workers > config->max_workers) {
        return vif_error_with_where(
            vif_error_create(VIF_ERR_INVALID, "%s: workers: %u is more than "
                             "max_workers, %u", name, config->workers,
                             config->max_workers),
            "workers");
    }
    return NULL;
}

static struct config *
config_create_default(void)
{
    struct config *config = xzalloc(sizeof *config);

    config->socket_gid = UINT32_MAX;
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (options[i].def) {
            struct vif_error *error = set_scalar(config, &types[i],
                                                 options[i].def);
            ovs_assert(!error);
        }
    }
    return config;
}

struct vif_error *
config_parse(const char *text, size_t length, const char *name,
             struct config **configp)
{
    struct config *config = config_create_default();
    struct config_yaml yaml;
    yaml_node_t *root;

    struct vif_error *error = config_yaml_open(&yaml, text, length, name,
                                               &root);
    if (!error && root) {
        error = read_options(config, &yaml, root);
    }
    if (!error) {
        error = check_together(config, name);
    }
    config_yaml_close(&yaml);

    if (error) {
        config_destroy(config);
        config = NULL;
    }
    *configp = config;
    return error;
}

struct vif_error *
config_load(const char *path, struct config **configp)
{
    if (!path) {
        return config_parse("", 0, "defaults", configp);
    }
    *configp = NULL;

    CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        return vif_error_from_errno(errno, "%s", path);
    } else if (!S_ISREG(st.st_mode)) {
        return vif_error_create(VIF_ERR_INVALID, "%s: is no regular file",
                                path);
    } else if (st.st_size > MAX_FILE_SIZE) {
        return vif_error_create(VIF_ERR_INVALID, "%s: is larger than %d "
                                "bytes", path, MAX_FILE_SIZE);
    }

    CLEANUP_FREE char *text = xmalloc(st.st_size + 1);
    size_t length = 0;
    while (length < (size_t) st.st_size) {
        ssize_t n = read(fd, text + length, st.st_size - length);
        if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0) {
            return vif_error_from_errno(errno, "%s", path);
        } else if (!n) {
            break;
        }
        length += n;
    }
    return config_parse(text, length, path, configp);
}

struct vif_error *
config_override(struct config *config, const char *name, const char *value)
{
    const struct option_type_of *type = option_find(name);

    return vif_error_wrap(set_scalar(config, type, value), "--%s", name);
}

bool
config_may_create_bridge(const struct config *config, const char *bridge)
{
    for (size_t i = 0; i < config->create_bridges.n; i++) {
        if (!fnmatch(config->create_bridges.names[i], bridge, 0)) {
            return true;
        }
    }
    return false;
}

/* Whether an option of text or number is the same in 'a' and 'b'. */
static bool
scalar_equal(const struct config *a, const struct config *b,
             const struct option_type_of *type)
{
    const void *in_a = member_of(a, type), *in_b = member_of(b, type);

    if (type->type == OPTION_UINT || type->type == OPTION_MODE) {
        return *(const unsigned int *) in_a == *(const unsigned int *) in_b;
    }
    return nullable_string_is_equal(*(char *const *) in_a,
                                    *(char *const *) in_b);
}

const char *
config_next_frozen(const struct config *a, const struct config *b, size_t *ip)
{
    while (*ip < ARRAY_SIZE(options)) {
        size_t i = (*ip)++;
        if (options[i].at_start && !scalar_equal(a, b, &types[i])) {
            return options[i].name;
        }
    }
    return NULL;
}

void
config_destroy(struct config *config)
{
    if (!config) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        void *member = member_of(config, &types[i]);

        switch (types[i].type) {
        case OPTION_PATH:
        case OPTION_TEXT:
        case OPTION_REMOTE:
            free(*(char **) member);
            break;
        case OPTION_NAMES:
            config_names_destroy(member);
            break;
        case OPTION_ACCESS:
            config_access_destroy(config->access, config->n_access);
            break;
        case OPTION_DEVICE_SPEC:
            device_specs_destroy(member);
            break;
        case OPTION_MODE:
        case OPTION_UINT:
            break;
        }
    }
    free(config);
}
