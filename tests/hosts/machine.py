"""A recorded machine under construction: each method adds what one part of a real host answers.

Nothing is answered that nobody recorded: a path or command that is in none of the parts does not
exist, and an installed command with words that nobody recorded makes the probe crash, so that a
test cannot pass on an answer that no real host gives.
"""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probes.host import Absent
from probes.host.questions import Denied, Garbled, Refused, Slow
from tests.fake_host import DIRECTORY, SOCKET, FakeSource
from tests.hosts.docker_info import parse, version_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.host.questions import Answer, Question

DATA = Path(__file__).parents[1] / "data"
_BUILDERS = {"__init__", "desktop_machine", "docker_info", "machine", "trouble"}
HOSTS = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if path.stem not in _BUILDERS and not path.stem.startswith("test_")
)
"""The recorded hosts: each has a module here, with ``machine()`` and ``FAILS``."""
NOW = 1_795_500_000.0
"""2026-11-24: when the hosts were recorded."""
BOOT = NOW - 86_400 * 3
SOCKET_PATH = "/var/run/docker.sock"
GIB = 1 << 30

MODULAR_CONFIG = "".join(
    f"CONFIG_{name}={value}\n"
    for value, names in {
        "y": "POSIX_MQUEUE PSI CGROUPS CGROUP_SCHED FAIR_GROUP_SCHED CFS_BANDWIDTH CGROUP_FREEZER "
        "CPUSETS CGROUP_DEVICE CGROUP_CPUACCT CGROUP_BPF NAMESPACES UTS_NS IPC_NS USER_NS PID_NS "
        "NET_NS SECCOMP SECCOMP_FILTER MODULES XFRM IPV6 KEYS CRYPTO NFT_FIB_IPV6 "
        "BRIDGE_VLAN_FILTERING IP_VS_PROTO_TCP IP_VS_PROTO_UDP IP_VS_NFCT",
        "m": "XFRM_USER XFRM_ALGO INET_ESP BRIDGE_NETFILTER NF_NAT NF_TABLES NFT_COMPAT "
        "NETFILTER_XT_TARGET_MASQUERADE NETFILTER_XT_MATCH_ADDRTYPE NETFILTER_XT_MATCH_BPF "
        "NETFILTER_XT_MATCH_CONNTRACK NETFILTER_XT_MATCH_IPVS IP_VS IP_VS_RR IP_NF_IPTABLES "
        "IP_NF_FILTER IP_NF_NAT IP_NF_TARGET_MASQUERADE IP_NF_RAW IP6_NF_FILTER IP6_NF_NAT BRIDGE "
        "DUMMY MACVLAN IPVLAN VXLAN VETH OVERLAY_FS CRYPTO_AEAD CRYPTO_GCM CRYPTO_SEQIV "
        "CRYPTO_GHASH",
    }.items()
    for name in names.split()
)
"""What the kernels of the large distributions have in common."""

SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/forwarding": "1",
    "net/ipv4/conf/default/forwarding": "1",
    "net/ipv6/conf/all/forwarding": "0",
    "net/ipv6/conf/default/forwarding": "0",
    "net/ipv6/conf/all/disable_ipv6": "0",
    "fs/inotify/max_user_watches": "122880",
    "fs/inotify/max_user_instances": "128",
    "fs/file-nr": "2112\t0\t9223372036854775807",
    "fs/file-max": "9223372036854775807",
    "fs/aio-max-nr": "65536",
    "fs/aio-nr": "0",
    "vm/max_map_count": "1048576",
    "vm/overcommit_memory": "0",
    "vm/overcommit_ratio": "50",
    "vm/swappiness": "60",
    "net/core/somaxconn": "4096",
    "net/core/bpf_jit_enable": "1",
    "net/core/rmem_max": "212992",
    "net/core/wmem_max": "212992",
    "kernel/pid_max": "4194304",
    "kernel/threads-max": "126836",
    "kernel/core_pattern": "core",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
    "kernel/keys/maxkeys": "200",
    "kernel/keys/maxbytes": "20000",
    "kernel/dmesg_restrict": "0",
    "kernel/apparmor_restrict_unprivileged_userns": None,
    "kernel/unprivileged_userns_clone": None,
    "net/ipv4/ip_unprivileged_port_start": "1024",
    "net/ipv4/ping_group_range": "0\t2147483647",
    "net/ipv4/ip_local_port_range": "32768\t60999",
    "net/ipv4/ip_local_reserved_ports": "",
    "net/ipv4/neigh/default/gc_thresh3": "1024",
    "net/ipv4/conf/all/rp_filter": "2",
    "net/bridge/bridge-nf-call-iptables": None,
    "net/bridge/bridge-nf-call-ip6tables": None,
    "net/netfilter/nf_conntrack_count": "41",
    "net/netfilter/nf_conntrack_max": "262144",
    "user/max_user_namespaces": "63418",
    "user/max_net_namespaces": "63418",
}

LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max file size             unlimited            unlimited            bytes     
Max data size             unlimited            unlimited            bytes     
Max stack size            8388608              unlimited            bytes     
Max core file size        {core:<21}unlimited            bytes     
Max resident set          unlimited            unlimited            bytes     
Max processes             {nproc:<21}{nproc:<21}processes 
Max open files            {soft:<21}{hard:<21}files     
Max locked memory         8388608              8388608              bytes     
Max address space         unlimited            unlimited            bytes     
Max file locks            unlimited            unlimited            locks     
Max pending signals       63418                63418                signals   
Max msgqueue size         819200               819200               bytes     
Max nice priority         0                    0                    
Max realtime priority     0                    0                    
Max realtime timeout      unlimited            unlimited            us        
"""  # noqa: W291 - as the kernel prints it

DOCKER_UNIT = """\
[Unit]
Description=Docker Application Container Engine
Documentation=https://docs.docker.com
After=network-online.target nss-lookup.target docker.socket firewalld.service containerd.service time-set.target
Wants=network-online.target containerd.service
Requires=docker.socket
StartLimitBurst=3
StartLimitIntervalSec=60

[Service]
Type=notify
# the default is not to use systemd for cgroups because the delegate issues still
# exists and systemd currently does not support the cgroup feature set required
# for containers run by docker
ExecStart=/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock
ExecReload=/bin/kill -s HUP $MAINPID
TimeoutStartSec=0
RestartSec=2
Restart=always
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
Delegate=yes
KillMode=process
OOMScoreAdjust=-500

[Install]
WantedBy=multi-user.target
"""
"""docker-ce-packaging systemd/docker.service, 29."""

DOCKER_SOCKET_UNIT = """\
[Unit]
Description=Docker Socket for the API

[Socket]
# If /var/run is not implemented as a symlink to /run, you may need to
# specify ListenStream=/var/run/docker.sock instead.
ListenStream=/run/docker.sock
SocketMode=0660
SocketUser=root
SocketGroup=docker

