"""macOS 15 with OrbStack, as it comes: a good state."""

from __future__ import annotations

from tests.hosts.desktop_machine import HOME, Mac, engine_info, version_of

FAILS: dict[str, str] = {}
SOCKET = f"{HOME}/.orbstack/run/docker.sock"


def orbstack(mac: Mac) -> None:
    """OrbStack's app, engine and context."""
    mac.files["/Applications/OrbStack.app/Contents/Info.plist"] = b""
    mac.files[f"{HOME}/.orbstack/vmconfig.json"] = b"{}"
    mac.program("orb", "/usr/local/bin/orb")
    mac.process(2101, "OrbStack", "/Applications/OrbStack.app/Contents/MacOS/OrbStack", uid=501)
    mac.process(2140, "OrbStack Helper", "/Applications/OrbStack.app/Contents/Frameworks/OrbStack "
                "Helper.app/Contents/MacOS/OrbStack Helper", "vmgr", parent=2101, uid=501)  # fmt: skip
    mac.socket(SOCKET)
    mac.context("orbstack", f"unix://{SOCKET}")
    info = engine_info(
        "desktop/037.txt", ServerVersion="29.10.0", Architecture="aarch64", NCPU=10,
        MemTotal=16_700_000_000, Driver="overlay2", LiveRestoreEnabled=False,
    )  # fmt: skip
    mac.answers(f"unix://{SOCKET}", info, version_of(info, "Docker Engine - Community"))


def machine() -> Mac:
    mac = Mac("15")
    mac.docker_cli("/usr/local/bin/docker")
    for name in ("docker-buildx", "docker-compose"):
        mac.program(name, f"{HOME}/.docker/cli-plugins/{name}")
    mac.program("docker-credential-osxkeychain", "/usr/local/bin/docker-credential-osxkeychain")
    orbstack(mac)
    mac.links["/private/var/run/docker.sock"] = SOCKET
    mac.docker_config(auths={}, credsStore="osxkeychain", currentContext="orbstack")
    return mac
