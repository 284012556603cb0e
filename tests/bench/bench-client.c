/* SPDX-License-Identifier: Apache-2.0 */

/* A compute service for the benchmark, on libvifclient.
 *
 *     bench-client SOCKET
 *
 * reads from stdin "plug FIRST COUNT", "join FIRST COUNT" (plug with taps that
 * are there already), "unplug FIRST COUNT" and "drop FIRST COUNT" (unplug
 * without waiting for the switch), sends that many requests at once and prints
 * the microseconds until all are answered.  Any failure ends it. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <vif/client.h>

static long long
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void
die_if(struct vif_error *error)
{
    if (error) {
        fprintf(stderr, "bench-client: %s\n", error->message);
        exit(1);
    }
}

static void
make_params(const char *method, unsigned int number, char *params,
            size_t size)
{
    char id[64];

    snprintf(id, sizeof id, "0000abcd-0000-0000-0000-%012u", number);
    if (method[0] == 'p' || method[0] == 'j') {
        snprintf(params, size,
                 "{\"timeout_ms\": 280000, \"binding\": {\"port_id\": \"%s\","
                 " \"instance_id\": \"%s\", \"create_device\": %s,"
                 " \"mac_address\": \"fa:16:3e:%02x:%02x:%02x\","
                 " \"mtu\": 1450, \"queues\": 4, \"device_name\": "
                 "\"vif%07u\"}}",
                 id, id, method[0] == 'p' ? "true" : "false",
                 number >> 16 & 255, number >> 8 & 255, number & 255,
                 number);
    } else {
        snprintf(params, size, "{\"timeout_ms\": 280000, \"port_id\": \"%s\","
                 " \"wait\": \"%s\"}", id,
                 method[0] == 'd' ? "committed" : "released");
    }
}

static void
run(struct vif_client *client, const char *method, unsigned int first,
    unsigned int count)
{
    char params[1024];
    uint64_t id;

    for (unsigned int i = 0; i < count; i++) {
        make_params(method, first + i, params, sizeof params);
        die_if(vif_client_submit(client,
                                 method[0] == 'u' || method[0] == 'd'
                                 ? "unplug" : "plug", params, &id));
    }
    for (unsigned int left = count; left; ) {
        struct vif_answer *answer;

        die_if(vif_client_wait(client, vif_client_deadline(300000)));
        while ((answer = vif_client_take(client, 0))) {
            if (answer->error) {
                fprintf(stderr, "bench-client: %s\n",
                        answer->error->message);
                exit(1);
            }
            vif_answer_destroy(answer);
            left--;
        }
    }
}

int
main(int argc, char *argv[])
{
    struct vif_client *client;
    char line[256], method[16];

    if (argc != 2) {
        fprintf(stderr, "usage: bench-client SOCKET\n");
        return 2;
    }
    die_if(vif_client_open(argv[1], vif_client_deadline(10000), &client));
    while (fgets(line, sizeof line, stdin)) {
        unsigned int first, count;
        long long start = now_us();

        if (sscanf(line, "%15s %u %u", method, &first, &count) != 3
            || !strchr("pjud", method[0])) {
            fprintf(stderr, "bench-client: what is '%s'?\n", line);
            return 2;
        }
        run(client, method, first, count);
        printf("%lld\n", now_us() - start);
        fflush(stdout);
    }
    vif_client_close(client);
    return 0;
}
