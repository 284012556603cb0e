/* SPDX-License-Identifier: Apache-2.0 */
/* What a compute service does with libvifclient: plugs the port of a guest,
 * reads what the guest needs, and unplugs it again.
 *
 *     plug-one SOCKET PORT MAC */

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vif/client.h>

/* Says why it failed, and what that leaves.  Consumes 'error'. */
static int
fail(const char *what, struct vif_error *error)
{
    fprintf(stderr, "%s: %s (%s, %s; %s)\n", what, error->message,
            vif_error_code_name(error->code),
            vif_outcome_name(error->outcome),
            error->retry ? "try again" : "do not try again");
    vif_error_destroy(error);
    return EXIT_FAILURE;
}

static int
plug_and_unplug(struct vif_client *client, const char *port_id,
                const char *mac)
{
    struct vif_call_options options;
    struct vif_details *details;
    struct vif_binding binding;
    struct vif_error *error;

    vif_binding_init(&binding);
    binding.port_id = strdup(port_id);
    binding.has_mac = vif_mac_from_string(mac, &binding.mac);
    binding.queues = 4;
    vif_attrs_set(&binding.external_ids, "example", "yes");
    error = vif_binding_check(&binding);
    if (error) {
        vif_binding_destroy(&binding);
        return fail("check", error);
    }

    vif_call_options_init(&options);
    options.deadline = vif_client_deadline(20 * 1000);
    options.timeout_ms = 15 * 1000;
    error = vif_client_plug(client, &binding, &options, &details);
    vif_binding_destroy(&binding);
    if (error) {
        return fail("plug", error);
    }
    printf("%s is %s: device %s, %u queues\n%s\n", details->port_id,
           details->state, vif_details_device(details, "tap"),
           details->queues.effective, details->libvirt_xml);
    vif_details_destroy(details);

    error = vif_client_unplug(client, port_id, NULL, &details);
    if (error) {
        return fail("unplug", error);
    }
    printf("%s is %s\n", details->port_id, details->state);
    vif_details_destroy(details);
    return EXIT_SUCCESS;
}

int
main(int argc, char *argv[])
{
    struct vif_client *client;

    if (argc != 4) {
        fprintf(stderr, "usage: plug-one SOCKET PORT MAC\n");
        return 2;
    }

    struct vif_error *error = vif_client_open(argv[1],
                                              vif_client_deadline(5000),
                                              &client);
    if (error) {
        return fail("connect", error);
    }
    int status = plug_and_unplug(client, argv[2], argv[3]);
    vif_client_close(client);
    return status;
}
