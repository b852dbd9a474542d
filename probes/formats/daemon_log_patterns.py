"""What dockerd, containerd, systemd and the kernel write when something is wrong, and what it means.

Data only: one :class:`Pattern` a failure, most telling first, because a line belongs to the first
pattern that knows it. The texts are those of moby, containerd, runc and Go from 18.09 to 29.x.
``{restart}``, ``{log}``, ``{config}`` and ``{unit}`` in ``mend`` become what they are on the host.
"""

from __future__ import annotations

import re
from typing import Protocol

from probes.record import NamedTuple


class Pattern(NamedTuple):
    """One known failure: how it is recognised, and all that is said about it."""

    id: str
    severity: str
    title: str
    needles: tuple[str, ...]
    """Lower-case texts, one of which the line holds: the cheap look before ``regex``."""
    says: str
    """The opening paragraph of the explanation."""
    why: str
    mend: tuple[str, ...]
    risk: str
    grade: str
    """Why this severity."""
    references: tuple[str, ...] = ()
    regex: str = ""
    """What the line must match as well, in either case; empty: the needle is enough."""
    unless: tuple[str, ...] = ()
    """Lower-case texts with which the line means something else."""
    at_least: int = 1
    """Lines in the window below which it is everyday noise."""
    cured_by: str = ""
    """``start``: a later successful start ends it; ``reload``: so does a later good reload."""
    kernel: bool = False
    """Whether it is the kernel's log that has it."""


class Recogniser(Protocol):
    """What makes a line known; see Pattern."""

    @property
    def needles(self) -> tuple[str, ...]:
        """Texts of which the line holds one."""

    @property
    def unless(self) -> tuple[str, ...]:
        """Texts with which it means something else."""

    @property
    def regex(self) -> str:
        """What it must match as well; may be empty."""


def knows(pattern: Recogniser, text: str) -> bool:
    """Whether a pattern knows a line, given in lower case."""
    return (
        any(needle in text for needle in pattern.needles)
        and not any(word in text for word in pattern.unless)
        and (not pattern.regex or re.search(pattern.regex, text) is not None)
    )


_DOCS = "https://docs.docker.com/engine/daemon/troubleshoot/"
_DAEMON_JSON = "https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file"
_MOBY = "https://github.com/moby/moby/issues/"
_FOR_LINUX = "https://github.com/docker/for-linux/issues/"

_DOWN = "An error: the engine is down, or will not come up again, until this is mended."
_NEXT_START = (
    "A running daemon keeps its old configuration, so nobody notices until the next restart or "
    "reboot; then no container comes up."
)
_EDIT_RISK = (
    "A restart of the daemon stops all containers unless `live-restore` is on. Test the file "
    "first: `dockerd --validate --config-file {config}` (23.0 and later)."
)
_PULL_RISK = "Nothing on this host is changed by looking; a changed proxy or DNS needs a restart."

