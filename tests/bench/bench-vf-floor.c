/* SPDX-License-Identifier: Apache-2.0 */

/* The floor for a port on a VF: the sum of the calls of netlink and sysfs that
 * setting its attributes takes.  Read what there is, one request for each
 * attribute, read it back; and the same way back.  Before each of the three
 * the PF is looked up in sysfs, because anything may have become of it
 * meanwhile.  No journal, no threads, no decisions.
 *
 *     bench-vf-floor BUS ADDRESS
 *
 * reads "plug VF" and "unplug VF" from stdin and prints for each the
 * microseconds that it took. */

#include <dirent.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

static int rtnl;
static const char *bus, *address;
static char buffer[1 << 18];

static void
die(const char *what)
{
    fprintf(stderr, "bench-vf-floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long long
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* The first word of a file of the PF's. */
static int
read_number(const char *file_name)
{
    char path[512];
    int number = 0;
    FILE *file;

    snprintf(path, sizeof path, "/sys/bus/%s/devices/%s/%s", bus, address,
             file_name);
    file = fopen(path, "re");
    if (!file || fscanf(file, "%d", &number) != 1) {
        die(path);
    }
    fclose(file);
    return number;
}

/* The PF's netdev: its name in sysfs, and what number that is; how many VFs
 * the PF has, and its driver. */
static int
find_pf(void)
{
    char path[512], file_name[64], name[IFNAMSIZ] = "", driver[256];
    struct dirent *entry;
    DIR *dir;

    if (!read_number("sriov_numvfs")) {
        die("the PF has no VFs");
    }
    snprintf(path, sizeof path, "/sys/bus/%s/devices/%s/net", bus, address);
    dir = opendir(path);
    while (dir && !*name && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.' && strlen(entry->d_name) < IFNAMSIZ) {
            strcpy(name, entry->d_name);
        }
    }
    if (!*name) {
        die(path);
    }
    closedir(dir);

    snprintf(path, sizeof path, "/sys/bus/%s/devices/%s/driver", bus,
             address);
    if (readlink(path, driver, sizeof driver) < 0) {
        die(path);
    }
    snprintf(file_name, sizeof file_name, "net/%s/ifindex", name);
    return read_number(file_name);
}

struct request {
    struct nlmsghdr header;
    struct ifinfomsg info;
    char attrs[256];
};

static struct rtattr *
add_attr(struct request *r, int type, const void *value, size_t length)
{
    struct rtattr *attr = (struct rtattr *) ((char *) r
                                             + r->header.nlmsg_len);

    attr->rta_type = type;
    attr->rta_len = RTA_LENGTH(length);
    if (length) {
        memcpy(RTA_DATA(attr), value, length);
    }
    r->header.nlmsg_len += RTA_SPACE(length);
    return attr;
}

static void
init_request(struct request *r, int type, int flags, int ifindex)
{
    memset(r, 0, sizeof *r);
    r->header.nlmsg_len = NLMSG_LENGTH(sizeof r->info);
    r->header.nlmsg_type = type;
    r->header.nlmsg_flags = NLM_F_REQUEST | flags;
    r->info.ifi_index = ifindex;
}

static void
call(const struct request *r, const char *what)
{
    const struct nlmsghdr *header = (const struct nlmsghdr *) buffer;
    const struct nlmsgerr *error = NLMSG_DATA(header);

    if (send(rtnl, r, r->header.nlmsg_len, 0) < 0
        || recv(rtnl, buffer, sizeof buffer, 0) < 0) {
        die(what);
    }
    if (header->nlmsg_type == NLMSG_ERROR && error->error) {
        errno = -error->error;
        die(what);
    }
}

static void
read_vfs(int ifindex)
{
    uint32_t mask = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS;
    struct request r;

    init_request(&r, RTM_GETLINK, 0, ifindex);
    add_attr(&r, IFLA_EXT_MASK, &mask, sizeof mask);
    call(&r, "read VFs");
}

static void
set_vf(int ifindex, int type, const void *value, size_t length)
{
    struct rtattr *list, *one;
    struct request r;

    init_request(&r, RTM_SETLINK, NLM_F_ACK, ifindex);
    list = add_attr(&r, IFLA_VFINFO_LIST | NLA_F_NESTED, NULL, 0);
    one = add_attr(&r, IFLA_VF_INFO | NLA_F_NESTED, NULL, 0);
    add_attr(&r, type, value, length);
    list->rta_len = (char *) &r + r.header.nlmsg_len - (char *) list;
    one->rta_len = (char *) &r + r.header.nlmsg_len - (char *) one;
    call(&r, "set VF");
}

/* Six attributes in six requests, the two rates being one. */
static void
set_all(int ifindex, unsigned int vf, bool plug)
{
    const struct ifla_vf_mac mac = {
        .vf = vf, .mac = { plug ? 0x02 : 0, 0, 0, 0, 1, plug ? vf : 0 },
    };
    const struct ifla_vf_vlan vlan = {
        .vf = vf, .vlan = plug ? 100 : 0, .qos = plug ? 3 : 0,
    };
    const struct ifla_vf_rate rate = {
        .vf = vf, .max_tx_rate = plug ? 1000 : 0,
    };
    const struct ifla_vf_spoofchk spoofchk = { .vf = vf, .setting = plug };
    const struct ifla_vf_trust trust = { .vf = vf, .setting = plug };
    const struct ifla_vf_link_state state = {
        .vf = vf, .link_state = plug ? IFLA_VF_LINK_STATE_ENABLE
                  : IFLA_VF_LINK_STATE_AUTO,
    };

    set_vf(ifindex, IFLA_VF_MAC, &mac, sizeof mac);
    set_vf(ifindex, IFLA_VF_VLAN, &vlan, sizeof vlan);
    set_vf(ifindex, IFLA_VF_RATE, &rate, sizeof rate);
    set_vf(ifindex, IFLA_VF_SPOOFCHK, &spoofchk, sizeof spoofchk);
    set_vf(ifindex, IFLA_VF_TRUST, &trust, sizeof trust);
    set_vf(ifindex, IFLA_VF_LINK_STATE, &state, sizeof state);
}

static void
change(unsigned int vf, bool plug)
{
    read_vfs(find_pf());
    set_all(find_pf(), vf, plug);
    read_vfs(find_pf());
}

int
main(int argc, char *argv[])
{
    struct sockaddr_nl local = { .nl_family = AF_NETLINK };
    char line[256];

    if (argc != 3) {
        fprintf(stderr, "usage: bench-vf-floor BUS ADDRESS\n");
        return 2;
    }
    bus = argv[1];
    address = argv[2];
    rtnl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (rtnl < 0 || bind(rtnl, (struct sockaddr *) &local,
                         sizeof local) < 0) {
        die("netlink");
    }
    while (fgets(line, sizeof line, stdin)) {
        long long start = now_us();
        unsigned int vf;

        if (sscanf(line, "plug %u", &vf) == 1) {
            change(vf, true);
        } else if (sscanf(line, "unplug %u", &vf) == 1) {
            change(vf, false);
        } else {
            fprintf(stderr, "bench-vf-floor: what is '%s'?\n", line);
            return 2;
        }
        printf("%lld\n", now_us() - start);
        fflush(stdout);
    }
    return 0;
}
