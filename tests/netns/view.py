"""What there is on a host, to be compared before and after."""

import os
import stat


def links_of(host):
    links = {}
    for name, link in host.links().items():
        if name.startswith("tap"):
            info = link["linkinfo"]["info_data"]
            links[name] = (link["mtu"], link["address"], "UP" in link["flags"],
                           info.get("multi_queue"), info.get("persist"),
                           info.get("mode"), link.get("link"),
                           link["group"], node_of(link),
                           link.get("ifalias"))
    return links


def node_of(link):
    """Owner and mode of a macvtap's node."""
    if link["linkinfo"]["info_kind"] != "macvtap":
        return None
    node = os.stat("/dev/tap%d" % link["ifindex"])
    return node.st_uid, node.st_gid, stat.S_IMODE(node.st_mode)


def view(host):
    """What is there, without what differs from one plug to the next."""
    interfaces, ports, bridges, qos = host.tables(
        Interface=("name", "type", "external_ids", "mtu_request"),
        Port=("_uuid", "name", "external_ids", "qos"),
        Bridge=("name", "external_ids", "ports"),
        QoS=("type", "external_ids"))
    names = {port["_uuid"]: port["name"] for port in ports}
    return {
        "links": links_of(host),
        "interfaces": {row["name"]: (row["type"], row["external_ids"],
                                     row["mtu_request"])
                       for row in interfaces},
        "ports": {row["name"]: (row["external_ids"], row["qos"])
                  for row in ports},
        "qos": [(row["type"], row["external_ids"]) for row in qos],
        "bridges": {row["name"]: (row["external_ids"],
                                  {names[port]
                                   for port in as_list(row["ports"])})
                    for row in bridges},
    }


def as_list(value):
    """A set of OVSDB's, which is no list if it has one member."""
    return value if isinstance(value, list) else [value]


def ports_of(host):
    return {port["port_id"]: port["state"]
            for port in host.call("list")["ports"]}
