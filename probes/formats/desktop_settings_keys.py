"""The keys of Docker Desktop's settings files, and of the file with which a company sets them.

Docker documents neither file in full. The names, types and defaults here are from docker/docs
content/manuals/security/for-admins/hardened-desktop/settings-management/settings-reference.md as it
was in 2025 (one entry for every key of settings-store.json), from its successor below
content/manuals/enterprise/ (for what came later), from a complete settings-store.json of
SettingsVersion 40, and for older versions from complete files and from what the backend logs
("GET /settings") in docker/for-win#11705 (3.5, version 13), #12215 (4.0, version 15), #12820 (4.9,
version 17) and docker/for-mac#6499 (4.16). Those of Docker for Windows up to 2.0 are from
docker/docs#63 and docker/for-win#2514.

settings.json spells them in camelCase, with words of its own for some (`overrideProxyHttp`);
settings-store.json spells them as the fields of a Go structure (`OverrideProxyHTTP`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from probes.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BOOL, INT, TEXT, TEXTS, ANY = "bool", "int", "text", "texts", "any"
"""Kinds of value; ``any`` where versions differ, or none has been seen but the empty one."""

WINDOWS, MACOS, LINUX = "windows", "macos", "linux"
_EVERY: Final = (WINDOWS, MACOS, LINUX)
_W: Final = (WINDOWS,)
_M: Final = (MACOS,)
_VM: Final = (MACOS, LINUX, WINDOWS)

NEWEST_OLD_FILE = "4.34"
"""The last version of Docker Desktop that keeps its settings in settings.json (docker/docs#21003)."""

WITHOUT_OSXFS = (4, 37)
"""Since this version there is no osxfs behind VirtioFS and gRPC FUSE (docker/docs#21621)."""

SHORTEST_PAUSE = 30
"""Seconds that AutoPauseTimeoutSeconds must be above (docker/docs
content/manuals/desktop/use-desktop/resource-saver.md)."""

_PORT_END = 65535


class Key(NamedTuple):
    """One key of settings-store.json and settings.json."""

    name: str
    """As settings-store.json spells it."""
    type: str
    """BOOL, INT, TEXT, TEXTS (a list of texts) or ANY."""
    platforms: tuple[str, ...]
    """Where it has an effect. Complete files hold the keys of all platforms."""
    default: str
    """In JSON where it is one value, else in words."""
    text: str
    """What it does, in a few words."""
    values: tuple[str, ...] = ()
    """The words that it takes, where Docker names them; the empty text is the default."""
    least: int | None = None
    most: int | None = None
    """Bounds that hold on every computer."""
    old: str = ""
    """How settings.json spells it, where that is not the same with a small first letter."""
    since: tuple[int, ...] = ()
    """The version of Docker Desktop that brought it, where its documentation tells."""
    until: str = ""
    """The last version whose files have it."""
    secret: bool = False
    """Whether its value may hold a password."""

    @property
    def camel(self) -> str:
        """As settings.json spells it."""
        return self.old or self.name[:1].lower() + self.name[1:]


def _keys() -> Iterable[Key]:
    yield from _machine()
    yield from _network()
    yield from _features()
    yield from _window()
    yield from _former()


def _machine() -> Iterable[Key]:
    """What carries the VM, what it gets, where it lies."""
    k = Key
    yield k("Cpus", INT, _VM, "all of the computer's", "processors of the VM", least=1)
    yield k("MemoryMiB", INT, _VM, "half of the computer's", "memory of the VM", least=1024)
    yield k("SwapMiB", INT, _VM, "1024", "swap of the VM", least=0)
    yield k("DiskSizeMiB", INT, _VM, "by the disk", "limit of the VM's disk", least=1024)
    yield k("DataFolder", TEXT, _VM, "by the platform", "where the VM's disk lies")
    yield k("DiskFlush", TEXT, _M, '"os"', "when the VM's disk is flushed")
    yield k("DiskStats", TEXT, _M, '""', "statistics of the VM's disk")
    yield k("DiskTRIM", BOOL, _EVERY, "true", "gives freed blocks of the VM's disk back")
    yield k("BackupData", BOOL, _M, "false", "Time Machine saves the VM")
    yield k("UseVirtualizationFramework", BOOL, _M, "true", "the VM runs on Apple's framework")
    yield k("UseVirtualizationFrameworkVirtioFS", BOOL, _M, "true", "files come through VirtioFS")
    yield k("UseVirtualizationFrameworkRosetta", BOOL, _M, "true", "amd64 runs through Rosetta")
    yield k("UseGrpcfuse", BOOL, _M, "true", "files come through gRPC FUSE")
    yield k("UseLibkrun", BOOL, _M, "false", "the VM runs on Docker VMM")
    yield k("WslEngineEnabled", BOOL, _W, "true", "the VM is that of WSL 2")
    yield k("CustomWslDistroDir", TEXT, _W, '""', "where the disks of WSL lie")
    yield k("IntegratedWslDistros", TEXTS, _W, "[]", "distributions that get a docker command")
    yield k(
        "EnableIntegrationWithDefaultWslDistro",
        BOOL, _W, "true", "so does the default distribution",
    )  # fmt: skip
    yield k("WslDiskCompactionThresholdGb", INT, _W, "0", "when WSL's disk is compacted", least=0)
    yield k("WslEnableGrpcfuse", BOOL, _W, "false", "files come through gRPC FUSE in WSL 2")
    yield k("WslInstallMode", TEXT, _W, '"installLatestWsl"', "whether WSL is installed for you",
            values=("installLatestWsl", "manualInstall"))  # fmt: skip
    yield k("WslUpdateRequired", BOOL, _W, "false", "whether WSL is too old")
    yield k("RunWinServiceInWslMode", BOOL, _W, "false", "the service runs with WSL 2 as well")
    yield k("UseWindowsContainers", BOOL, _W, "false", "Windows containers")
    yield k("NoWindowsContainers", BOOL, _W, "false", "Windows containers are not to be had")
    yield k("UseResourceSaver", BOOL, _EVERY, "true", "the VM stops when nothing runs",
            since=(4, 22))  # fmt: skip
    yield k("AutoPauseTimeoutSeconds", INT, _EVERY, "300", "idle seconds until then",
            least=SHORTEST_PAUSE + 1)  # fmt: skip
    yield k("AutoPauseTimedActivitySeconds", INT, _EVERY, "30", "idle seconds of one command",
            least=0)  # fmt: skip
    yield k("LifecycleTimeoutSeconds", INT, _EVERY, "600", "seconds that the engine may start",
            least=0)  # fmt: skip
    yield k("DeprecatedCgroupv1", BOOL, _EVERY, "false", "cgroup v1 in the VM")
    yield k("DefaultSnapshotter", TEXT, _EVERY, '"overlayfs"', "containerd's snapshotter")
    yield k("UseContainerdSnapshotter", BOOL, _EVERY, "by the version", "containerd keeps images")
    yield k("LastContainerdSnapshotterEnable", INT, _EVERY, "0", "when that was turned on")
    yield k("FilesharingDirectories", TEXTS, _VM, "by the platform", "folders containers may get")
    yield k("SynchronizedDirectories", ANY, _EVERY, "[]", "folders that are kept in step")


def _network() -> Iterable[Key]:
    """Networks, proxies, ports."""
    k = Key
    proxy_mode = ("system", "manual")
    for prefix in ("", "Containers"):
        of = "containers" if prefix else "Docker Desktop"
        yield k(f"{prefix}ProxyHTTPMode", TEXT, _EVERY, '"system"', f"which proxy {of} takes",
                values=proxy_mode, old=_old(prefix, "proxyHttpMode"))  # fmt: skip
        for name, old in (
            ("HTTP", "Http"), ("HTTPS", "Https"), ("PAC", ""), ("TCP", ""), ("EmbeddedPAC", ""),
        ):  # fmt: skip
            yield k(f"{prefix}OverrideProxy{name}", TEXT, _EVERY, '""', f"{name} proxy of {of}",
                    old=_old(prefix, f"overrideProxy{old or name}"), secret=True)  # fmt: skip
        yield k(
            f"{prefix}OverrideProxyExclude", TEXT, _EVERY, '""', f"hosts that {of} reaches directly"
        )
    yield k(
        "ContainersOverrideProxyTransparentPorts",
        TEXT,
        _EVERY,
        '"80,443"',
        "ports that go through the proxy",
    )
    yield k("ProxyEnableKerberosNTLM", BOOL, _EVERY, "false", "Kerberos and NTLM at the proxy")
    yield k(
        "ProxyLocalhostPort", INT, _EVERY, "0", "port of its own proxy", least=0, most=_PORT_END
    )
    yield k("OverrideWindowsDockerdPort", INT, _W, "-1", "port of its own proxy for Windows containers",
            least=-1, most=_PORT_END)  # fmt: skip
    yield k("SocksProxyPort", INT, _EVERY, "0", "port of its SOCKS proxy", least=0, most=_PORT_END)
    yield k(
        "VpnkitCIDR", TEXT, _EVERY, '"192.168.65.0/24"', "the VM's own network", old="vpnkitCIDR"
    )
    yield k("NetworkType", TEXT, _EVERY, '"gvisor"', "the VM's network stack")
    yield k(
        "KernelForUDP", BOOL, _EVERY, "false", "UDP by the computer's own kernel", since=(4, 23)
    )
    yield k("HostNetworkingEnabled", BOOL, _EVERY, "false", "containers with --network host")
    yield k("IPv4Only", BOOL, _EVERY, "false", "no IPv6", old="iPv4Only")
    yield k("IPv6Only", BOOL, _EVERY, "false", "no IPv4", old="iPv6Only")
    yield k("DefaultNetworkingMode", TEXT, (WINDOWS, MACOS), '"dual-stack"', "addresses of new networks",
            values=("dual-stack", "ipv4only", "ipv6only"))  # fmt: skip
    yield k("DNSInhibition", TEXT, (WINDOWS, MACOS), '"auto"', "which DNS records containers get",
            values=("auto", "ipv4", "ipv6", "none"), old="dnsInhibition", since=(4, 43))  # fmt: skip
    yield k("PortBindingBehavior", TEXT, _EVERY, '"default-port-binding"', "where ports are published",
            values=("default-port-binding", "default-local-port-binding", "local-only-port-binding"),
            since=(4, 52))  # fmt: skip
    yield k("UseVpnkit", BOOL, _EVERY, "true", "the network goes through vpnkit")
    yield k(
        "VpnKitAllowedBindAddresses", TEXT, _EVERY, '"0.0.0.0"', "addresses for published ports"
    )
    yield k("VpnKitMTU", INT, _EVERY, "1500", "largest packet", least=68, most=_PORT_END)
    yield k("VpnKitMaxConnections", INT, _EVERY, "2000", "connections at once", least=1)
    yield k(
        "VpnKitMaxPortIdleTime", INT, _EVERY, "300", "idle seconds of a published port", least=0
    )
    yield k("VpnKitTransparentProxy", BOOL, _EVERY, "true", "the proxy without containers knowing")
    yield k("RequireVmnetd", BOOL, _M, "true", "ports below 1024 through a helper with rights")
    yield k("ExposeDockerAPIOnTCP2375", BOOL, _W, "false", "the API on tcp://localhost:2375")
    yield k("UpdateHostsFile", BOOL, _EVERY, "false", "writes names into the hosts file")
    yield k("EnableDefaultDockerSocket", BOOL, _M, "true", "makes /var/run/docker.sock")


def _old(prefix: str, name: str) -> str:
    """The spelling of a proxy's key in settings.json."""
    return name if not prefix else prefix[:1].lower() + prefix[1:] + name[:1].upper() + name[1:]


def _features() -> Iterable[Key]:
    """What it can do beside running containers."""
    k = Key
    for name, text in (
        ("AcceptCanaryUpdates", "early updates"),
        ("AllowBetaFeatures", "features in beta"),
        ("AllowExperimentalFeatures", "experimental features"),
        ("AnalyticsEnabled", "sends usage statistics"),
        ("AutoDownloadUpdates", "fetches updates"),
        ("AutoStart", "starts when you sign in"),
        ("BlockDockerLoad", "no docker load"),
        ("DesktopTerminalEnabled", "a terminal in the window"),
        ("DevEnvironmentsEnabled", "development environments"),
        ("DisableHardwareAcceleration", "the window without the GPU"),
        ("DisableUpdate", "does not look for updates"),
        ("DockerDebugDefaultEnabled", "docker debug by default"),
        ("DogfoodFeatureFlagsEnabled", "Docker's own flags"),
        ("ECIDockerSocketAllowDerivedImages", "images made from allowed ones"),
        ("EnableCLIHints", "hints of the docker command"),
        ("EnableCloud", "Docker Offload"),
        ("EnableDockerAI", "Docker AI"),
        ("EnableDockerMCPToolkit", "the MCP Toolkit"),
        ("EnableInference", "Docker Model Runner"),
        ("EnableInferenceGPUVariant", "models on the GPU"),
        ("EnableInferenceTCP", "models over TCP"),
        ("EnableIntegrityCheck", "looks after its own files"),
        ("EnableSegmentDebug", "debugs the statistics"),
        ("EnableWasmShims", "Wasm"),
        ("EnhancedContainerIsolation", "Enhanced Container Isolation"),
        ("ExtensionsEnabled", "extensions"),
        ("ExtensionsPrivateMarketplace", "a marketplace of the company's own"),
        ("InferenceCanUseGPUVariant", "models on the GPU"),
        ("KubernetesEnabled", "Kubernetes"),
        ("OnlyMarketplaceExtensions", "no extensions from elsewhere"),
        ("SbomIndexing", "indexes images"),
        ("SilentModulesUpdate", "updates parts without asking"),
        ("UseBackgroundIndexing", "indexes images in the background"),
        ("UseCredentialHelper", "the system keeps registry passwords"),
        ("UseNightlyBuildUpdates", "nightly builds"),
    ):
        yield k(name, BOOL, _EVERY, _ON if name in _ON_BY_DEFAULT else _OFF, text)
    yield k("ActiveOrganizationName", TEXT, _EVERY, '""', "the company")
    yield k("CredentialHelper", TEXT, _EVERY, "by the platform", "which helper keeps them")
    yield k("ECIDockerSocketCmdList", TEXTS, _EVERY, "[]", "commands over the socket")
    yield k("ECIDockerSocketCmdListType", TEXT, _EVERY, '"deny"', "whether those are allowed",
            values=("allow", "deny"))  # fmt: skip
    yield k("ECIDockerSocketImgList", TEXTS, _EVERY, "[]", "images that may have the socket")
    yield k(
        "EnableInferenceCORS",
        TEXT,
        _EVERY,
        '""',
        "sites that may use models",
        old="enableInferenceCORS",
    )
    yield k(
        "EnableInferenceTCPPort", INT, _EVERY, "12434", "port of models", least=0, most=_PORT_END
    )
    yield k(
        "ExtensionsPrivateMarketplaceAdminContactURL", TEXT, _EVERY, '""', "whom to ask for one"
    )
    yield k("KubernetesImagesRepository", TEXT, _EVERY, '""', "where its images are from")
    yield k(
        "KubernetesMode",
        TEXT,
        _EVERY,
        '"kubeadm"',
        "how the cluster is made",
        values=("kubeadm", "kind"),
    )
    yield k("KubernetesNodesCount", INT, _EVERY, "1", "nodes of the cluster", least=0)
    yield k("KubernetesNodesVersion", TEXT, _EVERY, "by the version", "version of the cluster")


_ON, _OFF = "true", "false"
_ON_BY_DEFAULT: Final = frozenset(
    (
        "AllowBetaFeatures AllowExperimentalFeatures AnalyticsEnabled EnableCLIHints "
        "EnableIntegrityCheck ExtensionsEnabled OnlyMarketplaceExtensions SbomIndexing "
        "UseCredentialHelper ECIDockerSocketAllowDerivedImages EnableDockerMCPToolkit"
    ).split()
)


def _window() -> Iterable[Key]:
    """What its window shows, and what it has shown."""
    k = Key
    for name in (
        "DisplayRestartDialog", "DisplaySwitchWinLinContainers", "Displayed18362Deprecation",
        "DisplayedOnboarding", "OpenUIOnStartupDisabled", "ScoutNotificationPopupsEnabled",
        "ScoutOsNotificationsEnabled", "ShowAnnouncementNotifications",
        "ShowExtensionsSystemContainers", "ShowGeneralNotifications", "ShowInstallScreen",
        "ShowKubernetesSystemContainers", "ShowPromotionalNotifications",
        "ShowSurveyNotifications", "SkipUpdateToWSLPrompt", "SkipWSLMountPerfWarning",
    ):  # fmt: skip
        yield k(name, BOOL, _EVERY, "by the key", "what the window shows or has shown")
    yield k("ContainerTerminal", TEXT, _EVERY, '"integrated"', "which terminal opens",
            values=("integrated", "system"))  # fmt: skip
    yield k(
        "ThemeSource", TEXT, _EVERY, '"system"', "its colours", values=("light", "dark", "system")
    )
    yield k("DisplayedElectronPopup", ANY, _EVERY, "[]", "messages that were shown")
    yield k("DockerAppLaunchPath", TEXT, _M, '"/Applications/Docker.app"', "where the app lies")
    yield k("DockerBinInstallPath", TEXT, _EVERY, '"system"', "where the docker command goes")
    yield k("LatestBannerKey", TEXT, _EVERY, '""', "the last banner")
    yield k("LicenseTermsVersion", INT, _EVERY, "0", "the terms that were accepted")
    yield k("SettingsVersion", INT, _EVERY, "by the version", "version of this file's format")
    for name in ("LastLoginDate", "UpdateAvailableTime", "UpdateInstallTime", "FirstLaunchTime"):
        yield k(name, ANY, _EVERY, "0", "when that was")


def _former() -> Iterable[Key]:
    """Keys of settings.json that no settings-store.json has.

    Those from BuildNumber on are of 2.x, of which no complete file was at hand: nothing is said of
    them, and no more.
    """
    for name, type, old in (  # noqa: A001
        ("DNS", TEXT, "dns"), ("DisableTips", BOOL, ""), ("DiskQcowCompactAfter", INT, ""),
        ("DiskQcowKeepErased", INT, ""), ("DiskQcowRuntimeAsserts", BOOL, ""),
        ("DisplaySwitchVersionPack", BOOL, ""), ("DisplayedDeprecate1012", BOOL, ""),
        ("DisplayedDeprecate1013", BOOL, ""), ("DisplayedDeprecate1014", BOOL, ""),
        ("DisplayedTutorial", BOOL, ""), ("DisplayedWelcomeWizard", BOOL, ""),
        ("DisplayedWelcomeMessage", BOOL, ""), ("ExtensionsMarketplaceEnabled", BOOL, ""),
        ("KubernetesInitialInstallPerformed", BOOL, ""),
        ("SwarmFederationExplicitlyLoggedOut", BOOL, ""), ("TipLastID", INT, "tipLastId"),
        ("TipLastViewedTime", INT, ""), ("UpdatePopupAppearanceTime", ANY, ""),
        ("UpdateSkippedBuild", ANY, ""), ("UseDNSForwarder", BOOL, "useDnsForwarder"),
        ("VersionPack", TEXT, ""), ("BuildNumber", ANY, ""), ("ChannelID", ANY, "channelID"),
        ("DiskPath", ANY, ""), ("AutoUpdateEnabled", ANY, ""), ("CheckForUpdates", ANY, ""),
        ("SharedDrives", ANY, ""), ("LinuxDaemonConfigCreationDate", ANY, ""),
        ("WindowsDaemonConfigCreationDate", ANY, ""), ("NameServer", ANY, ""),
        ("NetworkCIDR", ANY, "networkCIDR"), ("SubnetAddress", ANY, ""),
        ("SubnetMaskSize", ANY, ""), ("UseComposeV2", ANY, ""),
    ):  # fmt: skip
        yield Key(
            name,
            type,
            _EVERY,
            "by the version",
            "of older versions",
            old=old,
            until=NEWEST_OLD_FILE,
        )


KEYS: Final[tuple[Key, ...]] = tuple(_keys())
BY_NAME: Final[Mapping[str, Key]] = {key.name: key for key in KEYS}
BY_CAMEL: Final[Mapping[str, Key]] = {key.camel: key for key in KEYS}
BY_LOWER: Final[Mapping[str, Key]] = {
    **{key.camel.lower(): key for key in reversed(KEYS)},
    **{key.name.lower(): key for key in reversed(KEYS)},
}
"""Small letters, in either spelling -> the key; the current one where two differ by case alone."""

DOCKER_FOR_WINDOWS: Final[Mapping[str, str]] = {
    "VmCpus": "Cpus",
    "VmMemory": "MemoryMiB",
    "VmSwap": "SwapMiB",
    "SubnetAddress": "",
    "SubnetMaskSize": "",
    "UseDnsForwarder": "",
    "NameServer": "",
    "IsTracking": "AnalyticsEnabled",
    "IsUsageStatisticsEnabled": "AnalyticsEnabled",
    "EnsureAutoUpdate": "",
    "AutoUpdateEnabled": "DisableUpdate",
    "StartAtLogin": "AutoStart",
    "ExposeTcp": "ExposeDockerAPIOnTCP2375",
    "UseHttpProxy": "ProxyHTTPMode",
    "ProxyHttp": "OverrideProxyHTTP",
    "ProxyHttps": "OverrideProxyHTTPS",
    "ProxyExclude": "OverrideProxyExclude",
    "MobyVhdPathOverride": "DataFolder",
    "SharedDrives": "FilesharingDirectories",
    "MaxVmSizeGB": "DiskSizeMiB",
}
"""Keys of settings.json of Docker for Windows up to 2.0 -> what they are today, where they are."""

MEANT: Final[Mapping[str, str]] = {
    "userosetta": "UseVirtualizationFrameworkRosetta",
    "enablerosetta": "UseVirtualizationFrameworkRosetta",
    "rosettaenabled": "UseVirtualizationFrameworkRosetta",
    "rosetta": "UseVirtualizationFrameworkRosetta",
    "usevirtiofs": "UseVirtualizationFrameworkVirtioFS",
    "enablevirtiofs": "UseVirtualizationFrameworkVirtioFS",
    "virtiofs": "UseVirtualizationFrameworkVirtioFS",
    "usedockervmm": "UseLibkrun",
    "cpu": "Cpus",
    "cpucount": "Cpus",
    "processors": "Cpus",
    "memory": "MemoryMiB",
    "memorymb": "MemoryMiB",
    "memorygb": "MemoryMiB",
    "memorylimit": "MemoryMiB",
    "swap": "SwapMiB",
    "swapmb": "SwapMiB",
    "disk": "DiskSizeMiB",
    "disksize": "DiskSizeMiB",
    "disksizegb": "DiskSizeMiB",
    "diskimagelocation": "DataFolder",
    "hypervcustomvmpath": "DataFolder",
    "usewsl2": "WslEngineEnabled",
    "wsl2enabled": "WslEngineEnabled",
    "backendtype": "WslEngineEnabled",
    "enginetype": "WslEngineEnabled",
    "hypervmode": "WslEngineEnabled",
    "enableintegrationwithadditionaldistros": "IntegratedWslDistros",
    "wslintegration": "IntegratedWslDistros",
    "resourcesaver": "UseResourceSaver",
    "enableresourcesaver": "UseResourceSaver",
    "resourcesaverenabled": "UseResourceSaver",
    "useoverrideproxy": "ProxyHTTPMode",
    "httpproxy": "OverrideProxyHTTP",
    "httpsproxy": "OverrideProxyHTTPS",
    "noproxy": "OverrideProxyExclude",
    "enableanalytics": "AnalyticsEnabled",
    "enablekubernetes": "KubernetesEnabled",
    "usekubernetes": "KubernetesEnabled",
    "filesharing": "FilesharingDirectories",
    "shareddirectories": "FilesharingDirectories",
    "exposedockerapi": "ExposeDockerAPIOnTCP2375",
    "autostartenabled": "AutoStart",
    "startonlogin": "AutoStart",
}
"""What keys are called by those who guess, in small letters -> the key that does it."""


# -- admin-settings.json -------------------------------------------------------------------------

ADMIN_VERSION = 2
"""configurationFileVersion (docker/docs configure-json-file.md)."""

ENTRY, OBJECT, LIST, VERSION = "entry", "object", "list", "version"
"""Shapes: `{"locked": ..., "value": ...}`; an object with fields of its own; a list; a number."""


class AdminKey(NamedTuple):
    """One key of admin-settings.json, or one field of a group in it."""

    name: str
    shape: str
    """ENTRY, OBJECT, LIST, VERSION, or for a field the type of its value."""
    type: str = BOOL
    """Of an entry's value."""
    fields: tuple[AdminKey, ...] = ()
    """Of an object; an ENTRY with fields has them beside locked and value."""
    values: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    since: tuple[int, ...] = ()
    is_locked: bool = False
    """Whether an object has a lock of its own."""
    secret: bool = False


def _proxy(name: str, *more: AdminKey) -> AdminKey:
    return AdminKey(
        name,
        OBJECT,
        fields=(
            AdminKey("mode", TEXT, values=("system", "manual")),
            AdminKey("http", TEXT, secret=True),
            AdminKey("https", TEXT, secret=True),
            AdminKey("exclude", ANY),
            AdminKey("pac", TEXT, secret=True),
            AdminKey("embeddedPac", TEXT, secret=True),
            *more,
        ),
        is_locked=True,
    )


_DAEMON_OPTIONS: Final = AdminKey("dockerDaemonOptions", ENTRY, TEXT)

DAEMON_OPTIONS = _DAEMON_OPTIONS.name

ADMIN_KEYS: Final[tuple[AdminKey, ...]] = (
    AdminKey("configurationFileVersion", VERSION),
    *(
        AdminKey(name, ENTRY)
        for name in (
            "allowBetaFeatures", "allowExperimentalFeatures", "analyticsEnabled",
            "blockDockerLoad", "desktopTerminalEnabled", "disableUpdate", "displayedOnboarding",
            "enableCloud", "enableDockerAI", "enableDockerMCPToolkit", "enableInference",
            "enableInferenceGPUVariant", "enableInferenceTCP", "exposeDockerAPIOnTCP2375",
            "extensionsEnabled", "extensionsPrivateMarketplace", "onlyMarketplaceExtensions",
            "silentModulesUpdate", "useGrpcfuse", "useVirtualizationFrameworkRosetta",
            "useVirtualizationFrameworkVirtioFS",
        )
    ),
    AdminKey("enableInferenceTCPPort", ENTRY, INT, least=0, most=_PORT_END),
    AdminKey("enableInferenceCORS", ENTRY, TEXT),
    AdminKey("extensionsPrivateMarketplaceAdminContactURL", ENTRY, TEXT),
    AdminKey(
        "defaultNetworkingMode", ENTRY, TEXT, values=("dual-stack", "ipv4only", "ipv6only")
    ),
    AdminKey(
        "dnsInhibition", ENTRY, TEXT, values=("auto", "ipv4", "ipv6", "none"), since=(4, 43)
    ),
    AdminKey(
        "portBindingBehavior", ENTRY, TEXT, since=(4, 52),
        values=("default-port-binding", "default-local-port-binding", "local-only-port-binding"),
    ),
    AdminKey("filesharingAllowedDirectories", LIST),
    _proxy(
        "proxy",
        AdminKey("windowsDockerdPort", INT, least=-1, most=_PORT_END),
        AdminKey("enableKerberosNtlm", BOOL),
    ),
    _proxy("containersProxy", AdminKey("transparentPorts", TEXT)),
    AdminKey(
        "kubernetes", OBJECT, is_locked=True,
        fields=(
            AdminKey("enabled", BOOL),
            AdminKey("showSystemContainers", BOOL),
            AdminKey("imagesRepository", TEXT),
        ),
    ),
    AdminKey(
        "scout", OBJECT, is_locked=True,
        fields=(AdminKey("sbomIndexing", BOOL), AdminKey("useBackgroundIndexing", BOOL)),
    ),
    AdminKey(
        "enhancedContainerIsolation", ENTRY, fields=(AdminKey("dockerSocketMount", ANY),)
    ),
    AdminKey(
        "linuxVM", OBJECT,
        fields=(
            AdminKey("wslEngineEnabled", ENTRY),
            _DAEMON_OPTIONS,
            AdminKey("vpnkitCIDR", ENTRY, TEXT),
        ),
    ),
    AdminKey("windowsContainers", OBJECT, fields=(_DAEMON_OPTIONS,)),
)  # fmt: skip
"""docker/docs content/manuals/enterprise/security/hardened-desktop/settings-management/
configure-json-file.md and settings-reference.md."""

ADMIN_BY_NAME: Final[Mapping[str, AdminKey]] = {key.name: key for key in ADMIN_KEYS}

IN_A_GROUP: Final[Mapping[str, str]] = {
    "wslEngineEnabled": "linuxVM.wslEngineEnabled",
    "vpnkitCIDR": "linuxVM.vpnkitCIDR",
    "dockerDaemonOptions": "linuxVM.dockerDaemonOptions",
    "kubernetesEnabled": "kubernetes.enabled",
    "showKubernetesSystemContainers": "kubernetes.showSystemContainers",
    "kubernetesImagesRepository": "kubernetes.imagesRepository",
    "sbomIndexing": "scout.sbomIndexing",
    "useBackgroundIndexing": "scout.useBackgroundIndexing",
    "proxyHttpMode": "proxy.mode",
    "overrideProxyHttp": "proxy.http",
    "overrideProxyHttps": "proxy.https",
    "overrideProxyExclude": "proxy.exclude",
    "overrideProxyPAC": "proxy.pac",
    "containersProxyHttpMode": "containersProxy.mode",
    "filesharingDirectories": "filesharingAllowedDirectories",
}
"""Keys of the settings -> where admin-settings.json has them."""

REGISTRY_KEYS: Final = frozenset({"allowedOrgs"})
"""Of registry.json, which says who must sign in (docker/docs enforce-sign-in/methods.md)."""
