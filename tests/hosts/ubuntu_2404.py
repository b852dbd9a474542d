"""Ubuntu 24.04 with Docker's own 29 as it comes: containerd image store, ufw active, asked as root."""

from __future__ import annotations

from tests.hosts.machine import Machine, os_release, told

FAILS = {"log-rotation-unbounded": "warning"}

OS = os_release(
    PRETTY_NAME="Ubuntu 24.04.4 LTS", NAME="Ubuntu", VERSION_ID="24.04",
    VERSION="24.04.4 LTS (Noble Numbat)", VERSION_CODENAME="noble", ID="ubuntu", ID_LIKE="debian",
)  # fmt: skip
UFW = {
    "/etc/ufw/ufw.conf": b"# /etc/ufw/ufw.conf\nENABLED=yes\nLOGLEVEL=low\n",
    "/etc/default/ufw": b'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\n'
    b'DEFAULT_FORWARD_POLICY="DROP"\nIPT_SYSCTL=/etc/ufw/sysctl.conf\n',
    "/etc/ufw/sysctl.conf": b"#net/ipv4/ip_forward=1\nnet/ipv4/conf/all/accept_redirects=0\n",
    "/etc/ufw/after.rules": b"*filter\n:ufw-after-input - [0:0]\nCOMMIT\n",
    "/etc/ufw/user.rules": b"*filter\n### RULES ###\n\n"
    b"### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n"
    b"-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n\n### END RULES ###\nCOMMIT\n",
    "/etc/ufw/user6.rules": b"*filter\n### RULES ###\n### END RULES ###\nCOMMIT\n",
}


def base(hostname: str = "swhs-lab", release: str = "6.8.0-136-generic", os: str = OS) -> Machine:
    """An Ubuntu machine before any engine is on it."""
    machine = Machine(hostname, release, os=os)
    machine.kernel()
    machine.systemd(255, "systemd-networkd.service", "systemd-resolved.service", "ufw.service")
    machine.network("enp1s0")
    machine.iptables()
    machine.files["/run/systemd/resolve/stub-resolv.conf"] = (
        b"nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n"
    )
    machine.files["/run/systemd/resolve/resolv.conf"] = b"nameserver 192.168.1.1\nsearch lan\n"
    del machine.files["/etc/resolv.conf"]
    machine.links["/etc/resolv.conf"] = "../run/systemd/resolve/stub-resolv.conf"
    machine.files |= {
        "/sys/module/apparmor/parameters/enabled": b"Y\n",
        "/usr/sbin/apparmor_parser": b"\x7fELF",
        "/etc/sysctl.conf": b"#net.ipv4.ip_forward=1\n",
        "/usr/lib/sysctl.d/50-pid-max.conf": b"kernel.pid_max = 4194304\n",
        "/usr/lib/sysctl.d/99-protect-links.conf": b"fs.protected_fifos = 1\n",
        "/etc/sysctl.d/10-network-security.conf": b"net.ipv4.conf.default.rp_filter=2\n",
        "/etc/sysctl.d/10-map-count.conf": b"vm.max_map_count=1048576\n",
        "/etc/systemd/network/x": b"",
        "/run/systemd/network/10-netplan-enp1s0.network": b"[Match]\nName=enp1s0\n\n"
        b"[Network]\nDHCP=ipv4\nLinkLocalAddressing=ipv6\n",
        "/usr/lib/systemd/network/80-container-host0.network": b"[Match]\nKind=veth\nName=host0\n"
        b"Virtualization=container\n\n[Network]\nDHCP=yes\n",
        "/usr/lib/systemd/network/80-container-ve.network": b"[Match]\nKind=veth\nName=ve-*\n\n"
        b"[Network]\nAddress=0.0.0.0/28\nIPMasquerade=both\n",
        "/etc/apparmor.d/abi/4.0": b"",
        "/etc/apparmor.d/unprivileged_userns": b"",
        "/proc/self/attr/current": b"unconfined\n",
    }
    machine.links["/etc/sysctl.d/99-sysctl.conf"] = "../sysctl.conf"
    machine.sysctls(
        {"kernel/apparmor_restrict_unprivileged_userns": "1", "kernel/dmesg_restrict": "1",
         "kernel/core_pattern": "|/usr/share/apport/apport -p%p -s%s -c%c -d%d -P%P -u%u -g%g -- %E",
         "kernel/unprivileged_userns_clone": "1"}
    )  # fmt: skip
    return machine


def machine() -> Machine:
    machine = base()
    machine.files |= UFW
    machine.docker_ce(told("linux/ubuntu2404-29.6-containerd-store.txt")[0] | {
        "ServerVersion": "29.10.0", "Containers": 0, "ContainersStopped": 0, "Images": 0,
        "Containerd": {"Address": "/run/containerd/containerd.sock",
                       "Namespaces": {"Containers": "moby", "Plugins": "plugins.moby"}},
    }, "29.10.0")  # fmt: skip
    machine.dpkg(
        docker_ce="5:29.10.0-1~ubuntu.24.04~noble", docker_ce_cli="5:29.10.0-1~ubuntu.24.04~noble",
        containerd__io="2.4.2-1~ubuntu.24.04~noble", docker_buildx_plugin="0.36.0-1",
        docker_compose_plugin="5.3.1-1",
    )  # fmt: skip
    machine.owns("docker-ce", "/usr/lib/systemd/system/docker.service",
                 "/usr/lib/systemd/system/docker.socket")  # fmt: skip
    machine.owns("containerd.io", "/usr/lib/systemd/system/containerd.service")
    return machine
