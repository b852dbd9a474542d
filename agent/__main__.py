"""The program. What must be instant is answered before anything is imported."""

from __future__ import annotations

import sys

PLUGIN_METADATA = "docker-cli-plugin-metadata"
"""The argument with which the docker CLI asks a plugin who it is (docker/cli cli-plugins)."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code (docs/exit-codes.md)."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments in (["--version"], ["-V"]):
        from agent.version import __version__

        sys.stdout.write(f"hullcheck {__version__}\n")
        return 0
    if arguments[:1] == [PLUGIN_METADATA]:
        from agent.version import __version__

        sys.stdout.write(
            '{"SchemaVersion":"0.1.0","Vendor":"hullcheck",'
            f'"Version":"{__version__}","ShortDescription":"Diagnose this Docker host",'
            '"URL":"https://github.com/hullcheck/hullcheck"}\n'
        )
        return 0
    from agent.cli import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
