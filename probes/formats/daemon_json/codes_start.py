"""Pages of the problems that pass the parser and show at start, or in containers."""

from __future__ import annotations

from typing import Final

from probes.formats.daemon_json.codes_refused import DEPRECATED, DOCS
from probes.formats.problems import CodeInfo

_MOBY: Final = "https://github.com/moby/moby/blob/v28.5.2/"
_LOGGING: Final = "https://docs.docker.com/engine/logging/configure/"
_STORAGE: Final = "https://docs.docker.com/engine/storage/drivers/select-storage-driver/"
_RUNTIMES: Final = "https://docs.docker.com/engine/daemon/alternative-runtimes/"
_GC: Final = "https://docs.docker.com/build/cache/garbage-collection/"
_POOLS: Final = "https://docs.docker.com/engine/network/#automatic-subnet-allocation"

_PASSES: Final = "`dockerd --validate` says OK; the engine stops at its next start."
_START: Final = "The engine does not start, although the official check passes."
_NETWORKS: Final = (
    "Only networks made later get the new ranges; existing networks keep theirs until they are "
    "made anew."
)
_OLD_LOGS: Final = (
    "Log settings are copied into a container when it is made: existing containers keep the old "
    "ones until they are made anew."
)

START: Final[dict[str, CodeInfo]] = {
    "daemon-json-log-driver-unknown": CodeInfo(
        title="The log driver does not exist",
        level="error",
        reads="log-driver, against the drivers built into this engine and those it has registered.",
        why=_PASSES,
        mend="Write a driver that exists (local or json-file for files on this host), or install "
        "and enable the plugin before the restart.",
        risk=_OLD_LOGS,
        severity_reason=_START,
        references=(_LOGGING, f"{_MOBY}daemon/logger/factory.go"),
    ),
    "daemon-json-log-opt-unknown": CodeInfo(
        title="The log driver does not know an option",
        level="error",
        reads="The names in log-opts, against the options of the log driver in this engine.",
        why=_PASSES,
        mend="Correct the name, or take out options that belong to another driver (max-size and "
        "max-file are for json-file and local).",
        risk=_OLD_LOGS,
        severity_reason=_START,
        references=(_LOGGING, f"{_MOBY}daemon/logger/"),
    ),
    "daemon-json-log-opt-value": CodeInfo(
        title="A log option has a value that its driver refuses",
        level="error",
        reads="The values in log-opts, by the rules of the log driver.",
        why="Some drivers check values at the engine's start; json-file, local and splunk only "
        "when a container is made. Then the engine runs, old containers run, and every new one "
        "fails.",
        mend="Write the value in the form that the message names, as a text in double quotes.",
        risk=_OLD_LOGS,
        severity_reason="The engine or every new container does not start.",
        references=(_LOGGING, f"{_MOBY}daemon/logger/jsonfilelog/jsonfilelog.go"),
    ),
    "daemon-json-storage-driver-unknown": CodeInfo(
        title="The storage driver does not exist",
        level="error",
        reads="storage-driver.",
        why=_PASSES,
        mend="Take the key out: the engine finds the right driver. Or write one that exists.",
        risk="Another storage driver does not see the images and containers of the one before.",
        severity_reason=_START,
        references=(_STORAGE,),
    ),
    "daemon-json-storage-driver-removed": CodeInfo(
        title="The storage driver was removed from the engine",
        level="error",
        reads="storage-driver, against the release that removed it.",
        why=_PASSES + " aufs and overlay went with 24.0, devicemapper with 25.0.",
        mend="Go back to the engine before, save images (`docker save`) and volumes, set "
        "overlay2, upgrade, load them again.",
        risk="With another driver all images and containers seem to be gone; they stay on disk "
        "until someone removes them. Never delete the data root to make room in between.",
        severity_reason=_START,
        references=(DEPRECATED, _STORAGE),
    ),
    "daemon-json-storage-opt-unknown": CodeInfo(
        title="The storage driver refuses an option",
        level="error",
        reads="storage-opts, against the options of the storage driver.",
        why=_PASSES + " overlay2.override_kernel_check went with 24.0 and is still common.",
        mend="Take the option out, or write one that the driver has.",
        risk="overlay2.size works on xfs with project quotas only.",
        severity_reason=_START,
        references=(_STORAGE, f"{_MOBY}daemon/graphdriver/overlay2/overlay.go"),
    ),
    "daemon-json-default-runtime-missing": CodeInfo(
        title="The default runtime is not defined",
        level="error",
        reads="default-runtime and the names in runtimes.",
        why=_PASSES + " Typical for nvidia after its runtimes block was lost.",
        mend="Add the runtime to runtimes (for nvidia: `nvidia-ctk runtime configure`), or take "
        "default-runtime out.",
        risk="Containers that relied on the default runtime start without its devices.",
        severity_reason=_START,
        references=(_RUNTIMES, f"{_MOBY}daemon/runtime_unix.go"),
    ),
    "daemon-json-runtime-invalid": CodeInfo(
        title="A runtime is defined in a way the engine refuses",
        level="error",
        reads="Each entry of runtimes: path, runtimeType, runtimeArgs, options.",
        why="A runtime has a path, with arguments, or a runtimeType, with options, and never the "
        "name runc. " + _PASSES,
        mend="Keep either path and runtimeArgs or runtimeType and options; use another name than "
        "runc.",
        risk="Containers remember the name of their runtime: they do not start when it is gone.",
        severity_reason=_START,
        references=(_RUNTIMES, f"{_MOBY}daemon/runtime_unix.go"),
    ),
    "daemon-json-cgroup-driver-invalid": CodeInfo(
        title="exec-opts does not name a cgroup driver that exists",
        level="error",
        reads="exec-opts.",
        why="Neither the names (before 28.0) nor the values are checked by the parser. " + _PASSES,
        mend="Write native.cgroupdriver=systemd or native.cgroupdriver=cgroupfs, or take the key "
        "out.",
        risk="A Kubernetes node needs the same cgroup driver in kubelet and engine.",
        severity_reason=_START,
        references=(DOCS, f"{_MOBY}daemon/daemon_unix.go"),
    ),
    "daemon-json-cgroup-parent-invalid": CodeInfo(
        title="cgroup-parent is no slice although systemd manages cgroups",
        level="error",
        reads="cgroup-parent and the cgroup driver.",
        why=_PASSES,
        mend='Write the name of a slice, such as "containers.slice", or take the key out.',
        risk="Limits that were set on the old parent no longer hold for new containers.",
        severity_reason=_START,
        references=(f"{_MOBY}daemon/daemon_unix.go",),
    ),
    "daemon-json-bridge-address-invalid": CodeInfo(
        title="The address of the default bridge cannot work",
        level="error",
        reads="bip, bip6 and fixed-cidr.",
        why=_PASSES,
        mend="bip is an address of the bridge inside its subnet (172.17.0.1/16), fixed-cidr a "
        "part of that subnet (172.17.1.0/24).",
        risk="docker0 and the containers on it get other addresses after the restart.",
        severity_reason=_START,
        references=("https://docs.docker.com/engine/network/drivers/bridge/",),
    ),
    "daemon-json-pool-invalid": CodeInfo(
        title="An address pool cannot be read",
        level="error",
        reads="default-address-pools: base and size of each pool.",
        why=_PASSES,
        mend='Write each pool as `{"base": "10.10.0.0/16", "size": 24}`.',
        risk=_NETWORKS,
        severity_reason=_START,
        references=(_POOLS, f"{_MOBY}libnetwork/ipams/defaultipam/allocator.go"),
    ),
    "daemon-json-pool-size": CodeInfo(
        title="The size of an address pool does not fit its base",
        level="error",
        reads="default-address-pools: size against the prefix length of base.",
        why="size is the prefix length of each network cut out of base, so it must be at least "
        "as long as that of base, and leave room for a gateway and containers. " + _PASSES,
        mend="Choose a size longer than the base's prefix, e.g. 24 for a base with /16.",
        risk=_NETWORKS,
        severity_reason=_START,
        references=(_POOLS,),
    ),
    "daemon-json-pool-overlap": CodeInfo(
        title="Two address pools overlap",
        level="warning",
        reads="default-address-pools: the bases against each other.",
        why="Engines from 27 on drop the smaller pool without a word; older ones may give two "
        "networks the same range.",
        mend="Take one of them out, or cut the ranges so that they do not touch.",
        risk=_NETWORKS,
        severity_reason="The engine starts; networks may run out or collide later.",
        references=(_POOLS, f"{_MOBY}libnetwork/ipams/defaultipam/address_space.go"),
    ),
    "daemon-json-pool-few-networks": CodeInfo(
        title="The address pools hold next to no networks",
        level="warning",
        reads="default-address-pools: how many networks of the given size fit into all pools.",
        why="Each Compose project makes a network of its own; soon one fails with "
        "“all predefined address pools have been fully subnetted”.",
        mend="Choose a longer size or add pools, so that there are many networks (a /16 with "
        "size 24 gives 256).",
        risk=_NETWORKS,
        severity_reason="Works for the first few networks.",
        references=(_POOLS,),
    ),
    "daemon-json-pool-host-bits": CodeInfo(
        title="The base of an address pool points inside its subnet",
        level="warning",
        reads="default-address-pools: the bits of base behind its prefix length.",
        why="The engine masks them away: the pool begins earlier than it was written, maybe in a "
        "range that something else uses.",
        mend="Write the first address of the subnet, or the prefix length that was meant.",
        risk=_NETWORKS,
        severity_reason="The engine starts; the range is not the one written.",
        references=(_POOLS,),
    ),
    "daemon-json-needs-experimental": CodeInfo(
        title="A setting needs experimental in this engine",
        level="error",
        reads="ip6tables and experimental in engines before 27.0.",
        why=_PASSES,
        mend="Set experimental to true as well, or upgrade to 27.0 or later, where ip6tables is on "
        "by default.",
        risk="experimental turns on other unfinished features too.",
        severity_reason=_START,
        references=("https://docs.docker.com/engine/daemon/ipv6/",),
    ),
    "daemon-json-mirror-invalid": CodeInfo(
        title="A registry mirror is no plain URL",
        level="error",
        reads="registry-mirrors, in engines before 28.3, whose parser does not check them.",
        why=_PASSES,
        mend="Write each mirror as https://host or http://host, without user, query or fragment.",
        risk="A wrong mirror slows every pull down before Docker Hub is asked.",
        severity_reason=_START,
        references=("https://docs.docker.com/docker-hub/image-library/mirror/",),
    ),
    "daemon-json-insecure-registry-invalid": CodeInfo(
        title="An insecure registry is no host",
        level="error",
        reads="insecure-registries.",
        why=_PASSES,
        mend="Write host, host:port or a subnet in CIDR form, without a scheme or a path.",
        risk="Everything pulled from such a registry can be exchanged on its way.",
        severity_reason=_START,
        references=(f"{_MOBY}registry/config.go",),
    ),
    "daemon-json-ulimit-invalid": CodeInfo(
        title="A default limit cannot be set",
        level="error",
        reads="default-ulimits: names, and soft against hard values.",
        why="The parser takes everything; then no container starts that has no limit of its own "
        "of that name.",
        mend='Write `"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 64000}` with soft at '
        "most hard.",
        risk="Limits reach containers made after the restart only.",
        severity_reason="New containers do not start.",
        references=(DOCS,),
    ),
    "daemon-json-builder-gc-value": CodeInfo(
        title="A size of the build cache is not one",
        level="error",
        reads="builder.gc: keepStorage, reservedSpace and the other sizes.",
        why=_PASSES,
        mend='Write sizes such as "20GB", from 28.0 on also shares of the disk such as "10%".',
        risk="A smaller size removes cache at the next build.",
        severity_reason=_START,
        references=(_GC,),
    ),
    "daemon-json-host-port-invalid": CodeInfo(
        title="A listening address has a port that does not exist",
        level="error",
        reads="hosts: the port of each TCP address.",
        why=_PASSES,
        mend="Write a port between 1 and 65535; 2376 is usual with TLS.",
        risk="Clients must be told the new port.",
        severity_reason=_START,
        references=(DOCS,),
    ),
    "daemon-json-tcp-without-tls": CodeInfo(
        title="The API listens on the network without TLS",
        level="warning",
        reads="hosts, tls and tlsverify.",
        why="Whoever reaches the port is root on this machine; such ports are found and abused "
        "within hours. The engine also waits 16 seconds at each start.",
        mend="Take the address out and use ssh:// (`docker -H ssh://user@host`), or set "
        "tlsverify with certificates.",
        risk="Clients and tools that use the port lose their connection.",
        severity_reason="The engine starts; the machine is open to its network.",
        references=("https://docs.docker.com/engine/security/protect-access/",),
    ),
    "daemon-json-seccomp-profile-missing": CodeInfo(
        title="The seccomp profile is not there",
        level="error",
        reads="seccomp-profile, and whether the file exists on this machine.",
        why=_PASSES,
        mend="Put the file there, correct the path, or take the key out for the built-in profile.",
        risk='"unconfined" would let containers make every system call.',
        severity_reason="The engine does not start on this machine; on another it may.",
        references=("https://docs.docker.com/engine/security/seccomp/",),
    ),
}
