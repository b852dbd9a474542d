"""The log driver, storage driver and runtimes that the file chooses, with their options.

Sources: moby v28.5.2 ``daemon/logger/factory.go``, ``daemon/graphdriver``,
``daemon/runtime_unix.go`` (``setupRuntimes``); the storage drivers that went, ``driver_linux.go``
of v23.0.18, v24.0.9 and v25.0.17.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.formats.daemon_json import go_values, log_options

if TYPE_CHECKING:
    from probes.formats.daemon_json.host_facts import HostFacts
    from probes.formats.daemon_json.report import Report
    from probes.formats.daemon_json.settings import Settings
    from probes.formats.json_document import Member, Node


def judge_drivers(report: Report, settings: Settings, host: HostFacts) -> None:
    """Report drivers, options and runtimes with which the engine or its containers fail."""
    _log_driver(report, settings, host)
    _storage(report, settings)
    _runtimes(report, settings, host)


_STORAGE_REMOVED = {"aufs": (24, 0), "overlay": (24, 0), "devicemapper": (25, 0)}
_STORAGE = ("overlay2", "fuse-overlayfs", "btrfs", "zfs", "vfs")
_STORAGE_OPTIONS = {
    "overlay2": ("overlay2.size",),
    "btrfs": ("btrfs.min_space",),
    "zfs": ("zfs.fsname",),
    "vfs": ("size",),
}


def _log_driver(report: Report, settings: Settings, host: HostFacts) -> None:
    found = settings.text("log-driver")
    driver = found[0] if found else "json-file"
    known = log_options.drivers(settings.engine)
    members = settings.map_members("log-opts")
    registered = host.log_drivers or frozenset()
    if found and driver not in known and driver not in registered:
        if "/" in driver or ":" in driver:
            report.add(
                "daemon-json-log-driver-unknown",
                f"{driver} must be an installed and enabled plugin, or the engine does not start.",
                found[1],
                key="log-driver",
                machine=True,
                level="note",
            )
            return
        from difflib import get_close_matches

        near = get_close_matches(driver.replace("_", "-"), known, n=1, cutoff=0.6)
        report.add(
            "daemon-json-log-driver-unknown",
            f'There is no log driver "{driver}", and the engine does not start unless a plugin '
            "has that name.",
            found[1],
            key="log-driver",
            text=f"failed to set log opts: logger: no log driver named '{driver}' is registered",
            suggestion=f'"{near[0]}"' if near else None,
        )
        return
    texts = {
        name: member.value.value
        for name, member in members.items()
        if member.value.kind == "string"
    }
    for fault in log_options.faults(driver, texts, settings.engine):
        unknown = fault.name in texts and fault.name not in log_options.options_of(
            driver, settings.engine
        )
        code = "daemon-json-log-opt-unknown" if unknown else "daemon-json-log-opt-value"
        at: Member | Node | None = members.get(fault.name)
        if at is None:
            at = found[1] if found else settings.node("log-opts", "object")
        elif not unknown:
            at = members[fault.name].value
        if at is None:
            continue
        effect = (
            "the engine does not start"
            if fault.when == "start"
            else "the engine starts, but no new container does"
        )
        report.add(
            code,
            f"log-opts.{fault.name} {fault.wrong}; {effect}.",
            at,
            key=f"log-opts.{fault.name}",
            text=f"failed to set log opts: {fault.text}"
            if fault.text and fault.when == "start"
            else fault.text or None,
            suggestion=fault.suggestion or None,
        )


def _storage(report: Report, settings: Settings) -> None:
    found = settings.text("storage-driver")
    if found:
        driver, node = found
        removed = _STORAGE_REMOVED.get(driver)
        if removed and settings.engine[:2] >= removed:
            report.add(
                "daemon-json-storage-driver-removed",
                f"The storage driver {driver} was removed in {removed[0]}.{removed[1]}, so the "
                "engine does not start.",
                node,
                key="storage-driver",
                text=f"[graphdriver] ERROR: the {driver} storage-driver has been deprecated and "
                "removed; visit https://docs.docker.com/go/storage-driver/ for more information",
                suggestion='"overlay2"',
            )
        elif removed:
            report.add(
                "daemon-json-removed-next",
                f"The storage driver {driver} works in this engine, but was removed in "
                f"{removed[0]}.{removed[1]}; its images must be saved before that upgrade.",
                node,
                key="storage-driver",
            )
        elif driver not in _STORAGE and not _is_snapshotter(settings):
            from difflib import get_close_matches

            near = get_close_matches(driver.lower(), _STORAGE, n=1, cutoff=0.6)
            report.add(
                "daemon-json-storage-driver-unknown",
                f'There is no storage driver "{driver}", so the engine does not start.',
                node,
                key="storage-driver",
                text="error initializing graphdriver: driver not supported",
                suggestion=f'"{near[0]}"' if near else None,
            )
            return
    _storage_options(report, settings, found[0] if found else "")


def _is_snapshotter(settings: Settings) -> bool:
    """Whether images may be in containerd, where other names are valid."""
    member = settings.map_members("features").get("containerd-snapshotter")
    if member is not None and member.value.kind == "bool":
        return bool(member.value.value)
    return settings.engine >= (29, 0)


def _storage_options(report: Report, settings: Settings, driver: str) -> None:
    for text, node in settings.texts("storage-opts"):
        name, equals, value = text.partition("=")
        name = name.strip().lower()
        if not equals:
            report.add(
                "daemon-json-storage-opt-unknown",
                f'The storage option "{text}" must have the form name=value; the engine does not '
                "start.",
                node,
                key="storage-opts",
                text=f"unable to parse storage-opt key/value: {text}",
            )
            continue
        if name == "overlay2.override_kernel_check" and settings.engine >= (24, 0):
            report.add(
                "daemon-json-storage-opt-unknown",
                "overlay2.override_kernel_check was removed in 24.0, so the engine does not start.",
                node,
                key="storage-opts",
                text="overlay2: unknown option overlay2.override_kernel_check",
            )
            continue
        allowed = _STORAGE_OPTIONS.get(driver)
        if allowed and name not in allowed and name != "overlay2.override_kernel_check":
            report.add(
                "daemon-json-storage-opt-unknown",
                f"{name} is no option of the storage driver {driver} (it has "
                f"{', '.join(allowed)}), so the engine does not start.",
                node,
                key="storage-opts",
                suggestion=f'"{allowed[0]}={value}"' if len(allowed) == 1 else None,
            )
        elif (
            name in {"overlay2.size", "btrfs.min_space", "size"}
            and go_values.ram_in_bytes(value.strip()).error
        ):
            report.add(
                "daemon-json-storage-opt-unknown",
                f'{name} must be a size such as "20G"; the engine does not start.',
                node,
                key="storage-opts",
            )


def _runtimes(report: Report, settings: Settings, host: HostFacts) -> None:
    runtimes = settings.map_members("runtimes")
    if settings.engine >= (25, 0):
        found = settings.text("default-runtime")
        listed = host.runtimes or frozenset()
        if (
            found
            and found[0] not in runtimes
            and found[0] not in {"runc", "io.containerd.runc.v2", *listed}
            and not found[0].startswith("io.containerd.")
        ):
            report.add(
                "daemon-json-default-runtime-missing",
                f'The default runtime "{found[0]}" is not under runtimes, so the engine does not '
                "start unless a flag adds it.",
                found[1],
                key="default-runtime",
                text=f"specified default runtime '{found[0]}' does not exist",
            )
        if "runc" in runtimes:
            report.add(
                "daemon-json-runtime-invalid",
                "The name runc is reserved for the engine's own runtime, so the engine does not "
                "start.",
                runtimes["runc"],
                key="runtimes.runc",
                text="runtime name 'runc' is reserved",
            )
    for name, member in runtimes.items():
        if member.value.kind in {"object", "null"}:
            _runtime(report, settings, host, name, member)


def _runtime(
    report: Report, settings: Settings, host: HostFacts, name: str, member: Member
) -> None:
    values = {item.key.lower(): item.value for item in member.value.value or ()}
    path, kind = (
        values[field].value if field in values and values[field].kind == "string" else ""
        for field in ("path", "runtimetype")
    )
    arguments = values.get("runtimeargs")
    options = values.get("options")
    has_arguments = arguments is not None and arguments.kind == "array" and arguments.value
    has_options = options is not None and options.kind == "object" and options.value
    wrong = ""
    if not path and not kind:
        wrong = "either a runtimeType or a path must be configured"
    elif path and kind:
        wrong = "cannot configure both path and runtimeType for the same runtime"
    elif path and has_options:
        wrong = "options cannot be used with a path runtime"
    elif kind and has_arguments:
        wrong = "args cannot be used with a runtimeType runtime"
    if wrong and settings.engine >= (24, 0):
        report.add(
            "daemon-json-runtime-invalid",
            f"The runtime {name} is wrong ({wrong}), so the engine does not start.",
            member,
            key=f"runtimes.{name}",
            text=f"runtime {name}: {wrong}",
        )
    elif path.startswith("/") and host.lacks_file(path):
        report.add(
            "daemon-json-runtime-invalid",
            f"The program {path} of the runtime {name} is not on this machine, so containers "
            "with that runtime do not start.",
            values["path"],
            key=f"runtimes.{name}.path",
            machine=True,
            level="warning",
        )
