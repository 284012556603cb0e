/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_COMPLAINT_H
#define CTL_COMPLAINT_H 1

/* What went wrong, in words: one sentence, and below it, as far as they are
 * known, the words of the kernel or Open vSwitch, the place in the request,
 * what is left on the host, and whether to try again.  All on stderr. */

#include <jansson.h>

#include <vif/error.h>

struct session;

/* vifd's verdict on 'method', called to do 'what', such as "plug PORT". */
void complain(struct session *, const char *method, const char *what,
              const struct vif_error *);

/* What vifd says of each port of a group, if 'error' (its error object) is
 * about one. */
void complain_ports(struct session *, const json_t *error);

/* Nobody was reached. */
void complain_unreachable(struct session *, const struct vif_error *);

/* No answer has come, or nothing was sent. */
void complain_lost(struct session *, const char *method, const char *what,
                   const struct vif_error *);

#endif /* ctl/complaint.h */
