"""One of three swarm managers, Ubuntu 24.04, well set up."""

from __future__ import annotations

import json

from tests.hosts import ubuntu_2404
from tests.hosts.machine import DATA, Machine, interface

FAILS: dict[str, str] = {}


def machine() -> Machine:
    machine = ubuntu_2404.machine()
    machine.files["/etc/ufw/ufw.conf"] = b"ENABLED=no\n"
    engine = machine.engines["unix:///var/run/docker.sock"]
    told = json.loads((DATA / "swarm/info-28.json").read_text())
    swarm = told["Swarm"] | {"NodeAddr": "192.168.1.20", "Nodes": 3, "Managers": 3, "Error": "",
                             "LocalNodeState": "active", "ControlAvailable": True}  # fmt: skip
    nodes = json.loads((DATA / "swarm/nodes-28.json").read_text())
    base = nodes[0]
    engine["/nodes"] = [
        base | {"ID": f"node{n}", "Description": base["Description"] | {"Hostname": f"m{n}"},
                "Spec": {"Role": "manager", "Availability": "active", "Labels": {}},
                "Status": {"State": "ready", "Addr": f"192.168.1.{20 + n}"},
                "ManagerStatus": {"Leader": n == 0, "Reachability": "reachable",
                                  "Addr": f"192.168.1.{20 + n}:2377"}}
        for n in range(3)
    ]  # fmt: skip
    engine["/services"] = []
    engine["/info"] |= {"Swarm": swarm, "LoggingDriver": "local"}
    machine.files["/etc/docker/daemon.json"] = b'{"log-driver": "local"}\n'
    engine["/networks"] = json.loads((DATA / "swarm/networks-28.json").read_text())
    machine.gauges["interfaces"]["br-333728075ef9"] = interface(1500, "172.18.0.1")
    machine.gauges["interfaces"]["docker_gwbridge"] = interface(1500, "172.19.0.1")
    certificate = (DATA / "daemon-security/server.pem").read_bytes()
    machine.files["/var/lib/docker/swarm/certificates/swarm-node.crt"] = certificate
    machine.files["/var/lib/docker/swarm/raft/wal-v3-encrypted/0.wal"] = b"x" * 100
    machine.files["/proc/self/net/tcp6"] = (
        b"  sl  local_address remote_address st\n"
        b"   0: 00000000000000000000000000000000:0949 00000000000000000000000000000000:0000 0A "
        b"00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"
    )
    return machine
