"""Compares the judge of daemon.json with the real `dockerd --validate` on thousands of files.

    python -m benchmarks.daemon_json_agreement --count 3000 --seed 1
    python -m benchmarks.daemon_json_agreement --tables

Prints, per engine, on how many files the verdict and the text agree, and the first that differ.
Needs Linux and root: the judge runs in a mount namespace of its own.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.formats import agreement, mutations, real_judge


def main() -> int:
    """Run the campaign; returns 1 when a verdict differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="files to make")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", action="store_true", help="every table case instead")
    parser.add_argument("--release", choices=[*real_judge.RELEASES], help="only this engine")
    parser.add_argument("--record", type=Path, help="judge the cases of this table anew")
    parser.add_argument("--show", type=int, default=20, help="differences to print")
    options = parser.parse_args()
    if options.record:
        agreement.record(options.record)
        return 0
    files = (
        [*mutations.every_type(), *mutations.every_edge()]
        if options.tables
        else mutations.mutations(options.seed, options.count, agreement.corpus_files())
    )
    wrong = 0
    for release in [options.release] if options.release else real_judge.RELEASES:
        with tempfile.TemporaryDirectory(prefix="hullcheck-") as directory:
            answers = real_judge.ask(release, files, Path(directory))
        verdicts = texts = 0
        differences: list[str] = []
        for data, answer in zip(files, answers, strict=True):
            ours = agreement.our_answer(data, release)
            same_verdict = (ours[0] != 0) == (answer[0] != 0)
            verdicts += same_verdict
            texts += ours[1] == answer[1]
            if ours[1] != answer[1] or not same_verdict:
                kind = "text" if same_verdict else "VERDICT"
                differences.append(
                    f"  {kind} {data[:200]!r}\n    dockerd {answer}\n    ours    {ours}"
                )
        wrong += len(files) - verdicts
        refused = sum(code != 0 for code, _ in answers)
        print(
            f"{real_judge.RELEASES[release]}: {len(files)} files, {refused} refused; "
            f"same verdict {verdicts}, same text {texts}"
        )
        differences.sort(key=lambda line: not line.startswith("  VERDICT"))
        print("\n".join(differences[: options.show]))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
