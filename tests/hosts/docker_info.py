"""Turns the text of ``docker info`` and ``docker version`` back into the Engine API's answers.

The reading itself is the product's own (probes.pasted.docker_text); here its holes are filled as for
an engine of that version.
"""

from __future__ import annotations

import re
from typing import Any

from probes.pasted.docker_text import LACKS
from probes.pasted.docker_text import parse as parse_text


def cleaned(text: str) -> str:
    """The text without what pasting did to it: comment signs, Markdown's escapes."""
    lines = [re.sub(r"^# ?", "", line) for line in text.splitlines()]
    joined = "\n".join(lines).replace("device mapper", "devicemapper")
    return joined.replace("&#x20;", " ").replace("\\_", "_").replace("\\", "")


def parse(text: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """GET /info and GET /version of an engine whose text is whole, or None.

    What the text leaves out is taken for fine: flags without a warning are set, and the version's
    answer is that of a distribution's own build.
    """
    told = parse_text(cleaned(text))
    if told is None or not (told.info or told.version):
        return None
    if not told.info:
        api = {"MinAPIVersion": "1.12", **told.version}
        return {"ServerVersion": told.version["Version"]}, api
    warnings = told.info.get("Warnings") or []
    flags = {flag: words not in warnings for words, flag in LACKS.items()}
    info = {"Warnings": None, **flags, **told.info}
    if "Swarm" in info:
        info["Swarm"] = {"Nodes": 0, "Managers": 0, **info["Swarm"]}
    return info, _version_of(info) if "ServerVersion" in info else {}


APIS = {
    "1.10": "1.22", "1.12": "1.24", "1.13": "1.26", "17.05": "1.29", "17.12": "1.35",
    "18.03": "1.37", "18.06": "1.38", "18.09": "1.39", "19.03": "1.40", "20.10": "1.41",
    "23.0": "1.42", "24.0": "1.43", "25.0": "1.44", "26.0": "1.45", "26.1": "1.45", "27.0": "1.46",
    "27.2": "1.47", "27.4": "1.47", "28.0": "1.48", "28.1": "1.49", "28.2": "1.50", "28.3": "1.51",
    "28.4": "1.51", "28.5": "1.51", "29.0": "1.52", "29.1": "1.52", "29.2": "1.53", "29.6": "1.55",
    "29.7": "1.55", "29.10": "1.56",
}  # fmt: skip


def version_answer(
    version: str, *, platform: str = "", arch: str = "amd64", kernel: str = "", **more: Any
) -> dict[str, Any]:
    """GET /version as an engine of that version answers."""
    series = ".".join(version.split(".")[:2])
    api = APIS.get(series, "1.47")
    major = int(re.match(r"\d+", version)[0])  # type: ignore[index]
    floor = "1.12" if major < 25 else "1.24" if major < 29 else "1.40"
    answer: dict[str, Any] = {
        "Version": version,
        "ApiVersion": api,
        "MinAPIVersion": floor,
        "GitCommit": "0000000",
        "GoVersion": "go1.25",
        "Os": "linux",
        "Arch": arch,
        "KernelVersion": kernel,
        "BuildTime": "2026-07-15T11:02:57.000000000+00:00"
        if major >= 29
        else "2021-01-01T00:00:00.000000000+00:00",
    }
    if major > 17:
        answer = {
            "Platform": {"Name": platform},
            "Components": [{"Name": "Engine", "Version": version, "Details": {}}],
            **answer,
        }
    return answer | more


def _version_of(info: dict[str, Any]) -> dict[str, Any]:
    arch = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
    return version_answer(
        info["ServerVersion"],
        arch=arch.get(info.get("Architecture", ""), "amd64"),
        kernel=info.get("KernelVersion", ""),
    )
