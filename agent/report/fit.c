/* SPDX-License-Identifier: Apache-2.0 */

/* See fit.h. */

#include <config.h>

#include "report/fit.h"

#include "inventory/fit.h"
#include "openvswitch/json.h"

/* Filters up to the one that left none. */
static struct json *
filters_to_json(const struct device_request *request,
                const struct fit_answer *answer)
{
    struct json *array = json_array_create_empty();

    for (enum device_filter i = 0; i < N_DEVICE_FILTERS; i++) {
        char asks[DEVICE_FILTER_TEXT_SIZE];

        if (fit_answer_describe(answer, request, i, asks)) {
            struct json *row = json_object_create();

            json_object_put_string(row, "filter", device_filter_name(i));
            json_object_put_string(row, "asks", asks);
            json_object_put(row, "left",
                            json_integer_create(answer->left[i]));
            json_array_add(array, row);
        }
        if (!answer->left[i]) {
            break;
        }
    }
    return array;
}

struct json *
fit_ports_to_json(const struct device_request *requests,
                  const struct fit_answer *answers, size_t n)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        struct json *port = json_object_create();
        const struct device *device = answers[i].device;

        json_object_put_string(port, "port_id", requests[i].holder);
        json_object_put(port, "device",
                        device ? json_string_create(device->name)
                        : json_null_create());
        json_object_put(port, "filters",
                        filters_to_json(&requests[i], &answers[i]));
        json_array_add(array, port);
    }
    return array;
}
