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

TEXT, PATH, BOOL, INT, SIZE = "text", "path", "bool", "int", "size"


class Key(NamedTuple):
    """One setting of WSL."""

    names: tuple[str, ...]
    """``section.key`` as documented. Of several, WSL takes whichever line comes first."""
    kind: str
    """TEXT, PATH, BOOL, INT, SIZE, or the words that it may be as Microsoft writes them, with ``|``
    between."""
    default: str = ""
    """As it would be written; empty where it depends on the computer, or is nothing."""
    documented: bool = True
    """Whether Microsoft's page has it; the others stand in WSL's source only."""
    windows: int = 0
    """The least build of Windows, by that page; 0 for any that has WSL."""
    enforced: bool = False
    """Whether WSL itself looks at the build: else it may work in an older one as well."""
    wsl: tuple[int, ...] = ()
    """The WSL that brought it; () for any."""


_TABLES = {
    WSLCONFIG: """
        wsl2.kernel path
        wsl2.kernelCommandLine text
        wsl2.kernelModules path
        wsl2.memory size
        wsl2.processors int
        wsl2.debugConsole bool =false build:22000
        wsl2.earlyBootLogging bool code
        wsl2.swap size
        wsl2.swapFile path
        wsl2.localhostForwarding bool =true
        wsl2.nestedVirtualization bool build!:22000
        wsl2.virtio9p bool =false code
        wsl2.virtiofs bool =false code
        wsl2.kernelDebugPort int =0 code
        wsl2.gpuSupport bool =true code
        wsl2.guiApplications bool =true
        wsl2.systemDistro path code
        wsl2.telemetry bool code
        wsl2.vmIdleTimeout int =60000 build:22000
        wsl2.debugConsoleLogFile path code
        wsl2.kernelBootTimeout int =30000 code
        wsl2.distributionStartTimeout int =60000 code
        wsl2.virtio bool =true code
        wsl2.hostFileSystemAccess bool =true code
        wsl2.mountDeviceTimeout int =5000 code
        wsl2.hardwarePerformanceCounters bool code
        wsl2.vmSwitch text code
        wsl2.macAddress text code
        wsl2.dhcp bool =true code
        wsl2.dhcpTimeout int =5000 code
        wsl2.ipv6 bool =false code
        wsl2.dnsProxy bool =true
        wsl2.safeMode bool =false build:22000 wsl:0.66.2
        wsl2.defaultVhdSize size =1TB
        wsl2.crashDumpFolder path code
        wsl2.maxCrashDumpCount int =10
        wsl2.loadDefaultKernelModules bool =true code
        wsl2.loadKernelModules text code
        wsl2.isolateDistroCgroup bool =true code wsl:2.9.5
        wsl2.networkingMode,experimental.networkingMode none|nat|bridged|mirrored|consomme|virtioproxy =nat
        wsl2.dnsTunneling,experimental.dnsTunneling bool =true build!:22621 wsl:2.0.0
        wsl2.firewall,experimental.firewall bool =true build!:22621 wsl:2.0.0
        wsl2.autoProxy,experimental.autoProxy bool =true build:22000 wsl:2.0.0
        experimental.autoMemoryReclaim disabled|gradual|dropCache =dropCache wsl:2.0.0
        experimental.sparseVhd bool =false wsl:2.0.0
        experimental.bestEffortDnsParsing bool =false build!:22621 wsl:2.0.0
        experimental.dnsTunnelingIpAddress text =10.255.255.254 build!:22621 wsl:2.0.0
        experimental.initialAutoProxyTimeout int =1000 build:22000 wsl:2.0.0
        experimental.ignoredPorts text build!:22621 wsl:2.0.0
        experimental.hostAddressLoopback bool =false build!:22621 wsl:2.0.0
        experimental.setVersionDebug bool =false code
        experimental.swiotlb size code wsl:2.9.0
        experimental.virtioFsAggregateShares bool =true code wsl:2.9.5
        general.distributionInstallPath path code
        general.instanceIdleTimeout int =15000 code
    """,
    WSL_CONF: """
        automount.enabled bool =true
        automount.root text =/mnt/
        automount.options text
        automount.mountFsTab bool =true
        automount.ldconfig bool =true code
        automount.cgroups v1|v2 =v2 code wsl:2.6.2
        filesystem.umask int =0022 code
        interop.appendWindowsPath bool =true
        interop.enabled bool =true
        network.generateHosts bool =true
        network.generateResolvConf bool =true
        network.hostname text
        time.useWindowsTimezone bool =true
        fileServer.enabled bool =true code
        fileServer.logFile text code
        fileServer.logLevel int code
        fileServer.logTruncate bool =true code
        gpu.enabled bool =true
        gpu.appendLibPath bool =true
        user.default text
        boot.command text
        boot.systemd bool =false wsl:0.67.6
        boot.initTimeout int =10000 code
        boot.protectBinfmt bool =true
        general.guiApplications bool code
    """,
}
# Builds and versions: MicrosoftDocs/WSL WSL/wsl-config.md. "build!" where WSL looks at the build or
# at what came with it (WslCoreVm.cpp ``ValidateNetworkingMode``, nested virtualization). 2.6.2, 2.9.0
# and 2.9.5: the first tag whose source has the key, 2.9.4 being the last without the two newest.


