"""Names of keys: unknown, removed, too new, singular, and given on the command line as well.

Source: moby v28.5.2 daemon/config/config.go (``findConfigurationConflicts``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.formats.daemon_json import keys
from probes.formats.daemon_json.settings import printed

if TYPE_CHECKING:
    from probes.formats.daemon_json.host_facts import HostFacts
    from probes.formats.daemon_json.report import Report
    from probes.formats.daemon_json.settings import Flattened, Settings

_CLIENT_KEYS = frozenset(
    {
        "aliases",
        "auths",
        "cliPluginsExtraDirs",
        "credHelpers",
        "credsStore",
        "credstore",
        "currentContext",
        "detachKeys",
        "HttpHeaders",
        "imagesFormat",
        "kubernetes",
        "orchestrator",
        "plugins",
        "psFormat",
        "stackOrchestrator",
    }
)
_ELSEWHERE = {
    "max-size": "log-opts",
    "max-file": "log-opts",
    "compress": "log-opts",
    "max-buffer-size": "log-opts",
    "mode": "log-opts",
    "tag": "log-opts",
    "buildkit": "features",
    "containerd-snapshotter": "features",
    "cdi": "features",
    "gc": "builder",
    "nofile": "default-ulimits",
    "memlock": "default-ulimits",
    "nproc": "default-ulimits",
    "core": "default-ulimits",
    "base": "default-address-pools",
    "size": "default-address-pools",
    "httpProxy": "proxies",
    "httpsProxy": "proxies",
    "noProxy": "proxies",
    "native.cgroupdriver": "exec-opts",
    "overlay2.size": "storage-opts",
    "nvidia": "runtimes",
}
_PROXY_NAMES = {"httpProxy": "http-proxy", "httpsProxy": "https-proxy", "noProxy": "no-proxy"}
_RENAMED = {
    "graph": "data-root",
    "oom-score-adjust": "",
    "mirror": "registry-mirrors",
    "mirrors": "registry-mirrors",
    "registries": "insecure-registries",
    "dns-servers": "dns",
    "loglevel": "log-level",
    "logging-driver": "log-driver",
    "logging": "log-driver",
    "ulimits": "default-ulimits",
    "shm-size": "default-shm-size",
    "runtime": "default-runtime",
    "cgroup-driver": "exec-opts",
    "cgroupdriver": "exec-opts",
    "root": "data-root",
    "data": "data-root",
    "cidr": "fixed-cidr",
    "address-pools": "default-address-pools",
    "userns": "userns-remap",
    "seccomp": "seccomp-profile",
    "proxy": "proxies",
    "gpus": "runtimes",
    "containerd-plugin-namespace": "",
    "default-init": "init-path",
    "resolv-conf": "dns",
}
_CLOSE = 0.65


def nearest_key(name: str, engine: tuple[int, ...]) -> str | None:
    """The valid key that a name was probably meant to be, None when there is none near."""
    renamed = _RENAMED.get(name.lower())
    if renamed is not None:
        return renamed or None
    from difflib import get_close_matches

    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    valid = [key.name for key in keys.KEYS if key.exists_in(engine) and not key.ignored_since]
    squeezed = {key.replace("-", ""): key for key in valid}
    if plain in valid:
        return plain
    if plain.replace("-", "") in squeezed:
        return squeezed[plain.replace("-", "")]
    if plain in keys.SINGULAR and keys.SINGULAR[plain] in valid:
        return keys.SINGULAR[plain]
    found = get_close_matches(plain, valid, n=1, cutoff=_CLOSE)
    return found[0] if found else None


def judge_names(report: Report, settings: Settings, prefix: str) -> None:
    """Report every key that the engine's parser does not know."""
    unknown = [name for name in settings.flat if not keys.is_accepted(name, settings.engine)]
    if not unknown:
        return
    text = (
        f"{prefix}the following directives don't match any configuration option: "
        f"{', '.join(unknown)}"
    )
    for name in unknown:
        for place in settings.flat[name]:
            code, message, suggestion, known_in = _unknown(name, place, settings.engine)
            report.refuse(
                code,
                message,
                place.member,
                text=text,
                key=place.path,
                suggestion=suggestion,
                known_in=known_in,
            )


def _unknown(
    name: str, place: Flattened, engine: tuple[int, ...]
) -> tuple[str, str, str | None, str | None]:
    """Code, message, suggestion and known releases for a name that is not accepted."""
    version = f"{engine[0]}.{engine[1]}"
    key = keys.BY_NAME.get(name)
    if key is not None:
        if key.removed and engine[:2] >= key.removed:
            nearest = _RENAMED.get(name) or None
            instead = f" Use {nearest} instead." if nearest else ""
            return (
                "daemon-json-removed-key",
                (
                    f"{name} was removed in {key.removed[0]}.{key.removed[1]}, and engine {version} "
                    f"does not start with it.{instead}"
                ),
                nearest,
                key.known_in,
            )
        since = key.since or (0, 0)
        return (
            "daemon-json-key-too-new",
            (
                f"{name} exists from {since[0]}.{since[1]} on, and engine {version} does not start "
                "with it."
            ),
            None,
            key.known_in,
        )
    if name in keys.LONG_GONE:
        return (
            "daemon-json-removed-key",
            (
                f"{name} was removed in {keys.LONG_GONE[name]}, and engine {version} does not start "
                "with it."
            ),
            None,
            f"before {keys.LONG_GONE[name]}",
        )
    nearest = _nearest(name, place, engine)
    return "daemon-json-unknown-key", _unknown_message(name, place, nearest), nearest, None


