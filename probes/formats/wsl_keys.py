"""The settings that WSL knows: where each may stand, what it may say, which line decides.

From the tables of microsoft/WSL (2026-08) ``src/windows/common/WslCoreConfig.cpp`` for .wslconfig
and ``src/linux/init/WslDistributionConfig.cpp`` for wsl.conf; how a value is read from
``src/shared/configfile/configfile.cpp``. A newer WSL may know more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.formats.wsl_config import WSL_CONF, WSLCONFIG, format_memory, parse_memory
from probes.record import NamedTuple

if TYPE_CHECKING:
    from probes.formats.wsl_config import Entry, WslConfig

TEXT, BOOL, INT, SIZE = "text", "bool", "int", "size"


class Key(NamedTuple):
    """One setting of WSL."""

    names: tuple[str, ...]
    """``section.key`` as documented. Of several, WSL takes whichever line comes first."""
    kind: str
    """TEXT, BOOL, INT, SIZE, or the words that it may be, in lower case, with ``|`` between."""


_TABLES = {
    WSLCONFIG: """
        wsl2.kernel text
        wsl2.kernelCommandLine text
        wsl2.kernelModules text
        wsl2.memory size
        wsl2.processors int
        wsl2.debugConsole bool
        wsl2.earlyBootLogging bool
        wsl2.swap size
        wsl2.swapFile text
        wsl2.localhostForwarding bool
        wsl2.nestedVirtualization bool
        wsl2.virtio9p bool
        wsl2.virtiofs bool
        wsl2.kernelDebugPort int
        wsl2.gpuSupport bool
        wsl2.guiApplications bool
        wsl2.systemDistro text
        wsl2.telemetry bool
        wsl2.vmIdleTimeout int
        wsl2.debugConsoleLogFile text
        wsl2.kernelBootTimeout int
        wsl2.distributionStartTimeout int
        wsl2.virtio bool
        wsl2.hostFileSystemAccess bool
        wsl2.mountDeviceTimeout int
        wsl2.hardwarePerformanceCounters bool
        wsl2.vmSwitch text
        wsl2.macAddress text
        wsl2.dhcp bool
        wsl2.dhcpTimeout int
        wsl2.ipv6 bool
        wsl2.dnsProxy bool
        wsl2.safeMode bool
        wsl2.defaultVhdSize size
        wsl2.crashDumpFolder text
        wsl2.maxCrashDumpCount int
        wsl2.loadDefaultKernelModules bool
        wsl2.loadKernelModules text
        wsl2.isolateDistroCgroup bool
        wsl2.networkingMode,experimental.networkingMode none|nat|bridged|mirrored|consomme|virtioproxy
        wsl2.dnsTunneling,experimental.dnsTunneling bool
        wsl2.firewall,experimental.firewall bool
        wsl2.autoProxy,experimental.autoProxy bool
        experimental.autoMemoryReclaim disabled|gradual|dropcache
        experimental.sparseVhd bool
        experimental.bestEffortDnsParsing bool
        experimental.dnsTunnelingIpAddress text
        experimental.initialAutoProxyTimeout int
        experimental.ignoredPorts text
        experimental.hostAddressLoopback bool
        experimental.setVersionDebug bool
        experimental.swiotlb size
        experimental.virtioFsAggregateShares bool
        general.distributionInstallPath text
        general.instanceIdleTimeout int
    """,
    WSL_CONF: """
        automount.enabled bool
        automount.root text
        automount.options text
        automount.mountFsTab bool
        automount.ldconfig bool
        automount.cgroups v1|v2
        filesystem.umask int
        interop.appendWindowsPath bool
        interop.enabled bool
        network.generateHosts bool
        network.generateResolvConf bool
        network.hostname text
        time.useWindowsTimezone bool
        fileServer.enabled bool
        fileServer.logFile text
        fileServer.logLevel int
        fileServer.logTruncate bool
        gpu.enabled bool
        gpu.appendLibPath bool
        user.default text
        boot.command text
        boot.systemd bool
        boot.initTimeout int
        boot.protectBinfmt bool
        general.guiApplications bool
    """,
}

KEYS: dict[str, dict[str, Key]] = {
    dialect: {
        name.lower(): key
        for names, kind in (line.split() for line in table.strip().splitlines())
        for key in [Key(tuple(names.split(",")), kind)]
        for name in key.names
    }
    for dialect, table in _TABLES.items()
}
"""Dialect -> ``section.key`` in lower case -> the setting."""

WITHDRAWN = frozenset({"wsl2.pagereporting", "experimental.usewindowsdnscache"})
"""Documented once (MicrosoftDocs/WSL release-notes.md, wsl-config.md), unknown to WSL now."""

_INT = re.compile(r"[ \t-\r]*[+-]?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_LOOSE_SIZE = re.compile(r"(\d+)(?:\.(\d+))?\s*(?:([kmgt])(?:i?b)?)?", re.IGNORECASE)
_LOOSE_BOOL = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_LARGEST_WITHOUT_UNIT = 256
"""Below it a size without unit can only have meant GB: as MB it is less than the 256 MB that WSL
gives its virtual machine at least (WslCoreConfig.cpp ``Initialize``)."""


def name_of(entry: Entry) -> str:
    """``section.key`` in lower case, as `KEYS` has it."""
    return f"{entry.section}.{entry.key}".lower()


def number(value: str) -> int | None:
    """A whole number as C's strtol(3) reads it with base 0; None where it is none for WSL.

    >>> number("8"), number("0x10"), number("010"), number("08"), number("4 ")
    (8, 16, 8, None, None)
    """
    match = _INT.fullmatch(value)
    if not match:
        return None
    digits = match[1].lower()
    base = 16 if digits.startswith("0x") else 8 if digits.startswith("0") else 10
    found = int(digits, base) * (-1 if "-" in value else 1)
    return found if -(1 << 31) <= found < 1 << 31 else None


def is_valid(key: Key, value: str) -> bool:
    """Whether WSL takes the value; otherwise the default holds.

    >>> memory, reclaim = KEYS["wslconfig"]["wsl2.memory"], "experimental.automemoryreclaim"
    >>> is_valid(memory, "8GB"), is_valid(memory, "8 GB")
    (True, False)
    >>> is_valid(KEYS["wslconfig"][reclaim], "dropCache")
    True
    """
    if key.kind == SIZE:
        return parse_memory(value) is not None
    if key.kind == BOOL:
        return value.lower() in {"true", "false", "1", "0"}
    if key.kind == INT:
        return number(value) is not None
    return key.kind == TEXT or value.lower() in key.kind.split("|")


def is_true(value: str | None) -> bool:
    """Whether a valid truth value, or None for one that is not set, is true."""
    return (value or "").lower() in {"true", "1"}


def deciding(config: WslConfig, key: Key) -> Entry | None:
    """The line that WSL takes for the setting, valid or not; None where none is read."""
    names = {name.lower() for name in key.names}
    return next((e for e in config.entries if e.counts and name_of(e) in names), None)


def setting(config: WslConfig, name: str, dialect: str) -> str | None:
    r"""The value that holds for ``section.key``, as it is written; None where the default does.

    >>> from probes.formats.wsl_config import parse_wsl
    >>> config = parse_wsl(b"[experimental]\nfirewall=0\n[wsl2]\nfirewall=1\nswap=8 GB\n", WSLCONFIG)
    >>> setting(config, "wsl2.firewall", WSLCONFIG), setting(config, "wsl2.swap", WSLCONFIG)
    ('0', None)

    Raises:
        KeyError: WSL knows no such setting.
    """
    key = KEYS[dialect][name.lower()]
    entry = deciding(config, key)
    return entry.value if entry is not None and is_valid(key, entry.value) else None


def meant(key: Key, value: str) -> str | None:
    """What a value of a known setting was certainly meant to be, as WSL reads it.

    None where it is fine as it is, and where it cannot be told for certain.

    >>> memory = KEYS["wslconfig"]["wsl2.memory"]
    >>> [meant(memory, text) for text in ("8gb", "8 GB", "0.5GB", "8GiB", "8", "8GB", "80%", "512")]
    ['8GB', '8GB', '512MB', '8GB', '8GB', None, None, None]
    """
    if key.kind == BOOL:
        return _LOOSE_BOOL.get(value.lower())
    if key.kind != SIZE:
        return None
    match = _LOOSE_SIZE.fullmatch(value)
    if not match:
        return None
    whole, fraction, unit = match[1], match[2] or "", (match[3] or "").lower()
    if not unit:
        # Valid, and so many bytes.
        limits_the_machine = key.names[0] in {"wsl2.memory", "wsl2.swap"}
        if fraction or not limits_the_machine or not 0 < int(whole) < _LARGEST_WITHOUT_UNIT:
            return None
        unit = "g"
    elif parse_memory(value) is not None:
        return None
    bytes_, rest = divmod(int(whole + fraction) << 10 * " kmgt".index(unit), 10 ** len(fraction))
    return None if rest or bytes_ >= 1 << 64 else format_memory(bytes_)


def elsewhere(name: str, dialect: str) -> Key | None:
    """The setting that a name WSL does not know belongs to: the one key so called elsewhere.

    >>> elsewhere("wsl2.autoMemoryReclaim", WSLCONFIG).names
    ('experimental.autoMemoryReclaim',)
    >>> elsewhere("wsl2.enabled", WSL_CONF) is None
    True
    """
    last = name.lower().rpartition(".")[2]
    found = {key for known, key in KEYS[dialect].items() if known.rpartition(".")[2] == last}
    return found.pop() if len(found) == 1 else None