[Install]
WantedBy=sockets.target
"""

CONTAINERD_UNIT = """\
[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target dbus.service

[Service]
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/bin/containerd

Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5

# Having non-zero Limit*s causes performance problems due to accounting overhead
# in the kernel. We recommend using cgroups to do container-local accounting.
LimitNPROC=infinity
LimitCORE=infinity

# Comment TasksMax if your systemd version does not supports it.
# Only systemd 226 and above support this version.
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
"""


def os_release(**values: str) -> str:
    return "".join(f'{key}="{value}"\n' for key, value in values.items())


def nat_rules(version: str = "v1.8.10 (nf_tables)", *, backend: str = "new") -> str:
    """iptables-save of an engine without containers: since 28, and before."""
    name = "iptables-save-28.txt" if backend == "new" else "iptables-save-20.txt"
    text = (DATA / "network" / name).read_text()
    return "\n".join(
        line.replace("v1.8.9 (nf_tables)", version)
        for line in text.splitlines()
        if not any(x in line for x in ("br-", "172.18.", "DOCKER -d"))
    )


class Recorded(FakeSource):
    """What hosts of all systems have in common: engines, and programs that were recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.engines: dict[str, dict[str, Any]] = {}
        self.commands: dict[str, Any] = {}

    def run_answers(self, *argv: str, code: int = 0, out: str = "", err: str = "") -> None:
        self.runs[argv] = (code, out, err)

    def answers(self, url: str, info: dict[str, Any], version: dict[str, Any], **more: Any) -> None:
        """What an engine answers; ``more`` are further paths without their slash."""
        major = int(str(version.get("Version") or "28").partition(".")[0])
        networks = json.loads((DATA / "network/networks-28.json").read_text())
        plain = [n for n in networks if n["Name"] in {"bridge", "host", "none"}]
        usage: dict[str, Any] = {"LayersSize": 0, "Images": [], "Containers": [], "Volumes": [],
                                 "BuildCache": None}  # fmt: skip
        if major >= 29:
            usage = {}
            for kind in ("Image", "Container", "Volume", "BuildCache"):
                usage[f"{kind}Usage"] = {
                    "ActiveCount": 0, "TotalCount": 0, "Reclaimable": 0, "TotalSize": 0,
                }  # fmt: skip
        self.engines[url] = {
            "/version": version,
            "/info": info,
            "/networks": plain,
            "/networks/bridge": next(n for n in plain if n["Name"] == "bridge"),
            "/containers/json?all=1": [],
            "/system/df?verbose=1": usage,
            "/plugins": [],
            **{"/" + key.lstrip("/"): value for key, value in more.items()},
        }

    def _engine(self, url: str, tls: str, verify: str, path: str) -> Any:
        socket = url.removeprefix("unix://")
        if url.startswith("unix://"):
            self._may_open(socket)
        known = self.engines.get(url) or self.engines.get(
            url.replace("unix:///run/", "unix:///var/run/")
        )
        if known is None:
            self._nobody(url)
        assert known is not None
        if path not in known:
            raise Refused(f"GET {path}: 404 page not found", status=404)
        return known[path]

    def _may_open(self, path: str) -> None:
        """Raise Denied where this user may not open a socket: on a plain desktop he always may."""

    def _nobody(self, url: str) -> None:
        if url.startswith("npipe:"):
            raise Absent(f"no engine answers at {url}: there is no such pipe")
        if not url.startswith("unix://"):
            raise Slow(f"{url} did not answer in time")
        path = url.removeprefix("unix://")
        try:
            self._stat(path)
        except Absent:
            raise Absent(f"there is no socket {path}") from None
        raise Absent(f"nothing listens on {path}: the socket file is left over")

    def _ping(self, url: str, tls: str, verify: str) -> Any:
        version = self._engine(url, tls, verify, "/version")
        return {"milliseconds": 1.2, "headers": {"Api-Version": version.get("ApiVersion", "")}}


class Machine(Recorded):
    """The source behind a recorded host; :meth:`host` gives the host itself."""

    def __init__(
        self,
        hostname: str,
        release: str,
        *,
        os: str,
        machine: str = "x86_64",
        build: str = "#1 SMP PREEMPT_DYNAMIC",
        memory: int = 16 * GIB,
        swap: int = 4 * GIB,
        cpus: int = 8,
        cgroup: str = "2",
    ) -> None:
        super().__init__()
        self.hostname, self.release = hostname, release
        self.units: dict[str, dict[str, str]] = {}
        self.user_units: dict[str, dict[str, str]] = {}
        self.packages: dict[str, str] = {}
        self.package_files: dict[str, tuple[str, str]] = {}
        self.database = ""
        self.closed: set[str] = set()
        """Folders that this user may not enter."""
        self.unreadable: set[str] = set()
        self.journal: dict[str, str] = {}
        self.gauges.update(
            clock=NOW,
            system={
                "platform": "linux",
                "machine": machine,
                "release": release,
                "kernel_version": build,
                "hostname": hostname,
            },
            processes=[],
            memory={
                "total": memory,
                "available": memory // 2,
                "swap_total": swap,
                "swap_free": swap,
            },
            cpus={"logical": cpus, "physical": max(cpus // 2, 1), "usable": cpus},
            adjtimex={"state": 0, "status": 8193, "offset": 0, "maxerror": 21_000, "esterror": 0},
            interfaces={"lo": interface(65536, "127.0.0.1")},
        )
        self.env.update(PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        self.links.update({"/var/run": "/run", "/bin": "/usr/bin", "/sbin": "/usr/sbin"})
        self.links["/lib"] = "/usr/lib"
        self.files.update(
            {
                "/etc/os-release": os.encode(),
                "/etc/passwd": b"root:x:0:0:root:/root:/bin/bash\n",
                "/etc/group": b"root:x:0:\ndocker:x:999:\n",
                "/etc/hostname": f"{hostname}\n".encode(),
                "/etc/resolv.conf": b"nameserver 192.168.1.1\n",
                "/etc/fstab": b"UUID=1 / ext4 defaults 0 1\n",
                "/proc/filesystems": b"nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\n\text4\nnodev\toverlay\n",
                "/proc/modules": b"overlay 212992 0 - Live 0x0\nveth 45056 0 - Live 0x0\n"
                b"bridge 421888 0 - Live 0x0\n",
                "/proc/cmdline": f"BOOT_IMAGE=/boot/vmlinuz-{release} root=UUID=1 ro quiet\n".encode(),
                "/proc/uptime": b"259200.10 1700000.00\n",
                "/proc/loadavg": b"0.40 0.71 1.15 2/578 23241\n",
                "/proc/key-users": b"    0:    98 97/97 62/1000000 1364/25000000\n",
                "/proc/meminfo": (
                    f"MemTotal:  {memory >> 10} kB\nMemAvailable: {memory >> 11} kB\n"
                    f"SwapTotal: {swap >> 10} kB\nCommitLimit: {(memory // 2 + swap) >> 10} kB\n"
                    "Committed_AS: 2234186 kB\n"
                ).encode(),
                "/proc/pressure/memory": b"some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
                b"full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
                "/proc/pressure/io": b"some avg10=0.56 avg60=1.43 avg300=0.99 total=7605073\n"
                b"full avg10=0.39 avg60=1.12 avg300=0.82 total=6298220\n",
                "/proc/2/comm": b"kthreadd\n",
                "/proc/self/auxv": b"".join(
                    n.to_bytes(8, "little") for n in (6, 4096, 25, 140_000, 0, 0)
                ),
                "/proc/self/attr/current": b"unconfined\n",
                "/proc/self/net/tcp": TCP_HEAD,
                "/sys/kernel/mm/transparent_hugepage/enabled": b"always [madvise] never\n",
                "/sys/devices/system/clocksource/clocksource0/current_clocksource": b"tsc\n",
                "/proc/self/net/dev": b"Inter-|   Receive\n face |bytes\n    lo: 0\n  eth0: 0\n",
            }
        )
        self.links["/proc/self/ns/net"] = "net:[4026531840]"
        self.sysctls(SYSCTLS)
        self.cgroups(cgroup)
        self.mounts_of("/", "/dev/vda1", "ext4")
        self.vfs["/"] = space(200, 120)

    # -- the parts ------------------------------------------------------------------------------

    def sysctls(self, values: Mapping[str, str | None]) -> None:
        for key, value in values.items():
            path = f"/proc/sys/{key}"
            if value is None:
                self.files.pop(path, None)
            else:
                self.files[path] = f"{value}\n".encode()

    def cgroups(self, version: str) -> None:
        at = "/sys/fs/cgroup"
        if version == "2":
            rows = [(at, "cgroup2", "cgroup2", "rw,nsdelegate,memory_recursiveprot")]
            self.files[f"{at}/cgroup.controllers"] = (
                b"cpuset cpu io memory hugetlb pids rdma misc\n"
            )
        else:
            rows = [(at, "tmpfs", "tmpfs", "rw,mode=755")]
            if version == "hybrid":
                rows.append((f"{at}/unified", "cgroup2", "cgroup2", "rw,nsdelegate"))
                self.files[f"{at}/unified/cgroup.controllers"] = b"\n"
            names = "cpuset cpu,cpuacct blkio memory devices freezer net_cls,net_prio pids".split()
            rows += [(f"{at}/{n}", "cgroup", "cgroup", f"rw,{n}") for n in names]
            rows.append((f"{at}/systemd", "cgroup", "cgroup", "rw,xattr,name=systemd"))
        self._cgroup_mounts = [
            f"{30 + n} 23 0:{30 + n} / {path} rw,nosuid - {fs} {source} {options}\n"
            for n, (path, fs, source, options) in enumerate(rows)
        ]
        self._mounts: dict[str, str] = getattr(self, "_mounts", {})
        self._write_mounts()

    def mounts_of(self, target: str, source: str, fstype: str, options: str = "rw") -> None:
        number = 23 if target == "/" else 100 + len(self._mounts)
        self._mounts[target] = (
            f"{number} 1 254:{number} / {target} rw,relatime - {fstype} {source} {options}\n"
        )
        self._write_mounts()

    def _write_mounts(self) -> None:
        text = "".join([*self._mounts.values(), *self._cgroup_mounts])
        self.files["/proc/self/mountinfo"] = text.encode()

    def kernel(
        self, *, config_at: str = "", config: str = MODULAR_CONFIG, raw: bool = True
    ) -> None:
        """The kernel's configuration and its folder of modules."""
        base = f"/usr/lib/modules/{self.release}"
        self.files[config_at or f"/boot/config-{self.release}"] = config.encode()
        self.files[f"{base}/modules.builtin"] = b"kernel/fs/ext4/ext4.ko\n"
        names = ["fs/overlayfs/overlay", "net/bridge/bridge", "net/bridge/br_netfilter"]
        names.append("drivers/net/veth")
        if raw:
            names += ["net/ipv4/netfilter/ip_tables", "net/ipv4/netfilter/iptable_raw"]
        self.files |= {f"{base}/kernel/{name}.ko.zst": b"" for name in names}

    def network(
        self,
        device: str = "eth0",
        address: str = "192.168.1.20",
        gateway: str = "192.168.1.1",
        *,
        mtu: int = 1500,
        docker0: bool = True,
        iproute: bool = True,
    ) -> None:
        prefix = address.rpartition(".")[0]
        gauges = self.gauges["interfaces"]
        gauges[device] = interface(mtu, address)
        self.stats[f"/sys/class/net/{device}"] = {"kind": DIRECTORY}
        rows = [
            {"dst": "default", "gateway": gateway, "dev": device, "protocol": "dhcp", "metric": 100,
             "flags": []},
            {"dst": f"{prefix}.0/24", "dev": device, "protocol": "kernel", "scope": "link",
             "prefsrc": address, "metric": 100, "flags": []},
            {"type": "local", "dst": address, "dev": device, "table": "local", "protocol": "kernel",
             "scope": "host", "prefsrc": address, "flags": []},
        ]  # fmt: skip
        lines = [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n",
            f"{device}\t00000000\t{little(gateway)}\t0003\t0\t0\t100\t00000000\t0\t0\t0\n",
            f"{device}\t{little(prefix + '.0')}\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n",
        ]
        names = ["lo", device]
        if docker0:
            gauges["docker0"] = interface(1500, "172.17.0.1")
            self.stats["/sys/class/net/docker0"] = {"kind": DIRECTORY}
            rows.append(
                {"dst": "172.17.0.0/16", "dev": "docker0", "protocol": "kernel", "scope": "link",
                 "prefsrc": "172.17.0.1", "flags": ["linkdown"]}
            )  # fmt: skip
            lines.append("docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n")
            names.append("docker0")
        for name in names[1:]:
            self.sysctls({f"net/ipv4/conf/{name}/forwarding": "1"})
            self.files[f"/sys/class/net/{name}/mtu"] = b"1500\n"
        self.files["/proc/self/net/route"] = "".join(lines).encode()
        self.files["/proc/self/net/dev"] = b"Inter-| Receive\n face |bytes\n" + b"".join(
            f"{name:>6}: 0 0\n".encode() for name in names
        )
        if iproute:
            self.run_answers("ip", "-j", "route", "show", "table", "all", out=json.dumps(rows))
            text = f"1.1.1.1 via {gateway} dev {device} src {address} uid 0 \n    cache \n"
            self.run_answers("ip", "-4", "route", "get", "1.1.1.1", out=text)
        else:
            usage = "BusyBox v1.37.0 multi-call binary.\n"
            self.run_answers("ip", "-j", "route", "show", "table", "all", code=1, err=usage)
            text = f"1.1.1.1 via {gateway} dev {device}  src {address} \n"
            self.run_answers("ip", "-4", "route", "get", "1.1.1.1", out=text)

    def iptables(self, flavour: str = "nft", text: str | None = None) -> None:
        """The iptables command, alternatives and all, and its rules (which root may read)."""
        program = "xtables-nft-multi" if flavour == "nft" else "xtables-legacy-multi"
        self.files[f"/usr/sbin/{program}"] = b"\x7fELF"
        self.links["/usr/sbin/iptables"] = program
        label = "nf_tables" if flavour == "nft" else "legacy"
        rules = text if text is not None else nat_rules(f"v1.8.10 ({label})")
        self.run_answers("iptables-save", out=rules)
        self.run_answers("iptables", "--version", out=f"iptables v1.8.10 ({label})\n")

    # -- packages -------------------------------------------------------------------------------

    def dpkg(self, **packages: str) -> None:
        self.database = "dpkg"
        self._installed(packages)
        for name in self.packages:
            self.files[f"/var/lib/dpkg/info/{name}.list"] = b"/.\n"
            self.files.setdefault(f"/var/lib/dpkg/info/{name}.md5sums", b"")

    def rpm(self, **packages: str) -> None:
        self.database = "rpm"
        self._installed(packages)
        self.files["/usr/lib/sysimage/rpm/rpmdb.sqlite"] = b""

    def _installed(self, packages: dict[str, str]) -> None:
        self.packages.update(
            {k.replace("__", ".").replace("_", "-"): v for k, v in packages.items()}
        )

    def owns(self, package: str, *paths: str) -> None:
        """These files are as the package shipped them."""
        import hashlib

        for path in paths:
            data = self.files[path]
            if self.database == "rpm":
                self.package_files[path] = (package, hashlib.sha256(data).hexdigest())
            else:
                line = f"{hashlib.md5(data).hexdigest()}  {path.lstrip('/')}\n"
                self.files[f"/var/lib/dpkg/info/{package}.md5sums"] += line.encode()

    # -- systemd --------------------------------------------------------------------------------

    def systemd(self, version: int, *active: str) -> None:
        self.systemd_version = version
        self.stats["/run/systemd/system"] = {"kind": DIRECTORY}
        self.files["/run/systemd/private"] = b""
        for name in active:
            self.unit(name)
        self.commands["systemctl"] = self._systemctl
        self.commands["journalctl"] = self._journalctl
        self.run_answers("dmesg", out="[ 1104.414796] veth4c9e3f2: left allmulticast mode\n")
        self.files["/usr/lib/sysctl.d/50-default.conf"] = (
            b"kernel.sysrq = 16\nnet.ipv4.conf.default.rp_filter = 2\n"
            b"-net.ipv4.ping_group_range = 0 2147483647\n"
        )
        self.stats["/var/log/journal"] = {"kind": DIRECTORY}

    def unit(self, name: str, path: str = "", text: str = "", **properties: str) -> None:
        path = path or f"/usr/lib/systemd/system/{name}"
        if text:
            self.files[path] = text.encode()
        self.units[name] = {
            "LoadState": "loaded",
            "ActiveState": "active",
            "SubState": "running",
            "FragmentPath": path,
            "UnitFileState": "enabled",
            **properties,
        }

    def _shown(self, name: str, units: dict[str, dict[str, str]]) -> dict[str, str]:
        values = {
            "MainPID": "0", "Result": "success", "NRestarts": "0", "TasksCurrent": "[not set]",
            "Delegate": "no", "TasksMax": "38051", "LimitNOFILE": "524288",
            "LimitNOFILESoft": "1024", "PrivateTmp": "no", "PrivateMounts": "no",
            "KillMode": "control-group", "Id": name, "After": "", "RequiresMountsFor": "",
            "LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead",
            "FragmentPath": "", "DropInPaths": "", "UnitFileState": "", "NeedDaemonReload": "no",
            "LoadError": f'org.freedesktop.systemd1.NoSuchUnit "Unit {name} not found."',
            "ExecMainStatus": "0", "LogRateLimitIntervalUSec": "0", "LogRateLimitBurst": "0",
        }  # fmt: skip
        if name in units:
            values["LoadError"] = ""
            values.update(units[name])
        return values

    def _systemctl(self, *argv: str) -> tuple[int, str, str]:
        words = list(argv)
        units = self.units
        if "--user" in words:
            words.remove("--user")
            units = self.user_units
        if words == ["--version"]:
            return 0, f"systemd {self.systemd_version} ({self.systemd_version})\n+PAM +AUDIT\n", ""
        if words[0] == "list-sockets":
            rows = "/run/docker.sock docker.socket docker.service\n"
            return 0, rows if "docker.socket" in units else "", ""
        if words[0] == "is-active":
            name = words[-1] if "." in words[-1] else f"{words[-1]}.service"
            active = units.get(name, {}).get("ActiveState") == "active"
            return (0, "active\n", "") if active else (3, "inactive\n", "")
        assert words[0] == "show", words
        wanted: list[str] = []
        names = []
        words = words[1:]
        while words:
            word = words.pop(0)
            if word.startswith("--property="):
                wanted += word.partition("=")[2].split(",")
            elif word == "-p":
                wanted += words.pop(0).split(",")
            else:
                names.append(word if "." in word else f"{word}.service")
        blocks = []
        for name in names:
            shown = self._shown(name, units)
            blocks.append("".join(f"{k}={v}\n" for k, v in shown.items() if k in wanted))
        return 0, "\n".join(blocks), ""

    def _journalctl(self, *argv: str) -> tuple[int, str, str]:
        if self.gauges["session"]["uid"] != 0 and "--user" not in argv:
            groups = {name for _, name in self.gauges["session"]["groups"]}
            if not groups & {"adm", "systemd-journal", "wheel"}:
                hint = (
                    "Hint: You are currently not seeing messages from other users and the system.\n"
                    "      Users in groups 'adm', 'systemd-journal', 'wheel' can see all messages.\n"
                    "      Pass -q to turn off this notice.\n"
                )
                return (1, "", "No journal files were opened due to insufficient permissions.\n"
                        ) if "-q" in argv else (0, "", hint)  # fmt: skip
        if "-k" in argv:
            return 0, "[    0.000000] web-01 kernel: Linux version 6\n", ""
        return 0, "" if "-q" in argv else "-- No entries --\n", ""

    # -- who asks -------------------------------------------------------------------------------

    def user(
        self,
        name: str = "ann",
        uid: int = 1000,
        groups: tuple[str, ...] = (),
        *,
        granted: tuple[str, ...] | None = None,
    ) -> None:
        """A plain user asks."""
        ids = {"sudo": 27, "adm": 4, "docker": 999, "wheel": 10, "systemd-journal": 190}

        def rows(wanted: tuple[str, ...]) -> list[list[Any]]:
            return sorted([[uid, name], *([ids[g], g] for g in wanted)])

        self.gauges["session"] = {
            "uid": uid,
            "name": name,
            "home": f"/home/{name}",
            "groups": rows(groups),
            "granted_groups": rows(groups if granted is None else granted),
        }
        self.files["/etc/passwd"] += f"{name}:x:{uid}:{uid}::/home/{name}:/bin/bash\n".encode()
        self.stats[f"/home/{name}"] = {
            "kind": DIRECTORY, "mode": 0o750, "uid": uid, "gid": uid, "owner": name, "group": name,
        }  # fmt: skip

    def deny_docker_files(self) -> None:
        """What a plain user may not see of a rootful engine."""
        self.closed |= {"/var/lib/docker", "/var/lib/containerd", "/run/containerd/private"}

    # -- the engine -----------------------------------------------------------------------------

    def process(
        self,
        pid: int,
        name: str,
        *argv: str,
        parent: int = 1,
        uid: int = 0,
        cgroup: str = "",
        soft: str = "1024",
        hard: str = "524288",
        core: str = "unlimited",
        nproc: str = "unlimited",
        oom: int = 0,
        nested: bool = False,
        started: float = BOOT + 20,
        netns: str = "net:[4026531840]",
    ) -> None:
        row = [pid, parent, uid, name, list(argv), started, nested]
        self.gauges["processes"] = sorted([*self.gauges["processes"], row])
        base = f"/proc/{pid}"
        self.files |= {
            f"{base}/limits": LIMITS.format(soft=soft, hard=hard, core=core, nproc=nproc).encode(),
            f"{base}/cgroup": (
                cgroup or f"0::/system.slice/{UNITS.get(name, name)}.service\n"
            ).encode(),
            f"{base}/environ": b"LANG=en_US.UTF-8\0PATH=/usr/local/sbin:/usr/sbin:/usr/bin\0",
            f"{base}/oom_score_adj": f"{oom}\n".encode(),
            f"{base}/net/tcp": TCP_HEAD,
            f"{base}/net/tcp6": TCP_HEAD,
            f"{base}/net/dev": self.files["/proc/self/net/dev"],
        }
        self.links |= {
            f"{base}/ns/net": netns,
            f"{base}/exe": argv[0],
            f"{base}/fd/2": "socket:[21345]",
            f"{base}/fd/1": "socket:[21345]",
        }

    def own(self, info: dict[str, Any]) -> dict[str, Any]:
        """/info of an engine on this very machine."""
        return info | {
            "Name": self.hostname,
            "KernelVersion": self.release,
            "NCPU": self.gauges["cpus"]["logical"],
            "MemTotal": self.gauges["memory"]["total"],
            "Architecture": self.gauges["system"]["machine"],
            "SystemTime": "2026-11-24T06:00:00.123456789Z",
        }

    def docker_files(self, *, group: int = 999, program: str = "/usr/bin/dockerd") -> None:
        """The socket, the programs and folders of a rootful engine."""
        self.stats["/run/docker.sock"] = {
            "kind": SOCKET, "mode": 0o660, "gid": group, "group": "docker" if group else "root",
        }  # fmt: skip
        self.stats["/run/containerd/containerd.sock"] = {"kind": SOCKET, "mode": 0o660}
        self.stats |= {
            "/var/lib/docker": {"kind": DIRECTORY, "mode": 0o710},
            "/var/lib/docker/containers": {"kind": DIRECTORY, "mode": 0o710},
            "/var/lib/containerd": {"kind": DIRECTORY, "mode": 0o711},
            "/etc/docker": {"kind": DIRECTORY, "mode": 0o755},
        }
        for name in ("dockerd", "docker-proxy", "docker-init"):
            path = f"{program.rpartition('/')[0]}/{name}"
            self.files[path] = b"\x7fELF"
            self.stats[path] = {"mode": 0o755}
        self.files["/usr/bin/docker"] = b"\x7fELF"
        self.files["/usr/bin/runc"] = b"\x7fELF"

    def plugins(self, folder: str = "/usr/libexec/docker/cli-plugins") -> None:
        for name in ("docker-buildx", "docker-compose"):
            self.files[f"{folder}/{name}"] = b"\x7fELF"
            self.stats[f"{folder}/{name}"] = {"mode": 0o755}

    def docker_ce(
        self,
        info: dict[str, Any],
        version: str,
        *,
        soft: str = "1024",
        hard: str = "524288",
        containerd: str = "v2.4.2",
        runc: str = "1.4.3",
        **more: Any,
    ) -> None:
        """Docker's own packages under systemd, as they come."""
        self.docker_files()
        self.plugins()
        self.unit("docker.service", text=DOCKER_UNIT, MainPID="1210", TasksMax="infinity",
                  Delegate="yes", KillMode="process", TasksCurrent="12",
                  LimitNOFILE=hard, LimitNOFILESoft=soft,
                  After="docker.socket containerd.service network-online.target "
                  "firewalld.service system.slice basic.target sysinit.target")  # fmt: skip
        self.unit(
            "docker.socket",
            text=DOCKER_SOCKET_UNIT,
            TasksCurrent="0",
            After="system.slice sysinit.target -.mount",
            RequiresMountsFor="/run/docker.sock",
        )
        self.unit("containerd.service", text=CONTAINERD_UNIT, MainPID="980", TasksMax="infinity",
                  Delegate="yes", KillMode="process", TasksCurrent="9",
                  LimitNOFILE=hard, LimitNOFILESoft=soft)  # fmt: skip
        self.process(980, "containerd", "/usr/bin/containerd", soft=soft, hard=hard, oom=-999)
        self.process(1210, "dockerd", "/usr/bin/dockerd", "-H", "fd://",
                     "--containerd=/run/containerd/containerd.sock", soft=soft, hard=hard, oom=-500)  # fmt: skip
        self.peers["/run/docker.sock"] = self.peers[SOCKET_PATH] = 1210
        self.files["/etc/containerd/config.toml"] = b'disabled_plugins = ["cri"]\n'
        told = version_answer(version, platform="Docker Engine - Community", kernel=self.release)
        told["Components"] += [
            {"Name": "containerd", "Version": containerd, "Details": {"GitCommit": "dea7da592f5d"}},
            {"Name": "runc", "Version": runc, "Details": {"GitCommit": "v1.4.3-0-gd6d73eb8"}},
            {"Name": "docker-init", "Version": "0.19.0", "Details": {"GitCommit": "de40ad0"}},
        ]
        self.answers(f"unix://{SOCKET_PATH}", self.own(info), told | more)
        self.run_answers("dockerd", "--version", out=f"Docker version {version}, build 0000000\n")
        self.run_answers("docker", "--version", out=f"Docker version {version}, build 0000000\n")

    # -- answering ------------------------------------------------------------------------------

    def answer(self, question: Question, timeout: float) -> Answer:
        kind, *arguments = question
        if kind in {"read", "tail", "list", "stat", "lstat", "readlink", "realpath", "statvfs",
                    "peer"}:  # fmt: skip
            self._refuse(kind, arguments[0])
        return super().answer(question, timeout)

    def _refuse(self, kind: str, path: str) -> None:
        uid = self.gauges["session"]["uid"]
        if uid == 0:
            return
        real = self._resolve(path)
        told = Denied(f"{path} may not be read by this user", look=f"sudo cat {path}")
        for folder in self.closed:
            if real.startswith(folder + "/") or (real == folder and kind == "list"):
                raise told
        if real in self.unreadable and kind in {"read", "tail"}:
            raise told
        parts = path.split("/")
        if len(parts) > 3 and parts[1] == "proc" and parts[2].isdigit():
            owner = next((p[2] for p in self.gauges["processes"] if str(p[0]) == parts[2]), 0)
            inner = {"ns", "exe", "fd", "environ", "oom"}
            if owner != uid and parts[3] in inner:
                raise told

    def _statvfs(self, path: str) -> list[int]:
        self._lstat(self._resolve(path))
        return super()._statvfs(self._resolve(path))

    def _access(self, path: str, mode: str) -> bool:
        uid = self.gauges["session"]["uid"]
        stat = self._stat(path)
        return uid == 0 or stat[2] == uid or mode == "r"

    def _resolve(self, path: str) -> str:
        if path.startswith("/proc/") and path in self.links:
            return path
        for _ in range(40):
            after = posixpath.normpath(super()._resolve(path))
            if after == path:
                return path
            path = after
        raise Garbled(f"{path} is a loop of symbolic links")

    def _readlink(self, path: str) -> str:
        # Links above the last part are followed.
        folder, _, name = path.rpartition("/")
        return super()._readlink(f"{super()._resolve(folder)}/{name}" if folder else path)

    def _run(self, *argv: str) -> list[Any]:
        if argv in self.runs:
            if argv[0] in {"iptables-save", "nft"} and self.gauges["session"]["uid"]:
                return [4, "", "Fatal: can't open lock file /run/xtables.lock: Permission denied\n"]
            return list(self.runs[argv])
        if argv[0] in self.commands:
            return list(self.commands[argv[0]](*argv[1:]))
        if argv[0] == "dpkg-query" and self.database == "dpkg":
            rows = [f"{n}\tii \t{self.packages[n]}\n" for n in argv[4:] if n in self.packages]
            return [0, "".join(rows), ""]
        if argv[:2] == ("rpm", "-q") and self.database == "rpm":
            lines = [
                f"{n}\t{self.packages[n]}\n"
                if n in self.packages
                else f"package {n} is not installed\n"
                for n in argv[4:]
            ]
            return [sum(n not in self.packages for n in argv[4:]), "".join(lines), ""]
        if argv[:2] == ("rpm", "-qf") and self.database == "rpm":
            names = {self.package_files[p][0] for p in argv[4:] if p in self.package_files}
            lines = [f"{p}\t{n}\t{d}\n" for p, (n, d) in self.package_files.items() if n in names]
            return [0, "".join(lines), ""]
        if any(known[0] == argv[0] for known in self.runs):
            raise AssertionError(f"nobody recorded {argv}")
        raise Absent(f"there is no command {argv[0]}")

    def _may_open(self, path: str) -> None:
        session = self.gauges["session"]
        if session["uid"] == 0:
            return
        mode, uid, gid = self._stat(path)[1:4]
        groups = {number for number, _ in session["groups"]}
        bits = 6 if uid == session["uid"] else 3
        allowed = mode >> 6 & 2 if bits == 6 else mode >> 3 & 2 if gid in groups else mode & 2
        if not allowed:
            raise Denied(f"the socket {path} may not be opened by this user", look="id -nG")

    def _peer(self, path: str) -> int:
        self._may_open(path)
        return super()._peer(path)


UNITS = {"dockerd": "docker"}

TCP_HEAD = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"


def interface(mtu: int, address: str = "") -> dict[str, Any]:
    rows = [{"family": 2, "address": address, "netmask": "255.255.255.0"}] if address else []
    return {"up": True, "mtu": mtu, "addresses": rows}


def little(address: str) -> str:
    """An address as /proc/net/route writes it."""
    return "".join(f"{int(part):02X}" for part in reversed(address.split(".")))


def space(total: int, free: int, inodes: int = 13_000_000) -> tuple[int, int, int, int, int]:
    """GiB of a file system, as statvfs tells them."""
    return total * GIB, free * GIB, free * GIB, inodes, inodes * 9 // 10


def told(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """/info and /version of one of the recorded ``docker info``."""
    found = parse((DATA / "docker-info" / name).read_text())
    assert found is not None
    return found
