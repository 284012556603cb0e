"""What there is on a host, to be compared before and after."""


def links_of(host):
    links = {}
    for name, link in host.links().items():
        if name.startswith("tap"):
            tun = link["linkinfo"]["info_data"]
            links[name] = (link["mtu"], link["address"], "UP" in link["flags"],
                           tun.get("multi_queue"), tun.get("persist"),
                           link["ifalias"])
    return links


def view(host):
    """What is there, without what differs from one plug to the next."""
    interfaces, ports, bridges = host.tables(
        Interface=("name", "type", "external_ids", "mtu_request"),
        Port=("_uuid", "name", "external_ids"),
        Bridge=("name", "external_ids", "ports"))
    names = {port["_uuid"]: port["name"] for port in ports}
    return {
        "links": links_of(host),
        "interfaces": {row["name"]: (row["type"], row["external_ids"],
                                     row["mtu_request"])
                       for row in interfaces},
        "ports": {row["name"]: row["external_ids"] for row in ports},
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
