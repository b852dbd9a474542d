"""The problems that people with Docker hosts report most, and what hullcheck has to say to each.

Every one ends at a check, or at the reason why there is none. ``python -m agent.docs_pages`` makes
docs/known-problems.md of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probes.model import Check


class KnownProblem(NamedTuple):
    """One problem as people tell of it."""

    symptom: str
    because: str
    """The usual cause."""
    checks: tuple[str, ...]
    """Ids of the checks that find it."""
    reason: str
    """Why no check finds it, or what the checks leave to a person; may be empty."""
    threads: tuple[str, ...]
    """``owner/repository#number`` on GitHub."""


def _problem(
    symptom: str, because: str, checks: str, threads: str, *, reason: str = ""
) -> KnownProblem:
    return KnownProblem(symptom, because, tuple(checks.split()), reason, tuple(threads.split()))


_RISKY_BY_SCRIPT = (
    "Found, not mended: which layers are orphaned cannot be told safely from outside; the page says "
    "how to move the images out and start afresh."
)

LINUX = (
    _problem(
        "The disk is full of `*-json.log` files",
        "the json-file log driver keeps everything unless it is told a limit",
        "log-rotation-unbounded container-log-large",
        "docker/cli#1148",
    ),
    _problem(
        "`max-size` is set and the logs grow all the same",
        "containers keep the log options they were created with",
        "container-log-large log-rotation-unbounded",
        "moby/moby#43931 moby/moby#35185",
    ),
    _problem(
        "“the following directives are specified both as a flag and in the configuration file: "
        "hosts”",
        "the unit passes `-H fd://` and daemon.json sets `hosts`",
        "daemon-json-flag-conflict log-config-flag-conflict",
        "moby/moby#25471 moby/moby#22339",
    ),
    _problem(
        "`hosts` was renamed to `host`: the engine starts and does not listen on TCP",
        "the engine ignores the singular spelling without a word",
        "daemon-json-singular-key",
        "docker/for-linux#732",
    ),
    _problem(
        "“Start request repeated too quickly”",
        "a broken configuration or a crash, tried again until systemd gave up",
        "unit-start-limit-hit log-start-limit unit-restart-loop",
        "moby/moby#33931 moby/moby#41461",
    ),
    _problem(
        "“permission denied while trying to connect to the Docker daemon socket”",
        "the user is not in the group docker, or the session is older than the membership",
        "user-not-in-docker-group docker-group-not-in-session docker-socket-denied",
        "docker/for-linux#1020 kata-containers/tests#3847",
    ),
    _problem(
        "Somebody ran `chmod 777 /var/run/docker.sock`",
        "advice from a forum: it makes every user root",
        "docker-socket-world-writable",
        "docker/compose#1214",
    ),
    _problem(
        "“client version 1.24 is too old. Minimum supported API version is 1.44”",
        "the engine stopped to serve old API versions, the client was not updated",
        "api-floor-raised client-engine-incompatible log-client-too-old",
        "traefik/traefik#12253",
    ),
    _problem(
        "`data-root` is on the large disk and `/var/lib/containerd` fills the small one",
        "the containerd image store keeps images in containerd's own root",
        "containerd-store-not-on-data-root",
        "docker/cli#6645 moby/moby#50517",
    ),
    _problem(
        "Images take more space since the containerd image store is used",
        "the compressed layers are kept beside the unpacked ones",
        "images-unused images-dangling disk-space-low",
        "docker/docs#23766",
        reason="It is meant to be so: only the space that can be given back is reported.",
    ),
    _problem(
        "`overlay2` is huge and `docker system df` says 0",
        "layers that a crash or a full disk has orphaned",
        "overlay-layers-orphaned",
        "moby/moby#45939 docker/for-linux#1423",
        reason=_RISKY_BY_SCRIPT,
    ),
    _problem(
        "`docker system prune` frees less than expected",
        "logs, volumes and build cache are not part of it; `du` counts mounts twice",
        "container-log-large volumes-orphaned build-cache-large images-unused containers-stopped",
        "moby/moby#21925 moby/moby#32420",
    ),
    _problem(
        "`docker system df` reports hundreds of gigabytes that are not there",
        "an error of the engine's accounting",
        "disk-space-low engine-behind",
        "moby/moby#52539",
        reason="Space is judged by the file system's own figures, not by the engine's sum.",
    ),
    _problem(
        "“could not find an available, non-overlapping IPv4 address pool”",
        "the default pools are used up, or a VPN's routes cover them",
        "address-pool-exhausted log-pool-exhausted unused-networks",
        "docker/for-linux#599 EricJMarti/inventory-hunter#185",
    ),
    _problem(
        "The office network or VPN cannot be reached after `docker compose up`",
        "a network of Docker's took addresses that are in use elsewhere",
        "docker-network-hides-route docker-network-hides-dns",
        "moby/moby#37823 moby/moby#36619 moby/moby#27818",
    ),
    _problem(
        "docker0 has the gateway's address and the host is offline",
        "addresses that overlap, chosen at boot before the network was up",
        "docker-network-hides-route log-default-bridge-failed",
        "docker/for-linux#1110",
    ),
    _problem(
        "“list bridge addresses failed: no available network”",
        "a VPN's route takes everything, so no pool is free of it",
        "address-pool-exhausted log-default-bridge-failed docker-network-hides-route",
        "docker/for-linux#123",
    ),
    _problem(
        "Downloads hang in containers on a VPN or in a cloud, small requests work",
        "the bridge's MTU is larger than the way out",
        "bridge-mtu-above-egress",
        "moby/moby#13475 moby/moby#24220 moby/moby#12565",
    ),
    _problem(
        "Random time-outs behind WireGuard",
        "its MTU is 1420, the bridge's 1500",
        "bridge-mtu-above-egress",
        "mochman/Bypass_CGNAT#33",
    ),
    _problem(
        "ufw denies a port, and it is open",
        "published ports are forwarded before ufw's rules see them",
        "ufw-bypassed",
        "moby/moby#22054 moby/moby#4737",
    ),
    _problem(
        "ufw and `--network host`: now the port is closed",
        "on the host's own network ufw's rules do hold",
        "ufw-bypassed",
        "docker/for-linux#690",
        reason="That is as it should be; the page of the check says which rule holds where.",
    ),
    _problem(
        "“iptables: No chain/target/match by that name”",
        "a firewall was reloaded and took Docker's chains with it",
        "docker-chains-missing log-iptables-chain-missing",
        "moby/moby#16816 moby/moby#15948",
    ),
    _problem(
        "Containers do not start since firewalld is there",
        "firewalld came after the engine and took its rules away",
        "firewalld-zone-lost log-firewalld-conflict docker-chains-missing",
        "firewalld/firewalld#503 moby/moby#26494",
    ),
    _problem(
        "“Chain 'DOCKER' does not exist”, with nft beside legacy iptables",
        "rules in both of iptables' back ends",
        "iptables-rules-split log-iptables-mixed",
        "firewalld/firewalld#503 basecamp/kamal#1762",
    ),
    _problem(
        "Ports cannot be published since Engine 28: the table raw is missing",
        "a kernel without the module iptable_raw",
        "iptable-raw-missing raw-rules-off",
        "moby/moby#49557",
    ),
    _problem(
        "“can't initialize iptables table `nat'” on RHEL 9 and its kin",
        "the legacy iptables program on a kernel without ip_tables",
        "iptables-legacy-unsupported log-iptables-unusable",
        "linuxserver/docker-wps-office#8",
    ),
    _problem(
        "No internet in containers after `sysctl -p` or an update",
        "a file sets ip_forward back to 0",
        "ip-forward-off ip-forward-reset-by-file",
        "moby/moby#47966 NixOS/nixpkgs#118656",
    ),
    _problem(
        "Forwarding is on, but off for one interface",
        "systemd-networkd sets it for each interface",
        "interface-forwarding-off networkd-manages-docker",
        "moby/moby#14185 systemd/systemd#468",
    ),
    _problem(
        "docker0 loses its address",
        "networkd or NetworkManager takes it for its own",
        "networkd-manages-docker network-manager-manages-docker",
        "coreos/bugs#1205 moby/moby#15630",
    ),
    _problem(
        "Names resolve on the host and not in containers",
        "the host's resolv.conf names only its own loopback",
        "host-dns-only-loopback",
        "moby/moby#38243 moby/libnetwork#2187",
    ),
    _problem(
        "No name resolves at all since Engine 28",
        "/etc/resolv.conf is a link to nothing, and the engine falls back to nothing any more",
        "resolv-conf-missing",
        "moby/moby#49665",
    ),
    _problem(
        "daemon.json says `dns: 127.0.0.53`",
        "that address is the container's own loopback",
        "daemon-dns-loopback",
        "debops/debops#1929",
    ),
    _problem(
        "MySQL or Java takes gigabytes or hangs at its start",
        "the number of open files is not limited, and they prepare for that many",
        "nofile-infinite",
        "containerd/containerd#6707 docker-library/mysql#579",
    ),
    _problem(
        "The limit in docker.service was raised, containers do not have it",
        "they inherit containerd's",
        "nofile-set-on-docker-only nofile-low",
        "moby/moby#44547",
    ),
    _problem(
        "“unable to create session key: disk quota exceeded”",
        "root's keyring quota is used up",
        "root-keyring-quota-low keyring-quota-nearly-used log-keyring-quota",
        "moby/moby#22865 moby/moby#38454",
    ),
    _problem(
        "“ENOSPC: System limit for number of file watchers reached”",
        "inotify's limits hold for all containers of a user together",
        "inotify-watches-low inotify-instances-low log-inotify-exhausted",
        "ToolJet/ToolJet#198 dotnet/aspnetcore#7531",
    ),
    _problem(
        "“cannot stop container: permission denied” on Ubuntu",
        "the snap and the package are both installed, each with an AppArmor profile",
        "two-engines-installed engine-snap log-kill-refused",
        "canonical/docker-snap#272 docker-archive/docker-snap#4",
    ),
    _problem(
        "The same without the snap",
        "the profile docker-default is out of date",
        "log-apparmor-refused log-kill-refused",
        "moby/moby#36809 moby/moby#27742",
    ),
    _problem(
        "“open sysctl … reopen fd 8: permission denied” in an LXC container",
        "a security fix of runc against the host's AppArmor",
        "lxc-blocks-runc log-sysctl-reopen-denied",
        "opencontainers/runc#4968 moby/moby#51405",
    ),
    _problem(
        "“docker-credential-desktop: executable file not found”",
        "Docker Desktop is gone, its entry in config.json stayed",
        "credential-helper-missing",
        "docker/desktop-linux#5 docker/for-mac#7445",
    ),
    _problem(
        "“pass not initialized”",
        "the credential helper has no store behind it",
        "credential-helper-missing",
        "docker/docker-credential-helpers#296",
        reason="Only whether the helper is there is seen: asking it could open a dialogue.",
    ),
    _problem(
        "overlay2 on xfs: “invalid argument”, or deleted files come back",
        "the file system was made with ftype=0",
        "data-root-no-d-type log-dtype-missing",
        "moby/moby#10294 docker/for-linux#196",
    ),
    _problem(
        "The btrfs driver loses space; errors of btrfs on a Synology",
        "a storage driver that is hardly maintained",
        "storage-driver-btrfs",
        "markdumay/synology-docker#22 moby/moby#27653",
    ),
    _problem(
        "Rootless: overlay is refused",
        "a kernel before 5.11, or without a distribution's patch",
        "kernel-too-old-for-rootless-overlay storage-driver-fuse-overlayfs",
        "moby/moby#42302 moby/moby#42166",
    ),
    _problem(
        "Raspberry Pi: no memory limits, `docker stats` shows 0",
        "the memory cgroup is off in the kernel's command line",
        "memory-cgroup-off cgroup-controllers-missing",
        "moby/moby#46185 docker/for-linux#1112 me-box/databox#303",
    ),
    _problem(
        "“No swap limit support”",
        "swap accounting is off on cgroup v1",
        "swap-limit-off",
        "docker/cli#5776",
    ),
    _problem(
        "“cannot find cgroup mount destination”",
        "the hierarchy that runc looks for is not mounted",
        "log-cgroup-missing cgroup-controllers-split",
        "docker/for-linux#219 docker/for-linux#1334",
    ),
    _problem(
        "“Devices cgroup isn't mounted”",
        "an LXD guest without nesting, or an old init",
        "log-cgroup-missing cgroup-controllers-missing",
        "docker/cli#2369 docker/for-linux#386",
    ),
    _problem(
        "The engine hangs in “activating” after a power loss",
        "its database, or containerd's, is corrupt",
        "log-database-corrupt engine-hangs",
        "moby/moby#43072 moby/moby#42099 moby/moby#48052 containerd/containerd#5797",
    ),
    _problem(
        "“port is already allocated”, and no container has it",
        "a docker-proxy or a process outside that was left over",
        "log-published-port-taken",
        "moby/moby#20486 moby/moby#25981",
    ),
    _problem(
        "“unregister_netdevice: waiting for lo to become free”",
        "the kernel lost count of who uses an interface",
        "network-device-leaked engine-task-hung",
        "moby/moby#5618 docker/for-linux#842",
    ),
    _problem(
        "The engine does not start after an update: a key or a driver is gone",
        "aufs, devicemapper, `graph` and others were removed",
        "daemon-json-removed-key daemon-json-storage-driver-removed storage-driver-removed "
        "daemon-json-removed-next",
        "markdumay/synology-docker#48",
    ),
)
"""On Linux."""

