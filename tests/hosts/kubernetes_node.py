"""A kubeadm node on Ubuntu 24.04 whose containerd serves kubelet, with docker-ce beside it."""

from __future__ import annotations

from tests.hosts import ubuntu_2404
from tests.hosts.machine import Machine, interface, nat_rules

FAILS: dict[str, str] = {}


def machine() -> Machine:
    machine = ubuntu_2404.machine()
    machine.files["/etc/ufw/ufw.conf"] = b"ENABLED=no\n"
    machine.files |= {
        "/var/lib/kubelet/config.yaml": b"apiVersion: kubelet.config.k8s.io/v1beta1\n"
        b"cgroupDriver: systemd\nkind: KubeletConfiguration\n",
        "/etc/containerd/config.toml": b'version = 3\nroot = "/var/lib/containerd"\n'
        b"[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\n"
        b"  SystemdCgroup = true\n",
        "/etc/docker/daemon.json": b'{"log-opts": {"max-size": "50m", "max-file": "3"}, '
        b'"bip": "10.200.0.1/24"}\n',
        "/etc/modules-load.d/k8s.conf": b"overlay\nbr_netfilter\n",
        "/etc/sysctl.d/k8s.conf": b"net.bridge.bridge-nf-call-iptables = 1\n"
        b"net.bridge.bridge-nf-call-ip6tables = 1\nnet.ipv4.ip_forward = 1\n",
        "/proc/modules": b"br_netfilter 36864 0 - Live 0x0\noverlay 212992 60 - Live 0x0\n"
        b"bridge 421888 1 br_netfilter, Live 0x0\nveth 45056 0 - Live 0x0\n",
        "/etc/fstab": b"UUID=1 / ext4 defaults 0 1\n#/swap.img none swap sw 0 0\n",
    }
    machine.sysctls({"net/bridge/bridge-nf-call-iptables": "1",
                     "net/bridge/bridge-nf-call-ip6tables": "1",
                     "vm/overcommit_memory": "1"})  # fmt: skip
    machine.gauges["memory"] |= {"swap_total": 0, "swap_free": 0}
    machine.process(1500, "kubelet", "/usr/bin/kubelet",
                    "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf",
                    "--kubeconfig=/etc/kubernetes/kubelet.conf",
                    "--config=/var/lib/kubelet/config.yaml", oom=-999)  # fmt: skip
    machine.gauges["interfaces"]["cni0"] = interface(1450, "10.244.0.1")
    machine.gauges["interfaces"]["flannel.1"] = interface(1450, "10.244.0.0")
    machine.run_answers(
        "iptables-save",
        out=nat_rules("v1.8.10 (nf_tables)")
        .replace(":FORWARD ACCEPT", ":KUBE-FORWARD - [0:0]\n:FORWARD DROP")
        .replace(
            "-A FORWARD -j DOCKER-USER", "-A FORWARD -j KUBE-FORWARD\n-A FORWARD -j DOCKER-USER"
        ),
    )
    return machine
