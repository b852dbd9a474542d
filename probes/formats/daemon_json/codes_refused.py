"""Pages of the problems with which the engine refuses the file itself."""

from __future__ import annotations

from typing import Final

from probes.formats.problems import CodeInfo

DOCS: Final = "https://docs.docker.com/reference/cli/dockerd/#daemon-configuration-file"
_MOBY: Final = "https://github.com/moby/moby/blob/v28.5.2/"
CONFIG_GO: Final = f"{_MOBY}daemon/config/config.go"
HOSTS_ISSUE: Final = "https://github.com/docker/for-linux/issues/732"
DEPRECATED: Final = "https://docs.docker.com/engine/deprecated/"
_PROTECT: Final = "https://docs.docker.com/engine/security/protect-access/"
_USERNS: Final = "https://docs.docker.com/engine/security/userns-remap/"

_DOWN: Final = (
    "The running engine keeps its old settings, so nothing is noticed until the next restart or "
    "reboot; then the engine does not come up and no container runs."
)
_CHECK: Final = (
    "Check with `hullcheck lint` (or `dockerd --validate` from 23.0 on) before restarting."
)
_HARD: Final = "The engine does not start with it."


REFUSED: Final[dict[str, CodeInfo]] = {
    "daemon-json-syntax": CodeInfo(
        title="daemon.json is not valid JSON",
        level="error",
        reads="The bytes of the file, by the rules of the decoder that the engine uses: no "
        "comments, no trailing commas, straight double quotes only.",
        why=_DOWN,
        mend="Go to the line and column and repair what stands there: take out comments and "
        "trailing commas, add missing commas, use straight double quotes, keep one object. "
        + _CHECK,
        risk="None while only punctuation changes. If the file is generated from a template, "
        "mend the template, or the next run breaks it again.",
        severity_reason=_HARD,
        references=(DOCS, CONFIG_GO, "https://www.rfc-editor.org/rfc/rfc8259"),
    ),
    "daemon-json-encoding": CodeInfo(
        title="daemon.json is not UTF-8",
        level="error",
        reads="The bytes of the file. UTF-8, and from 23.0 on UTF-8 or UTF-16 with a byte order "
        "mark, are accepted.",
        why=_DOWN,
        mend="Save the file as UTF-8 without a mark, e.g. `iconv -f latin1 -t utf-8`. " + _CHECK,
        risk="Choose the encoding the file really has, or letters outside ASCII change.",
        severity_reason=_HARD,
        references=(CONFIG_GO,),
    ),
    "daemon-json-not-an-object": CodeInfo(
        title="daemon.json holds no object",
        level="error",
        reads="The outermost value of the file.",
        why=_DOWN,
        mend='Put the settings into one object in braces: `{ "key": value }`. ' + _CHECK,
        risk="None.",
        severity_reason=_HARD,
        references=(DOCS, CONFIG_GO),
    ),
    "daemon-json-number-out-of-range": CodeInfo(
        title="A number in daemon.json is beyond every limit",
        level="error",
        reads="Every number of the file, also inside objects the engine keeps as they are.",
        why="The engine decodes each number into 64 bits and refuses the file at the first that "
        "does not fit. " + _DOWN,
        mend="Write the number that was meant. " + _CHECK,
        risk="None.",
        severity_reason=_HARD,
        references=(CONFIG_GO,),
    ),
    "daemon-json-unknown-key": CodeInfo(
        title="The engine does not know a key of daemon.json",
        level="error",
        reads="The names of all keys; objects that are not settings themselves are opened, and "
        "the names inside them are judged, as the engine does it.",
        why="One unknown name is enough for the engine to refuse the whole file. Names are "
        "case-sensitive. " + _DOWN,
        mend="Correct the spelling to the nearest key, move the key to where it belongs (options "
        "of a log driver into log-opts, features into features), or take it out. " + _CHECK,
        risk="A key that was meant for another program (the docker client, Docker Desktop) has "
        "its own file: moving it there changes that program.",
        severity_reason=_HARD,
        references=(DOCS, CONFIG_GO),
    ),
    "daemon-json-removed-key": CodeInfo(
        title="A key of daemon.json was removed from the engine",
        level="error",
        reads="The names of all keys, against the keys that earlier engines had.",
        why="After an upgrade the engine refuses the whole file because of one old key: the most "
        "common reason for an engine that does not start after an upgrade. " + _DOWN,
        mend="Take the key out, or use its successor (graph became data-root). " + _CHECK,
        risk="graph and data-root name the directory of images and volumes: write the same path, "
        "or the engine starts with an empty one.",
        severity_reason=_HARD,
        references=(DEPRECATED, CONFIG_GO),
    ),
    "daemon-json-key-too-new": CodeInfo(
        title="A key of daemon.json belongs to a newer engine",
        level="error",
        reads="The names of all keys, against the releases that know them.",
        why="An older engine refuses the whole file because of one key it does not know yet, "
        "typically after a downgrade or in a file shared between hosts. " + _DOWN,
        mend="Take the key out, or upgrade the engine. " + _CHECK,
        risk="Without the key the engine falls back to its default for it.",
        severity_reason=_HARD,
        references=(DOCS, "https://docs.docker.com/engine/release-notes/"),
    ),
    "daemon-json-wrong-type": CodeInfo(
        title="A value in daemon.json has the wrong type",
        level="error",
        reads="The type of each value, against the field that the engine decodes it into.",
        why="The engine converts nothing: a number in quotes, true in quotes, a text where a list "
        "belongs all make it refuse the file. " + _DOWN,
        mend="Write the value in its type: booleans and numbers without quotes, except in "
        'log-opts, where every value is a text (`"max-file": "3"`). ' + _CHECK,
        risk="None.",
        severity_reason=_HARD,
        references=(DOCS, f"{_MOBY}daemon/config/config_linux.go"),
    ),
    "daemon-json-invalid-value": CodeInfo(
        title="A value in daemon.json is refused",
        level="error",
        reads="Values that the engine checks when it reads the file: addresses, sizes, log "
        "levels, labels, modes, mirrors, listening addresses.",
        why=_DOWN,
        mend="Write a value of the form that the message names. " + _CHECK,
        risk="The engine behaves by the new value from its next start on; changed addresses reach "
        "only networks and containers made later.",
        severity_reason=_HARD,
        references=(DOCS, CONFIG_GO, f"{_MOBY}opts/opts.go"),
    ),
    "daemon-json-flag-conflict": CodeInfo(
        title="A setting is both in daemon.json and on the command line",
        level="error",
        reads="The keys of the file and the flags of the running dockerd or its unit file.",
        why="The engine refuses to guess which of the two counts, even when they are equal. The "
        "classic case is hosts beside `-H fd://` in docker.service. " + _DOWN,
        mend="Take the key out of the file, or override ExecStart in a drop-in "
        "(`systemctl edit docker`) without the flag. " + _CHECK,
        risk="Without `-H fd://` the engine no longer takes its socket from systemd: stop "
        "docker.socket too, and list unix:///var/run/docker.sock in hosts.",
        severity_reason=_HARD,
        references=(HOSTS_ISSUE, DOCS),
    ),
    "daemon-json-flag-as-key": CodeInfo(
        title="A flag stands in daemon.json as a key",
        level="error",
        reads="The names of all keys, against the flags that mean something on the command line "
        "only.",
        why="Such a key never does anything. With `--config-file` on the command line, as "
        "`dockerd --validate` is usually called, the engine refuses the file.",
        mend="Take the key out. " + _CHECK,
        risk="None.",
        severity_reason="The official check refuses it, and so does an engine that is started "
        "with that flag.",
        references=(CONFIG_GO,),
    ),
    "daemon-json-exclusive-keys": CodeInfo(
        title="Two keys of daemon.json exclude each other",
        level="error",
        reads="Pairs of keys: bridge and bip, icc and iptables, host-gateway-ip and "
        "host-gateway-ips, userns-remap and the containerd image store, the two namespaces.",
        why="Most of these pass `dockerd --validate` and stop the engine at its next start.",
        mend="Keep the one that is meant, take the other out. " + _CHECK,
        risk="Changing bridge or bip moves the default bridge network to other addresses.",
        severity_reason=_HARD,
        references=(f"{_MOBY}daemon/daemon_unix.go", DOCS),
    ),
    "daemon-json-tls-files-unset": CodeInfo(
        title="TLS is on without certificate and key",
        level="error",
        reads="tls, tlsverify, tlscert and tlskey.",
        why="The defaults that the flags have for these files do not apply to the file, so the "
        "engine opens an empty path and stops. tlsverify turns TLS on by being there, even as "
        "false.",
        mend="Set tlscert and tlskey (and tlscacert for tlsverify), or take tls and tlsverify "
        "out. " + _CHECK,
        risk="Without TLS a TCP socket gives root to everyone who reaches it: take it out of "
        "hosts first.",
        severity_reason=_HARD,
        references=(_PROTECT, f"{_MOBY}cmd/dockerd/daemon.go"),
    ),
    "daemon-json-tls-files-missing": CodeInfo(
        title="A certificate that daemon.json names is not there",
        level="error",
        reads="tlscert, tlskey and tlscacert, and whether the files exist on this machine.",
        why="The engine opens them at every start, and does not start without them.",
        mend="Put the files where the keys say, or correct the paths. " + _CHECK,
        risk="A key file must be readable by root only.",
        severity_reason="The engine does not start on this machine; on another it may.",
        references=(_PROTECT,),
    ),
    "daemon-json-userns-user-missing": CodeInfo(
        title="The user of userns-remap does not exist",
        level="error",
        reads="userns-remap, /etc/passwd and /etc/group.",
        why="The engine looks the user up at every start, and does not start without it. Only "
        '"default" makes its user (dockremap) itself.',
        mend='Create the user with ranges in /etc/subuid and /etc/subgid, or write "default". '
        + _CHECK,
        risk="With another user the engine uses another directory: images, containers and volumes "
        "of before seem to be gone until the old value is back.",
        severity_reason="The engine does not start on this machine; on another it may.",
        references=(_USERNS,),
    ),
    "daemon-json-proxy-path-missing": CodeInfo(
        title="The program of userland-proxy-path is not there",
        level="error",
        reads="userland-proxy-path, and whether the program exists on this machine.",
        why="From 25.0 on the engine looks for it whenever userland-proxy is on, and does not "
        "start without it.",
        mend="Correct the path, usually by taking the key out, or set userland-proxy to false. "
        + _CHECK,
        risk="Without the proxy, published ports cannot be reached over ::1 and in some setups "
        "over 127.0.0.1.",
        severity_reason="The engine does not start on this machine; on another it may.",
        references=(f"{_MOBY}daemon/config/config_linux.go",),
    ),
    "daemon-json-real-time-cgroup-v2": CodeInfo(
        title="Real-time CPU settings without cgroup version 1",
        level="error",
        reads="cpu-rt-period and cpu-rt-runtime, and the host's cgroup version.",
        why="cgroup version 2 has no such control, and the engine refuses to start with it.",
        mend="Take both keys out. " + _CHECK,
        risk="Containers that asked for real-time time lose it.",
        severity_reason="The engine does not start on a host with cgroup version 2.",
        references=(f"{_MOBY}cmd/dockerd/daemon_linux.go",),
    ),
}
