"""What Docker Desktop, WSL, Colima, Lima and Podman machine write when something is wrong.

Two tables. :data:`DESKTOP_PATTERNS` is what the desktop programs and their VMs log, one
:class:`~probes.formats.daemon_log_patterns.Pattern` a failure, most telling first, because a line
belongs to the first pattern that knows it. :data:`CLIENT_PATTERNS` is what docker, docker compose
and buildx print on a terminal. :func:`recognise` looks a text through for both and needs no Host.

Messages of Windows are translated, their codes are not (``HCS_E_HYPERV_NOT_INSTALLED``): patterns
go by codes and by what Docker's own programs say, which is English everywhere.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from probes.formats.daemon_log import LINE_LIMIT, sample
from probes.formats.daemon_log_patterns import Pattern, knows
from probes.record import NamedTuple


class ClientPattern(NamedTuple):
    """One known error of a command: how it is recognised, what it means, what looks further."""

    id: str
    title: str
    needles: tuple[str, ...]
    """Lower-case texts, one of which the line holds."""
    says: str
    """What it means, in one to three sentences."""
    mend: tuple[str, ...]
    checks: tuple[str, ...] = ()
    """Ids of checks that find the cause on the host, the likeliest first."""
    references: tuple[str, ...] = ()
    regex: str = ""
    """What the line, in lower case, must match as well; empty: the needle is enough."""
    unless: tuple[str, ...] = ()
    """Lower-case texts with which the line means something else."""


Known: TypeAlias = Pattern | ClientPattern


class Match(NamedTuple):
    """A line of a text that a pattern knows."""

    pattern: Known
    line: int
    """From 1."""
    text: str
    """The line as a report may show it: no controls, not too long."""


def recognise(text: str) -> tuple[Match, ...]:
    r"""All lines that a pattern of either table knows, in the order of the text.

    A line has at most one match: the desktop programs' own patterns come first, as they say more.
    Those whose text every engine may write (a full disk, a port that is taken) count only for lines
    that begin as those of Docker Desktop's logs.

    >>> [(m.pattern.id, m.line) for m in recognise("$ docker ps\nCannot connect to the Docker "
    ...     "daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n")]
    [('client-no-daemon', 2)]
    """
    lowered = text.lower()
    tables: tuple[Known, ...] = (*DESKTOP_PATTERNS, *CLIENT_PATTERNS)
    possible = [p for p in tables if any(needle in lowered for needle in p.needles)]
    found = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        low = line[:LINE_LIMIT].lower()
        of_desktop = _OF_DESKTOP.search(low) is not None
        known = next(
            (p for p in possible if (of_desktop or p.id not in _OF_ANY_ENGINE) and knows(p, low)),
            None,
        )
        if known is not None:
            found.append(Match(known, number, sample(line)))
    return tuple(found)


_FOR_WIN = "https://github.com/docker/for-win/issues/"
_FOR_MAC = "https://github.com/docker/for-mac/issues/"
_FEEDBACK = "https://github.com/docker/desktop-feedback/issues/"
_LINUX = "https://github.com/docker/desktop-linux/issues/"
_WSL = "https://github.com/microsoft/WSL/issues/"
_MOBY = "https://github.com/moby/moby/issues/"
_TOPICS = "https://docs.docker.com/desktop/troubleshoot-and-support/troubleshoot/topics/"
_WSL_DISK = "https://learn.microsoft.com/windows/wsl/disk-space"
_WSL_TROUBLE = "https://learn.microsoft.com/windows/wsl/troubleshooting"

_DOWN = "An error: the engine did not start, and no container runs until this is mended."
_ONCE = "A warning: it was so once; a start that goes well ends it."
_LOOKS = "None from looking."
_SHUTDOWN_RISK = (
    "`wsl --shutdown` ends all that runs in every WSL distribution, Docker Desktop's containers "
    "too. Save your work in them first."
)
_VHDX_RISK = (
    "Never delete a .vhdx to get rid of an error: it holds all images, containers and volumes. "
    "Copy it away first."
)
_RESTART_RISK = (
    "A restart of the VM stops all containers; those without a restart policy stay down."
)

_OF_ANY_ENGINE = frozenset(
    {
        "desktop-log-certificate-unknown",
        "desktop-log-container-out-of-memory",
        "desktop-log-daemon-config-refused",
        "desktop-log-disk-io-error",
        "desktop-log-file-system-damaged",
        "desktop-log-out-of-memory",
        "desktop-log-port-taken",
        "desktop-log-proxy-login-refused",
        "desktop-log-proxy-unreachable",
        "desktop-log-vm-disk-full",
    }
)
"""Patterns whose texts other engines and kernels write as well: they tell of a desktop engine only in
its own logs."""

_OF_DESKTOP = re.compile(r"^\s*\[(?:\d{4}-\d\d-\d\dt)?\d\d:\d\d:\d\d[^\]]*\]\s*\[|\[com\.docker\.")
"""How a line of Docker Desktop's logs begins: ``[2026-09-17T19:58:19.29Z][com.docker.backend.exe][E]``,
in old versions ``[23:02:49.770][GUI ][Info ]``; in lower case."""

DESKTOP_PATTERNS: tuple[Pattern, ...] = (
    # -- a Windows that cannot start a VM --------------------------------------------------------
    Pattern(
        "desktop-log-virtualization-off",
        "error",
        "Windows has no hypervisor for the VM",
        (
            "hcs_e_hyperv_not_installed",
            "0x80370102",
            "unable to detect a hypervisor",
            "no hypervisor is present on this system",
            "virtual machine platform not enabled",
            "no virtualization found",
            "aka.ms/enablevirtualization",
        ),
        "Windows refused to make a VM because its hypervisor does not run.",
        "Neither WSL 2 nor Docker Desktop can start. Virtualisation is off in the firmware, the "
        "feature Virtual Machine Platform is off, the hypervisor is not started at boot, or this "
        "Windows is itself a VM without nested virtualisation.",
        (
            (
                "Task Manager, Performance, CPU: it says whether virtualisation is enabled; if not, "
                "switch on VT-x, AMD-V or SVM in the firmware"
            ),
            "as administrator: wsl.exe --install --no-distribution; then restart Windows",
            "as administrator: bcdedit /set hypervisorlaunchtype auto; then restart Windows",
        ),
        "Some emulators and anti-cheat programs want the hypervisor off and stop working.",
        _DOWN,
        (_FOR_WIN + "14443", _WSL + "12519", _TOPICS),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-vm-service-missing",
        "error",
        "The Windows service that starts VMs is missing or stopped",
        (
            "hcs_e_service_not_available",
            "0x80370114",
            "hyper-v components is not running",
        ),
        "Windows has no Host Compute Service (vmcompute), which makes the VMs of WSL 2 and Hyper-V.",
        "Docker Desktop cannot deploy or start its VM. The feature Virtual Machine Platform is off, "
        "or was switched on without the restart that it needs.",
        (
            (
                "as administrator: dism /online /enable-feature /featurename:VirtualMachinePlatform "
                "/all; then restart Windows"
            ),
            "sc query vmcompute: it must be there",
        ),
        "Windows restarts.",
        _DOWN,
        (_FOR_WIN + "14082", _FOR_WIN + "14312", _FOR_WIN + "9989"),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-vm-start-timeout",
        "error",
        "WSL's VM did not answer in time",
        (
            "hcs_e_connection_timeout",
            "0x80370109",
            "a response was not received from the virtual machine or container",
        ),
        "Windows made the VM, and Linux in it did not answer.",
        "Often Docker Desktop's Resource Saver had frozen WSL's own processes (WSL's makers traced "
        "it to that); otherwise a VM with far too little memory in .wslconfig, a kernel of one's "
        "own, or security software that holds the VM up.",
        (
            "update Docker Desktop; until then switch Resource Saver off in Settings > Resources",
            "wsl --shutdown; then start Docker Desktop",
            "look for memory= and kernel= in %UserProfile%\\.wslconfig",
        ),
        _SHUTDOWN_RISK,
        _DOWN,
        (_WSL + "12991", _FOR_WIN + "14656", _FOR_WIN + "14275"),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-memory-short",
        "error",
        "The computer had no memory for the VM",
        ("0x800705aa", "insufficient system resources", "unable to allocate"),
        "Windows could not give the VM the memory that its settings ask for.",
        "The VM does not start. Other programs hold the memory, or the limit of the VM is larger "
        "than what this computer can spare.",
        (
            "close what uses much memory, or restart Windows",
            (
                "give the VM less: memory= in %UserProfile%\\.wslconfig, or Settings > Resources with "
                "Hyper-V"
            ),
        ),
        "A VM with less memory may end containers that need more.",
        _DOWN,
        (_FOR_WIN + "14192", _FOR_WIN + "8918"),
        regex=r"0x800705aa|insufficient system resources|unable to allocate \d+ mb of ram",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-disk-in-use",
        "error",
        "Another program holds the VM's disk",
        ("0x80070020", "error_sharing_violation", "being used by another process"),
        "The virtual disk could not be opened because something else has it open.",
        "The engine does not start, or the disk cannot be compacted: a second Docker Desktop or "
        "WSL session, a backup, a virus scanner, or a disk that was mounted by hand.",
        (
            "quit Docker Desktop; wsl --shutdown; start it again",
            "exclude the folder of the .vhdx files from the virus scanner and the backup",
        ),
        _SHUTDOWN_RISK,
        _DOWN,
        (_FOR_WIN + "10554", _FOR_WIN + "11088", _WSL + "4699"),
        regex=r"0x80070020|error_sharing_violation|vhdx.*used by another process",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-disk-access-denied",
        "error",
        "Windows refused access to the VM's disk",
        ("e_accessdenied",),
        "WSL was not allowed to attach the virtual disk.",
        "The engine does not start. The file's rights were changed (moved, restored or encrypted "
        "by another account), or security software is in the way.",
        (
            (
                "icacls on the .vhdx that the line names: the user and NT VIRTUAL MACHINE\\Virtual "
                "Machines need full access"
            ),
            (
                "the file must be neither compressed nor encrypted: compact /u and cipher /d on its "
                "folder"
            ),
            "wsl --update; wsl --shutdown; then start Docker Desktop",
        ),
        _VHDX_RISK,
        _DOWN,
        (_FEEDBACK + "641",),
        regex=r"(?:wsl/service/|mountdisk|mountvhd|attachdisk).*e_accessdenied",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-disk-missing",
        "error",
        "The VM's disk is not where WSL looks for it",
        ("mountvhd/", "mountdisk/", "failed to attach disk"),
        "WSL could not attach a virtual disk: the file or its drive is not there.",
        "The distribution cannot start. Somebody moved or deleted the .vhdx, its drive is not "
        "connected, or an update of WSL left its own system.vhd out.",
        (
            "look for the path that the line names; bring the file or the drive back",
            "for C:\\Program Files\\WSL\\system.vhd: wsl --update, or install WSL's .msi again",
            "only where its content is not wanted any more: wsl --unregister NAME",
        ),
        "`wsl --unregister` deletes a distribution with all its files.",
        _DOWN,
        (_FOR_WIN + "14140", _FOR_WIN + "14677", _WSL + "11253"),
        regex=r"error_(?:file_|path_)?not_found|failed to attach disk",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-host-disk-full",
        "error",
        "The computer's own drive is full",
        (
            "there is not enough space on the disk",
            "there is not enough disk space",
            "error_disk_full",
            "0x80070070",
        ),
        "The drive that holds the VM's disk or its memory file has no space left.",
        "The VM does not start, or stops in the middle of writing, which damages file systems in it.",
        (
            "free space on the drive, then restart Docker Desktop",
            "docker system df; docker builder prune: what of Docker's can go",
        ),
        "Prunes delete for good.",
        _DOWN,
        (_FOR_WIN + "7477",),
    ),
    # -- WSL -------------------------------------------------------------------------------------
    Pattern(
        "desktop-log-wsl-missing",
        "error",
        "WSL is not installed, or answers no question",
        (
            "wsl is not installed",
            "the windows subsystem for linux is not installed",
            "wsl.exe --version: exit status",
        ),
        "Docker Desktop asked `wsl --version` and got no answer.",
        "Its engine runs in WSL 2. Windows 10 and 11 come with a mere stub of wsl.exe, and a policy "
        "of the company can forbid it.",
        (
            "as administrator: wsl --install --no-distribution; then restart Windows",
            "wsl --version: it must print seven lines; else wsl --update",
        ),
        "Windows restarts.",
        _DOWN,
        ("https://learn.microsoft.com/windows/wsl/install", _FOR_WIN + "14579"),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-wsl-outdated",
        "error",
        "WSL is too old for this Docker Desktop",
        (
            "wsl 2 requires an update to its kernel component",
            "aka.ms/wsl2kernel",
            "wsl needs updating",
            "invalid command line option: --mount",
            "0x800701bc",
        ),
        "The WSL of this Windows lacks what Docker Desktop uses, or its Linux kernel.",
        "The VM cannot be made. Docker asks for WSL 2.1.5 at least.",
        ("wsl --update", "wsl --shutdown; then start Docker Desktop"),
        _SHUTDOWN_RISK,
        _DOWN,
        (
            _FOR_WIN + "14593",
            "https://github.com/rancher-sandbox/rancher-desktop/issues/408",
            "https://docs.docker.com/desktop/features/wsl/",
        ),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-wsl-hangs",
        "warning",
        "WSL did not answer",
        ("wsl.exe", "0x8007274c"),
        "A command of wsl.exe ran into its time limit.",
        "WSL's service or VM hangs: after the computer slept, while a distribution installs "
        "something, or with processes that Resource Saver froze.",
        (
            "wsl --shutdown; if that hangs too, as administrator: net stop wslservice",
            "then start Docker Desktop",
        ),
        _SHUTDOWN_RISK,
        _ONCE,
        (_FOR_WIN + "14579", _WSL + "12991"),
        regex=r"0x8007274c|wsl\.exe [^\n]*(?:context deadline exceeded|timed out)",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-wsl-integration-stopped",
        "warning",
        "The integration into a WSL distribution stopped",
        (
            "running wsl distro proxy",
            "docker-desktop-user-distro proxy",
            "docker-desktop-proxy",
            "wsl integration with distro",
            "unable to setup docker user group",
            "setting up docker user group in",
        ),
        "Docker Desktop's helper inside a distribution ended or could not start.",
        "`docker` in that distribution has no socket and no program any more, while it works on "
        "Windows. A distribution that was just started, has no `docker` group, no `groupadd`, a "
        "full disk or a second dockerd does it.",
        (
            (
                "Settings > Resources > WSL integration: switch the distribution off, apply, and on "
                "again"
            ),
            "in the distribution: getent group docker; df -h /; systemctl status docker",
            "wsl --update: versions before 2.6 fail more often",
        ),
        _LOOKS,
        _ONCE,
        (_FEEDBACK + "144", _FOR_WIN + "14720", _FOR_WIN + "14187", _FOR_WIN + "5668"),
        regex=r"exit(?:ed with)? (?:status|code)|an error occurred|unexpectedly stopped|unable to",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-wsl-distribution-stopped",
        "warning",
        "Docker Desktop's WSL distribution was ended from outside",
        (
            "distro terminated abruptly",
            "running wsl-bootstrap: exit status",
        ),
        "The distribution that holds the engine ended while Docker Desktop ran.",
        "All containers stopped. Somebody ran `wsl --shutdown` or `wsl --terminate`, WSL was "
        "updated, or its VM crashed or ran out of memory.",
        (
            "restart Docker Desktop",
            "if nobody ended WSL: wsl --update, and look for 'Out of memory' in log\\vm",
        ),
        _RESTART_RISK,
        _ONCE,
        (_FOR_WIN + "14877", _FOR_WIN + "14720"),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-socket-stale",
        "error",
        "Docker Desktop trips over its own left-over sockets",
        (
            "initializing inference manager",
            "initializing secrets engine",
            "initializing ingest server",
        ),
        "Docker Desktop cannot remove socket files of its previous run, and ends while it starts.",
        "It crashes again at every start. After an unclean end Windows does not let the files be "
        "deleted; their folder can be renamed.",
        (
            "quit Docker Desktop and see in Task Manager that no com.docker.* is left",
            "rename %LOCALAPPDATA%\\Docker\\run and %LOCALAPPDATA%\\docker-secrets-engine",
            "start Docker Desktop, and update it",
        ),
        "Both folders hold sockets only, and are made anew. Nothing else of %LOCALAPPDATA%\\Docker "
        "may be renamed: its folder wsl holds all images and volumes.",
        _DOWN,
        (_FEEDBACK + "460", _FEEDBACK + "531", _FEEDBACK + "342"),
        regex=r"cannot be accessed by the system|syntax is incorrect|rename |incompatible with the",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-wsl-command-failed",
        "error",
        "A command of WSL that Docker Desktop needs failed",
        (
            "error code: wsl/",
            "wslerrorcode:",
            "dockerdesktop/wsl/execerror",
            "wsl/service/",
            "failed to deploy distro docker-desktop",
            "unexpected error occurred while executing a wsl command",
            "unexpected error was encountered while executing a wsl command",
            "provisioning docker wsl distros",
        ),
        "wsl.exe ended with an error that none of the other patterns knows.",
        "Docker Desktop cannot deploy or start its VM. The code behind the last slash says why: "
        "it is the same in every language of Windows.",
        (
            "wsl --update; wsl --shutdown; then start Docker Desktop",
            (
                "wsl -l -v: do other distributions start? Then look for the code among "
                "github.com/microsoft/WSL's issues"
            ),
        ),
        _SHUTDOWN_RISK,
        _DOWN,
        (_FOR_WIN + "14579", _FOR_WIN + "11249", _WSL_TROUBLE),
        regex=r"wsl/\w+/|execerror|deploy distro|executing a wsl command|provisioning docker wsl",
        unless=("wsl_e_disk_corrupted",),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-hyper-v-failed",
        "error",
        "Hyper-V did not start Docker Desktop's VM",
        ("dockerdesktopvm",),
        "Hyper-V refused to make or start the VM DockerDesktopVM.",
        "The engine does not run. The line says why: a disk that is missing or damaged, memory, or "
        "a setting of Hyper-V.",
        (
            "Hyper-V Manager: start DockerDesktopVM there and read its message",
            "or change to WSL 2: Settings > General > Use the WSL 2 based engine",
        ),
        "Images and volumes of one backend are not there in the other.",
        _DOWN,
        (_FOR_WIN + "14562", _FOR_WIN + "4792"),
        regex=r"failed to (?:start|realize|create)|failed to power on",
        cured_by="start",
    ),
    # -- macOS and Linux: the VM -----------------------------------------------------------------
    Pattern(
        "desktop-log-virtualization-unsupported",
        "error",
        "This computer cannot run VMs",
        (
            "processor not supported by hypervisor.framework",
            "virtualization is not available on this hardware",
            "reports no hypervisor support",
            "hv_unsupported",
            "invalid accelerator hvf",
        ),
        "macOS offers no virtualisation on this machine.",
        "No VM can be started: a Mac without the hardware for it, or a macOS that is itself a VM.",
        (
            "sysctl -n kern.hv_support: it must say 1",
            (
                "inside a VM: nested virtualisation must be on, or use a remote engine with docker "
                "context create"
            ),
        ),
        _LOOKS,
        _DOWN,
        (_FOR_MAC + "3012", _FOR_MAC + "1232", _TOPICS),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-kvm-unavailable",
        "error",
        "The VM may not use KVM",
        ("could not access kvm kernel module", "failed to initialize kvm"),
        "QEMU could not open /dev/kvm.",
        "Docker Desktop for Linux and Lima run their VM on KVM. The module is not loaded, "
        "virtualisation is off in the firmware, or the user is not in the group kvm.",
        (
            "lsmod | grep kvm; ls -l /dev/kvm",
            "sudo modprobe kvm_intel (or kvm_amd)",
            'sudo usermod -aG kvm "$USER"; then log in anew',
        ),
        _LOOKS,
        _DOWN,
        (_LINUX + "2", "https://docs.docker.com/desktop/setup/install/linux/"),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-helper-blocked",
        "error",
        "macOS blocks Docker Desktop's helper as malware",
        ("com.docker.vmnetd", "com.docker.socket"),
        "macOS refused to run a privileged helper of Docker Desktop because its certificate is no "
        "longer valid.",
        "Docker Desktop does not start. It is no malware: files of old versions were signed with a "
        "certificate that was withdrawn in January 2025.",
        (
            "install Docker Desktop 4.37.2 or later (4.36.1 and later patches of older ones)",
            "sudo launchctl bootout system /Library/LaunchDaemons/com.docker.vmnetd.plist",
            "sudo rm /Library/PrivilegedHelperTools/com.docker.vmnetd; it is installed anew",
        ),
        "Docker Desktop asks for the password of an administrator to install the helper again.",
        _DOWN,
        (
            _FOR_MAC + "7520",
            _FOR_MAC + "7534",
            "https://docs.docker.com/desktop/cert-revoke-solution/",
        ),
        regex=r"malware|damage your computer|was not opened|code signature",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-disk-image-corrupt",
        "error",
        "The VM's disk image is damaged",
        (
            "image is corrupt; cannot be opened",
            "docker.qcow2 has unexpected errors",
            "qcow_bitmap.set",
            "found a reference to cluster",
            "wsl_e_disk_corrupted",
        ),
        "The file that is the VM's disk is damaged, and the VM refuses to start with it.",
        "The engine is down. A full drive, a crash of the computer, or two VMs on one file did it.",
        (
            "copy the image away first",
            "a qcow2 image: qemu-img check -r all IMAGE repairs some of it",
            "a .vhdx: wsl --mount FILE --vhd --bare, then e2fsck on its device in a distribution",
            "else: Troubleshoot > Clean / Purge data, which begins with an empty disk",
        ),
        "A purge deletes all images, containers and volumes.",
        _DOWN,
        (_FOR_MAC + "1315", _FOR_MAC + "1318", _FOR_MAC + "1229"),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-file-denied",
        "error",
        "Docker Desktop may not write its own files",
        (
            "com.docker.docker/data",
            "group.com.docker",
            "ensuring credential helper",
        ),
        "A file or folder of Docker Desktop could not be made, read or changed.",
        "It ends while it starts. The files belong to another user (copied from another Mac, made "
        "under sudo), or macOS's privacy settings keep them shut.",
        (
            "ls -lde on the path that the line names, and its parents",
            (
                'sudo chown -R "$USER" ~/.docker ~/Library/Containers/com.docker.docker '
                '"$HOME/Library/Group Containers/group.com.docker"'
            ),
            "System Settings > Privacy & Security > Files and Folders, Full Disk Access: Docker",
        ),
        "chown of the wrong folder takes it from its owner: read the command before.",
        _DOWN,
        (_FOR_MAC + "7638", _FOR_MAC + "7516", _FOR_MAC + "6999"),
        regex=r"permission denied|operation not permitted",
        unless=("docker.sock",),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-hyperkit-exited",
        "error",
        "HyperKit, the old hypervisor of Intel Macs, failed",
        (
            "hyperkit.linux failed to start",
            "cannot run hyperkit",
            "com.docker.hyperkit exited",
            "vm exit[0]",
        ),
        "The VM's hypervisor ended.",
        "HyperKit is no longer developed; Apple's Virtualization framework took its place on macOS "
        "12.5 and later.",
        (
            "Settings > General > Virtual Machine Manager: Apple Virtualization framework",
            "on an older macOS: update Docker Desktop to the last version that supports it",
        ),
        _RESTART_RISK,
        _DOWN,
        (_FOR_MAC + "1685", _FOR_MAC + "2485", "https://docs.docker.com/desktop/features/vmm/"),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-vm-crashed",
        "error",
        "macOS's hypervisor or the VM in it crashed",
        (
            "vzerrordomain",
            "virtual machine stopped unexpectedly",
            "com.apple.virtualization.virtualmachine crashed",
            "internal virtualization error",
            "vm stopped unexpectedly",
        ),
        "Apple's Virtualization framework ended the VM, or did not start it.",
        "All containers are down. A drive without space, too little memory, a macOS update that "
        "waits for a restart, or Rosetta that is not installed are what was found behind it.",
        (
            "df -h ~; memory pressure in Activity Monitor",
            "restart the Mac; install pending updates of macOS and of Docker Desktop",
            "where Rosetta is on: softwareupdate --install-rosetta",
        ),
        _RESTART_RISK,
        _DOWN,
        (_FEEDBACK + "521", _FOR_MAC + "6919", _FOR_MAC + "6718"),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-vpnkit-failed",
        "warning",
        "vpnkit, which connects the VM to the network, failed",
        ("vpnkit",),
        "The program that carries the VM's network ended or could not listen.",
        "Containers reach no network and publish no port. A second Docker Desktop, a VPN or "
        "security software is in the way.",
        (
            "quit Docker Desktop, see that no com.docker.vpnkit is left, and start it again",
            "Settings > Resources > Network: the newer gvisor takes vpnkit's place",
        ),
        _RESTART_RISK,
        _ONCE,
        (_FOR_MAC + "1537", _FOR_WIN + "13051"),
        regex=r"vpnkit.*(?:is not running|address already in use|exited|failed to start)",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-already-running",
        "note",
        "A second Docker Desktop was started",
        (
            "an instance is already running. exiting",
            "docker desktop is already running",
            "docker is already running",
            "close it in other sessions to continue",
        ),
        "Docker Desktop found itself running already, and ended.",
        "Only one user of a computer can run it at a time; a hung one counts as well.",
        (
            "look for it in the other session (Task Manager, Users), and quit it there",
            "else end the com.docker.* that are left and start it again",
        ),
        "Ending it stops the other user's containers.",
        "A note: the one that runs may be all right.",
        (_FOR_WIN + "13507", _FOR_MAC + "4832"),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-settings-unreadable",
        "error",
        "Docker Desktop cannot read one of its settings files",
        (
            "reading actual settings",
            "loading settings",
            "registry.json",
            "reading admin settings file",
            "invalid admin configuration",
        ),
        "A settings file is not the JSON that Docker Desktop wants: a comma too many, or a byte "
        "order mark that an editor or PowerShell has put in front.",
        "Docker Desktop ends while it starts.",
        (
            "the line names the file: settings-store.json, admin-settings.json or registry.json",
            "correct it, and save it as UTF-8 without BOM",
        ),
        "A settings file that is deleted takes all settings to their defaults.",
        _DOWN,
        (_FOR_WIN + "14950", _FOR_WIN + "14293", _FOR_WIN + "13253", _FOR_MAC + "6730"),
        regex=r"invalid character|parsing json|unexpected end|cannot unmarshal|content is invalid",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-sign-in-refused",
        "error",
        "The company's policy keeps Docker Desktop shut until a member signs in",
        ("you must be a member of the", "sign in is required", "sign-in is required"),
        "registry.json, a configuration profile or admin-settings.json enforces the sign-in of a "
        "member of an organisation, and the account that signed in is none.",
        "Docker Desktop does not run its engine for this user.",
        (
            "sign in with the account that the organisation knows",
            (
                "nobody's policy? Look for registry.json: %ProgramData%\\DockerDesktop\\registry.json, "
                "/Library/Application Support/com.docker.docker/registry.json, "
                "/usr/share/docker-desktop/registry/registry.json"
            ),
        ),
        "The policy belongs to the company: ask before you change it.",
        "An error: the engine is kept from this user.",
        (
            _FOR_WIN + "14791",
            _FOR_MAC + "7688",
            "https://docs.docker.com/enterprise/security/enforce-sign-in/",
        ),
        regex=r"must be a member of the .*organization|sign.in is required",
        cured_by="start",
    ),
    # -- in the VM -------------------------------------------------------------------------------
    Pattern(
        "desktop-log-file-system-damaged",
        "error",
        "The file system on the VM's disk is damaged",
        (
            "ext4-fs error",
            "ext4-fs (",
            "remounting filesystem read-only",
            "couldn't clean up the journal",
            "structure needs cleaning",
        ),
        "The kernel of the VM found errors in the file system that holds images and volumes.",
        "Containers fail with 'read-only file system' or 'input/output error', and what is written "
        "may be lost. A full drive, a disk that was pulled off, or an end without shutdown did it.",
        (
            "see that the computer's own drive has space and is healthy",
            (
                "copy the data out of important volumes now: docker run --rm -v NAME:/v -v .:/out "
                "alpine tar czf /out/NAME.tgz -C /v ."
            ),
            (
                "restart the VM (wsl --shutdown, or quit and start): it checks its disk; if errors come "
                "back, Troubleshoot > Clean / Purge data and restore"
            ),
        ),
        "A purge deletes all images, containers and volumes.",
        "An error: data is being lost.",
        (_FOR_MAC + "1150", _FOR_WIN + "13340", _WSL_DISK),
        regex=r"ext4-fs error|ext4-fs \(\w+\):.* error -5|filesystem read-only|clean up the journal|needs cleaning",
    ),
    Pattern(
        "desktop-log-disk-io-error",
        "error",
        "The VM cannot read or write its disk",
        ("i/o error, dev", "buffer i/o error", "blk_update_request"),
        "A block of the VM's disk could not be read or written.",
        "The computer's drive is full, failing or was unplugged, or the image file is damaged.",
        (
            "free space and health (SMART) of the drive that holds the image",
            "an image on an external or network drive: bring it back to the internal one",
        ),
        _LOOKS,
        "An error: data is being lost.",
        (_FOR_MAC + "89",),
        regex=r"i/o error",
        unless=("dev fd0", "dev sr0", "dev loop", "dev nbd"),
    ),
    Pattern(
        "desktop-log-container-out-of-memory",
        "warning",
        "Containers were killed at their memory limit",
        ("memory cgroup out of memory",),
        "A container with a memory limit reached it, and the kernel of the VM killed a process.",
        "Its program died without a word in its own log: exit code 137, OOMKilled.",
        (
            "docker ps -a --filter exited=137",
            "docker update --memory 1g --memory-swap 1g CONTAINER, and in its compose file",
        ),
        "A larger limit takes the memory from others.",
        "A warning: the limit did its work; the program behind it did not.",
        ("https://docs.docker.com/engine/containers/resource_constraints/",),
    ),
    Pattern(
        "desktop-log-out-of-memory",
        "error",
        "The VM ran out of memory and killed processes",
        ("out of memory: kill", "invoked oom-killer"),
        "The whole VM had no memory left, and its kernel chose a process to kill.",
        "It may be a database, a build or the engine itself. The computer may have plenty of "
        "memory: the VM's limit counts.",
        (
            "docker stats --no-stream: which container uses it",
            (
                "more for the VM: memory= in .wslconfig (WSL 2), Settings > Resources (others), "
                "colima start --memory N"
            ),
        ),
        "What the VM gets is missing on the computer.",
        "An error: processes were lost that nobody chose.",
        (_FEEDBACK + "609",),
        unless=("memory cgroup",),
    ),
    Pattern(
        "desktop-log-vm-disk-full",
        "error",
        "The VM's disk is full",
        ("no space left on device",),
        "Something in the VM could not be written because its disk is full.",
        "Pulls, builds and databases fail although the computer has space: the VM's disk has a "
        "limit of its own. A VM that starts with a full disk may not start at all.",
        (
            "docker system df; docker builder prune; docker image prune -a",
            "raise the limit: Settings > Resources > Disk usage limit",
        ),
        "Prunes delete for good. Lowering the limit on a Mac deletes the disk.",
        "An error: nothing can be written.",
        (_FOR_MAC + "2596", _FOR_MAC + "2449", _FOR_MAC + "3529"),
    ),
    Pattern(
        "desktop-log-vm-unreachable",
        "warning",
        "The VM's network is broken",
        (":2376: no route to host", ":2376: connect: no route to host", "192.168.65.7"),
        "Docker Desktop runs and cannot reach the engine in its own VM.",
        "Every command hangs or fails with 500. After a change of network, a VPN or sleep the "
        "bridge to the VM is lost.",
        ("restart Docker Desktop", "on Windows first: wsl --shutdown"),
        _RESTART_RISK,
        _ONCE,
        ("https://docs.docker.com/desktop/features/networking/",),
        regex=r"no route to host",
        at_least=3,
        cured_by="start",
    ),
    Pattern(
        "desktop-log-start-timeout",
        "error",
        "The engine in the VM did not come up in time",
        (
            "waiting for the docker api",
            "waiting for the vm setup to be ready",
        ),
        "The VM started, and its engine did not answer before Docker Desktop gave up.",
        "Docker Desktop shows 'unexpected error' and ends. A wrong setting in its daemon.json, a "
        "full or damaged disk, too little memory, or registry mirrors that do not answer.",
        (
            "Settings > Docker Engine (or ~/.docker/daemon.json): take out what was changed last",
            "look at the end of log/vm/dockerd.log or log/vm/init.log",
        ),
        "Troubleshoot > Clean / Purge data also ends it, and deletes all images and volumes.",
        _DOWN,
        (_FOR_MAC + "7429", _FOR_MAC + "7604", _FOR_WIN + "14362"),
        regex=r"context deadline exceeded|timed out",
        cured_by="start",
    ),
    # -- ports, mounts, network ------------------------------------------------------------------
    Pattern(
        "desktop-log-port-reserved",
        "warning",
        "Windows has reserved a port that a container wants",
        ("forbidden by its access permissions",),
        "Windows refused to let Docker listen on a port, although no program uses it.",
        "Hyper-V and Windows NAT set port ranges aside at every start, other ones each time. "
        "Containers that publish such a port do not start.",
        (
            "netsh int ipv4 show excludedportrange protocol=tcp",
            "publish another port, or as administrator: net stop winnat; net start winnat",
            (
                "for good, as administrator: netsh int ipv4 set dynamic tcp start=49152 num=16384; "
                "then restart Windows"
            ),
        ),
        "`net stop winnat` cuts the network of running VMs for a moment.",
        "A warning: single containers do not start.",
        (_FOR_WIN + "6613", _FOR_WIN + "3171", _FOR_WIN + "5811"),
    ),
    Pattern(
        "desktop-log-port-taken",
        "warning",
        "A port that a container wants is taken on the computer",
        (
            "address already in use",
            "only one usage of each socket address",
            "port is already allocated",
        ),
        "Docker could not listen on a published port because a program of the computer does.",
        "The container does not start. Often it is a local database, IIS, AirPlay (port 5000 and "
        "7000 on macOS), or a second container engine.",
        (
            "Windows: netstat -ano | findstr :PORT; macOS: sudo lsof -nP -iTCP:PORT -sTCP:LISTEN",
            "publish another port: -p 8081:80",
        ),
        _LOOKS,
        "A warning: single containers do not start.",
        ("https://docs.docker.com/engine/network/port-publishing/",),
        regex=r"ports are not available|listen (?:tcp|udp)|bind|only one usage|already allocated",
        unless=("vpnkit",),
    ),
    Pattern(
        "desktop-log-mount-denied",
        "warning",
        "A folder that a container mounts is not shared with the VM",
        (
            "mounts denied",
            "is not shared from the host and is not known to docker",
            "are not shared from os x",
            "drive has not been shared",
            "drive is not shared",
        ),
        "A bind mount names a folder that the VM may not see.",
        "The container does not start.",
        (
            "Settings > Resources > File sharing: add the folder, or one above it",
            (
                "on macOS below Desktop, Documents or Downloads: System Settings > Privacy & Security > "
                "Files and Folders > Docker"
            ),
        ),
        "What is shared can be read and changed by every container that mounts it.",
        "A warning: single containers do not start.",
        (_LINUX + "177", _FOR_MAC + "3258", _FOR_MAC + "733"),
    ),
    Pattern(
        "desktop-log-proxy-login-refused",
        "warning",
        "The proxy wants a login that Docker Desktop does not send",
        ("proxy authentication required", "authenticationrequired", "407 proxy"),
        "A request went to the company's proxy without a login that it accepts.",
        "Nothing can be pulled. Proxies with NTLM or Kerberos, and passwords with special "
        "characters, are what fails most.",
        (
            "Settings > Resources > Proxies: the proxy by hand, its password percent-encoded",
            "NTLM: a local relay (cntlm, px) as the proxy",
        ),
        "A password in the proxy's URL stands in the settings file, readable for the user.",
        "A warning: pulls fail.",
        (_FOR_WIN + "12758", _FOR_WIN + "14880", _FOR_WIN + "9143"),
        at_least=2,
    ),
    Pattern(
        "desktop-log-proxy-unreachable",
        "warning",
        "The configured proxy does not answer",
        ("proxyconnect tcp",),
        "Docker could not connect to the HTTP proxy that its settings name.",
        "Nothing can be pulled. The proxy is one of the company's network, and the computer is "
        "elsewhere now, or its name or port is wrong.",
        (
            "Settings > Resources > Proxies",
            "docker info: HTTP Proxy http.docker.internal:3128 is Docker Desktop's own and right",
        ),
        _LOOKS,
        "A warning: pulls fail.",
        (_FOR_WIN + "12725",),
        at_least=2,
    ),
    Pattern(
        "desktop-log-certificate-unknown",
        "warning",
        "A certificate is signed by an authority that Docker does not know",
        (
            "certificate signed by unknown authority",
            "certificate is not trusted",
            "self-signed certificate in certificate chain",
            "self signed certificate in certificate chain",
        ),
        "A TLS connection was refused because nobody that Docker trusts signed the certificate.",
        "Pulls or the sign-in fail. In companies a proxy opens TLS and signs with its own "
        "certificate.",
        (
            (
                "add the company's root certificate to the trusted roots of Windows or to the System "
                "keychain of macOS, and restart Docker Desktop"
            ),
            "for one registry: ~/.docker/certs.d/HOST:PORT/ca.crt",
        ),
        "Trust only a certificate that the company's administrators gave you.",
        "A warning: pulls fail.",
        (
            "https://docs.docker.com/desktop/troubleshoot-and-support/faqs/macfaqs/",
            _FOR_WIN + "13125",
        ),
        at_least=2,
    ),
    Pattern(
        "desktop-log-daemon-config-refused",
        "error",
        "The engine in the VM refused its daemon.json",
        (
            "unable to configure the docker daemon with file",
            "don't match any configuration option",
            "failed to start daemon",
        ),
        "dockerd in the VM did not start because of its configuration, or ended while it started.",
        "The engine is down. Docker Desktop hands on the daemon.json of the user "
        "(Settings > Docker Engine) as it is.",
        (
            "the end of the line names the key or the reason",
            "Settings > Docker Engine, or ~/.docker/daemon.json: correct it; hullcheck lint FILE",
        ),
        _LOOKS,
        _DOWN,
        ("https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file",),
        cured_by="start",
    ),
    # -- Colima, Lima, Rancher Desktop, Podman machine -------------------------------------------
    Pattern(
        "desktop-log-lima-path-incomplete",
        "error",
        "Lima does not find a program of macOS",
        ("executable file not found in $path",),
        "The agent of Colima's or Lima's VM misses a program that macOS has in /usr/sbin.",
        "The VM does not start: PATH of the shell lacks /usr/sbin or /sbin.",
        ("export PATH=$PATH:/usr/sbin:/sbin in the shell's profile; then start it again",),
        _LOOKS,
        _DOWN,
        ("https://github.com/abiosoft/colima/issues/502",),
        regex=r"(?:system_profiler|sw_vers|sysctl).*executable file not found",
        cured_by="start",
    ),
    Pattern(
        "desktop-log-lima-driver-failed",
        "error",
        "Colima's or Lima's VM ended",
        ("driver stopped due to error", "driver is running but host agent is not"),
        "The hypervisor of the VM ended with an error, or runs on without its agent.",
        "The engine is down. The disk of the VM is locked or damaged, an update of QEMU or Lima "
        "does not fit it, or an earlier VM was not ended.",
        (
            "colima stop --force; colima start --verbose",
            "Lima: limactl stop --force NAME; limactl start NAME",
        ),
        "`colima delete` also ends it, and deletes all images and volumes.",
        _DOWN,
        (
            "https://github.com/abiosoft/colima/issues/777",
            "https://github.com/lima-vm/lima/issues/3081",
        ),
        unless=("<nil>",),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-lima-exited",
        "error",
        "Colima's or Lima's VM did not start",
        ("exiting, status={running:false", "error starting vm", "host agent process has exited"),
        "The agent of the VM gave up while it started.",
        "The engine is down. The lines before it in ha.stderr.log and serial.log say why.",
        (
            "tail -n 50 ~/.colima/_lima/colima/ha.stderr.log (Lima: ~/.lima/NAME/ha.stderr.log)",
            "colima stop --force; colima start --verbose",
        ),
        "`colima delete` also ends it, and deletes all images and volumes.",
        _DOWN,
        (
            "https://github.com/abiosoft/colima/issues/925",
            "https://github.com/abiosoft/colima/issues/786",
        ),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-rancher-wsl-failed",
        "error",
        "Rancher Desktop's WSL distribution does not start",
        ("wsl.exe exited with code",),
        "A command of wsl.exe that Rancher Desktop needs failed.",
        "Neither its engine nor its Kubernetes starts.",
        (
            "run the command that the line before names in a terminal: it prints the reason",
            "wsl --update; wsl --shutdown; then start Rancher Desktop",
        ),
        _SHUTDOWN_RISK,
        _DOWN,
        (
            "https://github.com/rancher-sandbox/rancher-desktop/issues/8749",
            "https://github.com/rancher-sandbox/rancher-desktop/issues/2709",
        ),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-vfkit-exited",
        "error",
        "Podman's VM did not start",
        ("vfkit exited unexpectedly", "krunkit exited unexpectedly"),
        "The program that runs Podman machine's VM ended at once.",
        "The engine is down. A podman of the wrong architecture, an old macOS, or a file that the "
        "VM names and that is gone.",
        (
            "podman machine start --log-level=debug: the reason stands before the error",
            "which podman; file $(which podman): it must be of this Mac's architecture",
            "else make the machine anew: podman machine rm; podman machine init",
        ),
        "`podman machine rm` deletes its images, containers and volumes.",
        _DOWN,
        (
            "https://blog.podman.io/2024/03/the-dreaded-vfkit-exit-1/",
            "https://github.com/containers/podman/issues/22624",
        ),
        cured_by="start",
    ),
    Pattern(
        "desktop-log-backend-crashed",
        "error",
        "Docker Desktop ended with an error",
        (
            "backend crashed",
            "backend cancelling with error",
            "docker desktop encountered an unexpected error and needs to close",
            "engine was terminated with result",
            "failedtostartstate",
        ),
        "Docker Desktop's own program ended, for a reason that none of the other patterns knows.",
        "The engine is down. The end of the line says why.",
        (
            "restart Docker Desktop; update it",
            "report it with docker desktop diagnose, at github.com/docker/desktop-feedback",
        ),
        _LOOKS,
        _DOWN,
        (_FEEDBACK + "527", _FOR_WIN + "11249"),
        # Whoever quits it while it starts cancels the context.
        unless=("error: <nil>", "context canceled"),
        cured_by="start",
    ),
)

CLIENT_PATTERNS: tuple[ClientPattern, ...] = (
    # -- no engine behind the client -------------------------------------------------------------
    ClientPattern(
        "client-desktop-unable-to-start",
        "Docker Desktop gave up starting its engine",
        ("docker desktop is unable to start",),
        "The client reached Docker Desktop, whose engine failed to start. The reason is in "
        "Docker Desktop's log.",
        ("quit Docker Desktop and start it again", "docker desktop logs --boot 0"),
        ("desktop-log-backend-crashed", "engine-answers-with-error"),
        (_FEEDBACK + "641",),
    ),
    ClientPattern(
        "client-permission-denied",
        "The user may not use the engine's socket",
        ("permission denied while trying to connect", "connect: permission denied"),
        "The socket is there and this user may not write to it: not in the group docker, or not "
        "logged in anew since.",
        ('sudo usermod -aG docker "$USER"; then log in anew', "ls -l /var/run/docker.sock; id"),
        ("user-not-in-docker-group", "docker-group-not-in-session", "docker-socket-denied"),
        ("https://docs.docker.com/engine/install/linux-postinstall/",),
    ),
    ClientPattern(
        "client-no-daemon",
        "The client finds no engine at its socket",
        ("cannot connect to the docker daemon", "failed to connect to the docker api at unix"),
        "Nothing listens where the client looks: the engine does not run, or the context or "
        "DOCKER_HOST names another place than the one where it listens.",
        (
            "docker context ls; echo $DOCKER_HOST",
            "start the engine: Docker Desktop, colima start, sudo systemctl start docker",
        ),
        (
            "engine-not-running",
            "engine-listens-elsewhere",
            "docker-context-dead",
            "docker-host-overrides-context",
        ),
        (_FOR_MAC + "6536", "https://github.com/abiosoft/colima/issues/9"),
    ),
    ClientPattern(
        "client-no-pipe",
        "Docker Desktop does not run, or its engine failed to start",
        (
            "open //./pipe/",
            "failed to connect to the docker api at npipe",
            "the docker client must be run with elevated privileges",
            "this error may indicate that the docker daemon is not running",
        ),
        "The named pipe that the client opens does not exist: Docker Desktop is not started, "
        "still starting, or has given up.",
        ("start Docker Desktop and wait until it says that the engine runs", "docker context ls"),
        ("engine-not-running", "desktop-log-backend-crashed"),
        (_FOR_WIN + "14579", _FEEDBACK + "625"),
        unless=("access is denied",),
    ),
    ClientPattern(
        "client-pipe-denied",
        "The Windows user may not use the engine's pipe",
        ("open //./pipe/",),
        "The pipe is there, and this user is not in the group docker-users.",
        ('as administrator: net localgroup docker-users "%USERNAME%" /add; then log in anew',),
        ("docker-socket-denied",),
        (_TOPICS,),
        regex=r"access is denied",
    ),
    ClientPattern(
        "client-api-500",
        "Docker Desktop answers in place of an engine that does not run",
        ("internal server error for api route and version",),
        "The client reached Docker Desktop, which has no running engine to hand the request to. "
        "The sentence about API versions misleads.",
        (
            "wait until it has started, or restart Docker Desktop",
            "on Windows: wsl --shutdown first",
        ),
        ("engine-answers-with-error", "desktop-log-backend-crashed"),
        (_FOR_WIN + "13834", _FOR_WIN + "15049"),
    ),
    ClientPattern(
        "client-integration-off",
        "Docker Desktop is not integrated into this WSL distribution",
        (
            "the command 'docker' could not be found in this wsl",
            "activate the wsl integration in docker desktop settings",
        ),
        "`docker` in this distribution is Docker Desktop's stub: the integration is off, or Docker "
        "Desktop does not run.",
        (
            "start Docker Desktop",
            "Settings > Resources > WSL integration: switch this distribution on",
        ),
        ("desktop-integration-off", "desktop-not-running"),
        (_FOR_WIN + "14140", "https://docs.docker.com/go/wsl2/"),
    ),
    ClientPattern(
        "client-too-old",
        "The client speaks an API that the engine no longer knows",
        ("client version",),
        "Engine 29 asks for API 1.44 at least. The client is a tool or library that was built with "
        "an older one (Testcontainers, Portainer, Traefik, docker-py, docker-compose v1).",
        (
            "update the tool that is meant",
            'until then, in daemon.json: "min-api-version": "1.24"',
        ),
        ("log-client-too-old",),
        ("https://docs.docker.com/engine/release-notes/29/", _FOR_WIN + "6439"),
        regex=r"client version [\d.]+ is too old",
    ),
    ClientPattern(
        "client-too-new",
        "The client speaks a newer API than the engine",
        ("client version",),
        "The engine is older than the client, which does not step down by itself.",
        ("update the engine, or set DOCKER_API_VERSION to the engine's own",),
        ("log-client-too-new", "engine-behind"),
        regex=r"client version [\d.]+ is too new",
    ),
    # -- credentials, registries -----------------------------------------------------------------
    ClientPattern(
        "client-credential-helper-missing",
        "The credential helper that config.json names is not there",
        ("docker-credential-",),
        "~/.docker/config.json has `credsStore` for a program that is not installed or not in "
        "PATH: left over from Docker Desktop, or a Windows program that WSL's PATH does not have.",
        (
            "take credsStore out of ~/.docker/config.json and docker login again",
            "in WSL: appendWindowsPath and interop in /etc/wsl.conf",
        ),
        ("credential-helper-missing", "wsl-interop-off", "wsl-windows-path-off"),
        (_FOR_MAC + "3785", _FOR_WIN + "12091"),
        regex=r"executable file not found|not installed or not available|no such file|"
        r"invalid argument|exec format error",
    ),
    ClientPattern(
        "client-pull-rate-limit",
        "Docker Hub's pull limit is reached",
        ("toomanyrequests", "you have reached your unauthenticated pull rate limit"),
        "Docker Hub counts anonymous pulls by address: everybody behind one router shares the "
        "limit.",
        ("docker login", "a mirror: registry-mirrors in daemon.json"),
        ("log-pull-rate-limit",),
        ("https://docs.docker.com/docker-hub/usage/pulls/",),
    ),
    ClientPattern(
        "client-certificate-clock",
        "A certificate looks expired or not yet valid",
        ("certificate has expired or is not yet valid",),
        "Either the registry's certificate has run out, or the clock is wrong: that of a VM often "
        "is after the computer slept.",
        ("date; docker run --rm alpine date", "restart the VM: wsl --shutdown, or quit and start"),
        ("engine-clock-apart", "clock-unsynchronised", "wsl-clock-drift"),
        (_WSL + "10006", _FOR_WIN + "10347"),
    ),
    ClientPattern(
        "client-certificate-unknown",
        "A certificate is signed by an authority that the engine does not trust",
        (
            "certificate signed by unknown authority",
            "certificate is not trusted",
            "self-signed certificate",
            "self signed certificate",
        ),
        "The registry, or a proxy of the company that opens TLS, shows a certificate that nobody "
        "signed whom the engine trusts.",
        (
            (
                "the company's or registry's CA: /etc/docker/certs.d/HOST:PORT/ca.crt, with Docker "
                "Desktop the certificates of Windows or the keychain of macOS, then a restart"
            ),
        ),
        ("log-certificate-unknown",),
        ("https://docs.docker.com/engine/security/certificates/",),
    ),
    ClientPattern(
        "client-proxy-login",
        "The proxy wants a login",
        ("proxy authentication required", "407 proxy"),
        "The request went through a proxy without a login that it accepts.",
        (
            "Docker Desktop: Settings > Resources > Proxies; engines: proxies in daemon.json",
            "a proxy that wants NTLM: a local relay (cntlm, px)",
        ),
        ("daemon-proxy-dead",),
        (_FOR_WIN + "12758", _FOR_WIN + "9143"),
    ),
    ClientPattern(
        "client-proxy-unreachable",
        "The configured proxy does not answer",
        ("proxyconnect tcp",),
        "The engine is told to use a proxy that it cannot reach: another network than the "
        "company's, a wrong name or port.",
        ("docker info | grep -i proxy", "Docker Desktop: Settings > Resources > Proxies"),
        ("daemon-proxy-dead",),
        (_FOR_WIN + "12725",),
    ),
    ClientPattern(
        "client-not-authorised",
        "The registry does not let this account pull or push",
        (
            "pull access denied",
            "requested access to the resource is denied",
            "unauthorized: authentication required",
            "unauthorized: incorrect username or password",
        ),
        "The name is misspelt, the image is private, or the login is missing or has run out.",
        ("docker login HOST", "check the image's name and tag"),
        ("log-registry-login-refused",),
    ),
    ClientPattern(
        "client-name-unresolved",
        "A name could not be resolved",
        ("no such host", "temporary failure in name resolution", "server misbehaving"),
        "DNS failed where the message comes from: in the engine for pulls, in the container for "
        "programs. VPNs and WSL's DNS are the usual causes on Windows.",
        (
            "docker run --rm alpine nslookup registry-1.docker.io",
            "WSL: dnsTunneling=true in %UserProfile%\\.wslconfig (Windows 11 22H2 and later)",
        ),
        ("log-registry-name-unresolved", "resolv-conf-missing", "host-dns-only-loopback"),
        (_WSL + "1350",),
    ),
    ClientPattern(
        "client-registry-timeout",
        "A registry did not answer in time",
        ("i/o timeout", "net/http: tls handshake timeout", "client.timeout exceeded"),
        "Packets to the registry or its name server are lost: a firewall, a proxy that is not "
        "configured, or an MTU that a VPN made too large.",
        (
            "curl -v https://registry-1.docker.io/v2/",
            "docker info | grep -i proxy",
            "with a VPN: a smaller mtu in daemon.json",
        ),
        ("log-registry-timeout", "bridge-mtu-above-egress", "daemon-proxy-dead"),
        (_MOBY + "22635",),
    ),
    # -- architectures ---------------------------------------------------------------------------
    ClientPattern(
        "client-no-matching-manifest",
        "The image has no variant for this architecture",
        ("no matching manifest for", "no match for platform in manifest"),
        "The image was not built for the processor of this engine. On Apple silicon many old "
        "images only have linux/amd64.",
        (
            "docker pull --platform linux/amd64 IMAGE runs it by emulation, slower",
            "better: a tag or image that has linux/arm64",
        ),
        ("rosetta-off", "windows-containers-mode"),
        ("https://docs.docker.com/build/building/multi-platform/",),
    ),
    ClientPattern(
        "client-exec-format",
        "A program of another architecture, or a script without a first line",
        ("exec format error",),
        "The kernel cannot run the file: it is built for another processor and no emulation is "
        "registered, or a script lacks `#!`, or has Windows line ends.",
        (
            "docker image inspect --format '{{.Os}}/{{.Architecture}}' IMAGE; uname -m",
            "emulation: docker run --privileged --rm tonistiigi/binfmt --install all",
            "scripts: LF line ends and #!/bin/sh in the first line",
        ),
        ("rosetta-off",),
        ("https://docs.docker.com/build/building/multi-platform/#qemu",),
    ),
    ClientPattern(
        "client-qemu-crashed",
        "QEMU's emulation of another architecture crashed",
        ("uncaught target signal",),
        "An amd64 program ran on an arm64 machine under QEMU, which has bugs with some programs.",
        (
            "Settings > General: use Rosetta for x86_64/amd64 emulation (Apple silicon)",
            "or an image of the machine's own architecture",
        ),
        ("rosetta-off", "desktop-hypervisor-removed"),
        (_FOR_MAC + "5123", _FOR_MAC + "6657"),
    ),
    ClientPattern(
        "client-rosetta-failed",
        "Rosetta could not run an amd64 program",
        ("rosetta error:",),
        "An amd64 program runs in an arm64 image that lacks amd64's libraries, or does something "
        "that Rosetta cannot.",
        (
            "docker build --platform linux/amd64, or platform: linux/amd64 in the compose file",
            "else switch Rosetta off for it, or use an arm64 build of the program",
        ),
        (),
        (_FOR_MAC + "7644", _FOR_MAC + "7037"),
    ),
    # -- ports and mounts ------------------------------------------------------------------------
    ClientPattern(
        "client-port-unavailable",
        "A published port cannot be had",
        ("ports are not available", "userland proxy: listen tcp", "bind for "),
        "Something else listens on the port on this machine, or the system does not let Docker "
        "have it.",
        (
            "docker ps --filter publish=PORT",
            "Linux: ss -ltnp; macOS: sudo lsof -nP -iTCP:PORT; Windows: netstat -ano",
        ),
        ("log-published-port-taken", "ports-reserved-by-windows"),
        ("https://docs.docker.com/engine/network/port-publishing/",),
    ),
    ClientPattern(
        "client-endpoint-failed",
        "A container's network could not be set up",
        (
            "driver failed programming external connectivity",
            "failed to set up container networking",
        ),
        "The engine could not publish a port or write its firewall rules; the end of the line "
        "says which.",
        (
            "read the end of the line: a port that is taken, or iptables",
            "where it names iptables chains: sudo systemctl restart docker",
        ),
        ("log-published-port-taken", "docker-chains-missing", "iptables-rules-split"),
        (_MOBY + "43720",),
    ),
    ClientPattern(
        "client-bind-source-missing",
        "A folder to mount does not exist where the engine looks",
        ("bind source path does not exist", "error while creating mount source path"),
        "The engine looks for the path on its own machine: inside the VM, or in WSL, not where the "
        "client runs. A path that Git Bash changed looks like ';C' or 'C:/Program Files/Git/...'.",
        (
            "check the path as the engine sees it; relative paths need ./",
            "Git Bash: MSYS_NO_PATHCONV=1 docker run ...",
        ),
        ("log-bind-source-refused",),
        (_FOR_WIN + "13448",),
    ),
    ClientPattern(
        "client-mount-config-invalid",
        "A mount or volume is not written as the engine wants it",
        (
            "invalid mount config",
            "invalid volume specification",
            "invalid bind mount spec",
            "is not a valid windows path",
            "the working directory 'c:/program files/git",
        ),
        "The path is not absolute in the way of the engine's system. Windows containers want "
        "C:\\ paths on both sides, Linux containers want /path inside; Git Bash rewrites /path.",
        (
            "Git Bash: MSYS_NO_PATHCONV=1 docker run ..., or //path",
            "is the engine in Windows-container mode? docker info --format '{{.OSType}}'",
        ),
        ("windows-containers-mode",),
        (_FOR_WIN + "1899", "https://github.com/docker/compose/issues/6400", _TOPICS),
        unless=("bind source path does not exist",),
    ),
    ClientPattern(
        "client-tty",
        "The terminal is none that docker can use for -t",
        ("the input device is not a tty", "cannot enable tty mode"),
        "`docker run -it` was started from a pipe, a CI job, or Git Bash's mintty.",
        ("Git Bash: winpty docker run -it ...", "in scripts and CI leave -t out: docker run -i"),
        (),
        ("https://github.com/docker-archive/toolbox/issues/624",),
    ),
    ClientPattern(
        "client-line-ends",
        "A script has Windows line ends",
        ("exec /", "/bin/sh^m", "bash\\r", "\\r': command not found", "$'\\r'"),
        "The file has CRLF line ends, so the system looks for a program whose name ends in a "
        "carriage return. Git on Windows makes them with core.autocrlf.",
        (
            "git config core.autocrlf input; check the file out again",
            "*.sh text eol=lf in .gitattributes",
        ),
        (),
        (_TOPICS,),
        regex=r"exec /\S+\.sh: no such file or directory|\^m|\\r",
    ),
    # -- GPUs, builds, space ---------------------------------------------------------------------
    ClientPattern(
        "client-gpu-driver-missing",
        "The engine has no driver for --gpus",
        ("could not select device driver",),
        "The NVIDIA Container Toolkit is not installed where the engine runs, or the engine is one "
        "without GPUs: macOS, a snap, Docker Desktop on Hyper-V.",
        (
            (
                "Linux: install nvidia-container-toolkit; sudo nvidia-ctk runtime configure "
                "--runtime=docker; sudo systemctl restart docker"
            ),
            "Docker Desktop on Windows: the WSL 2 backend, wsl --update, and NVIDIA's Windows driver",
        ),
        ("log-nvidia-runtime-failed", "engine-snap"),
        (_FOR_WIN + "6217", "https://docs.docker.com/desktop/features/gpu/"),
        regex=r"gpu",
    ),
    ClientPattern(
        "client-no-space",
        "The engine's disk is full",
        ("no space left on device",),
        "The disk is that of the machine on which the engine runs; with a desktop engine that of "
        "its VM, which has a limit of its own.",
        ("docker system df; docker builder prune", "raise the limit of the VM's disk"),
        ("disk-space-low", "vm-disk-limit-near", "inodes-low"),
        (_FOR_MAC + "2449",),
    ),
    ClientPattern(
        "client-runtime-create-failed",
        "The container could not be created by the runtime",
        ("oci runtime create failed", "failed to create task for container"),
        "runc refused; the end of the line says why: a command that is not in the image, a mount, "
        "a device.",
        ("read the end of the line", "docker run --rm --entrypoint sh IMAGE, to look inside"),
        ("log-runtime-create-failed",),
    ),
    ClientPattern(
        "client-build-failed",
        "A build ended with an error",
        ("failed to solve:",),
        "BuildKit reports the step that failed; what stands behind the last colon is the reason.",
        ("docker build --progress=plain --no-cache shows all of the failing step",),
        ("build-cache-large",),
        ("https://docs.docker.com/build/",),
    ),
)
