/* SPDX-License-Identifier: Apache-2.0 */

/* The floor: what a plug costs if only that is done which must be done.  Make
 * the tap, set its MTU and set it up, one OVSDB transaction over raw
 * JSON-RPC, wait for cur_cfg.  No replica, no journal, no verification.
 *
 *     bench-floor OVSDB-SOCKET BRIDGE
 *
 * reads "plug NUMBER" and "unplug NUMBER" from stdin and prints for each the
 * microseconds that it took. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

static int db, rtnl;
static char *bridge_uuid, *open_vswitch_uuid;
static json_int_t cur_cfg;
static char buffer[1 << 20];
static size_t buffered;

static void
die(const char *what)
{
    fprintf(stderr, "bench-floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long long
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void
send_request(json_int_t id, const char *method, json_t *params)
{
    json_t *request = json_pack("{s:s, s:o, s:I}", "method", method,
                                "params", params, "id", id);
    char *text = json_dumps(request, JSON_COMPACT);
    size_t n = strlen(text);

    for (size_t sent = 0; sent < n; ) {
        ssize_t w = write(db, text + sent, n - sent);

        if (w < 0) {
            die("write to ovsdb-server");
        }
        sent += w;
    }
    free(text);
    json_decref(request);
}

/* The next message, whole. */
static json_t *
receive(void)
{
    for (;;) {
        json_error_t error;
        json_t *message = (buffered
                           ? json_loadb(buffer, buffered,
                                        JSON_DISABLE_EOF_CHECK, &error)
                           : NULL);

        if (message) {
            buffered -= error.position;
            memmove(buffer, buffer + error.position, buffered);
            return message;
        }

        ssize_t r = read(db, buffer + buffered, sizeof buffer - buffered);

        if (r <= 0) {
            die("read from ovsdb-server");
        }
        buffered += r;
    }
}

static void
note_cur_cfg(const json_t *message)
{
    const char *method = json_string_value(json_object_get(message,
                                                           "method"));
    const json_t *rows;
    const char *uuid;
    json_t *row;

    if (method && !strcmp(method, "echo")) {
        json_t *reply = json_pack("{s:O, s:n, s:O}", "result",
                                  json_object_get(message, "params"),
                                  "error", "id",
                                  json_object_get(message, "id"));
        char *text = json_dumps(reply, JSON_COMPACT);

        if (write(db, text, strlen(text)) < 0) {
            die("write to ovsdb-server");
        }
        free(text);
        json_decref(reply);
    }
    if (!method || strcmp(method, "update")) {
        return;
    }
    rows = json_object_get(json_array_get(json_object_get(message, "params"),
                                          1), "Open_vSwitch");
    json_object_foreach((json_t *) rows, uuid, row) {
        json_t *value = json_object_get(json_object_get(row, "new"),
                                        "cur_cfg");

        if (value) {
            cur_cfg = json_integer_value(value);
        }
    }
}

/* The result of request 'id'. */
static json_t *
receive_result(json_int_t id)
{
    for (;;) {
        json_t *message = receive();

        if (!json_object_get(message, "method")
            && json_integer_value(json_object_get(message, "id")) == id) {
            json_t *result = json_object_get(message, "result");

            json_incref(result);
            json_decref(message);
            return result;
        }
        note_cur_cfg(message);
        json_decref(message);
    }
}

static json_t *
call(const char *method, json_t *params)
{
    static json_int_t last_id;

    send_request(++last_id, method, params);
    return receive_result(last_id);
}

static char *
select_uuid(const char *table, const char *name)
{
    json_t *where = (name ? json_pack("[[s, s, s]]", "name", "==", name)
                     : json_array());
    json_t *result = call("transact", json_pack(
        "[s, {s:s, s:s, s:o, s:[s]}]", "Open_vSwitch", "op", "select",
        "table", table, "where", where, "columns", "_uuid"));
    const char *uuid = json_string_value(json_array_get(json_object_get(
        json_array_get(json_object_get(json_array_get(result, 0), "rows"),
                       0), "_uuid"), 1));
    char *copy = uuid ? strdup(uuid) : NULL;

    json_decref(result);
    if (!copy) {
        die(table);
    }
    return copy;
}

static void
connect_db(const char *path, const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    db = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(db, (struct sockaddr *) &address, sizeof address) < 0) {
        die(path);
    }
    bridge_uuid = select_uuid("Bridge", name);
    open_vswitch_uuid = select_uuid("Open_vSwitch", NULL);
    json_decref(call("monitor", json_pack(
        "[s, n, {s:{s:[s]}}]", "Open_vSwitch", "Open_vSwitch", "columns",
        "cur_cfg")));
}

/* Appends an attribute to the message at the start of 'buffer'. */
static void
add_attr(char *buffer_, int type, const void *value, size_t length)
{
    struct nlmsghdr *header = (struct nlmsghdr *) buffer_;
    struct rtattr attr = { .rta_type = type, .rta_len = RTA_LENGTH(length) };
    char *end = buffer_ + NLMSG_ALIGN(header->nlmsg_len);

    memcpy(end, &attr, sizeof attr);
    memcpy(end + RTA_LENGTH(0), value, length);
    header->nlmsg_len = NLMSG_ALIGN(header->nlmsg_len) + RTA_SPACE(length);
}