DESKTOP = (
    _problem(
        "`vmmem` or `VmmemWSL` eats the memory",
        "Linux keeps files in memory as long as there is some, and WSL lets it have half",
        "wsl-memory-unlimited wsl-memory-reclaim-off",
        "microsoft/WSL#4166 microsoft/WSL#8725 docker/for-win#12944",
    ),
    _problem(
        "All of the computer's memory is in use, and nothing is configured",
        "before Windows build 20175 WSL took up to 80 %",
        "wsl-memory-unlimited windows-too-old",
        "microsoft/WSL#7429 docker/for-win#10874",
    ),
    _problem(
        ".wslconfig has no effect",
        "a sample was copied with a kernel that does not exist, the name or the encoding is wrong, "
        "or WSL has not been restarted since",
        "wslconfig-path-missing wslconfig-wrong-name wslconfig-encoding wslconfig-not-in-effect",
        "docker/for-win#12681 microsoft/WSL#8725",
    ),
    _problem(
        "The VM has hardly any memory, or as much as before",
        "`memory=8` means 8 bytes; `0.5GB`, `8 GB` and `8gb` are no sizes",
        "wslconfig-size-too-small wslconfig-invalid-value",
        "microsoft/WSL#8725",
    ),
    _problem(
        "A setting in .wslconfig is ignored",
        "it stands in the wrong section",
        "wslconfig-wrong-section",
        "microsoft/WSL#11034 microsoft/WSL#10683",
    ),
    _problem(
        "The disk is not given back after `docker system prune`",
        "a virtual disk grows and does not shrink by itself",
        "vm-disk-bloated distribution-disk-bloated wsl-sparse-vhd-unsafe",
        "microsoft/WSL#4699 docker/for-win#244 docker/for-win#14986",
    ),
    _problem(
        "Compacting the disk fails with 0x80070020",
        "a process still has it open",
        "vm-disk-bloated",
        "microsoft/WSL#4699",
        reason="The steps of the check end Docker Desktop and WSL first.",
    ),
    _problem(
        "Tools that compact WSL's disks skip Docker's",
        "they look for the distributions' disks, Docker's is docker_data.vhdx",
        "vm-disk-bloated",
        "microsoft/WSL#40243",
    ),
    _problem(
        "`npm install` or a build takes minutes below /mnt/c",
        "each file goes over 9p to Windows and back",
        "project-on-windows-drive bind-mount-across-vm",
        "microsoft/WSL#4197 microsoft/WSL#4387 docker/for-win#188",
    ),
    _problem(
        "Hot reload does not notice changes of files on Windows",
        "9p passes no notification of changes on",
        "project-on-windows-drive bind-mount-across-vm",
        "microsoft/WSL#4739 docker/for-win#12766",
    ),
    _problem(
        "Mirrored networking: published ports cannot be reached",
        "Docker forwards ports in a way that mirrored mode of older versions does not expect",
        "wsl-networking-mirrored-with-docker",
        "microsoft/WSL#10494 microsoft/WSL#41284 microsoft/WSL#13868",
    ),
    _problem(
        "Mirrored networking: localhost works, the computer's own address does not",
        "hostAddressLoopback is off, or stands in the wrong section",
        "wsl-networking-mirrored-with-docker wslconfig-wrong-section",
        "microsoft/WSL#11034 microsoft/WSL#13013",
    ),
    _problem(
        "dockerd in a distribution does not start since autoMemoryReclaim=gradual",
        "it takes cgroup controllers that dockerd needs",
        "wsl-reclaim-gradual-breaks-dockerd",
        "microsoft/WSL#10497 ddev/ddev#5356",
    ),
    _problem(
        "Names do not resolve on a VPN",
        "resolv.conf names a server that the VPN does not reach",
        "wsl-dns-tunneling-off wsl-resolv-conf-stale resolv-conf-missing",
        "microsoft/WSL#1350 microsoft/WSL#10520 microsoft/WSL#40270",
    ),
    _problem(
        "The clock in containers is wrong after the computer slept",
        "the VM's clock stood still meanwhile",
        "wsl-clock-drift engine-clock-apart",
        "microsoft/WSL#10006 microsoft/WSL#5324 docker/for-win#10347",
    ),
    _problem(
        "“An attempt was made to access a socket in a way forbidden by its access permissions”",
        "Windows has reserved the port for itself",
        "ports-reserved-by-windows desktop-log-port-reserved",
        "docker/for-win#3171 docker/for-win#5811 docker/for-win#12530",
    ),
    _problem(
        "0x80370102, HCS_E_HYPERV_NOT_INSTALLED, HCS_E_SERVICE_NOT_AVAILABLE",
        "virtualization is off in the firmware, in Windows, or at boot",
        "virtualization-off virtual-machine-platform-missing desktop-log-virtualization-off "
        "desktop-log-vm-service-missing",
        "docker/for-win#14082 microsoft/WSL#8693 microsoft/WSL#12519",
    ),
    _problem(
        "“WSL distro terminated abruptly”",
        "somebody ran `wsl --shutdown`, or the VM ran out of memory",
        "desktop-log-wsl-distribution-stopped desktop-log-out-of-memory desktop-not-running",
        "docker/for-win#14877 docker/for-win#14720",
    ),
    _problem(
        "Docker Desktop does not start with a kernel of one's own",
        "options that it needs are not built in",
        "wsl-custom-kernel",
        "docker/for-win#15049 microsoft/WSL#11957",
    ),
    _problem(
        "`docker: command not found` in a distribution, or a link to nothing",
        "Docker Desktop's integration is off for it, or Docker Desktop is not running",
        "desktop-integration-off",
        "docker/for-win#14720",
    ),
    _problem(
        "The integration is switched on and nothing happens",
        "its agent hangs",
        "desktop-integration-stuck desktop-log-wsl-integration-stopped",
        "",
    ),
    _problem(
        "`docker-credential-desktop.exe` is not found in WSL",
        "Windows' folders are not in PATH, or interop is off",
        "wsl-windows-path-off wsl-interop-off credential-helper-missing",
        "docker/for-win#12091 ddev/ddev#2342 docker/compose#7495",
    ),
    _problem(
        "Every pull fails with a credential error since Docker Desktop was removed",
        "config.json still names its helper",
        "credential-helper-missing",
        "docker/for-mac#3785 rancher-sandbox/rancher-desktop#6818",
    ),
    _problem(
        "`docker compose` is gone after a change of provider",
        "the plugin is a link into an application that was removed",
        "cli-plugin-broken",
        "",
    ),
    _problem(
        "Containers and images are missing: another engine answers",
        "DOCKER_HOST or the context points elsewhere",
        "docker-host-overrides-context docker-context-missing docker-context-dead several-engines",
        "docker/desktop-feedback#451 docker/compose#11242",
    ),
    _problem(
        "Testcontainers or an SDK gets an empty answer with status 400 on Windows",
        "it speaks an API version that the engine does not serve any more",
        "client-engine-incompatible api-floor-raised",
        "",
    ),
    _problem(
        "Every call ends with 500, Docker Desktop says “starting”",
        "its VM has not come up",
        "engine-answers-with-error desktop-log-start-timeout desktop-log-backend-crashed",
        "docker/for-win#14312 docker/for-win#15049",
    ),
    _problem(
        "macOS: there is no /var/run/docker.sock",
        "since 4.13 it is made only when asked for",
        "desktop-socket-missing",
        "docker/for-mac#6536 docker/for-mac#6532",
    ),
    _problem(
        "macOS: “com.docker.vmnetd will damage your computer”",
        "an old certificate of its signature",
        "desktop-log-helper-blocked desktop-outdated",
        "docker/for-mac#7520 docker/for-mac#7534 docker/docs#21739",
    ),
    _problem(
        "macOS: files belong to root, or permission is denied, on bind mounts",
        "VirtioFS maps owners; what a program in a container makes of that cannot be foreseen",
        "desktop-log-mount-denied",
        "docker/for-mac#6243 docker/for-mac#6614",
        reason="Whose the files are is seen in the container only, and no command is run in a "
        "user's container. Where macOS refused the folder, the log says so.",
    ),
    _problem(
        "macOS: bind mounts are slow",
        "osxfs or gRPC FUSE instead of VirtioFS",
        "desktop-file-sharing-slow",
        "docker/for-mac#1592 docker/roadmap#7",
    ),
    _problem(
        "Docker.raw has 64 GB",
        "the file is sparse: its size is what it may grow to, not what it takes",
        "vm-disk-bloated",
        "docker/for-mac#2297 docker/for-mac#6475 docker/for-mac#371",
    ),
    _problem(
        "macOS: a smaller disk limit deletes all images",
        "that is how Docker Desktop does it",
        "",
        "",
        reason="It is no state of a host. No fix here lowers the limit, and the pages say why.",
    ),
    _problem(
        "“no space left on device”, and the computer has room",
        "the VM's own disk is full",
        "vm-disk-limit-near desktop-log-vm-disk-full",
        "docker/for-mac#2449",
    ),
    _problem(
        "“Mounts denied: the path is not shared from the host”",
        "the folder is not among the shared ones",
        "project-not-shared desktop-log-mount-denied",
        "docker/for-mac#3258 docker/cli#2879",
    ),
    _problem(
        "macOS: the VM uses the processor though nothing runs",
        "an old hypervisor, many files that are watched",
        "desktop-hypervisor-removed desktop-outdated",
        "docker/for-mac#5287 docker/for-mac#5905 docker/for-mac#3100",
    ),
    _problem(
        "Apple silicon: programs for amd64 die with signal 11",
        "an error of QEMU's emulation",
        "rosetta-off",
        "docker/desktop-feedback#382 rust-lang/rustup#3902",
    ),
    _problem(
        "Apple silicon: programs for amd64 fail *with* Rosetta",
        "instructions and calls that Rosetta lacks",
        "",
        "docker/for-mac#6773 docker/for-mac#7320 docker/roadmap#384",
        reason="Which program needs what it lacks cannot be seen from outside. `hullcheck triage` "
        "recognises the message.",
    ),
    _problem(
        "The VM does not start since Rosetta was switched on",
        "Rosetta itself is not installed",
        "rosetta-not-installed",
        "docker/for-mac#6718 docker/for-mac#6487",
    ),
    _problem(
        "Git Bash changes paths; scripts fail with “not found”",
        "MSYS rewrites what looks like a path; lines end with CR LF",
        "",
        "",
        reason="Both are in a project or a command, not in the host: `MSYS_NO_PATHCONV=1`, and "
        "`* text=auto eol=lf` in .gitattributes. `hullcheck triage` recognises the message.",
    ),
)
"""On Windows, macOS and inside WSL."""


