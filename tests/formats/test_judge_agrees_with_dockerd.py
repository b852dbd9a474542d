"""A sample of mutated files before our judge and the real one, side by side."""

from __future__ import annotations

import pytest

from tests.engines.packages import EngineUnavailable
from tests.formats import agreement, mutations, real_judge

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("release", real_judge.RELEASES)
def test_mutated_files(release, tmp_path):
    files = mutations.mutations(20261124, 100, agreement.corpus_files())
    try:
        answers = real_judge.ask(release, files, tmp_path)
    except EngineUnavailable as error:
        pytest.skip(str(error))
    wrong = [
        (data, answer, ours)
        for data, answer in zip(files, answers, strict=True)
        if (ours := agreement.our_answer(data, release)) != answer
    ]
    assert not wrong
