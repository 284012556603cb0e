/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_LIBVIRT_XML_H
#define REPORT_LIBVIRT_XML_H 1

/* The libvirt <interface> element with which a domain uses what was plugged:
 * https://libvirt.org/formatdomain.html#network-interfaces.  In the form that
 * Nova gives it, so that a compute service may put it into a domain as it is.
 * Pure. */

struct vif_attrs;
struct vif_binding;

/* The element, without an XML declaration and without a newline at its end,
 * or NULL if vifd knows none for this port.  'details' are those of the
 * answer.  The caller frees it with free(). */
char *libvirt_interface_xml(const struct vif_binding *binding,
                            const struct vif_attrs *details);

#endif /* report/libvirt-xml.h */
