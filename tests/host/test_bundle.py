"""Bundles: what goes in comes out, and what should not be trusted is refused in one line."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.host import Absent, Denied, Host, Refused, Unrecorded
from probes.host import bundle as bundles
from probes.host.bundle import Bundle, BundleError, RecordedSource
from tests.fake_host import FakeSource


def recorded(tmp_path, **answers):
    host = Host(FakeSource(**answers))
    return host, tmp_path / "b.tar.gz"


def save(host, path):
    path.write_bytes(bundles.pack(bundles.contents(host, tool="test"), host.now()))
    return Bundle(str(path))


def test_everything_comes_back(tmp_path):
    host, path = recorded(
        tmp_path,
        files={"/etc/os-release": b"ID=debian\n\xff\x00", "/etc/a b/ü%": "x"},
        failures={("read", "/root/x"): Denied("no", look="sudo cat /root/x")},
        vfs={"/": (5, 4, 3, 2, 1)},
        engine={"/info": {"Name": "h"}},
    )
    from probes.host import Endpoint

    end = Endpoint("unix:///s")
    asked = [
        host.read_bytes("/etc/os-release"),
        host.read_bytes("/etc/a b/ü%"),
        host.statvfs("/"),
        host.engine(end, "/info"),
        host.env("NOTHING"),
        host.stat("/etc/os-release"),
    ]
    with pytest.raises(Denied):
        host.read_text("/root/x")
    with pytest.raises(Absent):
        host.read_text("/nothing")
    for source in (RecordedSource(save(host, path)), RecordedSource(_unpacked(path, tmp_path))):
        again = Host(source)
        assert asked == [
            again.read_bytes("/etc/os-release"),
            again.read_bytes("/etc/a b/ü%"),
            again.statvfs("/"),
            again.engine(end, "/info"),
            again.env("NOTHING"),
            again.stat("/etc/os-release"),
        ]
        with pytest.raises(Denied) as denied:
            again.read_text("/root/x")
        assert denied.value.look == "sudo cat /root/x"
        with pytest.raises(Absent):
            again.read_text("/nothing")
        with pytest.raises(Unrecorded):
            again.read_text("/never/asked")


def _unpacked(path, tmp_path):
    folder = tmp_path / "unpacked"
    with tarfile.open(path) as archive:
        # Set instead of passed: Python 3.11.2 knows no filter, 3.13 warns without one.
        archive.extraction_filter = lambda member, _: member
        archive.extractall(folder)
    return Bundle(str(folder))


def test_the_same_answers_give_the_same_bytes(tmp_path):
    host, path = recorded(tmp_path, files={"/a": "1"})
    host.read_text("/a")
    save(host, path)
    first = path.read_bytes()
    save(host, path)
    assert path.read_bytes() == first


def archive(members, tmp_path, *, kind=tarfile.REGTYPE):
    path = tmp_path / "evil.tar.gz"
    with tarfile.open(path, "w:gz") as out:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.type = len(data) if kind == tarfile.REGTYPE else 0, kind
            info.linkname = "/etc/passwd"
            out.addfile(info, io.BytesIO(data))
    return str(path)


GOOD = {
    "manifest.json": json.dumps({"schema": bundles.SCHEMA}).encode(),
    "answers.json": b"[]",
}


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "files/../../x", "a\\..\\b", "files/.."]
)
def test_paths_that_climb_out_are_refused(tmp_path, name):
    with pytest.raises(BundleError, match="climbs out") as caught:
        Bundle(archive({**GOOD, name: b"x"}, tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_links_and_devices_are_refused(tmp_path, kind):
    with pytest.raises(BundleError, match="link or device"):
        Bundle(archive({"files/x": b""}, tmp_path, kind=kind))


def test_a_folder_with_a_link_in_it_is_refused(tmp_path):
    for name, data in GOOD.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "files").symlink_to("/etc")
    with pytest.raises(BundleError, match="symbolic link"):
        Bundle(str(tmp_path))


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({}, "no manifest.json"),
        ({"manifest.json": b"{"}, "not JSON"),
        ({"manifest.json": b"[]"}, "not a JSON dict"),
        ({"manifest.json": b'{"schema": "other/1"}'}, "not a hullcheck bundle"),
        ({"manifest.json": b'{"schema": "hullcheck.bundle/99"}'}, "later hullcheck"),
        ({**GOOD, "answers.json": b"[1]"}, "no answer"),
        ({**GOOD, "answers.json": b'[{"ask": ["read", "/x"], "member": "files/x"}]'}, "not in the"),
        ({**GOOD, "answers.json": b"[" * 100_000}, "not JSON"),
    ],
)
def test_broken_bundles_say_what_is_broken(tmp_path, members, says):
    with pytest.raises(BundleError, match=says):
        Bundle(archive(members, tmp_path))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\x1f\x8b\x08\x00garbage", gzip.compress(b"x" * 99)]
)
def test_what_is_no_archive_says_so(tmp_path, data):
    path = tmp_path / "x.tar.gz"
    path.write_bytes(data)
    with pytest.raises(BundleError):
        Bundle(str(path))


def test_a_truncated_bundle_says_so(tmp_path):
    host, path = recorded(tmp_path, files={"/a": "1" * 50_000})
    host.read_text("/a")
    save(host, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BundleError):
        Bundle(str(path))


def test_a_bomb_is_refused_before_it_goes_off(tmp_path, monkeypatch):
    monkeypatch.setattr(bundles, "MEMBER_LIMIT", 1000)
    with pytest.raises(BundleError, match="more than a bundle ever does"):
        Bundle(archive({**GOOD, "files/big": b"\0" * 2000}, tmp_path))


def test_a_bomb_of_headers_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bundles, "TOTAL_LIMIT", 100_000)
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as out:
        info = tarfile.TarInfo("files/x")
        info.pax_headers = {"comment": "x" * 500_000}
        out.addfile(info)
    with pytest.raises(BundleError, match="more than a bundle ever does"):
        Bundle(str(path))


def test_too_many_entries_are_refused_whatever_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr(bundles, "MEMBERS_LIMIT", 50)
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz") as out:
        for number in range(60):
            info = tarfile.TarInfo(f"files/{number}")
            info.size = 1
            out.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(BundleError, match="more than a bundle ever does"):
        Bundle(str(path))


def test_a_member_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as out:
        for name in ("files/x", "./files//x"):
            out.addfile(tarfile.TarInfo(name))
    with pytest.raises(BundleError, match="twice"):
        Bundle(str(path))


@pytest.mark.skipif(os.name != "posix", reason="named pipes of a Unix")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x")
    with pytest.raises(BundleError, match="no regular file"):
        Bundle(str(tmp_path / "x"))
    for name, data in GOOD.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(BundleError, match="no regular file"):
        Bundle(str(tmp_path))


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="needs /dev/fd")
def test_the_pipe_of_a_shell_is_read(tmp_path):
    host, path = recorded(tmp_path, files={"/a": "1"})
    host.read_text("/a")
    save(host, path)
    read, write = os.pipe()
    os.write(write, path.read_bytes())
    os.close(write)
    assert "files/a" in Bundle(f"/dev/fd/{read}").members
    os.close(read)


def test_a_folder_that_is_no_bundle_is_not_read(tmp_path):
    (tmp_path / "big").write_bytes(b"x")
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(BundleError, match=r"no manifest\.json"):
        Bundle(str(tmp_path))


@pytest.mark.parametrize("ask", [None, 3, [], [1], ["read", 2], {}, "read"])
def test_a_question_that_is_none(tmp_path, ask):
    members = {**GOOD, "answers.json": json.dumps([{"ask": ask}]).encode()}
    with pytest.raises(BundleError, match="no answer"):
        Bundle(archive(members, tmp_path))


def test_a_failure_of_a_strange_shape_is_a_failure(tmp_path):
    entry = {"ask": ["env", "X"], "failure": "refused", "reason": 3, "status": "x"}
    members = {**GOOD, "answers.json": json.dumps([entry]).encode()}
    host = Host(RecordedSource(Bundle(archive(members, tmp_path))))
    with pytest.raises(Refused):
        host.env("X")


def test_no_such_file(tmp_path):
    with pytest.raises(BundleError, match="no such file"):
        Bundle(str(tmp_path / "none"))


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_bundle_or_an_error(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("b") / "x"
    path.write_bytes(data)
    with pytest.raises(BundleError):
        Bundle(str(path))


@given(st.text(min_size=1, max_size=60).map(lambda text: "/" + text.replace("\0", "")))
def test_member_names_never_climb_and_keep_apart(path):
    name = bundles.member_name(("read", path))
    assert not {".", ".."} & set(name.split("/"))
    assert name.startswith("files")
    assert bundles._checked_name(name, "x")
