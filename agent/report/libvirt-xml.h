/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_LIBVIRT_XML_H
#define REPORT_LIBVIRT_XML_H 1

/* The libvirt element with which a domain uses what was plugged, <interface>
 * or, for a whole PF, <hostdev>:
 * https://libvirt.org/formatdomain.html#network-interfaces.  In the form that
 * Nova gives it, so that a compute service may put it into a domain as it is,
 * but for what does not work so:
 *
 *   - no tag for VLAN 0, and one <parameters> element in a <virtualport>, as
 *     libvirt's schema has it;
 *   - a VF whose VLAN has a priority or is of 802.1ad is a <hostdev>: of an
 *     <interface> libvirt sets the VLAN itself, with priority 0 and 802.1Q.
 *
 * Pure. */

struct vif_attrs;
struct vif_binding;

/* The element, without an XML declaration and without a newline at its end,
 * or NULL if vifd knows none for this port, such as for a VF that is not on
 * PCI.  Which it is follows from the details, which are those of the answer:
 * vif_type and devices.*.  The caller frees it with free(). */
char *libvirt_interface_xml(const struct vif_binding *binding,
                            const struct vif_attrs *details);

#endif /* report/libvirt-xml.h */
