"""Every problem code of .wslconfig and /etc/wsl.conf with its page.

WSL reads both files with one parser, so most defects exist in both: `_SHARED` holds them once, and
each file adds what only it can have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from probes.formats.problems import CodeInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCS: Final = "https://learn.microsoft.com/windows/wsl/wsl-config"
NETWORKING: Final = "https://learn.microsoft.com/windows/wsl/networking"
PARSER: Final = "microsoft/WSL src/shared/configfile/configfile.cpp (ParseConfigFile)"
CONFIG: Final = "microsoft/WSL src/windows/common/WslCoreConfig.cpp"
MACHINE: Final = "microsoft/WSL src/windows/service/exe/WslCoreVm.cpp"
SIZES: Final = "microsoft/WSL src/shared/inc/stringshared.h (ParseMemorySize)"
DISTRIBUTION: Final = "microsoft/WSL src/linux/init/WslDistributionConfig.cpp"
DRVFS: Final = "microsoft/WSL src/linux/init/drvfs.cpp (ConvertDrvfsMountOptionsToPlan9)"

_IGNORED: Final = "WSL starts, and behaves as if the line were not there."
_COUNTS: Final = (
    "The setting takes effect for the first time, after `@END@`, which ends what runs there: look "
    "at its value before."
)

_SHARED: Final[dict[str, CodeInfo]] = {
    "encoding": CodeInfo(
        title="The file is in an encoding that WSL does not read",
        level="error",
        reads="The bytes of the file: byte order marks, NULs, what ends a text file on Windows.",
        why="WSL reads plain text in UTF-8. From a file in UTF-16 it takes nothing (`.wslconfig` "
        "may be UTF-16LE where it begins with its byte order mark), and every setting is at its "
        "default. Windows PowerShell's `>` and Notepad's \"Unicode\" write UTF-16.",
        mend="Save the file as UTF-8 without a byte order mark.",
        risk="All its settings take effect at once, after `@END@`, which ends what runs there.",
        severity_reason="An error: nothing that the file says is in force.",
        references=(CONFIG, PARSER),
    ),
    "unknown-key": CodeInfo(
        title="WSL knows no such key",
        level="warning",
        reads="The names of sections and keys, against the table in WSL's own source. Case does "
        "not matter to WSL.",
        why="WSL prints one line about it when a distribution starts, which few people see, and "
        "goes on without the setting.",
        mend="Correct the name, or take the line out.",
        risk=_COUNTS,
        severity_reason=_IGNORED + " A WSL that is newer than hullcheck may know the key.",
        references=(DOCS, PARSER),
    ),
    "wrong-section": CodeInfo(
        title="A key stands in a section where WSL does not look for it",
        level="warning",
        reads="The section of each key, against the table in WSL's own source.",
        why="To WSL `[wsl2] sparseVhd` and `[experimental] sparseVhd` are two names, of which it "
        "knows one. The setting looks made, and is not.",
        mend="Move the line below the header that the message names.",
        risk=_COUNTS,
        severity_reason=_IGNORED,
        references=(DOCS, "https://github.com/microsoft/WSL/issues/11034"),
    ),
    "no-section": CodeInfo(
        title="Keys stand before the first section",
        level="warning",
        reads="Keys above the first header in square brackets.",
        why="The name of a setting is section and key together. Without a section WSL knows none.",
        mend="Put the header above them that the message names.",
        risk=_COUNTS,
        severity_reason=_IGNORED,
        references=(PARSER,),
    ),
    "duplicate-key": CodeInfo(
        title="A setting is made twice",
        level="warning",
        reads="Lines that make the same setting, in the same section or in two that mean the same.",
        why="WSL takes the first line, even one whose value it cannot read, and ignores all others: "
        "the opposite of what most programs do. Whoever edits the later line changes nothing.",
        mend="Keep the line that you mean and take the others out.",
        risk="The value that holds changes where the later line is kept.",
        severity_reason="A warning where the lines differ, a note where they say the same.",
        references=(PARSER,),
    ),
    "value-misspelt": CodeInfo(
        title="A value is written in a way that WSL does not read",
        level="warning",
        reads="Sizes and truth values. A size is a whole number with B, KB, MB, GB or TB in upper "
        "case and no blank; a truth value is true, false, 1 or 0.",
        why="`8 GB`, `8gb`, `8GiB`, `0.5GB` and `yes` are clear to a person. WSL reads none of "
        "them, and the default holds: half of the computer's memory, for example.",
        mend="Write the value as the message gives it.",
        risk=_COUNTS,
        severity_reason=_IGNORED,
        references=(SIZES, PARSER),
    ),
    "invalid-value": CodeInfo(
        title="A value is none that WSL takes",
        level="warning",
        reads="Each value, by the kind of its key: truth value, whole number, size, one of several "
        "words, address, list of ports.",
        why="WSL says so in one line when a distribution starts, and the default holds.",
        mend="Write a value of the right kind, or take the line out for the default.",
        risk=_COUNTS,
        severity_reason=_IGNORED + " A few values stop WSL from starting: those are errors.",
        references=(PARSER, DOCS),
    ),
    "ignored-here": CodeInfo(
        title="This version of Windows or WSL ignores a setting",
        level="warning",
        reads="Each setting, against the versions of Windows and WSL where they are known.",
        why="What is written does not happen: a mirrored network is a NAT one, for example.",
        mend="Update what the message names (`wsl --update`), or take the line out.",
        risk="None in taking the line out. An update of WSL ends all that runs in it.",
        severity_reason="A warning where WSL itself refuses; a note where only Microsoft's page "
        "limits the setting to a newer Windows.",
        references=(DOCS, MACHINE),
    ),
}

_WSLCONFIG: Final[dict[str, CodeInfo]] = {
    "wslconfig-invalid-line": CodeInfo(
        title="A line is no setting",
        level="warning",
        reads="Every line by WSL's own grammar: `[section]`, `key = value`, `#` for comments; names "
        r"of letters and digits; `\\`, `\"`, `\n`, `\t` and `\b` as the only escapes.",
        why="WSL skips the line. A path with single backslashes is such a line, and so is one with "
        "a quotation mark that is not closed. Below a header that WSL cannot read, keys belong to "
        "no section.",
        mend="Write the line as the message says; begin comments with `#`.",
        risk=_COUNTS,
        severity_reason="A warning: something is not in force. A note for what is only a comment.",
        references=(PARSER,),
    ),
    "wslconfig-key-of-wsl-conf": CodeInfo(
        title="A setting of /etc/wsl.conf stands in .wslconfig",
        level="warning",
        reads="Names that WSL knows in the other file only.",
        why=".wslconfig is for the virtual machine of all distributions, /etc/wsl.conf for one "
        "distribution. Each is read for its own settings.",
        mend="Move the setting to /etc/wsl.conf of the distribution that you mean.",
        risk="It takes effect there for the first time, after `wsl --terminate NAME`.",
        severity_reason=_IGNORED,
        references=(DOCS,),
    ),
    "wslconfig-removed-key": CodeInfo(
        title="WSL does not know this key any more",
        level="warning",
        reads="Keys that Microsoft's pages once had and the source does not have any more.",
        why="Many examples still show `pageReporting`. WSL prints a line about it at each start, "
        "and memory goes back to Windows by `autoMemoryReclaim` instead.",
        mend="Take the line out.",
        risk="None: it has no effect.",
        severity_reason=_IGNORED,
        references=(CONFIG, "MicrosoftDocs/WSL WSL/release-notes.md"),
    ),
    "wslconfig-size-too-small": CodeInfo(
        title="A size is far too small: its unit is missing",
        level="warning",
        reads="memory, swap and defaultVhdSize. A number without a unit is bytes; so writes the app "
        "WSL Settings, with numbers of ten digits.",
        why="`memory=8` asks for 8 bytes. WSL makes 256 MB of it, in which neither Docker Desktop "
        "nor a build gets far.",
        mend="Write the unit: `memory=8GB`.",
        risk=_COUNTS,
        severity_reason="A warning: the virtual machine starts, with another size than meant.",
        references=(CONFIG, SIZES, "https://github.com/microsoft/WSL/issues/8725"),
    ),
    "wslconfig-larger-than-host": CodeInfo(
        title="WSL is to have more than the computer has",
        level="warning",
        reads="memory and processors against the computer's own, swap against the free space on the "
        "system drive. Not judged where the computer is not known.",
        why="WSL cuts memory and processors to what there is, and leaves Windows nothing of it. "
        "A swap file grows as it is used, until the drive is full.",
        mend="Write what the computer can spare: half of its memory, all processors but one or two.",
        risk=_COUNTS,
        severity_reason="A warning; a note for swap, which takes room only when it is used.",
        references=(CONFIG,),
    ),
    "wslconfig-no-effect": CodeInfo(
        title="A setting has no effect beside another one",
        level="warning",
        reads="Settings that need another one (ignoredPorts needs mirrored networking), and those "
        "that another one overrides (localhostForwarding in mirrored networking, virtio9p).",
        why="Whoever reads the file believes in a setting that does not hold.",
        mend="Change the other setting, or take the line out.",
        risk="None in taking the line out.",
        severity_reason="A warning; a note where what is written happens all the same.",
        references=(CONFIG, MACHINE, NETWORKING),
    ),
    "wslconfig-path-escapes": CodeInfo(
        title="Single backslashes became control characters in a path",
        level="warning",
        reads="Control characters in paths, which no name on Windows can hold.",
        why=r"`C:\temp\new` is read as C:, a tab, emp, a line feed, ew. With such a kernel no "
        "distribution starts; with such a swap file there is no swap.",
        mend=r"Double every backslash: `C:\\temp\\new`.",
        risk=_COUNTS,
        severity_reason="An error for the kernel and its modules, without which WSL does not start.",
        references=(PARSER, DOCS),
    ),
    "wslconfig-path-invalid": CodeInfo(
        title="A path is not the whole path of a file on Windows",
        level="warning",
        reads=r"Paths that do not begin with a drive (`C:\\`) or a share (`\\\\server\\`), "
        "that hold %VARIABLES%, or that end in what was meant for a comment.",
        why="WSL expands no variables and reads no Linux paths here. It looks for a file of "
        "exactly that name, below a folder of its own.",
        mend=r"Write the whole Windows path, with doubled backslashes: `C:\\Users\\ann\\kernel`.",
        risk=_COUNTS,
        severity_reason="An error for the kernel and its modules, without which WSL does not start.",
        references=(DOCS, MACHINE),
    ),
    "wslconfig-path-missing": CodeInfo(
        title="A file or folder that the file names does not exist",
        level="warning",
        reads="The paths of kernel, kernelModules and systemDistro, and the folder of swapFile, on "
        "the computer that the file is for.",
        why="WSL starts no distribution without the kernel that is named, and Docker Desktop with "
        "none. Without the folder of the swap file there is no swap.",
        mend="Correct the path, or take the line out: WSL then uses its own.",
        risk="WSL's own kernel may lack what the other one was built for.",
        severity_reason="An error for the kernel and its modules; a warning for the rest.",
        references=(MACHINE, "https://github.com/docker/for-win/issues/12681"),
    ),
    "wslconfig-non-ascii-value": CodeInfo(
        title="WSL damages a value that is not ASCII",
        level="warning",
        reads="Texts and paths with other letters than those of ASCII. Comments may have any.",
        why="WSL keeps 8 bits of each character of the file. A path through a folder called "
        "`Jürgen` then leads nowhere.",
        mend=r"Use a path of ASCII letters, e.g. below `C:\\wsl\\`.",
        risk="None in moving the file first and the line afterwards.",
        severity_reason="An error for the kernel and its modules, without which WSL does not start.",
        references=(PARSER,),
    ),
    "wslconfig-modules-without-kernel": CodeInfo(
        title="Kernel modules are set without a kernel",
        level="error",
        reads="kernelModules, and whether kernel is set as well.",
        why="WSL refuses to start: modules fit one kernel only, and its own has its own.",
        mend="Set kernel to the kernel that the modules were built with, or take the line out.",
        risk="None in taking the line out, where WSL's own kernel is to be used.",
        severity_reason="An error: no distribution starts.",
        references=(MACHINE,),
    ),
    "wslconfig-bridged-without-switch": CodeInfo(
        title="Bridged networking has no switch",
        level="error",
        reads="networkingMode=bridged, and whether vmSwitch is set.",
        why="WSL does not know where to connect, says so, and goes on without any network: no "
        "image can be pulled and no port reached.",
        mend="Set vmSwitch to a switch of Hyper-V, or take mirrored or nat as the mode.",
        risk="In mirrored networking ports are reached in another way than in a bridged one.",
        severity_reason="An error: WSL has no network.",
        references=("microsoft/WSL src/windows/service/exe/BridgedNetworking.cpp", MACHINE),
    ),
    "wslconfig-deprecated": CodeInfo(
        title="A setting is deprecated",
        level="note",
        reads="networkingMode=bridged.",
        why="Microsoft has marked it as deprecated with WSL 2.4.5: a later version may drop it.",
        mend="Use mirrored (Windows 11 22H2 and later) or nat.",
        risk="Addresses of the distribution change; what reaches it by address has to follow.",
        severity_reason="It works for now.",
        references=(DOCS,),
    ),
    "wslconfig-safe-mode": CodeInfo(
        title="WSL runs in safe mode",
        level="warning",
        reads="safeMode.",
        why="Safe mode is for mending a distribution. There is no network, no Windows drive, no "
        "GPU, no swap and no systemd in it, so no engine is of use.",
        mend="When the distribution is mended, take the line out, then `wsl --shutdown`.",
        risk="Whatever made safe mode necessary runs again at the next start.",
        severity_reason="A warning: somebody has asked for it, and may have forgotten.",
        references=(CONFIG, DOCS),
    ),
    "wslconfig-overridden-by-policy": CodeInfo(
        title="A policy of this computer overrides a setting",
        level="warning",
        reads=r"The values below HKLM\SOFTWARE\Policies\WSL, where they are known, against the "
        "settings that they can switch off.",
        why="WSL drops the setting and says so when it starts. No edit of the file changes that.",
        mend="Take the line out, or ask the administrator of this computer.",
        risk="None in taking the line out.",
        severity_reason=_IGNORED,
        references=(CONFIG, "microsoft/WSL src/windows/inc/wslpolicies.h"),
    ),
}

_WSL_CONF: Final[dict[str, CodeInfo]] = {
    "wsl-conf-invalid-line": CodeInfo(
        title="A line that is no setting ends the reading of the file",
        level="error",
        reads="Every line by WSL's own grammar: `[section]`, `key = value`, `#` for comments; names "
        r"of letters and digits; `\\`, `\"`, `\n`, `\t` and `\b` as the only escapes.",
        why="Other than in .wslconfig, WSL reads no further: one `;` for a comment, and all that "
        "follows is at its default.",
        mend="Write the line as the message says; begin comments with `#`.",
        risk="All that follows takes effect for the first time, after `wsl --terminate NAME`.",
        severity_reason="An error where settings follow, which are all lost; else a warning.",
        references=(DISTRIBUTION, PARSER),
    ),
    "wsl-conf-byte-order-mark": CodeInfo(
        title="A byte order mark hides the whole file",
        level="error",
        reads="The first bytes of the file.",
        why="An editor of Windows has put an invisible mark before the first letter. To WSL the "
        "first line is none, and it reads no further: every setting is at its default.",
        mend="Save the file as UTF-8 without a byte order mark: sed -i '1s/^\\xef\\xbb\\xbf//' "
        "/etc/wsl.conf",
        risk="All its settings take effect at once, after `wsl --terminate NAME`.",
        severity_reason="An error: nothing that the file says is in force.",
        references=(DISTRIBUTION, PARSER),
    ),
    "wsl-conf-key-of-wslconfig": CodeInfo(
        title="A setting of .wslconfig stands in /etc/wsl.conf",
        level="warning",
        reads="Names that WSL knows in the other file only.",
        why="/etc/wsl.conf is for one distribution, .wslconfig for the virtual machine of all of "
        "them. Each is read for its own settings.",
        mend=r"Move the setting to %UserProfile%\.wslconfig on Windows.",
        risk="It takes effect there for the first time, for all distributions and Docker Desktop, "
        "after `wsl --shutdown`.",
        severity_reason=_IGNORED,
        references=(DOCS,),
    ),
    "wsl-conf-automount-options": CodeInfo(
        title="An option for Windows drives is none",
        level="warning",
        reads="The options in `[automount] options`: metadata, uid, gid, umask, fmask, dmask, case, "
        "and the flags of mount(8).",
        why="WSL hands options that it does not know to the kernel as they are. A drive may then "
        "not be mounted, or be mounted without what was meant.",
        mend="Write the options with commas and without blanks: metadata,umask=022,fmask=011",
        risk="Owners and modes of files on Windows drives may look different afterwards.",
        severity_reason="A warning: what was meant does not happen.",
        references=(DOCS + "#automount-settings", DRVFS),
    ),
    "wsl-conf-automount-root": CodeInfo(
        title="Windows drives are to be mounted at no Linux path",
        level="warning",
        reads="`[automount] root`.",
        why="It is the folder of this distribution below which drives appear, /mnt/ by default: "
        "a Linux path from its root.",
        mend="Write a path that begins with a slash: root=/mnt/",
        risk="Paths in scripts and compose files that name /mnt/c have to follow.",
        severity_reason="A warning: drives are not where they are looked for.",
        references=(DOCS + "#automount-settings", DISTRIBUTION),
    ),
    "wsl-conf-umask-decimal": CodeInfo(
        title="A umask is read as a decimal number",
        level="warning",
        reads="`[filesystem] umask`. WSL reads whole numbers as C does: octal with a 0 before them.",
        why="`umask=22` is the octal 026, and other permissions are taken away than meant.",
        mend="Write it with a 0 before it: umask=022",
        risk="Files that are created afterwards have other permissions.",
        severity_reason="A warning: another value holds than the one meant.",
        references=(DISTRIBUTION, PARSER),
    ),
}


def _pages(prefix: str, own: dict[str, CodeInfo], end: str) -> dict[str, CodeInfo]:
    """The pages of one file; ``end`` is the command after which it counts."""
    pages = {**{prefix + name: info for name, info in _SHARED.items()}, **own}
    return {n: info._replace(risk=info.risk.replace("@END@", end)) for n, info in pages.items()}


WSLCONFIG_CODES: Final[Mapping[str, CodeInfo]] = _pages("wslconfig-", _WSLCONFIG, "wsl --shutdown")
"""Code to its title, level and explanation; each becomes a page of ``hullcheck explain``."""

WSL_CONF_CODES: Final[Mapping[str, CodeInfo]] = _pages(
    "wsl-conf-", _WSL_CONF, "wsl --terminate NAME"
)
"""The same for /etc/wsl.conf."""
