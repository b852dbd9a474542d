"""``python -m agent.docs_pages docs/checks``: writes the page of every check, or checks them.

With ``--check`` nothing is written, and the exit code is 1 when a page is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path


def stale(folder: Path) -> list[str]:
    """The names of the files in the folder that are not what the checks say, or should not be."""
    from agent.explain import pages
    from probes import load_checks

    wanted = pages(load_checks().values())
    found = {
        file.name: file.read_text(encoding="utf-8")
        for file in (folder.iterdir() if folder.is_dir() else ())
        if file.suffix == ".md"
    }
    return sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))


def write(folder: Path) -> list[str]:
    """Write what is stale, remove the pages of checks that are gone; the names that changed."""
    from agent.explain import pages
    from probes import load_checks

    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages(load_checks().values())
    changed = stale(folder)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (folder / name).unlink()
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
