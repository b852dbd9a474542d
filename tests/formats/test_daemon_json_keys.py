"""The table of keys against itself."""

from __future__ import annotations

import pytest

from probes.formats.daemon_json import BY_NAME, KEYS, engine_version
from probes.formats.daemon_json.go_types import config_struct, shape_of
from probes.formats.daemon_json.keys import FLAT, SINGULAR, is_accepted
from probes.formats.daemon_json.log_options import drivers, drivers_with, options_of


def test_names_are_unique_and_sorted():
    names = [key.name for key in KEYS]
    assert names == sorted(names)
    assert len(BY_NAME) == len(names)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_row_is_complete(key):
    assert key.doc.endswith(".")
    assert key.reload in {"H", "R", "R+new", "R+data"}
    assert shape_of(key.type, (28, 5, 2)).wanted
    if key.since and key.removed:
        assert key.since < key.removed
    if key.flag:
        assert SINGULAR.get(key.flag) == key.name or key.name == "host-gateway-ips"


def test_singular_names_and_whole_objects_are_in_the_table():
    assert set(SINGULAR.values()) <= set(BY_NAME)
    assert set(BY_NAME) >= FLAT
    assert not set(SINGULAR) & set(BY_NAME) - {"host-gateway-ip"}


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("28.5.2", (28, 5, 2)),
        ("26.1.5+dfsg1", (26, 1, 5)),
        ("v20.10.24", (20, 10, 24)),
        ("29.0", (29, 0, 0)),
        ("library-import", (29, 10, 0)),
    ],
)
def test_engine_versions(text, version):
    assert engine_version(text) == version


@pytest.mark.parametrize(
    ("name", "known_in"),
    [
        ("debug", "all versions"),
        ("bip6", "28.0 and later"),
        ("allow-direct-routing", "28.2 and later"),
        ("graph", "up to 20.10"),
        ("api-cors-header", "up to 27.x"),
        ("oom-score-adjust", "up to 24.x"),
    ],
)
def test_known_in(name, known_in):
    assert BY_NAME[name].known_in == known_in


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("cdi-spec-dirs", (25, 0, 0)),
        ("log-format", (25, 0, 0)),
        ("default-network-opts", (24, 0, 0)),
        ("host-gateway-ips", (28, 0, 0)),
        ("min-api-version", (29, 0, 0)),
        ("nri-opts", (29, 2, 0)),
        ("default-stop-timeout", (29, 7, 0)),
    ],
)
def test_keys_are_accepted_from_their_release_on(name, first):
    before = (first[0], first[1] - 1, 0) if first[1] else (first[0] - 1, 99, 0)
    assert is_accepted(name, first)
    assert not is_accepted(name, before)


def test_every_engine_has_a_struct():
    for engine in ((20, 10, 24), (23, 0, 0), (25, 0, 0), (28, 5, 2), (29, 7, 2)):
        names = [field.name for field in config_struct(engine).fields]
        assert len(names) == len(set(names)) > 80


def test_log_options_by_release():
    assert "logentries" in drivers((24, 0, 0))
    assert "logentries" not in drivers((25, 0, 0))
    assert "fluentd-async-connect" in options_of("fluentd", (27, 5, 1))
    assert "fluentd-async-connect" not in options_of("fluentd", (28, 0, 0))
    assert "tag" not in options_of("local", (28, 5, 2))
    assert "tag" in options_of("local", (29, 7, 0))
    assert drivers_with("max-size", (28, 5, 2)) == ("json-file", "local")
