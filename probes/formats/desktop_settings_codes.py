"""Every problem code of Docker Desktop's settings files and of admin-settings.json, with its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from probes.formats.problems import CodeInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCS: Final = "https://docs.docker.com/desktop/settings-and-maintenance/settings/"
ADMIN_DOCS: Final = (
    "https://docs.docker.com/enterprise/security/hardened-desktop/settings-management/"
    "configure-json-file/"
)
REFERENCE: Final = (
    "https://docs.docker.com/enterprise/security/hardened-desktop/settings-management/"
    "settings-reference/"
)
COMMENT: Final = "https://github.com/docker/for-mac/issues/6730"
EMPTY: Final = "https://github.com/docker/for-win/issues/13253"
TYPE: Final = "https://github.com/docker/for-win/issues/11927"
COMMA: Final = "https://github.com/docker/for-win/issues/14293"
MARK: Final = "https://github.com/docker/for-win/issues/14950"
SPELLING: Final = "https://github.com/judge0/judge0/issues/525"

_EDIT: Final = (
    "Docker Desktop writes its settings when it ends, over whatever was edited meanwhile: quit it "
    "first (`docker desktop stop`), edit, then start it."
)
_DEPLOY: Final = (
    "It counts after Docker Desktop was quit and started; a restart from its menu is not enough."
)

_SHARED: Final[dict[str, CodeInfo]] = {
    "encoding": CodeInfo(
        title="The file is in an encoding that Docker Desktop does not read",
        level="error",
        reads="The bytes of the file: UTF-16, NULs, and bytes that are no UTF-8.",
        why="Docker Desktop reads UTF-8. `>` and `Out-File` of Windows PowerShell write UTF-16; a "
        "computer that lost its power while the file was written leaves NULs.",
        mend="Save the file as UTF-8 without a byte order mark; where there are only NULs, restore "
        "it from a backup or remove it for the defaults.",
        risk="@RISK@",
        severity_reason="An error: nothing that the file says can be read.",
        references=(COMMENT, ADMIN_DOCS),
    ),
    "syntax": CodeInfo(
        title="The file is no JSON",
        level="error",
        reads="The whole file, as Go's decoder reads it: no comments, no comma before a closing "
        "brace, double quotes only, every backslash in a path doubled.",
        why="Docker Desktop stops at its start and shows the decoder's words: \"invalid character "
        "'/' looking for beginning of value\".",
        mend="Correct the place that the message names.",
        risk="@RISK@",
        severity_reason="An error: Docker Desktop does not start.",
        references=(COMMENT, EMPTY, COMMA),
    ),
    "not-an-object": CodeInfo(
        title="The file holds no JSON object",
        level="error",
        reads="The outermost value of the file.",
        why="Settings are the members of one object in braces. From anything else Docker Desktop "
        "takes none.",
        mend="Put the settings into one object: `{ ... }`.",
        risk="@RISK@",
        severity_reason="An error: there is no setting in the file.",
        references=(DOCS, ADMIN_DOCS),
    ),
    "duplicate-key": CodeInfo(
        title="A setting is in the file twice",
        level="warning",
        reads="Keys that stand in the file more than once, in the same or in another spelling.",
        why="Go's decoder takes the last one and says nothing. Whoever edits the first one changes "
        "nothing.",
        mend="Keep the one that you mean and take the others out.",
        risk="@RISK@",
        severity_reason="A warning where the values differ, a note where they are the same.",
        references=("https://pkg.go.dev/encoding/json#Unmarshal",),
    ),
    "wrong-type": CodeInfo(
        title="A value is of the wrong type",
        level="error",
        reads="The values of the keys that are known: true or false, whole numbers, texts, lists of "
        "texts. null stands for the default.",
        why='Go\'s decoder does not make a number of `"8"` or `8.0`, nor true of `"true"`: it gives '
        "up, and Docker Desktop with it.",
        mend="Write the value as the message gives it.",
        risk="@RISK@",
        severity_reason="An error: Docker Desktop has been seen not to start.",
        references=(TYPE, "https://pkg.go.dev/encoding/json#Unmarshal"),
    ),
    "misspelt-key": CodeInfo(
        title="Docker Desktop has no such key, but one that was meant",
        level="warning",
        reads="Keys that are not in the table of known ones, are very like one of them, or are what "
        "one of them is called by mistake (`useRosetta`).",
        why="Docker Desktop ignores what it does not know without a word: the setting looks made, "
        "and is not.",
        mend="Use the name in the message, with a value of its type.",
        risk="The setting takes effect for the first time. @RISK@",
        severity_reason="A warning: what is written does not happen.",
        references=(REFERENCE, DOCS),
    ),
    "unknown-key": CodeInfo(
        title="No version of Docker Desktop is known to read a key",
        level="note",
        reads="Keys against the table of known ones. Docker documents no complete list, and new "
        "versions bring new keys: nothing is said of a key that is spelt as Docker Desktop itself "
        "spells its keys.",
        why="Many examples of settings on the web are invented. Docker Desktop ignores what it does "
        "not know without a word.",
        mend="Make the setting in Docker Desktop's window and look what it writes, or take the line "
        "out.",
        risk="@RISK@",
        severity_reason="A note: it may be a key that hullcheck does not know yet.",
        references=(REFERENCE,),
    ),
    "wrong-spelling": CodeInfo(
        title="Keys are not spelt as Docker Desktop spells them in this file",
        level="note",
        reads="The letters' case. settings-store.json has `MemoryMiB`, settings.json (up to 4.34) "
        "and admin-settings.json have `memoryMiB`.",
        why="Docker's own pages name some keys the other way, and users report that they are read. "
        "It is documented nowhere, tools that look for the right spelling do not find them, and "
        "Docker Desktop may write the same key a second time.",
        mend="Spell them as the message says.",
        risk="@RISK@",
        severity_reason="A note: it most likely works.",
        references=(SPELLING, "https://docs.docker.com/desktop/use-desktop/resource-saver/"),
    ),
    "key-of-daemon-json": CodeInfo(
        title="A setting of the engine stands among those of Docker Desktop",
        level="warning",
        reads="Keys that daemon.json has and this file has not, like `registry-mirrors`.",
        why="The engine reads daemon.json only, and Docker Desktop ignores what it does not know.",
        mend="@DAEMON@",
        risk="The engine restarts with it for the first time, and containers stop.",
        severity_reason="A warning: what is written does not happen.",
        references=(DOCS,),
    ),
    "invalid-value": CodeInfo(
        title="A value is none of those that Docker names",
        level="warning",
        reads="Keys whose values Docker's reference lists, and the network of the VM.",
        why="Docker Desktop falls back to its default or does not start; which of the two is not "
        "documented for most keys.",
        mend="Write one of the values in the message, or take the line out for the default.",
        risk="@RISK@",
        severity_reason="A warning; a note for a word that a newer version may know.",
        references=(REFERENCE, TYPE),
    ),
    "out-of-range": CodeInfo(
        title="A number is outside of what it counts",
        level="warning",
        reads="Sizes in MiB, ports, seconds, packet sizes.",
        why="A size without its unit in mind (`SwapMiB: 2`), or a port that does not exist: Docker "
        "Desktop takes another value or does not start its VM.",
        mend="Write a number within the bounds in the message.",
        risk="@RISK@",
        severity_reason="A warning: another value holds than the one meant.",
        references=(REFERENCE, "https://docs.docker.com/desktop/use-desktop/resource-saver/"),
    ),
    "ignored-here": CodeInfo(
        title="Docker Desktop ignores a setting here",
        level="note",
        reads="Limits of the VM beside WSL 2; keys that came with a later version than the one that "
        "is known to be there. Files that Docker Desktop itself has written in full are left alone.",
        why="With WSL 2 the VM belongs to WSL: only .wslconfig limits it, and Cpus, MemoryMiB and "
        "SwapMiB do nothing.",
        mend="Set memory and processors in .wslconfig (`hullcheck fix wsl-memory`), or update "
        "Docker Desktop.",
        risk="None in taking the line out.",
        severity_reason="A note: nothing breaks, the limit only does not hold.",
        references=(DOCS, "https://docs.docker.com/desktop/features/wsl/"),
    ),
    "api-exposed": CodeInfo(
        title="The engine's API is open without a password",
        level="warning",
        reads="ExposeDockerAPIOnTCP2375 (exposeDockerAPIOnTCP2375).",
        why="Every program on the computer, and every web page that gets one to connect, can start "
        "a container with the whole disk mounted.",
        mend="Set it to false. What needs the API can use the named pipe.",
        risk="Programs that use tcp://localhost:2375 lose the engine.",
        severity_reason="A warning: nothing happens until somebody uses it.",
        references=(REFERENCE, "https://docs.docker.com/engine/security/protect-access/"),
    ),
    "sharing-off": CodeInfo(
        title="All ways of sharing files are turned off",
        level="error",
        reads="UseVirtualizationFrameworkVirtioFS and UseGrpcfuse, on macOS.",
        why="With both off Docker Desktop fails to start; versions before 4.37 fell back to osxfs, "
        "the slowest of the three.",
        mend="Set UseVirtualizationFrameworkVirtioFS to true.",
        risk="Files may belong to another user inside containers than before.",
        severity_reason="An error; a warning for a version that still has osxfs.",
        references=(ADMIN_DOCS,),
    ),
    "proxy-credentials": CodeInfo(
        title="A proxy's password is in the file",
        level="note",
        reads="Addresses of proxies, for a user's name before an @. The name and the password are "
        "not shown.",
        why="The file is plain text: every program of this user can read it, and it goes into "
        "backups and into the diagnostics that are sent to Docker.",
        mend="Write the address without the name. Docker Desktop then asks for it and keeps it in "
        "the system's store of passwords.",
        risk="Downloads fail until it has been asked for.",
        severity_reason="A note: the proxy works.",
        references=("https://docs.docker.com/desktop/features/networking/",),
    ),
}

_SETTINGS: Final[dict[str, CodeInfo]] = {
    "desktop-settings-byte-order-mark": CodeInfo(
        title="A byte order mark stands at the start",
        level="warning",
        reads="The first bytes of the file.",
        why="`Set-Content -Encoding UTF8` of Windows PowerShell writes one. Go's decoder does not "
        "take it: for registry.json Docker Desktop does not start, and of its settings users report "
        "that it replaces the file and begins from the defaults.",
        mend="Save the file as UTF-8 without a byte order mark.",
        risk=_EDIT,
        severity_reason="A warning: what it does with this file is known from reports only.",
        references=(MARK, "https://github.com/docker/for-win/issues/14700"),
    ),
    "desktop-settings-key-of-admin-settings": CodeInfo(
        title="A setting of admin-settings.json stands in the user's settings",
        level="warning",
        reads="Keys and shapes that admin-settings.json or registry.json have and this file has "
        'not: configurationFileVersion, allowedOrgs, `{"locked": ..., "value": ...}`.',
        why="Docker Desktop ignores them here: nothing is locked, and nobody has to sign in.",
        mend="Put what is for a whole company into admin-settings.json, whose place is in Docker's "
        "manual.",
        risk="There it counts for every user of the computer, and asks for a sign-in.",
        severity_reason="A warning: what is written does not happen.",
        references=(ADMIN_DOCS,),
    ),
    "desktop-settings-unfit-resources": CodeInfo(
        title="Processors or memory do not fit the computer",
        level="warning",
        reads="Cpus and MemoryMiB: 1 processor and 1024 MiB at least, no more than the computer has "
        "where that is known.",
        why="Below that the engine alone does not fit; above it the VM does not start, or takes the "
        "computer's memory until both come to a stop.",
        mend="Write what the computer can spare: half of its memory, all processors but one or two. "
        "MemoryMiB counts MiB: 8 GB are 8192.",
        risk=_EDIT + " The VM restarts, and containers with it.",
        severity_reason="A warning: the VM may start all the same.",
        references=(DOCS, "https://github.com/docker/for-win/issues/4368"),
    ),
    "desktop-settings-rosetta-without-framework": CodeInfo(
        title="Rosetta is on, and the VM cannot use it",
        level="warning",
        reads="UseVirtualizationFrameworkRosetta beside UseVirtualizationFramework=false or "
        "UseLibkrun=true, on a Mac with Apple silicon.",
        why="Rosetta works in a VM on Apple's framework only. Images for amd64 run through QEMU, "
        "many times slower.",
        mend="Set UseVirtualizationFramework to true and UseLibkrun to false.",
        risk="The VM starts on another hypervisor; images and volumes stay.",
        severity_reason="A warning: what was turned on does not happen.",
        references=(REFERENCE, "https://docs.docker.com/desktop/features/vmm/"),
    ),
    "desktop-settings-docker-vmm-on-intel": CodeInfo(
        title="Docker VMM is asked for on an Intel Mac",
        level="note",
        reads="UseLibkrun and the computer's processor.",
        why="Docker VMM runs on Apple silicon only. The settings come from another computer, and the "
        "rest of them need not fit this one either.",
        mend="Set UseLibkrun to false.",
        risk=_EDIT,
        severity_reason="A note: Docker Desktop takes another hypervisor by itself.",
        references=("https://docs.docker.com/desktop/features/vmm/",),
    ),
    "desktop-settings-path-escapes": CodeInfo(
        title="Single backslashes became control characters in a path",
        level="warning",
        reads="Control characters in paths, which no name on Windows can hold.",
        why=r'In JSON `"D:\temp\new"` is D:, a tab, emp, a line feed, ew. The folder is not found.',
        mend=r'Double every backslash: `"D:\\temp\\new"`.',
        risk=_EDIT,
        severity_reason="A warning: the path leads nowhere.",
        references=("https://www.rfc-editor.org/rfc/rfc8259#section-7",),
    ),
    "desktop-settings-path-missing": CodeInfo(
        title="A folder that the settings name does not exist",
        level="warning",
        reads="DataFolder (where the VM is not WSL's) and CustomWslDistroDir, on the computer that "
        "the file is for.",
        why="Without the folder of its disk Docker Desktop begins with an empty one: images and "
        "volumes are gone from view. A drive that is not plugged in does the same.",
        mend="Bring the folder or its drive back, or name the right one.",
        risk="Do not start Docker Desktop before: it may make a new, empty disk.",
        severity_reason="A warning: the folder may be on a drive that comes back.",
        references=(DOCS,),
    ),
}

_ADMIN: Final[dict[str, CodeInfo]] = {
    "admin-settings-byte-order-mark": CodeInfo(
        title="A byte order mark stands at the start",
        level="error",
        reads="The first bytes of the file.",
        why="Docker's manual asks for UTF-8 without one. Go's decoder does not take it, and Docker "
        "Desktop does not start with a file for administrators that it cannot read.",
        mend="Save the file as UTF-8 without a byte order mark.",
        risk=_DEPLOY,
        severity_reason="An error: Docker Desktop does not start.",
        references=(ADMIN_DOCS, MARK),
    ),
    "admin-settings-version": CodeInfo(
        title="configurationFileVersion is not 2",
        level="warning",
        reads="configurationFileVersion.",
        why="It says in which format the file is written, and 2 is the only one that is documented.",
        mend='Write `"configurationFileVersion": 2` as the first member.',
        risk=_DEPLOY,
        severity_reason="A warning: what Docker Desktop does without it is not documented.",
        references=(ADMIN_DOCS,),
    ),
    "admin-settings-no-entry": CodeInfo(
        title="A setting is a bare value",
        level="error",
        reads="The shape of each setting.",
        why='Every setting is an object: `{"locked": true, "value": ...}`; groups like kubernetes '
        "and proxy have fields instead. Go's decoder gives up at anything else, and Docker Desktop "
        "does not start with a file for administrators that it cannot read.",
        mend="Write the setting as the message gives it.",
        risk=_DEPLOY,
        severity_reason="An error: the file cannot be read as a whole.",
        references=(ADMIN_DOCS, COMMA),
    ),
    "admin-settings-no-lock": CodeInfo(
        title="A setting does not say whether it is locked",
        level="warning",
        reads="`locked` in each setting, and in the groups that have one.",
        why="Docker's manual asks for it in every setting. Without it the value is a suggestion, "
        "which every user can change.",
        mend='Write `"locked": true` to enforce the value, false to suggest it.',
        risk="Users lose what they have set themselves where it is true.",
        severity_reason="A warning: what was meant to be enforced is not.",
        references=(ADMIN_DOCS,),
    ),
    "admin-settings-no-value": CodeInfo(
        title="A setting has no value",
        level="warning",
        reads="`value` in each setting.",
        why="What Go's decoder does not find is false, 0 or empty: a setting that only says locked "
        "may turn the feature off.",
        mend="Write the value that is meant.",
        risk=_DEPLOY,
        severity_reason="A warning: another value may hold than the one meant.",
        references=(ADMIN_DOCS,),
    ),
    "admin-settings-key-of-settings": CodeInfo(
        title="A setting of the user's file stands in admin-settings.json",
        level="warning",
        reads="Keys that settings-store.json has and this file has not, or has inside a group.",
        why="Only some settings can be made for a whole company. Docker Desktop ignores the rest "
        "without a word.",
        mend="Use the place in the message, or leave it to the users.",
        risk=_DEPLOY,
        severity_reason="A warning: what is written does not happen.",
        references=(ADMIN_DOCS, REFERENCE),
    ),
    "admin-settings-daemon-options": CodeInfo(
        title="The engine's options are no daemon.json",
        level="error",
        reads="dockerDaemonOptions.value: a text that holds a whole daemon.json, which is judged as "
        "one.",
        why="Docker Desktop hands the text to the engine as it is, and the engine does not start "
        "with options that it does not know.",
        mend=r'Write it as a text: `"value": "{\"debug\": true}"`.',
        risk="The engine restarts with it, and containers stop.",
        severity_reason="That of the problem in the text; an error where it is no text.",
        references=(ADMIN_DOCS, REFERENCE),
    ),
}


def _pages(prefix: str, own: dict[str, CodeInfo], words: dict[str, str]) -> dict[str, CodeInfo]:
    pages = {**{prefix + name: info for name, info in _SHARED.items()}, **own}
    for name, info in pages.items():
        for word, text in words.items():
            info = info._replace(  # noqa: PLW2901 - it is made up word by word
                risk=info.risk.replace(word, text), mend=info.mend.replace(word, text)
            )
        pages[name] = info
    return pages


SETTINGS_CODES: Final[Mapping[str, CodeInfo]] = _pages(
    "desktop-settings-",
    _SETTINGS,
    {
        "@RISK@": _EDIT,
        "@DAEMON@": "Move it to ~/.docker/daemon.json, or to Settings > Docker Engine.",
    },
)
"""Code to its title, level and explanation; each becomes a page of ``hullcheck explain``."""

ADMIN_CODES: Final[Mapping[str, CodeInfo]] = _pages(
    "admin-settings-",
    _ADMIN,
    {
        "@RISK@": _DEPLOY,
        "@DAEMON@": "Move it into the text of linuxVM.dockerDaemonOptions.",
    },
)
"""The same for admin-settings.json."""
