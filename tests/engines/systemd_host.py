"""A Debian host with systemd as PID 1 and its own Docker, as a container of a test engine.

Its root file system is made once by debootstrap and kept in the cache.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engines import packages
from tests.engines.daemon import COMMAND_S, Engine, EngineError, mount_points, require_host
from tests.engines.packages import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

LAYOUT = 1
SUITE = "bookworm"
IMAGE = "hullcheck-systemd-host:1"
BOOT_S = 60.0

_INCLUDED = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "docker.io",
    "iptables",
    "python3",
    "openssh-server",
    "iproute2",
    "procps",
    "ca-certificates",
)
# Not needed to run, and half of the files.
_DROPPED = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man")
# Needs: mount (systemd and the inner runc), network (the inner bridge), and what runc sets up.
_NEEDED = ("SYS_ADMIN", "NET_ADMIN", "SYS_CHROOT", "MKNOD")


def root_archive() -> Path:
    """A tar of the host's root file system, built on first use (about two minutes).

    Raises:
        EngineUnavailable: it cannot be built here.
    """
    target = packages.cache_dir() / f"systemd-host-{SUITE}-{LAYOUT}.tar"
    if target.exists():
        return target
    require_host()
    packages.ensure_system_packages({"debootstrap": "debootstrap"})
    with packages.locked("systemd-host.lock"):
        if not target.exists():
            _build(target)
    return target


def _build(target: Path) -> None:
    sources = packages.apt_sources()
    if not sources:
        raise EngineUnavailable("this machine's apt sources name no Debian mirror")
    source = sources[0]
    keys = source.signed_by.replace(",", " ").split()
    keyring = keys[0] if source.signed_by.startswith("/") else ""
    for stale in packages.cache_dir().glob(".host-*"):
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".host-", dir=packages.cache_dir()) as scratch:
        root = Path(scratch, "root")
        packages.run_tool(
            [
                # Its mounts end with it, however it ends.
                *("unshare", "--mount", "--propagation", "private", "--"),
                "debootstrap",
                "--variant=minbase",
                f"--include={','.join(_INCLUDED)}",
                *([f"--keyring={keyring}"] if keyring else []),
                SUITE,
                root,
                source.uri,
            ],
            timeout=1800,
        )
        for name in _DROPPED:
            for path in (root / name).glob("*"):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        (root / "etc/hostname").write_text("hullcheck-host\n")
        (root / "etc/machine-id").write_text("")
        archive = Path(scratch, "root.tar")
        packages.run_tool(["tar", "--numeric-owner", "-cf", archive, "-C", root, "."])
        archive.rename(target)


def _capabilities() -> list[str]:
    """Every capability this process may hand on; a name unknown to runc is left out."""
    status = Path("/proc/self/status").read_text()
    match = re.search(r"^CapBnd:\s*([0-9a-f]+)", status, re.MULTILINE)
    bits = int(match[1], 16) if match else 0
    return [name for number, name in enumerate(_CAPABILITIES) if bits >> number & 1]


def _cgroup_mounts() -> list[str]:
    """The docker run arguments that give a host its cgroups.

    With cgroup v1, systemd makes the tmpfs above the controllers read-only, for everyone who
    shares it: so the host gets a tmpfs of its own, and each controller by itself.
    """
    root = "/sys/fs/cgroup"
    controllers = [point for point, _ in mount_points() if point.startswith(f"{root}/")]
    if not controllers:
        return [f"--volume={root}:{root}:rw"]
    return [f"--tmpfs={root}", *(f"--volume={point}:{point}:rw" for point in controllers)]


# In the kernel's order (linux/capability.h).
_CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO "
    "SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME "
    "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG "
    "WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split()


@dataclass
class SystemdHost:
    """A running host. Entering the context boots it; leaving removes it.

    Attributes:
        engine: the running engine that carries it.
        name: the container's name.
        run_args: more arguments for docker run.
        overlay: give the inner Docker a volume, so that it uses overlay2 instead of vfs.
    """

    engine: Engine
    name: str = "systemd-host"
    run_args: Sequence[str] = field(default_factory=tuple)
    overlay: bool = True

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Boot it and wait until systemd has settled.

        Raises:
            EngineUnavailable: this machine lacks what such a host needs.
        """
        capabilities = _capabilities()
        missing = [name for name in _NEEDED if name not in capabilities]
        if missing:
            raise EngineUnavailable(f"a systemd host needs CAP_{', CAP_'.join(missing)}")
        archive = root_archive()
        if self.engine.docker("image", "inspect", IMAGE, check=False).returncode:
            self.engine.docker("import", str(archive), IMAGE, timeout=600)
        volume = [f"--volume={self.name}-docker:/var/lib/docker"] if self.overlay else []
        self.engine.docker(
            "run",
            "--detach",
            f"--name={self.name}",
            f"--hostname={self.name}",
            *(f"--cap-add={capability}" for capability in capabilities),
            "--security-opt=seccomp=unconfined",
            "--security-opt=apparmor=unconfined",
            "--cgroupns=host",
            *_cgroup_mounts(),
            "--tmpfs=/run",
            "--tmpfs=/tmp:exec",
            "--env=container=docker",
            "--stop-signal=SIGRTMIN+3",
            *volume,
            *self.run_args,
            IMAGE,
            "/sbin/init",
        )
        self._wait_until_booted()

    def _wait_until_booted(self) -> None:
        state = ""
        deadline = time.monotonic() + BOOT_S
        while time.monotonic() < deadline:
            done = self.run("systemctl", "is-system-running", check=False)
            state = done.stdout.strip() or done.stderr.strip()
            if state in {"running", "degraded"}:
                return
            time.sleep(0.2)
        logs = self.engine.docker("logs", "--tail=40", self.name, check=False)
        said = logs.stdout.strip().splitlines()[-1:] or ["nothing"]
        raise EngineUnavailable(
            f"systemd does not boot in a container here: {state!r} after {BOOT_S:.0f} s, it said "
            f"{said[0]!r}"
        )

    def stop(self) -> None:
        """Remove the host and its volume."""
        with contextlib.suppress(EngineError, subprocess.TimeoutExpired):
            # Else the inner containers' cgroups, which lie beside this host's own, stay.
            self.run("/bin/sh", "-c", "docker ps -aq | xargs -r docker rm -f", check=False)
            self.engine.docker("rm", "--force", "--volumes", self.name, check=False)
            self.engine.docker("volume", "rm", "--force", f"{self.name}-docker", check=False)

    def run(
        self,
        *argv: str,
        check: bool = True,
        input: bytes | None = None,  # noqa: A002 - as in subprocess
        user: str = "root",
        env: Mapping[str, str] | None = None,
        timeout: float = COMMAND_S,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside."""
        variables = [f"--env={name}={value}" for name, value in (env or {}).items()]
        return self.engine.docker(
            "exec", "-i", f"--user={user}", *variables, self.name, *argv,
            check=check, input=input, timeout=timeout,
        )  # fmt: skip

    def copy_in(self, path: str | Path, dest: str) -> None:
        """Copy a file or folder of this machine to a path inside, links followed at the top only.

        `docker cp` cannot write to the tmpfs mounts of a container (/run, /tmp); this can.
        """
        source = Path(path).resolve()
        parent = str(Path(dest).parent)
        packed = subprocess.run(
            ["tar", "-C", source.parent, "-cf", "-", "--", source.name],
            capture_output=True, check=True, timeout=COMMAND_S,
        ).stdout  # fmt: skip
        script = (
            f"set -e; mkdir -p {shlex.quote(parent)}; "
            f"tmp=$(mktemp -d -p {shlex.quote(parent)}); "
            'tar -C "$tmp" -xf - --no-same-owner; '
            f'mv -T "$tmp"/{shlex.quote(source.name)} {shlex.quote(dest)}; rmdir "$tmp"'
        )
        self.run("/bin/sh", "-c", script, input=packed)

    def write(self, dest: str, content: str | bytes) -> None:
        """Write a file inside; its folder is made where missing."""
        data = content.encode() if isinstance(content, str) else content
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1"'
        self.run("/bin/sh", "-c", script, "sh", dest, input=data)
