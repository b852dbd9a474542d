"""``python -m hullcheck``: the program by its own name; the wheel puts this file at its top."""

from __future__ import annotations

from agent.__main__ import run_and_exit

if __name__ == "__main__":
    run_and_exit()
