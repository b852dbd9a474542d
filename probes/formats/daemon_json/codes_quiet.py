"""Pages of the problems that nobody reports: ignored, swallowed, doubled, about to go."""

from __future__ import annotations

from typing import Final

from probes.formats.daemon_json.codes_refused import CONFIG_GO, DEPRECATED, DOCS, HOSTS_ISSUE
from probes.formats.problems import CodeInfo

_SILENT: Final = "The engine starts and behaves as if the line were not there."

QUIET: Final[dict[str, CodeInfo]] = {
    "daemon-json-singular-key": CodeInfo(
        title="The name of a flag is used as a key",
        level="warning",
        reads="The names of all keys, against flags whose key is spelt in the plural.",
        why="`host`, `label`, `log-opt`, `registry-mirror` and their like are accepted and "
        "ignored: a conflict seems solved, a mirror set, log rotation on, and is not.",
        mend="Write the plural: hosts, labels, log-opts, registry-mirrors.",
        risk="The setting takes effect for the first time: look at its value before. hosts "
        "conflicts with `-H fd://` of docker.service.",
        severity_reason=_SILENT,
        references=(HOSTS_ISSUE, CONFIG_GO),
    ),
    "daemon-json-swallowed-object": CodeInfo(
        title="An object under an unknown name is accepted",
        level="warning",
        reads="Top-level objects whose name is no key.",
        why="The engine opens any object and takes what is inside for keys. When those exist, "
        "nothing is reported: texts and lists are ignored, some booleans even take effect.",
        mend="Correct the name, move what is inside to the top level, or take the object out.",
        risk="Settings take effect for the first time: look at their values before.",
        severity_reason=_SILENT,
        references=(CONFIG_GO,),
    ),
    "daemon-json-ignored-key": CodeInfo(
        title="A key of daemon.json has no effect",
        level="warning",
        reads="Keys that the engine accepts for old times' sake, or only in another place "
        "(http-proxy belongs inside proxies).",
        why="Whoever reads the file believes in a setting that does not exist.",
        mend="Move the key to where the message says, or take it out.",
        risk="Moved to its place it takes effect for the first time.",
        severity_reason=_SILENT,
        references=(CONFIG_GO, "https://docs.docker.com/engine/daemon/proxy/"),
    ),
    "daemon-json-null-turns-off": CodeInfo(
        title="null turns a setting off",
        level="warning",
        reads="Booleans that are null, where the engine passes the value to the flag of that name.",
        why='null looks like "use the default". The engine prints it, hands it to the flag, '
        "fails to parse it and is left with false: iptables, icc or userland-proxy are then off.",
        mend="Take the key out for the default, or write true or false.",
        risk="The setting changes at the next start.",
        severity_reason="The engine starts with another setting than the reader expects.",
        references=(CONFIG_GO, "https://github.com/spf13/pflag/blob/v1.0.9/bool.go"),
    ),
    "daemon-json-duplicate-key": CodeInfo(
        title="A key stands twice",
        level="warning",
        reads="The keys of every object in the file.",
        why="The last one wins without a word; the first still has to be of the right type.",
        mend="Keep the one that is meant.",
        risk="Removing the last one brings the first into effect.",
        severity_reason="The engine starts, with a value that the reader may not expect.",
        references=("https://www.rfc-editor.org/rfc/rfc8259#section-4",),
    ),
    "daemon-json-removed-next": CodeInfo(
        title="A newer engine will refuse this",
        level="warning",
        reads="Keys and values of this engine that a later release removed.",
        why="The file works until the upgrade, and then the engine does not start.",
        mend="Replace it before the upgrade, as the message says.",
        risk="graph to data-root: same path, or the data seems to be gone.",
        severity_reason="Works today, stops the engine after an upgrade.",
        references=(DEPRECATED,),
    ),
    "daemon-json-feature-unknown": CodeInfo(
        title="A feature does not exist in this engine",
        level="warning",
        reads="The names in features, against those that occur in the engine's source.",
        why="Any name is accepted; one that the engine does not look for does nothing.",
        mend="Correct the name, or take it out.",
        risk="containerd-snapshotter, once spelt right, moves images to another store: those of "
        "before seem to be gone until it is off again.",
        severity_reason=_SILENT,
        references=(DOCS,),
    ),
    "daemon-json-feature-settled": CodeInfo(
        title="A feature is the default by now",
        level="note",
        reads="features that are set to true and have been the default for some releases.",
        why="The line only suggests that something special is going on.",
        mend="Take it out when the file is edited anyway.",
        risk="None, unless the file is shared with older engines.",
        severity_reason="Harmless.",
        references=(DOCS,),
    ),
    "daemon-json-builder-key-unknown": CodeInfo(
        title="A key inside builder does not exist",
        level="warning",
        reads="The names inside builder, builder.gc and its policies.",
        why="Unknown names inside builder are never refused: the build cache keeps growing, or "
        "keeps its defaults.",
        mend="Correct the name: gc has enabled, defaultKeepStorage (from 28.0 on "
        "defaultReservedSpace, defaultMaxUsedSpace, defaultMinFreeSpace) and policy.",
        risk="Garbage collection starts for the first time and removes cache.",
        severity_reason=_SILENT,
        references=("https://docs.docker.com/build/cache/garbage-collection/",),
    ),
}