_OPENING = (
    "What people with Docker hosts ask for help with most, and the check that finds it. Made from "
    "`agent/known_problems.py` by `make docs`."
)


def page(checks: Mapping[str, Check]) -> str:
    """docs/known-problems.md. Raises KeyError for a check that does not exist."""
    lines = [
        "# Known problems",
        "",
        _OPENING,
    ]
    for title, problems in (("On Linux", LINUX), ("On Windows, macOS and WSL", DESKTOP)):
        lines += ["", f"## {title}", ""]
        lines += [_entry(number, problem, checks) for number, problem in enumerate(problems, 1)]
    return "\n".join(lines) + "\n"


def _entry(number: int, problem: KnownProblem, checks: Mapping[str, Check]) -> str:
    found = ", ".join(f"[{checks[id_].id}](checks/{id_}.md)" for id_ in problem.checks)
    threads = ", ".join(_links(problem.threads))
    told = [f"Found by {found}."] if found else []
    told += [problem.reason] if problem.reason else []
    told += [f"Threads: {threads}."] if threads else []
    return f"{number}. **{problem.symptom}**: {problem.because}. {' '.join(told)}"


def _links(threads: Iterable[str]) -> list[str]:
    return [
        f"[{thread}](https://github.com/{thread.replace('#', '/issues/')})" for thread in threads
    ]