def _key(names: str, kind: str, *told: str) -> Key:
    key = Key(tuple(names.split(",")), kind)
    for word in told:
        name, _, value = word.partition(":")
        if word.startswith("="):
            key = key._replace(default=word[1:])
        elif word == "code":
            key = key._replace(documented=False)
        elif name == "wsl":
            key = key._replace(wsl=tuple(map(int, value.split("."))))
        else:
            key = key._replace(windows=int(value), enforced=name == "build!")
    return key


KEYS: dict[str, dict[str, Key]] = {
    dialect: {
        name.lower(): key
        for row in table.strip().splitlines()
        for key in [_key(*row.split())]
        for name in key.names
    }
    for dialect, table in _TABLES.items()
}
"""Dialect -> ``section.key`` in lower case -> the setting."""

WITHDRAWN = frozenset({"wsl2.pagereporting", "experimental.usewindowsdnscache"})
"""Documented once (MicrosoftDocs/WSL release-notes.md, wsl-config.md), unknown to WSL now."""

_INT = re.compile(r"[ \t-\r]*[+-]?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_ENOUGH = 25  # digits that are more than 64 bits, in any base, and few enough for int()
_LOOSE_SIZE = re.compile(r"(\d{1,25})(?:[.,](\d{1,9}))?\s*(?:([kmgt])(?:i?b)?)?", re.IGNORECASE)
_LOOSE_BOOL = {
    **dict.fromkeys(("yes", "on", "enable", "enabled"), "true"),
    **dict.fromkeys(("no", "off", "disable", "disabled"), "false"),
}
_MEGABYTES = 256
"""Below it a size without unit can only have meant GB: as MB it is less than the 256 MB that WSL
gives its virtual machine at least (WslCoreConfig.cpp ``Initialize``)."""
_AS_MEGABYTES = range(1024, 1_000_000)
"""A size without unit that can only have meant MB: less than 1 MB as bytes, 1 TB and more as GB.
Between the two either is possible."""


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
    if len(digits.lstrip("0x")) > _ENOUGH:
        return None
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
    return key.kind in {TEXT, PATH} or value.lower() in key.kind.lower().split("|")


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
    >>> [meant(memory, text) for text in ("8gb", "8 GB", "0.5GB", "8", "8192", "8GB", "80%", "512")]
    ['8GB', '8GB', '512MB', '8GB', '8GB', None, None, None]
    """
    inner = value.strip("'")
    if inner != value and inner and key.kind not in {TEXT, PATH}:
        # To WSL a single quotation mark is a letter like any other.
        return inner if is_valid(key, inner) else meant(key, inner)
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
        if fraction or not limits_the_machine:
            return None
        count = int(whole)
        unit = "g" if 0 < count < _MEGABYTES else "m" if count in _AS_MEGABYTES else ""
        if not unit:
            return None
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