def _nearest(name: str, place: Flattened, engine: tuple[int, ...]) -> str | None:
    """What to suggest for an unknown name, with the object it belongs into."""
    if name in _CLIENT_KEYS:
        return None
    inside = place.parent.key if place.parent else ""
    if name in _PROXY_NAMES:
        proper = _PROXY_NAMES[name]
        return proper if inside == "proxies" else f"proxies.{proper}"
    if name in _ELSEWHERE and inside != _ELSEWHERE[name]:
        return f"{_ELSEWHERE[name]}.{name}" if keys.is_flat(_ELSEWHERE[name], engine) else None
    return nearest_key(name, engine)


def _unknown_message(name: str, place: Flattened, nearest: str | None) -> str:
    start = f"The engine knows no key {name} and does not start"
    if name in _CLIENT_KEYS:
        return f"{start}; it belongs into the client's ~/.docker/config.json."
    if place.parent is not None:
        parent = place.parent.key
        if parent == "proxies":
            if name == "default" or name in _PROXY_NAMES:
                proper = _PROXY_NAMES.get(name, "http-proxy, https-proxy and no-proxy")
                return (
                    f"{start}; this is the client's way to write proxies, the engine wants "
                    f"{proper} directly in proxies."
                )
            return f"{start}; proxies holds http-proxy, https-proxy and no-proxy."
        real = keys.SINGULAR.get(parent) or nearest_key(parent, keys.NEWEST)
        if keys.is_flat(real or "", keys.NEWEST):
            return f"{start}; the object {parent} around it is no key either: it is spelt {real}."
        return (
            f"{start}; the object {parent} around it is not a key, so its content counts as keys."
        )
    if name in _ELSEWHERE:
        return f"{start}; {name} belongs inside {_ELSEWHERE[name]}."
    if nearest:
        return f"{start}; the nearest key is {nearest}."
    return f"{start}."


def judge_conflicts(
    report: Report, settings: Settings, host: HostFacts, path: str, prefix: str
) -> None:
    """Report keys that are also given as a flag, and the pair of host-gateway keys."""
    flat = settings.flat
    given = {"config-file": path, **host.flags}
    if settings.engine >= (23, 0):
        given.setdefault("validate", "true")
    parts: list[str] = []
    found: list[tuple[str, Flattened]] = []
    pairs = [(flag, keys.SINGULAR.get(flag, flag)) for flag in sorted(given)]
    if settings.engine >= (28, 0) and "host-gateway-ip" in given:
        # One flag for the old key and the new one; the old one is looked at last.
        pairs = [pair for pair in pairs if pair[0] != "host-gateway-ip"]
        pairs = sorted([*pairs, ("host-gateway-ip", "host-gateway-ips")])
        pairs.append(("host-gateway-ip", "host-gateway-ip"))
    for flag, name in pairs:
        if name == "runtimes" or name not in flat or not keys.is_accepted(name, settings.engine):
            continue
        place = flat[name][-1]
        shown = f"(from flag: {given[flag]}, from file: {printed(place.member.value)})"
        parts.append(f"{name}: {shown}")
        found.append((flag, place))
    texts: list[str] = []
    pair = flat.get("host-gateway-ip"), flat.get("host-gateway-ips")
    both = settings.engine >= (28, 0) and pair[0] and pair[1]
    if both:
        texts.append(
            "host-gateway-ip and host-gateway-ips must not both be specified in the config file"
        )
    if parts:
        texts.append(
            "the following directives are specified both as a flag and in the configuration "
            f"file: {', '.join(parts)}"
        )
    text = prefix + "\n".join(texts)
    if both and pair[0]:
        report.refuse(
            "daemon-json-exclusive-keys",
            "host-gateway-ip and host-gateway-ips are the old and the new form of one setting, "
            "and the engine does not start with both.",
            pair[0][-1].member,
            text=text,
            key="host-gateway-ip",
            suggestion="host-gateway-ips",
        )
    for flag, place in found:
        if flag in keys.FLAG_ONLY:
            report.refuse(
                "daemon-json-flag-as-key",
                f"{place.path} is a flag of dockerd, not a key: the engine refuses the file when "
                "the flag is given, and ignores the key when it is not.",
                place.member,
                text=text,
                key=place.path,
            )
            continue
        report.refuse(
            "daemon-json-flag-conflict",
            f"{place.path} is also given on dockerd's command line (--{flag}), and the engine "
            "does not start with both, even with equal values.",
            place.member,
            text=text,
            key=place.path,
        )
