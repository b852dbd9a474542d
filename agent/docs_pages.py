"""``python -m agent.docs_pages docs``: writes the page of every check and fix, or checks them.

With ``--check`` nothing is written, and the exit code is 1 when a page is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path


def wanted() -> dict[str, dict[str, str]]:
    """Folder below docs/ -> the name and text of every page in it that is made."""
    from agent import explain, explain_fix
    from fixes import load_all
    from probes import load_checks

    return {
        "checks": explain.pages(load_checks().values()),
        "fixes": explain_fix.pages(load_all()),
    }


def single_pages() -> dict[str, str]:
    """Pages beside hand-written ones: name -> text."""
    from agent import known_problems
    from probes import load_checks

    return {"known-problems.md": known_problems.page(load_checks())}


def stale(docs: Path) -> list[str]:
    """The pages below docs/ that are not what checks and fixes say, or should not be."""
    found = []
    for name, text in single_pages().items():
        file = docs / name
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            found.append(name)
    for folder, pages in wanted().items():
        place = docs / folder
        there = {
            file.name: file.read_text(encoding="utf-8")
            for file in (place.iterdir() if place.is_dir() else ())
            if file.suffix == ".md"
        }
        found += [
            f"{folder}/{name}"
            for name in sorted({*pages, *there})
            if pages.get(name) != there.get(name)
        ]
    return found


def write(docs: Path) -> list[str]:
    """Write what is stale, remove the pages of what is gone; the pages that changed."""
    pages = single_pages() | {
        f"{folder}/{name}": text
        for folder, texts in wanted().items()
        for name, text in texts.items()
    }
    changed = stale(docs)
    for name in changed:
        if name in pages:
            (docs / name).parent.mkdir(parents=True, exist_ok=True)
            (docs / name).write_text(pages[name], encoding="utf-8", newline="\n")
        else:
            (docs / name).unlink()
    return changed


def main(arguments: list[str]) -> int:
    """The program."""
    folders = [Path(word) for word in arguments if not word.startswith("-")]
    if len(folders) != 1:
        sys.stderr.write("usage: python -m agent.docs_pages [--check] FOLDER\n")
        return 2
    if "--check" not in arguments:
        changed = write(folders[0])
        sys.stdout.write(f"{folders[0]}: {len(changed)} pages written\n")
        return 0
    names = stale(folders[0])
    for name in names:
        sys.stderr.write(f"{folders[0] / name}: stale: run `make docs`\n")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