static void
change_link(int type, const char *name, uint32_t mtu)
{
    char request[512] __attribute__((aligned(NLMSG_ALIGNTO))) = "";
    struct nlmsghdr *message = (struct nlmsghdr *) request;
    struct ifinfomsg *info = NLMSG_DATA(message);
    char reply[8192];

    message->nlmsg_len = NLMSG_LENGTH(sizeof *info);
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    info->ifi_flags = info->ifi_change = mtu ? IFF_UP : 0;
    add_attr(request, IFLA_IFNAME, name, strlen(name) + 1);
    if (mtu) {
        add_attr(request, IFLA_MTU, &mtu, sizeof mtu);
    }
    if (send(rtnl, request, message->nlmsg_len, 0) < 0
        || recv(rtnl, reply, sizeof reply, 0) < 0) {
        die("netlink");
    }

    const struct nlmsghdr *header = (const struct nlmsghdr *) reply;
    const struct nlmsgerr *error = NLMSG_DATA(header);

    if (header->nlmsg_type == NLMSG_ERROR && error->error) {
        errno = -error->error;
        die(name);
    }
}

static void
make_tap(const char *name)
{
    struct ifreq request = {
        .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE,
    };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0
        || ioctl(fd, TUNSETPERSIST, 1) < 0) {
        die(name);
    }
    close(fd);
}

/* Sends 'operations' with next_cfg raised, and waits until ovs-vswitchd has
 * seen it. */
static json_t *
transact(json_t *operations)
{
    json_array_append_new(operations, json_pack(
        "{s:s, s:s, s:[[s, s, [s, s]]], s:[[s, s, i]]}", "op", "mutate",
        "table", "Open_vSwitch", "where", "_uuid", "==", "uuid",
        open_vswitch_uuid, "mutations", "next_cfg", "+=", 1));
    json_array_append_new(operations, json_pack(
        "{s:s, s:s, s:[], s:[s]}", "op", "select", "table", "Open_vSwitch",
        "where", "columns", "next_cfg"));

    json_t *result = call("transact", operations);
    const json_t *last = json_array_get(result, json_array_size(result) - 1);
    json_int_t next_cfg = json_integer_value(json_object_get(
        json_array_get(json_object_get(last, "rows"), 0), "next_cfg"));

    if (!next_cfg) {
        fprintf(stderr, "bench-floor: %s\n", json_dumps(result, 0));
        exit(1);
    }
    while (cur_cfg < next_cfg) {
        json_t *message = receive();

        note_cur_cfg(message);
        json_decref(message);
    }
    return result;
}

static char *port_uuids[100000];

static void
plug(unsigned int number)
{
    char name[IFNAMSIZ], id[64];

    snprintf(name, sizeof name, "flr%07u", number);
    snprintf(id, sizeof id, "00000000-0000-0000-0000-%012u", number);
    make_tap(name);
    change_link(RTM_NEWLINK, name, 1450);

    json_t *result = transact(json_pack(
        "[s, {s:s, s:s, s:s, s:{s:s, s:[s, [[s,s], [s,s], [s,s], [s,s]]]}},"
        " {s:s, s:s, s:s, s:{s:s, s:[s, s]}},"
        " {s:s, s:s, s:[[s, s, [s, s]]], s:[[s, s, [s, [[s, s]]]]]}]",
        "Open_vSwitch",
        "op", "insert", "table", "Interface", "uuid-name", "i", "row",
        "name", name, "external_ids", "map", "iface-id", id,
        "iface-status", "active", "attached-mac", "fa:16:3e:00:00:01",
        "vm-uuid", id,
        "op", "insert", "table", "Port", "uuid-name", "p", "row",
        "name", name, "interfaces", "named-uuid", "i",
        "op", "mutate", "table", "Bridge", "where", "_uuid", "==", "uuid",
        bridge_uuid, "mutations", "ports", "insert", "set", "named-uuid",
        "p"));

    port_uuids[number] = strdup(json_string_value(json_array_get(
        json_object_get(json_array_get(result, 1), "uuid"), 1)));
    json_decref(result);
}

static void
unplug(unsigned int number)
{
    char name[IFNAMSIZ];

    snprintf(name, sizeof name, "flr%07u", number);
    json_decref(transact(json_pack(
        "[s, {s:s, s:s, s:[[s, s, [s, s]]], s:[[s, s, [s, [[s, s]]]]]}]",
        "Open_vSwitch",
        "op", "mutate", "table", "Bridge", "where", "_uuid", "==", "uuid",
        bridge_uuid, "mutations", "ports", "delete", "set", "uuid",
        port_uuids[number])));
    free(port_uuids[number]);
    change_link(RTM_DELLINK, name, 0);
}

int
main(int argc, char *argv[])
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK };
    char line[256];

    if (argc != 3) {
        fprintf(stderr, "usage: bench-floor OVSDB-SOCKET BRIDGE\n");
        return 2;
    }
    rtnl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (rtnl < 0
        || bind(rtnl, (struct sockaddr *) &address, sizeof address) < 0) {
        die("netlink");
    }
    connect_db(argv[1], argv[2]);
    while (fgets(line, sizeof line, stdin)) {
        long long start = now_us();
        unsigned int number;

        if (sscanf(line, "plug %u", &number) == 1 && number < 100000) {
            plug(number);
        } else if (sscanf(line, "unplug %u", &number) == 1
                   && number < 100000 && port_uuids[number]) {
            unplug(number);
        } else {
            fprintf(stderr, "bench-floor: what is '%s'?\n", line);
            return 2;
        }
        printf("%lld\n", now_us() - start);
        fflush(stdout);
    }
    return 0;
}
