"""The judge: what an engine of a given version does with the bytes of a daemon.json.

Refusals come first, in the order in which the engine meets them, so that the first one carries
the text that ``dockerd --validate`` prints; then what the engine lets through, by line.

Source: moby v28.5.2 ``daemon/config/config.go`` and ``cmd/dockerd/daemon.go``
(``loadDaemonCliConfig``, ``newAPIServerTLSConfig``), checked against dockerd 26.1.5 and 28.5.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.formats.daemon_json import (
    addresses,
    go_types,
    keys,
    listening,
    machine,
    names,
    quiet,
    start,
    validation,
)
from probes.formats.daemon_json.codes import CODES
from probes.formats.daemon_json.host_facts import DEFAULT_PATH, HostFacts
from probes.formats.daemon_json.report import Report
from probes.formats.daemon_json.settings import Settings
from probes.formats.json_document import (
    JsonDocumentError,
    JsonEncodingError,
    JsonSyntaxError,
    decode,
)
from probes.formats.problems import Problem

if TYPE_CHECKING:
    from probes.formats.json_document import Document

MERGED = "merged configuration validation from file and command line flags failed: "
_FROM_FILE = "configuration validation from file failed: "


def judge(
    data: bytes,
    *,
    engine: str,
    host: HostFacts | None = None,
    path: str = DEFAULT_PATH,
) -> list[Problem]:
    """Every problem that an engine of this version has, or hides, with this file.

    Args:
        data: the bytes of the file.
        engine: a version such as ``28.5.2``; what is no version counts as the newest.
        host: what is known of the host; without it nothing is refused for missing files or
            users, only noted.
        path: the file's name, as the engine would print it.

    Never raises on any bytes.
    """
    version = keys.engine_version(engine)
    prefix = f"unable to configure the Docker daemon with file {path}: "
    json_prefix = prefix + ("invalid JSON: " if version >= (28, 0) else "")
    try:
        document = decode(data, plain_stream=version < (23, 0))
    except JsonDocumentError as error:
        return [_undecodable(error, version, prefix, json_prefix)]
    if document.root is None or document.root.kind == "null":
        return []
    report = Report(document, CODES)
    if document.root.kind != "object":
        text = (
            f"json: cannot unmarshal {document.root.kind} into Go value of type "
            "map[string]interface {}"
        )
        report.refuse(
            "daemon-json-not-an-object",
            f"The file holds {_article(document.root.kind)} where the engine needs an object in "
            "braces, so it does not start.",
            document.root,
            text=json_prefix + text,
        )
        return report.problems()
    settings = Settings(document, version)
    _judge_object(report, settings, host or HostFacts(), path=path, json_prefix=json_prefix)
    return report.problems()


def _article(kind: str) -> str:
    return {"array": "a list", "bool": "true or false"}.get(kind, f"a {kind}")


def _judge_object(
    report: Report, settings: Settings, host: HostFacts, *, path: str, json_prefix: str
) -> None:
    prefix = json_prefix.removesuffix("invalid JSON: ")
    document, version = settings.document, settings.engine
    root = document.root
    if root is None:
        return
    huge = go_types.huge_number_text(document, version)
    if huge and document.huge_number:
        report.refuse(
            "daemon-json-number-out-of-range",
            "The number is larger than any number the engine can hold, so it does not start.",
            document.huge_number[1],
            text=json_prefix + huge,
            key=".".join(document.huge_number[0]),
        )
    names.judge_names(report, settings, prefix)
    names.judge_conflicts(report, settings, host, path, prefix)
    for wrong in go_types.mismatches(document, root, version):
        key = ".".join(wrong.path)
        code = "daemon-json-wrong-type"
        if not wrong.text.startswith("json: "):
            code = "daemon-json-invalid-value"
        report.refuse(
            code,
            f"{key or 'The file'} must be {wrong.wanted}; the engine does not start with "
            f"{report.shown(wrong.node)}.",
            wrong.node,
            text=json_prefix + wrong.text,
            key=key,
            suggestion=_retyped(wrong),
        )
    merged = prefix + (MERGED if version >= (23, 0) else _FROM_FILE)
    late = [
        *listening.second_look(settings),
        validation.label_conflict(settings),
        validation.cluster_fault(settings),
    ]
    found = [(fault, merged) for fault in validation.faults(settings, host)]
    for fault, start_text in found + [(fault, "") for fault in late if fault]:
        report.refuse(
            fault.code,
            f"{fault.key}: {fault.wrong}; the engine does not start.",
            fault.node,
            text=start_text + fault.text,
            key=fault.key,
            machine=fault.code == "daemon-json-proxy-path-missing",
            suggestion=fault.suggestion or None,
        )
    machine.judge_machine(report, settings, host)
    quiet.judge_quiet(report, settings)
    start.judge_start(report, settings, host)
    addresses.judge_addresses(report, settings)


def _retyped(wrong: go_types.Mismatch) -> str | None:
    """The same value in the right type, as JSON, where that is plain to see."""
    node, wanted = wrong.node, wrong.wanted
    if wanted.startswith("a text"):
        if node.kind == "number":
            return f'"{node.value}"'
        if node.kind == "bool":
            return '"true"' if node.value else '"false"'
    if node.kind == "string":
        text = node.value.strip()
        if wanted.startswith("true or false") and text.lower() in {"true", "false"}:
            return str(text.lower())
        if wanted.startswith("a whole number") and text.isascii() and text.isdigit():
            return str(text)
        if wanted.startswith(("a list of texts", "a list of IP")):
            from probes.formats.json_document import quote_text

            return f"[{quote_text(node.value)}]"
    if wanted.startswith("a size") and node.kind == "number":
        return f'"{node.value}"'
    return None


def _undecodable(
    error: JsonDocumentError, version: tuple[int, ...], prefix: str, json_prefix: str
) -> Problem:
    text = error.message if version < (28, 0) else error.message_v2
    if isinstance(error, JsonEncodingError):
        return Problem(
            "daemon-json-encoding",
            "error",
            "The file is not UTF-8 from here on (an editor saved it in another encoding), so the "
            "engine does not start.",
            error.line,
            error.column,
            error.column + 1,
            refused_by_engine=True,
            engine_text=prefix + text,
        )
    found = error.found if isinstance(error, JsonSyntaxError) else ""
    return Problem(
        "daemon-json-syntax",
        "error",
        f"{_advice(found, error.message)}; the engine does not start.",
        error.line,
        error.column,
        error.column + 1,
        refused_by_engine=True,
        engine_text=json_prefix + text,
    )


def _advice(found: str, message: str) -> str:
    """Plain words for a syntax error: what stands here and should not."""
    if not found:
        if message == "EOF":
            return "The file is empty"
        return "The file ends before its last brace, bracket or quote is closed"
    if found == "\ufeff":
        return "A byte order mark stands at the start, which this engine does not understand"
    if found in "/#" and "looking for" in message:
        return "A comment stands here, and JSON has none"
    if found in {"'", "\u2018", "\u2019", "\u201c", "\u201d", "\u201e", "`"}:
        return "JSON takes only straight double quotes"
    if "object key string" in message and found == "}":
        return "A comma stands before the closing brace"
    if "looking for beginning of value" in message and found == "]":
        return "A comma stands before the closing bracket"
    if message.endswith(("after object key:value pair", "after array element")) and found == '"':
        return "A comma is missing before this"
    if found == "{" and "object key string" in message:
        return "This looks like a template that was not filled in"
    if "after top-level value" in message:
        return "Something follows the end of the object"
    if "string literal" in message:
        return "A line break or control character stands inside a text"
    if "after object key" in message:
        return "A colon is missing after the key"
    return f"This is no JSON ({message})"


def known_document(data: bytes, engine: str) -> Document | None:
    """The document that an engine of this version reads from the bytes, None if it reads none."""
    try:
        return decode(data, plain_stream=keys.engine_version(engine) < (23, 0))
    except JsonDocumentError:
        return None
