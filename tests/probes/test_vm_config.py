"""How the VMs of Colima, Lima, Finch, Rancher Desktop and Podman are configured, by their files."""

from __future__ import annotations

import pytest

from probes import vm_config
from probes.host import Absent
from tests.fake_host import SESSION, SYSTEM, fake_host

GIB = 1 << 30
MAC = {**SYSTEM, "platform": "darwin", "release": "24.6.0", "machine": "arm64"}
PC = {**SYSTEM, "platform": "windows", "release": "10.0.26100.6899"}
HOME = "/Users/ann"
RANCHER = (
    '{"virtualMachine": {"memoryInGB": 6, "numberCPUs": 2, "type": "qemu", '
    '"mount": {"type": "reverse-sshfs"}}}'
)


def mac(files, **env):
    gauges = {"system": MAC, "session": {**SESSION, "uid": 501, "home": HOME}}
    return fake_host(gauges=gauges, files=files, env=env)


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        (f"{HOME}/.colima/default/colima.yaml",
         "cpu: 4\nmemory: 8\ndisk: 100\nvmType: vz\nmountType: virtiofs\n",
         ("colima", "vz", "virtiofs", 4, 8 * GIB)),
        (f"{HOME}/.config/colima/dev/colima.yaml", "cpu: 2\nmemory: 2\nvmType: qemu\n",
         ("colima", "qemu", None, 2, 2 * GIB)),
        (f"{HOME}/.lima/docker/lima.yaml",
         'vmType: "vz"\ncpus: 4\nmemory: "8GiB"\nmountType: reverse-sshfs\n',
         ("lima", "vz", "sshfs", 4, 8 * GIB)),
        ("/Applications/Finch/lima/data/finch/lima.yaml", "vmType: vz\nmountType: virtiofs\n",
         ("finch", "vz", "virtiofs", None, None)),
        (f"{HOME}/Library/Preferences/rancher-desktop/settings.json", RANCHER,
         ("rancher-desktop", "qemu", "sshfs", 2, 6 * GIB)),
        (f"{HOME}/.config/containers/podman/machine/applehv/podman-machine-default.json",
         '{"Name": "podman-machine-default", "Resources": {"CPUs": 5, "Memory": 2048}}',
         ("podman", "vz", None, 5, 2 * GIB)),
    ],
)  # fmt: skip
def test_what_a_file_tells(path, text, told):
    (found,) = vm_config.configs(mac({path: text}))
    assert found.path == path
    assert (found.provider, found.backend, found.mount_type, found.cpus, found.memory) == told


@pytest.mark.parametrize(
    ("text", "beside", "backend"),
    [
        ("cpus: 4\n", (), None),
        ("cpus: 4\n", ("vz-identifier",), "vz"),
        ("vmType: null\n", ("vz-identifier",), "vz"),
        ("cpus: 4\n", ("qemu.pid",), "qemu"),
        ("vmType: qemu\n", ("vz-identifier",), "qemu"),
    ],
)
def test_an_instance_of_lima_that_leaves_its_type_to_a_default(text, beside, backend):
    folder = f"{HOME}/.lima/docker"
    files = {f"{folder}/lima.yaml": text} | {f"{folder}/{name}": "" for name in beside}
    (found,) = vm_config.configs(mac(files))
    assert found.backend == backend


@pytest.mark.parametrize("text", ["", "[1]", "{", "vmType", '{"virtualMachine": 7}'])
def test_a_file_that_tells_nothing(text):
    files = {
        f"{HOME}/.colima/default/colima.yaml": text,
        f"{HOME}/Library/Preferences/rancher-desktop/settings.json": text,
    }
    assert all(found.backend is None for found in vm_config.configs(mac(files)))


def test_the_vm_behind_the_endpoint_is_meant():
    files = {
        f"{HOME}/.colima/default/colima.yaml": "vmType: vz\n",
        f"{HOME}/.colima/dev/colima.yaml": "vmType: qemu\n",
    }
    host = mac(files)
    socket = f"unix://{HOME}/.colima/dev/docker.sock"
    assert vm_config.backend(host, "colima", socket, "colima-dev") == "qemu"
    with pytest.raises(Absent) as caught:
        vm_config.backend(host, "colima", "unix:///var/run/docker.sock", "colima-gone")
    assert caught.value.look == "colima status"


def test_a_word_that_a_report_does_not_have_is_not_told():
    host = mac({f"{HOME}/.colima/default/colima.yaml": "vmType: krunkit\n"})
    with pytest.raises(Absent, match="does not tell what carries"):
        vm_config.backend(host, "colima", f"unix://{HOME}/.colima/default/docker.sock", "colima")


def test_rancher_desktop_on_windows_has_wsl_alone():
    gauges = {"system": PC, "session": {**SESSION, "home": r"C:\Users\ann"}}
    host = fake_host(gauges=gauges)
    assert (
        vm_config.backend(host, "rancher-desktop", "npipe:////./pipe/docker_engine", "") == "wsl2"
    )