PATTERNS: tuple[Pattern, ...] = (
    # -- the configuration -----------------------------------------------------------------------
    Pattern(
        "log-config-unknown-key",
        "error",
        "dockerd refused its configuration: it does not know a key",
        ("don't match any configuration option",),
        "dockerd found a key in its configuration file that this version does not know.",
        _NEXT_START + " The key is misspelt, was removed in this version, or belongs to the "
        "client's config.json.",
        (
            "Read the key's name at the end of the line, correct or remove it in {config}",
            "sudo dockerd --validate --config-file {config}",
            "{restart}",
        ),
        _EDIT_RISK,
        _DOWN,
        (_DAEMON_JSON, "https://docs.docker.com/engine/deprecated/"),
        cured_by="reload",
    ),
    Pattern(
        "log-config-flag-conflict",
        "error",
        "dockerd refused to start: a setting is both a flag and in its file",
        ("specified both as a flag and in the configuration file",),
        "One setting is on dockerd's command line and in its configuration file; dockerd accepts "
        "neither then, even when both say the same.",
        "Most often it is `hosts`, because the packaged unit starts dockerd with `-H fd://`. "
        "The daemon does not start until one of the two is gone.",
        (
            "Remove the key from {config}, or the flag by a drop-in: sudo systemctl edit {unit}",
            "in the drop-in, first an empty `ExecStart=`, then the command line without the flag",
            "sudo systemctl daemon-reload",
            "{restart}",
        ),
        "A drop-in without the empty `ExecStart=` line adds a second command and the unit breaks.",
        _DOWN,
        (_MOBY + "25471", _MOBY + "22339"),
        cured_by="reload",
    ),
    Pattern(
        "log-config-not-json",
        "error",
        "dockerd could not read its configuration file",
        ("unable to configure the docker daemon with file",),
        "The configuration file is not the JSON that dockerd wants: a comma, a quote, a comment, "
        "or a value of the wrong type.",
        _NEXT_START,
        (
            "The line says what was not expected; look at {config}",
            "sudo dockerd --validate --config-file {config}",
            "{restart}",
        ),
        _EDIT_RISK,
        _DOWN,
        (_DAEMON_JSON,),
        regex=r"invalid character|cannot unmarshal|unexpected end|invalid utf-8|\beof\b",
        cured_by="reload",
    ),
    Pattern(
        "log-default-runtime-missing",
        "error",
        "The default runtime is not there",
        ("specified default runtime",),
        "The setting `default-runtime` names a runtime that neither is built in nor stands under "
        "`runtimes`.",
        "dockerd does not start. It happens when the NVIDIA toolkit was removed, or its entry "
        "under `runtimes` was, while `default-runtime` stayed.",
        (
            (
                "Remove default-runtime from {config}, or add the runtime: sudo nvidia-ctk runtime "
                "configure --runtime=docker"
            ),
            "{restart}",
        ),
        _EDIT_RISK,
        _DOWN,
        (_DAEMON_JSON,),
        cured_by="start",
    ),
    Pattern(
        "log-config-refused",
        "error",
        "dockerd refused a value in its configuration",
        (
            "unable to configure the docker daemon with file",
            "merged configuration validation",
            "error reloading configuration",
            "error reconfiguring the daemon",
        ),
        "The configuration file is JSON and its keys are known, but dockerd refused a value.",
        _NEXT_START,
        (
            "The end of the line names the value; correct it in {config}",
            "sudo dockerd --validate --config-file {config}",
            "{restart}",
        ),
        _EDIT_RISK,
        _DOWN,
        (_DAEMON_JSON,),
        cured_by="reload",
    ),
    Pattern(
        "log-config-contradiction",
        "error",
        "Two settings of dockerd exclude each other",
        (
            "mutually exclusive options",
            "--iptables=false with --icc=false",
            "native.cgroupdriver option",
            "should be a valid slice named as",
            "native.cgroupdriver=systemd requires",
            "cannot configure both path and runtimetype",
            "--live-restore daemon configuration is incompatible with swarm",
        ),
        "Each setting is valid alone, and together (or on this host) dockerd refuses them when it "
        "starts. `dockerd --validate` does not notice.",
        "The daemon does not start: bridge with bip, icc off with iptables off, an unknown cgroup "
        "driver, live-restore on a swarm node.",
        ("Take one of the two settings that the line names out of {config}", "{restart}"),
        _EDIT_RISK,
        _DOWN,
        (_DAEMON_JSON,),
        cured_by="start",
    ),
    Pattern(
        "log-logging-driver-unknown",
        "error",
        "dockerd refused its logging driver or one of its options",
        ("no log driver named", "failed to set log opts", "unknown log opt"),
        "The setting `log-driver` names a driver that this engine has not, or `log-opts` holds an "
        "option that the driver does not know.",
        "`dockerd --validate` accepts both; the daemon then does not start.",
        ("Correct log-driver or log-opts in {config}; the line names the option", "{restart}"),
        _EDIT_RISK,
        _DOWN,
        ("https://docs.docker.com/engine/logging/configure/",),
        cured_by="start",
    ),
    Pattern(
        "log-seccomp-profile-refused",
        "error",
        "dockerd could not read its seccomp profile",
        ("opening seccomp profile", "decoding seccomp profile"),
        "The file that the setting `seccomp-profile` names is missing or is no seccomp profile.",
        "The daemon does not start. Engines up to 20.10 take the word unconfined for a file name, "
        "too.",
        ("Restore the file, or remove seccomp-profile from {config}", "{restart}"),
        _EDIT_RISK,
        _DOWN,
        ("https://docs.docker.com/engine/security/seccomp/",),
        cured_by="start",
    ),
    Pattern(
        "log-tls-files-refused",
        "error",
        "dockerd could not load its TLS certificate or key",
        ("invalid tls configuration", "could not load x509 key pair", "could not read ca cert"),
        "A certificate or key that dockerd was told to use is missing, unreadable or does not "
        "belong to the other.",
        "The daemon does not start, not even on its local socket.",
        (
            "Look at the files that the line names: sudo ls -l FILE",
            "compare: openssl x509 -noout -pubkey -in CERT; openssl pkey -pubout -in KEY",
            "{restart}",
        ),
        "Removing the TLS settings while a `tcp://` host stays opens the API to everybody.",
        _DOWN,
        ("https://docs.docker.com/engine/security/protect-access/",),
        cured_by="start",
    ),
    Pattern(
        "log-userns-user-missing",
        "error",
        "The user of userns-remap is not there",
        ("error during uid lookup", "error during gid lookup", "no subuid ranges found"),
        "The setting `userns-remap` names a user or group that does not exist or has no line in "
        "/etc/subuid and /etc/subgid.",
        "The daemon does not start. It happens after a move to a new machine or a cleaned "
        "/etc/passwd.",
        (
            "getent passwd dockremap; grep -H . /etc/subuid /etc/subgid",
            'use "userns-remap": "default" in {config}, or add the ranges',
            "{restart}",
        ),
        "Other ranges than before make the existing images and volumes unreadable to containers.",
        _DOWN,
        ("https://docs.docker.com/engine/security/userns-remap/",),
        cured_by="start",
    ),
    # -- storage ---------------------------------------------------------------------------------
    Pattern(
        "log-dtype-missing",
        "error",
        "The file system below overlay2 has no d_type",
        ("d_type", "ftype=1"),
        "The file system that holds the images was made without d_type (xfs with ftype=0).",
        "overlay2 cannot hide removed files on it: builds fail oddly and removed files come back. "
        "Newer engines refuse to start.",
        (
            "xfs_info MOUNTPOINT | grep ftype",
            "back up, make the file system again with mkfs.xfs -n ftype=1, restore",
        ),
        "mkfs destroys everything on the device: move the data away and check the copy first.",
        "An error: the storage driver does not work correctly on it, and no setting mends it.",
        (_MOBY + "10294", _FOR_LINUX + "196"),
        regex=r"d_type support|ftype=1",
        unless=("supports d_type",),
    ),
    Pattern(
        "log-second-daemon",
        "error",
        "Another dockerd holds the data or the pid file",
        (
            "ensure docker is not running or delete",
            "store metadata database: timeout",
        ),
        "dockerd found a pid file of a living process or a locked database: another daemon uses "
        "the same folders.",
        "Two daemons on one data-root destroy it; so the second one refuses to start. Often it is "
        "a Docker from snap beside one from a package, or a daemon started by hand.",
        (
            "pgrep -a dockerd; snap list docker",
            "stop the one that should not be there, e.g. sudo snap stop --disable docker",
            "a pid file of a process that is no dockerd may be removed",
            "{restart}",
        ),
        "Its containers stop with a daemon that is stopped.",
        _DOWN,
        ("https://github.com/docker-archive/docker-snap/issues/4",),
        regex=r"pid file|process with pid|metadata database: timeout",
        cured_by="start",
    ),
    Pattern(
        "log-storage-driver-refused",
        "error",
        "dockerd could not use its storage driver",
        (
            "error initializing graphdriver",
            "contains several valid graphdrivers",
            "prior storage driver",
            "storage-driver has been deprecated and removed",
        ),
        "The storage driver in the configuration, or the one whose data was found, does not work "
        "on this kernel, on this file system or in this version of the engine.",
        "The daemon does not start. After an upgrade it is aufs, overlay or devicemapper, which "
        "24.0 and 25.0 removed; else a kernel module is missing.",
        (
            "The line names the driver; see the current data: sudo ls /var/lib/docker",
            "grep -w overlay /proc/filesystems || sudo modprobe overlay",
            "move images with the old engine: docker save; then set storage-driver to overlay2",
        ),
        "Another driver hides all images and containers of the old one; they are not deleted.",
        _DOWN,
        ("https://docs.docker.com/engine/storage/drivers/select-storage-driver/",),
        regex=r"graphdriver|driver .*failed|deprecated and removed",
        cured_by="start",
    ),
    Pattern(
        "log-overlay-mount-failed",
        "error",
        "A container's file system could not be mounted",
        ("error creating overlay mount", "failed to mount overlay", "overlay mount to"),
        "The kernel refused to mount the layers of a container.",
        "The container does not start. Causes: a kernel that was upgraded without a reboot, "
        "overlay on a file system that cannot carry it (another overlay, NFS, xfs without d_type), "
        "or a rootless engine on a kernel before 5.11.",
        (
            "sudo dmesg | grep -i overlay | tail",
            "uname -r; ls /lib/modules: the running kernel must be listed; if not, reboot",
        ),
        "A reboot stops everything; containers without a restart policy stay down.",
        "An error: containers cannot start.",
        (_MOBY + "42302",),
        regex=r"invalid argument|no such device|operation not permitted|permission denied|"
        r"too many levels|stale|not supported|no such file",
    ),
    Pattern(
        "log-layer-corrupt",
        "error",
        "Image layers are missing or damaged",
        (
            "layer does not exist",
            "file integrity checksum failed",
            "filesystem layer verification failed",
            "parent snapshot",
            "failed to get layer",
        ),
        "The engine's list of images names a layer whose data is not there or not what it was.",
        "It follows a power cut, a full disk, or files removed by hand under the data-root. "
        "Containers of that image cannot start and pulls of it fail.",
        (
            "docker image rm IMAGE; docker pull IMAGE",
            (
                "if it stays: check the disk (sudo dmesg | grep -i error), back up the volumes, and "
                "start with an empty data-root"
            ),
        ),
        "Never remove single folders under overlay2: that is how it becomes this way.",
        "An error: what is stored is damaged, and the next start of a container may fail.",
        (_MOBY + "45939",),
        regex=r"layer does not exist|checksum failed|verification failed|"
        r"parent snapshot .*does not exist|failed to get layer",
    ),
    Pattern(
        "log-database-corrupt",
        "error",
        "One of the engine's databases is damaged",
        (
            "unexpected fault address",
            "invalid database",
            "bbolt",
            "freelist",
            "local-kv.db",
            "invalid page type",
        ),
        "A bolt database of dockerd or containerd (local-kv.db, metadata.db, meta.db) cannot be "
        "read.",
        "It follows a power cut or a full disk. The daemon crashes at every start, or hangs while "
        "its memory grows.",
        (
            "sudo systemctl stop {unit} docker.socket",
            (
                "sudo mv /var/lib/docker/network/files/local-kv.db /root/ if the line names it: "
                "networks must then be made again"
            ),
            "sudo systemctl start {unit}",
        ),
        "Moving away containerd's meta.db or the volumes' metadata.db loses what is in it: back up "
        "the whole data-root first.",
        _DOWN,
        (_MOBY + "43072", "https://github.com/containerd/containerd/issues/5797"),
        regex=r"unexpected fault address|invalid database|bbolt(?:@|\.|/).*(?:\.go|panic)|"
        r"freelist|invalid page type|local-kv\.db",
        cured_by="start",
    ),
    Pattern(
        "log-inotify-exhausted",
        "warning",
        "The host's inotify limits are used up",
        ("inotify", "fsnotify"),
        "dockerd, containerd or a container could not watch a file: a limit on inotify instances "
        "or watches is reached.",
        "The message says 'no space left' or 'too many open files' although disk and files are "
        "fine. Log following, hot reload and some containers fail.",
        (
            "sysctl fs.inotify.max_user_instances fs.inotify.max_user_watches",
            (
                "printf 'fs.inotify.max_user_instances=1024\\nfs.inotify.max_user_watches=524288\\n' "
                "| sudo tee /etc/sysctl.d/60-inotify.conf"
            ),
            "sudo sysctl -p /etc/sysctl.d/60-inotify.conf",
        ),
        "Each watch costs about 1 KiB of kernel memory that cannot be swapped.",
        "A warning: what watches files stops noticing changes; containers go on.",
        ("man:inotify(7)",),
        regex=r"no space left|too many open files|limit|failed to create (?:fs)?notify",
    ),
    Pattern(
        "log-keyring-quota",
        "error",
        "The kernel's key quota is used up",
        ("session key", "session keyring", "keyctl"),
        "runc could not make a session key for a container: the user's quota of keys is reached.",
        "Each container takes a key of root; the default is 200 for other users and 1,000,000 for "
        "root, and in rootless or remapped engines the small one counts.",
        (
            "cat /proc/key-users; sysctl kernel.keys.maxkeys kernel.keys.maxbytes",
            (
                "printf 'kernel.keys.maxkeys=20000\\nkernel.keys.maxbytes=500000\\n' "
                "| sudo tee /etc/sysctl.d/60-keys.conf"
            ),
            "sudo sysctl -p /etc/sysctl.d/60-keys.conf",
        ),
        "None worth naming: kernel memory for keys is small.",
        "An error: no further container starts.",
        (_MOBY + "22865", _MOBY + "38454"),
        regex=r"quota exceeded|unable to create session key|unable to join session keyring",
    ),
    Pattern(
        "log-disk-full",
        "error",
        "The engine ran out of disk space",
        ("no space left on device",),
        "A write failed because a file system is full, or has no inodes left.",
        "Pulls, builds and starts fail; databases in containers may be damaged, and the engine's "
        "own files too. It may have been a small tmpfs: the line names the path.",
        (
            "df -h; df -i",
            "docker system df",
            "docker builder prune; docker image prune: read what they would remove first",
        ),
        "`docker system prune --volumes` deletes data of stopped containers for good.",
        "An error: a full disk damages what is written at that moment.",
        ("https://docs.docker.com/engine/manage-resources/pruning/",),
    ),
    Pattern(
        "log-disk-quota-exceeded",
        "warning",
        "A disk quota stopped the engine",
        ("disk quota exceeded",),
        "A write failed because of a quota: of the user, the project or the file system.",
        "Pulls and starts fail although `df` shows free space. On a NAS or in a rootless home "
        "directory a quota is usual.",
        ("quota -s; sudo repquota -s -a", "raise the quota or prune: docker system df"),
        "Pruning deletes; look at what `docker system df -v` lists first.",
        "A warning: the engine works until it must write again.",
        ("man:quota(1)",),
    ),
    Pattern(
        "log-bind-source-refused",
        "warning",
        "A folder for a bind mount could not be made",
        ("error while creating mount source path", "bind source path does not exist"),
        "A container asked for a folder of the host that does not exist, and dockerd could not "
        "make it.",
        "With snap's Docker, on NixOS, Fedora CoreOS or other read-only roots, dockerd may write "
        "to few places only; with snap it sees another root altogether.",
        (
            "Make the folder yourself, in a place that the daemon can see, and use that path",
            "with snap: stay under $HOME, or install docker-ce",
        ),
        "None: nothing is changed on the host by another path.",
        "A warning: that container does not start, others are not affected.",
        ("https://github.com/canonical/docker-snap/issues/36",),
        regex=r"read-only|permission denied|not permitted|does not exist|no such file",
    ),
    Pattern(
        "log-read-only-file-system",
        "error",
        "A file system that the engine writes to became read-only",
        ("read-only file system",),
        "dockerd or containerd could not write because a file system is mounted read-only.",
        "The kernel does that when a disk reports errors. Everything that was not written yet is "
        "lost.",
        (
            "findmnt -T /var/lib/docker -o TARGET,OPTIONS",
            "sudo dmesg --level=err,warn | tail -n 50",
            "back up what still reads; then fsck from a rescue system",
        ),
        "`mount -o remount,rw` on a failing disk makes the damage larger.",
        "An error: often the first sign of a dying disk.",
        ("man:ext4(5)",),
        unless=("mount source path", "cgroup", "/proc/sys", "/sys/"),
        at_least=2,
    ),
    Pattern(
        "log-io-error",
        "error",
        "The disk reported errors to the engine",
        ("input/output error", "structure needs cleaning"),
        "A read or write failed in the disk or its file system.",
        "The disk, its cable, the array or the network volume is failing, or the file system is "
        "damaged. Images and volumes on it are in danger.",
        (
            "sudo dmesg --level=err,warn | tail -n 50",
            "sudo smartctl -a /dev/sdX",
            "back up the volumes now",
        ),
        "fsck on a mounted file system destroys it: unmount first.",
        "An error: data is being lost.",
        ("man:smartctl(8)",),
    ),
    Pattern(
        "log-device-busy",
        "note",
        "The engine could not remove busy mounts",
        ("device or resource busy",),
        "dockerd wanted to unmount or remove a container's files and something still held them.",
        "Another process has the data-root in its own mount namespace: a monitoring agent that "
        "mounts / or /var/lib/docker, an old unit with MountFlags, a backup.",
        (
            "sudo grep -l overlay2 /proc/[0-9]*/mountinfo | head",
            "mount the data-root into agents with :ro,rslave or not at all",
        ),
        "Killing the holder may be worse than the leftover.",
        "A note: containers stay in state Dead and space is not freed until the holder ends.",
        (_MOBY + "20317",),
        at_least=3,
    ),
    # -- network ---------------------------------------------------------------------------------
    Pattern(
        "log-pool-exhausted",
        "error",
        "No subnet was left for a new network",
        (
            "non-overlapping ipv4 address pool",
            "all predefined address pools have been fully subnetted",
            "could not find an available, non-overlapping",
        ),
        "Docker could not make a network: all subnets of its address pools are in use or overlap "
        "with routes of this host.",
        "The default pools hold 31 networks, and a VPN whose routes cover 172.16.0.0/12 or "
        "192.168.0.0/16 takes them all. `docker compose up` of every new project fails.",
        (
            "docker network prune: removes networks that no container uses",
            (
                'smaller subnets in {config}: "default-address-pools": [{"base": "10.210.0.0/16", '
                '"size": 24}], with a base that no route of yours covers'
            ),
            "{restart}",
        ),
        "Existing networks keep their subnets until they are made again. A base that overlaps "
        "your office or VPN makes those unreachable.",
        "An error: no new network can be made.",
        (_FOR_LINUX + "599",),
    ),
    Pattern(
        "log-default-bridge-failed",
        "error",
        "dockerd could not make its bridge docker0",
        (
            "list bridge addresses failed",
            'error creating default "bridge" network',
        ),
        "When dockerd started it found no free subnet for docker0, or could not set it up.",
        "The daemon does not start. A full-tunnel VPN that was up at boot is the usual cause.",
        (
            "ip route",
            'set a subnet that no route covers in {config}: "bip": "10.209.0.1/24"',
            "{restart}",
        ),
        "Containers on docker0 get other addresses.",
        _DOWN,
        (_FOR_LINUX + "123",),
        cured_by="start",
    ),
    Pattern(
        "log-iptables-unusable",
        "error",
        "dockerd cannot use iptables on this host",
        (
            "can't initialize iptables table",
            "can't initialize ip6tables table",
            "table does not exist",
            "failed to create nat chain",
            'failed to register "bridge" driver',
            "iptables not found",
            "failed to find iptables",
            "error initializing network controller",
        ),
        "dockerd could not use the packet filter: the iptables tool is missing, or the kernel has "
        "not the tables.",
        "The daemon does not start, or ports cannot be published. Usual causes: a kernel upgraded "
        "without a reboot (its modules are gone), a kernel without ip_tables (EL9 and later use "
        "nft), a container host that may not load modules.",
        (
            "uname -r; ls /lib/modules: if the running kernel is not listed, reboot",
            "sudo modprobe ip_tables iptable_nat; iptables -V",
            "sudo update-alternatives --config iptables (Debian, Ubuntu)",
            "{restart}",
        ),
        "Switching the variant while rules of the other exist leaves both active: reboot after it.",
        "An error: no networking for containers, mostly no daemon.",
        (_MOBY + "49557", "https://github.com/linuxserver/docker-wps-office/issues/8"),
        regex=r"initialize ip6?tables table|table does not exist|nat chain|bridge. driver|"
        r"iptables not found|find iptables|network controller",
        cured_by="start",
    ),
    Pattern(
        "log-iptables-mixed",
        "error",
        "iptables rules of two kinds are mixed",
        ("is incompatible, use 'nft' tool", "chain 'docker' does not exist", "iptables-legacy"),
        "The tool that dockerd calls and the rules in the kernel are of different kinds, nft and "
        "legacy.",
        "Docker's chains are in the one and looked for in the other: publishing ports fails, and "
        "the firewall you see is not the one that works.",
        (
            "sudo iptables-legacy-save | head; sudo iptables-nft-save | head",
            "sudo update-alternatives --config iptables, then reboot",
        ),
        "A firewall of yours that is written for the other variant must move with it.",
        "An error: publishing ports fails.",
        ("https://github.com/firewalld/firewalld/issues/503",),
        regex=r"incompatible, use|does not exist|iptables-legacy tables present",
        cured_by="start",
    ),
    Pattern(
        "log-iptables-chain-missing",
        "error",
        "Docker's firewall chains were gone",
        ("no chain/target/match by that name",),
        "dockerd wanted to change its iptables chains and they were not there: something flushed "
        "the firewall while dockerd ran.",
        "A reload of firewalld, `ufw reset`, `iptables -F` or a firewall script did it. Published "
        "ports stop working, and containers cannot be started with ports.",
        (
            "{restart}",
            (
                "restart docker after each reload of the firewall, or let the script leave the chains "
                "DOCKER* alone"
            ),
        ),
        "A restart stops all containers unless live-restore is on.",
        "An error: published ports do not work until dockerd writes its chains again.",
        (_MOBY + "16816", _MOBY + "15948"),
        regex=r"no chain/target/match by that name",
        unless=("-d ", "level=debug"),
        cured_by="start",
    ),
    Pattern(
        "log-firewalld-conflict",
        "warning",
        "firewalld refused Docker's bridge",
        ("zone_conflict", "invalid_zone", "command_failed"),
        "firewalld did not take Docker's interface or rule into its docker zone.",
        "The interface was put into another zone by hand or by NetworkManager. Containers may be "
        "cut off, or dockerd may not start.",
        (
            "sudo firewall-cmd --get-active-zones",
            "sudo firewall-cmd --permanent --zone=docker --change-interface=docker0",
            "sudo firewall-cmd --reload",
            "{restart}",
        ),
        "A reload of firewalld drops Docker's rules until dockerd has written them again.",
        "A warning: which traffic passes is no longer what either side believes.",
        (_MOBY + "26494",),
        regex=r"zone_conflict|invalid_zone|command_failed",
        cured_by="start",
    ),
    Pattern(
        "log-xtables-lock",
        "note",
        "Docker waited for the iptables lock",
        ("holding the xtables lock",),
        "Another program held the lock of iptables while dockerd wanted to change rules.",
        "kube-proxy, fail2ban or a firewall script rewrites large rule sets all the time; "
        "containers with published ports start slowly or fail.",
        ("sudo fuser -v /run/xtables.lock", "let that program run less often, or use ipset/nft"),
        "None from looking.",
        "A note: it passes by itself unless it is constant.",
        ("man:iptables(8)",),
        at_least=3,
    ),
    Pattern(
        "log-published-port-taken",
        "warning",
        "A container's port was taken on the host",
        ("address already in use", "port is already allocated"),
        "A container could not start because a port it publishes was in use.",
        "Another container, a service of the host, or a docker-proxy that was left behind holds "
        "it. With a restart policy the container stays down after a reboot.",
        (
            "sudo ss -ltnp | grep :PORT",
            "docker ps --format '{{.Names}} {{.Ports}}' | grep PORT",
            "if no process holds it: {restart}",
        ),
        "A restart of the daemon stops all containers unless live-restore is on.",
        "A warning: that container is down, others are not.",
        (_MOBY + "20486", _MOBY + "25981"),
        regex=r"external connectivity|failed to bind|userland proxy|port is already allocated|"
        r"failed to set up container networking",
        unless=("failed to load listener",),
    ),
    Pattern(
        "log-listener-refused",
        "error",
        "dockerd could not listen on its own address",
        (
            "failed to load listener",
            "can't create unix socket",
            "no sockets found via socket activation",
            "failed to create api server",
        ),
        "dockerd could not open the socket or port on which it serves its API.",
        "Another program has the port, /run/docker.sock is a folder (a bind mount made it while "
        "dockerd was down), or dockerd was started with `-H fd://` without its docker.socket.",
        (
            "ls -ld /run/docker.sock; sudo ss -ltnp",
            "if it is a folder: sudo rmdir /run/docker.sock",
            "sudo systemctl restart docker.socket {unit}",
        ),
        "Containers that have the socket mounted must be made again afterwards.",
        _DOWN,
        (_MOBY + "22847",),
        cured_by="start",
    ),
    Pattern(
        "log-veth-refused",
        "error",
        "The kernel refused a container's network interface",
        ("pair interfaces", "failed to add the host"),
        "dockerd could not make the pair of interfaces that connects a container.",
        "The kernel was upgraded and the modules of the running one are gone, or it was built "
        "without veth or bridge.",
        (
            "uname -r; ls /lib/modules: if the running kernel is not listed, reboot",
            "sudo modprobe veth bridge",
        ),
        "A reboot stops everything; check the restart policies first.",
        "An error: no container with a network of its own starts.",
        (_DOCS + "#kernel-compatibility",),
        regex=r"operation not supported|no such device|not permitted|file exists",
    ),
    Pattern(
        "log-stale-endpoint",
        "warning",
        "A container's old network endpoint is in the way",
        ("endpoint with name",),
        "A container cannot join a network because an endpoint of the same name is still "
        "recorded there.",
        "It is left over when the daemon or the machine was killed; the container stays down.",
        (
            "docker network disconnect --force NETWORK CONTAINER",
            "docker start CONTAINER",
        ),
        "Disconnecting by force cuts a container of that name that still runs.",
        "A warning: one container is down.",
        (_MOBY + "20398",),
        regex=r"already exists in network",
    ),
    Pattern(
        "log-container-dns-failing",
        "warning",
        "Docker's DNS could not reach the name server",
        ("[resolver]",),
        "The DNS of user-made networks forwards to the host's name servers, and they did not "
        "answer.",
        "Containers see 'temporary failure in name resolution'. The server in /etc/resolv.conf is "
        "gone (VPN, Wi-Fi), or a firewall stops the answers.",
        (
            "cat /etc/resolv.conf",
            'name servers that containers can reach in {config}: "dns": ["192.0.2.53"]',
            "{restart}",
        ),
        "A fixed server takes away names of your VPN or office.",
        "A warning: containers cannot resolve names while it lasts.",
        (_MOBY + "38243",),
        regex=r"connect failed|failed to query|i/o timeout|refused",
        at_least=5,
    ),
    # -- registries ------------------------------------------------------------------------------
    Pattern(
        "log-pull-rate-limit",
        "warning",
        "The registry's pull limit was reached",
        ("toomanyrequests", "too many requests", "pull rate limit"),
        "Docker Hub (or another registry) refused pulls: this address or user has used up its "
        "number of pulls.",
        "Everybody behind one public address shares the limit of anonymous pulls. Deployments and "
        "restarts that need an image fail.",
        (
            "docker login",
            'a mirror of your own in {config}: "registry-mirrors": ["https://mirror.example"]',
        ),
        "Credentials lie in ~/.docker/config.json, only base64-encoded unless a helper keeps them.",
        "A warning: it passes after the window, and comes again.",
        ("https://docs.docker.com/docker-hub/usage/pulls/",),
    ),
    Pattern(
        "log-certificate-expired",
        "warning",
        "A certificate was expired or not yet valid",
        ("certificate has expired or is not yet valid",),
        "A TLS connection of the engine failed because of a certificate's dates.",
        "Either the registry's (or node's) certificate has run out, or this host's clock is wrong.",
        (
            "date; timedatectl",
            "openssl s_client -connect REGISTRY:443 </dev/null | openssl x509 -noout -dates",
        ),
        "Adding the registry to insecure-registries hides it and lets anybody in between replace "
        "your images.",
        "A warning: pulls from there fail until one of the two is right.",
        ("man:timedatectl(1)",),
        unless=("tls handshake error from", "swarm"),
    ),
    Pattern(
        "log-certificate-unknown",
        "warning",
        "A registry's certificate was not accepted",
        (
            "certificate signed by unknown authority",
            "certificate is valid for",
            "legacy common name",
            "doesn't contain any ip sans",
        ),
        "The registry's certificate is signed by an authority that this host does not know, or is "
        "made out to another name.",
        "A company's own authority or a proxy that opens TLS is the usual reason. Pulls fail.",
        (
            "sudo mkdir -p /etc/docker/certs.d/REGISTRY:PORT",
            "sudo cp ca.crt /etc/docker/certs.d/REGISTRY:PORT/ca.crt",
        ),
        "Check the certificate's fingerprint with its owner before you trust it.",
        "A warning: pulls from there fail.",
        ("https://docs.docker.com/engine/security/certificates/",),
        unless=("tls handshake error from",),
    ),
    Pattern(
        "log-registry-plain-http",
        "warning",
        "A registry speaks HTTP where HTTPS is wanted",
        ("server gave http response to https client",),
        "The engine asked a registry by HTTPS and it answered in plain HTTP.",
        "The registry has no TLS. The engine refuses it unless it is told otherwise.",
        (
            "Give the registry a certificate",
            (
                'for a registry in your own network only, in {config}: "insecure-registries": '
                '["REGISTRY:PORT"], then sudo systemctl reload docker'
            ),
        ),
        "With insecure-registries anybody in between can replace your images.",
        "A warning: pulls from there fail.",
        ("https://docs.docker.com/reference/cli/dockerd/#insecure-registries",),
    ),
    Pattern(
        "log-registry-name-unresolved",
        "warning",
        "Registry names could not be resolved",
        ("lookup ",),
        "The engine could not find the address of a registry or another server it talks to.",
        "The host's DNS does not answer, answers wrongly, or the name does not exist. Pulls fail.",
        (
            "getent hosts registry-1.docker.io; cat /etc/resolv.conf",
            "behind a proxy: set proxies for the daemon, not for the shell",
        ),
        _PULL_RISK,
        "A warning: pulls fail while it lasts. Lines that end with 'no such host' may be a "
        "misspelt image name.",
        ("https://docs.docker.com/engine/daemon/proxy/", _FOR_LINUX + "1110"),
        regex=r"lookup \S+.*(?:i/o timeout|server misbehaving|temporary failure|no such host|"
        r"connection refused|network is unreachable)",
        at_least=4,
    ),
    Pattern(
        "log-registry-timeout",
        "warning",
        "Connections to a registry timed out",
        (
            "request canceled while waiting for connection",
            "client.timeout exceeded while awaiting headers",
            "net/http: tls handshake timeout",
            "i/o timeout",
            "proxyconnect tcp",
        ),
        "The engine could not connect to a registry or its proxy, or the answer took too long.",
        "A firewall, a missing or dead proxy, or packets too large for a VPN (MTU): small requests "
        "pass, TLS does not.",
        (
            (
                "curl -sS -o /dev/null -w '%{http_code}\\n' https://registry-1.docker.io/v2/ "
                "(401 means reachable)"
            ),
            "docker info | grep -i proxy",
            "ip -o link | grep -o 'mtu [0-9]*'",
        ),
        _PULL_RISK,
        "A warning: pulls fail while it lasts.",
        ("https://docs.docker.com/engine/daemon/proxy/",),
        regex=r"https?://|registry|/v2/|proxyconnect",
        at_least=4,
    ),
    Pattern(
        "log-registry-login-refused",
        "note",
        "A registry refused access again and again",
        ("no basic auth credentials", "pull access denied", "unauthorized: ", "denied: requested"),
        "Pulls or pushes were refused because nobody was logged in, or may not use the image.",
        "A service or a CI job tries again and again with credentials that ran out.",
        ("docker login REGISTRY, as the user that runs the job", "docker pull IMAGE"),
        "Too many wrong tries lock some accounts.",
        "A note: single ones are typing errors; many mean a job that fails.",
        ("https://docs.docker.com/reference/cli/docker/login/",),
        at_least=10,
    ),
    Pattern(
        "log-image-schema-too-old",
        "warning",
        "An image of the oldest format was used",
        ("schema 1", "docker image format v1"),
        "An image was pulled whose manifest is schema 1, which engines disable since 26 and remove "
        "in 28.2 and later.",
        "The pull fails after the next upgrade, if it does not already.",
        (
            (
                "The line names the image; build it again, or copy it with skopeo: "
                "skopeo copy --format v2s2 docker://OLD docker://NEW"
            ),
        ),
        "None: the old image stays where it is.",
        "A warning: the image cannot be pulled by current engines.",
        ("https://docs.docker.com/engine/deprecated/",),
        regex=r"schema 1|format v1",
    ),
    # -- clients of the API ----------------------------------------------------------------------
    Pattern(
        "log-client-too-old",
        "warning",
        "A program speaks an API version that the engine refuses",
        ("is too old. minimum supported api version",),
        "Some program asks the engine in an API version below the engine's minimum.",
        "Engines 29.0 to 29.2 want 1.44, later ones 1.40, 25.0 to 28.5 want 1.24. Old Portainer, "
        "Traefik, Watchtower or docker-py stop working after an upgrade of the engine.",
        (
            (
                "Update the program; its address or name is not in the line: look at what has the "
                "socket mounted: docker ps --filter volume=/var/run/docker.sock"
            ),
            'until then, engine 29 and later, in {config}: "min-api-version": "1.24"',
            "{restart}",
        ),
        "A restart stops all containers unless live-restore is on.",
        "A warning: that program sees no containers at all.",
        ("https://github.com/traefik/traefik/issues/12253",),
    ),
    Pattern(
        "log-client-too-new",
        "note",
        "A program speaks an API version that the engine does not know",
        ("is too new. maximum supported api version",),
        "Some program insists on an API version that is newer than this engine.",
        "It was updated and the engine was not, or DOCKER_API_VERSION is set in its environment.",
        ("unset DOCKER_API_VERSION where the program runs, or upgrade the engine",),
        "None.",
        "A note: only that program fails.",
        ("https://docs.docker.com/reference/api/engine/",),
    ),
    Pattern(
        "log-tls-handshake-failing",
        "note",
        "Clients failed the TLS handshake with the API",
        ("tls handshake error from",),
        "Somebody connected to the API's TLS port and the handshake failed.",
        "A client has no certificate or an expired one, or somebody scans the port. The line has "
        "the address.",
        (
            "Look at the addresses in the lines: {log} | grep 'TLS handshake error'",
            "let the firewall pass the hosts only that need the API",
        ),
        "A firewall rule that is too narrow locks out your own tools.",
        "A note: the handshake failed as it should; who it was is worth knowing.",
        ("https://docs.docker.com/engine/security/protect-access/",),
        at_least=5,
    ),
    # -- containers and runtimes -----------------------------------------------------------------
    Pattern(
        "log-sysctl-reopen-denied",
        "error",
        "runc may not open a sysctl: Docker inside LXC",
        ("reopen fd",),
        "runc was refused when it reopened a file under /proc/sys.",
        "Since runc 1.2.8, 1.3.3 and 1.4 (fixes for CVE-2025-52881) the AppArmor profile that LXC "
        "before 6.0.6 makes, for instance on Proxmox, refuses what runc does.",
        (
            "On the outer host: update LXC to 6.0.6 or later (Proxmox: a current lxc-pve)",
            "then restart this LXC container there",
        ),
        "Setting the LXC container to unconfined takes away its protection.",
        "An error: no container starts.",
        (
            "https://github.com/opencontainers/runc/issues/4968",
            "https://github.com/lxc/lxc/issues/4630",
            _MOBY + "51405",
        ),
        regex=r"permission denied",
    ),
    Pattern(
        "log-apparmor-refused",
        "error",
        "AppArmor got in the engine's way",
        ("apparmor",),
        "dockerd could not load its AppArmor profile docker-default, or AppArmor refused an "
        "operation of the engine.",
        "Containers do not start, or cannot be stopped. Often two Dockers (snap and package) share "
        "the profile's name, or apparmor_parser is missing.",
        (
            "sudo aa-status | grep -i docker; which apparmor_parser",
            "sudo apt-get install apparmor",
            "{restart}",
        ),
        "aa-remove-unknown also removes profiles of running containers.",
        "An error: containers cannot be started or stopped.",
        (_MOBY + "36809", _MOBY + "27742"),
        regex=r"could not be loaded|unable to|failed|denied|error",
        unless=('apparmor="allowed"',),
    ),
    Pattern(
        "log-kill-refused",
        "error",
        "Containers could not be stopped",
        (
            "cannot kill container",
            "cannot stop container",
            "did not receive an exit event",
            "failed to kill process",
            "failed to stop container",
        ),
        "dockerd sent a container its end and was refused, or the container did not go.",
        "Permission denied: a stale AppArmor profile. No exit event: a process in uninterruptible "
        "sleep (dead NFS, dying disk) or a lost shim.",
        (
            "docker top CONTAINER; ps -o pid,stat,wchan -C PROCESS",
            "sudo aa-status | grep docker",
        ),
        "kill -9 of a shim leaves the container's processes without a keeper.",
        "An error: deployments hang, and a reboot is often the only end.",
        (_MOBY + "36809",),
        regex=r"permission denied|did not receive an exit event|context deadline exceeded|"
        r"operation not permitted",
    ),
    Pattern(
        "log-nvidia-runtime-failed",
        "warning",
        "A container did not get its GPU",
        ("nvidia-container-cli", "could not select device driver", "unresolvable cdi devices"),
        "A container that asked for a GPU could not be started.",
        "The driver is not loaded, was updated without a reboot, or the NVIDIA container toolkit "
        "is missing.",
        (
            "nvidia-smi",
            "sudo nvidia-ctk runtime configure --runtime=docker",
            "{restart}",
        ),
        "A restart stops all containers unless live-restore is on.",
        "A warning: GPU containers do not start; all others do.",
        (
            (
                "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/"
                "troubleshooting.html"
            ),
        ),
    ),
    Pattern(
        "log-runtime-binary-missing",
        "error",
        "A runtime's program is missing",
        (
            "executable file not found",
            "fork/exec",
            "unknown runtime specified",
            "unknown or invalid runtime name",
        ),
        "The program that should start a container (runc, a shim, nvidia-container-runtime, "
        "crun...) is not where dockerd looks for it.",
        "A package was removed or only half upgraded. Containers of that runtime do not start.",
        (
            "docker info --format '{{json .Runtimes}}'",
            "command -v runc containerd-shim-runc-v2 nvidia-container-runtime",
            "install what is missing, e.g. sudo apt-get install --reinstall containerd.io",
        ),
        "A reinstalled containerd restarts; running containers go on under their shims.",
        "An error: those containers cannot start.",
        ("https://docs.docker.com/engine/daemon/alternative-runtimes/",),
        regex=r"(?:exec: \\?\"?|fork/exec )\S*(?:runc|crun|runsc|kata|containerd-shim\S*|"
        r"nvidia-container-runtime\S*|docker-init|docker-proxy)\\?\"?:|unknown runtime specified|"
        r"unknown or invalid runtime name",
    ),
    Pattern(
        "log-tasks-exhausted",
        "error",
        "The engine could not start a process",
        (
            "resource temporarily unavailable",
            "pthread_create failed",
            "newosproc",
            "failed to create new os thread",
        ),
        "A process or thread could not be made: a limit on tasks is reached.",
        "TasksMax of the unit, the pids limit of a container, kernel.pid_max or "
        "kernel.threads-max. dockerd itself may crash.",
        (
            "systemctl show {unit} containerd -p TasksMax,TasksCurrent",
            "sysctl kernel.pid_max kernel.threads-max",
            "find the many: ps -eLo user,comm | sort | uniq -c | sort -n | tail",
        ),
        "A higher limit only postpones it where a program leaks processes.",
        "An error: nothing new starts, and dockerd itself is in danger.",
        ("man:systemd.resource-control(5)",),
        regex=r"fork|clone|thread|exec|newosproc",
    ),
    Pattern(
        "log-files-exhausted",
        "error",
        "The engine had too many open files",
        ("too many open files",),
        "dockerd, containerd or a shim reached its limit of open files.",
        "Containers cannot be started or attached to, and their logs stop. A client that follows "
        "logs and never closes is the usual cause.",
        (
            (
                "sudo sh -c 'ls /proc/$(pgrep -o dockerd)/fd | wc -l'; "
                "grep files /proc/$(pgrep -o dockerd)/limits"
            ),
            "sudo systemctl edit {unit}: [Service] LimitNOFILE=1048576",
            "{restart}",
        ),
        "Containers inherit the limit: infinity makes some old programs slow.",
        "An error: the engine answers less and less.",
        (_MOBY + "44547",),
        unless=("inotify", "fsnotify"),
    ),
    Pattern(
        "log-memory-exhausted",
        "error",
        "The engine could not get memory",
        ("cannot allocate memory", "out of memory: cannot allocate"),
        "A start or a fork failed because the kernel had no memory to give.",
        "The host has no memory or swap left, overcommit is off, or there are thousands of "
        "leftover cgroups.",
        ("free -h; sysctl vm.overcommit_memory", "docker stats --no-stream"),
        "Stopping containers to free memory stops their service.",
        "An error: containers cannot be started, and the kernel will soon kill processes.",
        ("https://docs.docker.com/engine/containers/resource_constraints/",),
    ),
    Pattern(
        "log-limit-not-applied",
        "warning",
        "A container's resource limit was not applied",
        ("limitation discarded", "limited without swap", " discarded"),
        "A container was started with a limit that this kernel cannot enforce, and the engine "
        "dropped the limit.",
        "The container may take all memory or CPU of the host although its owner set a limit. On "
        "a Raspberry Pi the memory controller is off unless the kernel command line turns it on.",
        (
            "cat /sys/fs/cgroup/cgroup.controllers; cat /proc/cmdline",
            "Raspberry Pi: add cgroup_enable=memory cgroup_memory=1 to cmdline.txt and reboot",
        ),
        "A mistake in the kernel command line can keep the machine from starting: keep a copy.",
        "A warning: a limit that somebody relies on is not there.",
        (_MOBY + "46185", _FOR_LINUX + "1112"),
        regex=r"your kernel does not support (?:memory|swap|cpu|pids|kernel memory|cgroup cpu).*"
        r"(?:discarded|without swap)",
    ),
    Pattern(
        "log-cgroup-missing",
        "error",
        "Control groups are not set up as the engine needs them",
        (
            "devices cgroup isn't mounted",
            "cgroup mountpoint does not exist",
            "no cgroup mount found",
            "cgroups: cgroup mountpoint",
            "unable to apply cgroup configuration",
            "cannot enter cgroupv2",
        ),
        "dockerd or runc did not find the cgroup hierarchy it needs, or may not write to it.",
        "The daemon or every container fails to start: an init system that does not mount cgroups, "
        "a container host without nesting, or a slice in the way.",
        (
            "findmnt -t cgroup,cgroup2; stat -fc %T /sys/fs/cgroup",
            "in LXC or LXD: security.nesting=true",
            (
                "without systemd: install cgroupfs-mount (Debian) or enable the cgroups service "
                "(OpenRC)"
            ),
        ),
        "Remounting cgroups under running containers kills them.",
        "An error: containers cannot start.",
        (_FOR_LINUX + "219", _FOR_LINUX + "386"),
        unless=("loading cgroup for",),
        cured_by="start",
    ),
    Pattern(
        "log-logging-driver-failed",
        "warning",
        "A container's logging driver could not be set up",
        ("failed to initialize logging driver",),
        "A container did not start because its logging driver could not be set up.",
        "The log server does not answer (fluentd, gelf, syslog over TCP), or an option has a bad "
        "value, which the engine notices only now.",
        (
            "The end of the line says which; correct log-opts, or start the log server",
            '"fluentd-async": "true" lets containers start without the server',
            "make the containers again: they keep the log settings they were created with",
        ),
        "With mode=non-blocking or async, log lines are dropped when the server is away.",
        "A warning: the containers concerned do not start.",
        ("https://docs.docker.com/engine/logging/configure/",),
    ),
    Pattern(
        "log-container-logs-lost",
        "warning",
        "Container log lines could not be written",
        ("failed to log m", "error writing log"),
        "The logging driver took a container's line and could not deliver it.",
        "The log server is down, the disk is full, or lines are too long. What containers say is "
        "being lost.",
        ("df -h; check the log server that docker info --format '{{.LoggingDriver}}' stands for",),
        "None from looking.",
        "A warning: logs are missing when they are needed.",
        ("https://docs.docker.com/engine/logging/configure/",),
        at_least=3,
    ),
    Pattern(
        "log-shim-lost",
        "warning",
        "containerd lost contact with containers",
        (
            "ttrpc: closed",
            "failed to connect to shim",
            "failed to start shim",
            "shim died",
            "shim reaped",
        ),
        "The small process that keeps a container (its shim) died or no longer answers.",
        "The container may run on without being under control: exec, stop and logs fail. Memory "
        "pressure, a half upgraded containerd and full pids limits do it.",
        (
            "ps -ef | grep '[c]ontainerd-shim'",
            "docker inspect --format '{{.State.Pid}} {{.State.Status}}' CONTAINER",
            "docker rm -f CONTAINER and start it again",
        ),
        "Removing the container loses what was not in a volume.",
        "A warning: single containers are out of control.",
        ("https://github.com/containerd/containerd/issues/7566",),
        regex=r"ttrpc: closed|connect to shim|start shim|shim died",
        unless=("shutdown", "level=info"),
        at_least=3,
    ),
    Pattern(
        "log-container-not-restored",
        "error",
        "Containers could not be taken over or started again",
        (
            "failed to restore container",
            "failed to start container",
            "trying to restore sandbox",
        ),
        "When dockerd started, containers that should be running could not be taken over "
        "(live-restore) or started (restart policy).",
        "They are down although their policy says otherwise, and nobody starts them.",
        (
            "docker ps -a --filter status=exited --filter status=created",
            "docker start CONTAINER: shows the reason",
        ),
        "None from looking.",
        "An error: services are down after the start of the daemon.",
        ("https://docs.docker.com/engine/daemon/live-restore/",),
        unless=("level=info", "level=debug", "failed to start containerd"),
    ),
    Pattern(
        "log-runtime-create-failed",
        "warning",
        "Containers could not be created by the runtime",
        ("oci runtime create failed", "failed to create shim task", "runc create failed"),
        "runc refused to make containers, for a reason other than a misspelt command.",
        "The reason stands at the end of the line: a mount, a device, a capability, seccomp or a "
        "cgroup.",
        ("Read the end of the newest line; then: docker start -a CONTAINER",),
        "None from looking.",
        "A warning: the containers concerned do not start.",
        (_DOCS,),
        unless=(
            "executable file not found in $path",
            "no such file or directory: unknown",
            "is a directory",
        ),
        at_least=2,
    ),
    Pattern(
        "log-stop-by-force",
        "note",
        "Containers had to be killed because they do not stop",
        ("failed to exit within",),
        "Containers did not end within their stop timeout and were killed.",
        "Their program ignores SIGTERM: often a shell as process 1. Each stop takes the whole "
        "timeout, 10 s, and the program cannot save its state.",
        (
            'in the Dockerfile: the exec form, CMD ["program"], or run with --init',
            "docker update cannot change it; docker run --stop-timeout 60 where it needs longer",
        ),
        "None.",
        "A note: deployments are slower, and unsaved work of the program is lost.",
        ("https://docs.docker.com/reference/cli/docker/container/stop/",),
        at_least=5,
    ),
    # -- swarm and plugins -----------------------------------------------------------------------
    Pattern(
        "log-swarm-locked",
        "error",
        "The swarm is locked and waits for its key",
        ("swarm is encrypted and needs to be unlocked",),
        "The manager was restarted and its autolock wants the unlock key.",
        "The node is no manager and runs no tasks until somebody unlocks it.",
        ("docker swarm unlock",),
        "Without the key the node must leave the swarm and join again.",
        "An error: the node is out of the swarm.",
        ("https://docs.docker.com/engine/swarm/swarm_manager_locking/",),
    ),
    Pattern(
        "log-swarm-certificate-expired",
        "error",
        "The node's swarm certificate has expired",
        ("swarm certificates have expired", "swarm certificate"),
        "The certificate by which this node is known to its swarm has run out.",
        "It renews itself while the node is connected; a node that was off for 90 days is locked "
        "out. A wrong clock looks the same.",
        ("date; timedatectl", "docker swarm leave; then join again with a fresh token"),
        "Leaving with the only manager destroys the swarm's state.",
        "An error: the node gets no tasks.",
        ("https://docs.docker.com/engine/swarm/how-swarm-mode-works/pki/",),
        regex=r"expired",
    ),
    Pattern(
        "log-swarm-no-leader",
        "error",
        "The swarm had no leader",
        ("swarm does not have a leader", "manager is not leader", "no elected primary"),
        "The managers could not agree on a leader: more than half of them must be reachable.",
        "Nothing can be deployed, and failed tasks are not moved.",
        (
            "docker node ls (on each manager)",
            "bring the missing managers back; check ports 2377/tcp and 7946/tcp+udp",
        ),
        "`docker swarm init --force-new-cluster` is the last resort, on one manager only.",
        "An error: the swarm is headless.",
        ("https://docs.docker.com/engine/swarm/admin_guide/",),
        at_least=3,
    ),
    Pattern(
        "log-swarm-node-lost",
        "warning",
        "The connection between swarm nodes was lost",
        ("agent: session failed", "suspect timeout reached", "memberlist: suspect"),
        "This node lost its manager, or other nodes were taken for dead.",
        "A network fault, a firewall on 7946 or 2377, or a host too busy to answer: tasks are "
        "moved for no good reason.",
        ("docker node ls", "check 2377/tcp, 7946/tcp+udp and 4789/udp between the nodes"),
        "None from looking.",
        "A warning: the swarm heals itself, but overlay networks flap meanwhile.",
        ("https://docs.docker.com/engine/swarm/swarm-tutorial/",),
        at_least=3,
    ),
    Pattern(
        "log-plugin-missing",
        "warning",
        "A plugin could not be loaded",
        (
            "unable to locate plugin",
            "error validating authorization plugin",
            "failed to restore plugin",
            "error enabling plugin",
        ),
        "dockerd could not find or start a plugin that its settings or a volume name.",
        "Volumes of that driver cannot be mounted; a missing authorization plugin ends the daemon.",
        (
            "docker plugin ls; ls /run/docker/plugins /etc/docker/plugins",
            "docker plugin enable NAME",
        ),
        "Taking an authorization plugin out of the settings takes away its rules.",
        "A warning: what depends on the plugin does not start.",
        ("https://docs.docker.com/engine/extend/",),
        unless=("retrying in 1s",),
    ),
    Pattern(
        "log-deprecated-feature",
        "note",
        "dockerd warns that something in use will be removed",
        ("[deprecation notice]", "is deprecated and will be removed"),
        "dockerd found something in use that a later version removes.",
        "The next upgrade of the engine may not start, or change what works today.",
        ("Read the newest line, and https://docs.docker.com/engine/deprecated/",),
        "None from looking.",
        "A note: it works until the upgrade.",
        ("https://docs.docker.com/engine/deprecated/",),
        unless=(
            "tlsverify",
            "api is accessible",
            "future versions this will be a hard failure",
            "containerd config version",
        ),
    ),
    # -- systemd, containerd and the daemon as a whole ------------------------------------------
    Pattern(
        "log-containerd-unreachable",
        "error",
        "dockerd could not reach containerd",
        (
            "containerd.sock",
            "timeout waiting for containerd to start",
            "failed to start containerd",
            "containerd did not exit successfully",
        ),
        "dockerd found no containerd, or it did not answer.",
        "No container can be started or stopped. containerd.service is stopped, crashed (a damaged "
        "meta.db), or its socket lies elsewhere.",
        (
            "systemctl status containerd; sudo journalctl -u containerd -n 50 --no-pager",
            "sudo systemctl restart containerd",
            "{restart}",
        ),
        "Running containers survive a restart of containerd: their shims hold them.",
        _DOWN,
        (_MOBY + "48052",),
        regex=r"context deadline exceeded|connection refused|no such file or directory|"
        r"timeout waiting|failed to start containerd|did not exit successfully",
        unless=("level=info", "[core]", "module=grpc"),
        cured_by="start",
    ),
    Pattern(
        "log-start-limit",
        "error",
        "systemd gave up starting the daemon",
        ("start request repeated too quickly", "start-limit-hit"),
        "dockerd failed several times in a row, and systemd does not try again by itself.",
        "The engine stays down, also after the cause is mended, until the counter is reset.",
        (
            "sudo systemctl reset-failed {unit} docker.socket",
            "sudo systemctl start {unit}",
            "{log}",
        ),
        "None.",
        _DOWN,
        (_MOBY + "33931", _MOBY + "41461"),
        cured_by="start",
    ),
    Pattern(
        "log-not-permitted",
        "error",
        "dockerd was not allowed to do what it must",
        (
            "needs to be started with root",
            "must be started with root",
            "failed to start daemon",
            "operation not permitted",
        ),
        "dockerd could not start because a permission was missing.",
        "It was started by a plain user, in a container without the privileges, or SELinux or "
        "AppArmor stood in the way.",
        (
            "sudo ausearch -m avc -ts recent; sudo dmesg | grep -i denied | tail",
            "in a container: privileged, or a rootless engine",
        ),
        "Turning SELinux off is no cure: load the right policy (container-selinux).",
        _DOWN,
        ("https://docs.docker.com/engine/security/rootless/",),
        regex=r"started with root|failed to start daemon.*(?:permission denied|not permitted)",
        cured_by="start",
    ),
    Pattern(
        "log-daemon-start-failed",
        "error",
        "The daemon failed to start",
        ("failed to start daemon", "error starting daemon"),
        "dockerd ended while it started, for a reason that none of the other patterns knows.",
        "The engine is down. The end of the line says why.",
        ("{log}", "sudo dockerd --validate --config-file {config}", "{restart}"),
        "None from looking.",
        _DOWN,
        (_DOCS,),
        cured_by="start",
    ),
    Pattern(
        "log-daemon-killed-for-memory",
        "error",
        "The daemon was killed for lack of memory",
        ("killed by the oom killer", "result 'oom-kill'"),
        "The kernel killed a process of the engine's unit because memory ran out.",
        "When it is dockerd or containerd, containers lose their keeper; when it is a container in "
        "the unit's group, a limit is too small.",
        ("free -h; docker stats --no-stream", "give containers memory limits, or the host more"),
        "Limits that are too small kill the containers instead.",
        "An error: the daemon itself is at stake.",
        ("https://docs.docker.com/engine/containers/resource_constraints/",),
    ),
    Pattern(
        "log-daemon-crashed",
        "warning",
        "The daemon crashed",
        (
            "panic: ",
            "fatal error: ",
            "sigsegv",
            "code=dumped",
            "code=killed, status=9",
            "status=2/invalidargument",
        ),
        "dockerd or containerd ended with a crash of its own, or was killed from outside.",
        "Containers stop unless live-restore is on. It is a bug, damaged memory or disk, or "
        "somebody's kill.",
        (
            "{log}",
            (
                "keep the trace, upgrade the engine, and report it: "
                "https://github.com/moby/moby/issues"
            ),
        ),
        "None from looking.",
        "A warning: the daemon may be up again by now; a crash that came once comes again.",
        ("https://github.com/moby/moby/issues",),
        regex=r"^(?:panic|fatal error): |sigsegv|main process exited, code=(?:dumped|killed)|"
        r"main process exited.*status=2",
        unless=("status=15",),
    ),
    # -- the kernel ------------------------------------------------------------------------------
    Pattern(
        "log-oom-container",
        "warning",
        "The kernel killed processes at their memory limit",
        ("memory cgroup out of memory",),
        "A group of processes with a memory limit, mostly a container, reached it, and the kernel "
        "killed a process in it.",
        "The program in the container died without a word in its own log. Docker shows it as "
        "OOMKilled, exit code 137.",
        (
            "docker ps -a --filter exited=137",
            (
                "docker inspect --format '{{.Name}} {{.State.OOMKilled}} {{.HostConfig.Memory}}' "
                "$(docker ps -aq)"
            ),
            "docker update --memory 1g --memory-swap 1g CONTAINER, and in its compose file",
        ),
        "A larger limit takes the memory from others.",
        "A warning: the limit did its work; the program behind it did not.",
        ("https://docs.docker.com/engine/containers/resource_constraints/",),
        kernel=True,
    ),
    Pattern(
        "log-oom-host",
        "error",
        "The host ran out of memory and the kernel killed processes",
        ("out of memory: kill",),
        "The whole machine had no memory left, and the kernel chose a process to kill.",
        "Which one is a matter of points: it may be a database, dockerd's containers or sshd.",
        (
            "free -h; swapon --show",
            "docker stats --no-stream: give the largest a memory limit",
        ),
        "Swap on slow disks makes everything slow instead.",
        "An error: the machine lost processes nobody chose.",
        ("https://docs.docker.com/engine/containers/resource_constraints/",),
        unless=("memory cgroup",),
        kernel=True,
    ),
)
