"""Pytest fixtures for real engines; load with pytest_plugins = ["tests.engines.plugin"].

A test that uses one of them is marked `engine`, and skipped with the reason where real engines
cannot be had. HULLCHECK_REQUIRE_ENGINES=1 turns such a skip into an error.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest

from tests.engines import packages
from tests.engines.daemon import Engine, require_host
from tests.engines.packages import EngineUnavailable
from tests.engines.systemd_host import SystemdHost
from tests.engines.validate import validate_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.engines.daemon import Config, ConfigMaker

_FIXTURES = frozenset(
    {
        "engine_versions",
        "engine20",
        "engine26",
        "engine28",
        "any_engine",
        "start_engine",
        "validate",
        "systemd_host",
    }
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known, also where the project's configuration is not read."""
    config.addinivalue_line("markers", "engine: starts a real, private Docker Engine")
    config.addinivalue_line("markers", "slow: takes more than a few seconds")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a real engine, so that `-m "not engine"` leaves it out."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if _FIXTURES & names:
            item.add_marker(pytest.mark.engine)
        if "systemd_host" in names:
            item.add_marker(pytest.mark.slow)


@contextlib.contextmanager
def _skipping() -> Iterator[None]:
    """Turn "cannot be had here" into a skip."""
    try:
        yield
    except EngineUnavailable as exc:
        if os.environ.get("HULLCHECK_REQUIRE_ENGINES") == "1":
            raise
        pytest.skip(str(exc))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that is marked and uses no fixture of ours, too."""
    if item.get_closest_marker("engine") is not None:
        with _skipping():
            require_host()


@pytest.fixture(scope="session")
def engine_versions() -> dict[str, str]:
    """The engines that can be had here: release ("20") to real version ("20.10.24")."""
    found: dict[str, str] = {}
    reasons: list[str] = []
    for release in packages.VERSIONS:
        try:
            found[release] = packages.engine(release).version
        except EngineUnavailable as exc:
            reasons.append(str(exc))
    with _skipping():
        if not found:
            raise EngineUnavailable("; ".join(dict.fromkeys(reasons)))
    return found


def _running(release: str) -> Iterator[Engine]:
    with contextlib.ExitStack() as stack:
        with _skipping():
            engine = stack.enter_context(Engine(release))
            engine.import_image()
        yield engine


@pytest.fixture(scope="session")
def engine20() -> Iterator[Engine]:
    """A running 20.10 with an empty config, shared by the session: leave it as you found it."""
    yield from _running("20")


@pytest.fixture(scope="session")
def engine26() -> Iterator[Engine]:
    """A running 26.1 with an empty config, shared by the session: leave it as you found it."""
    yield from _running("26")


@pytest.fixture(scope="session")
def engine28() -> Iterator[Engine]:
    """A running 28.5 with an empty config, shared by the session: leave it as you found it."""
    yield from _running("28")


@pytest.fixture(params=packages.VERSIONS)
def any_engine(request: pytest.FixtureRequest) -> Engine:
    """Each of the shared engines in turn."""
    engine: Engine = request.getfixturevalue(f"engine{request.param}")
    return engine


@pytest.fixture
def start_engine() -> Iterator[Callable[..., Engine]]:
    """A function that starts engines of the test's own; all are removed afterwards.

    It takes a release and the arguments of `Engine`, and `start=False` for one that the test
    starts by itself (one that must fail: `engine.start(expect_failure=True)`).
    """
    with contextlib.ExitStack() as stack:

        def make(
            release: str,
            *,
            config: Config | ConfigMaker = None,
            args: Sequence[str] = (),
            env: Mapping[str, str] | None = None,
            netns: bool | None = None,
            start: bool = True,
        ) -> Engine:
            engine = Engine(release, config=config, args=args, env=dict(env or {}), netns=netns)
            stack.callback(engine.close)
            with _skipping():
                engine.prepare()
                if start:
                    engine.start()
            return engine

        yield make


@pytest.fixture(scope="session")
def validate() -> Callable[[str, Path], tuple[int, str]]:
    """`validate(release, path)`: the exit code and message of the real dockerd --validate."""

    def judge(release: str, path: Path) -> tuple[int, str]:
        with _skipping():
            return validate_config(release, path)

    return judge


@pytest.fixture(scope="session")
def systemd_host() -> Iterator[SystemdHost]:
    """A booted Debian host with its own Docker 20.10, shared by the session.

    It is a container of an engine of its own: tests remove all containers of the shared ones.
    """
    with contextlib.ExitStack() as stack:
        try:
            engine = stack.enter_context(Engine("28"))
            host = stack.enter_context(SystemdHost(engine))
        except EngineUnavailable as exc:
            # Many machines that run the engines cannot boot systemd in a container: no defect.
            pytest.skip(str(exc))
        yield host
