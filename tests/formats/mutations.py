"""Makes daemon.json files that are almost right: every key, every type, every edge, by seed."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from probes.formats.daemon_json import KEYS
from probes.formats.daemon_json.keys import FIELDS_WITHOUT_FLAG, FLAG_ONLY, SINGULAR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAMES = sorted(
    {key.name for key in (*KEYS, *FIELDS_WITHOUT_FLAG)}
    | set(SINGULAR)
    | set(FLAG_ONLY)
    | {"proxies", "disable-legacy-registry", "credsStore", "Debug", "log_driver", "", "-", "x"}
)
PLAIN = (
    "null true false 0 1 -1 -0 1.0 1.5 1e3 1E400 -1e999 70000 4294967296 9223372036854775807 "
    "9223372036854775808 -9223372036854775809 18446744073709551616 00 01 +1 .5 1. NaN Infinity "
    '"" "x" "true" "1" " " "\\u0000" "\\ud800" "\\ud83d\\ude00" "\\x" [] [null] [1] ["x"] [""] '
    '[[]] [{}] ["x",1] {} {"x":1} {"x":"y"} {"x":{}} {"x":{"y":"z"}} {"x":null} {"debug":true} '
    '{"debug":"maybe"} {"":1} {"a":{"b":{"c":1}}}'
).split(" ")
PLAIN = [value for value in PLAIN if value not in {'"', ""}] + ['" "', '["x", 1]']
IPS = [
    *"1.2.3.4 0.0.0.0 1.2.3 1.2.3.4.5 256.1.1.1 01.2.3.4 1.2.3.4/24 ::1 :: fe80::1%eth0 fe80::1% "
    "::ffff:1.2.3.4 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7::8 1:2:3:4:5:6:7:8:9 1::2::3 12345::1 :1 1: g::1 "
    "1.2.3.4%eth0 ::1.2.3 1.2..4 .1.2.3 1.2.3. 1:2:3:4:5:6:1.2.3.4 1:2:3:4:5:6:7:1.2.3.4 ::1.2.3.4:5 "
    "1::1.2.3.4 ::00001 localhost".split(),
    "",
    " 1.2.3.4",
    "1.2.3.4 ",
    "\uff11.2.3.4",
    "::ffff:0:0",
    "1.2.3.4\n",
]
PREFIXES = [
    *"10.0.0.0/8 10.0.0.0 10.0.0.0/33 10.0.0.0/-1 10.0.0.0/+8 10.0.0.0/08 10.0.0.0/0 10.0.0.1/24 "
    "10.0.0.0/8/8 /8 10.0.0.0/ fd00::/64 fd00::1/64 fd00::/129 fe80::/64 fe80::/10 fe80::1/80 "
    "fe80::1/64 ff02::/16 ffff:ffff::1/80 ::ffff:1.2.3.0/120 ::ffff:1.2.3.0/24 fd00::%eth0/64 "
    "2001:DB8:0:0::/48 1.2.3/8 10.0.0.0/1000 10.0.0.0/4294967304 ::/0 2001:db8:1::1/64".split(),
    "",
    " 10.0.0.0/8",
    "10.0.0.0/8 ",
    "10.0.0.0 /8",
]
SIZES = [
    *"64M 64MiB 64mb 1g 1.5g .5g 5. 64MB 64KiBs 64x -1 -1m +1m 0 1e3 1e3m 1_000 0x10 0x1p4 inf "
    "Infinity nan 99999999999999999999p 1e400 m MiB 1ib 1b 1bb 1B 1kb1 1٣m 1t 1pib 1e 1k.b".split(),
    "",
    " ",
    "64 M",
    "64  M",
    " 64M",
    "64M ",
    "6 4M",
    "1\tm",
    "64 ",
    "5 é",
    "5é",
    "1.2.3",
]
HOSTS = [
    *"unix:///var/run/docker.sock unix:// unix://a://b unix:/x fd:// fd://x npipe:////./pipe/x tcp:// "
    "tcp://:2375 tcp://0.0.0.0:2375 tcp://0.0.0.0:0 tcp://0.0.0.0:99999 tcp://host tcp://host/ "
    "tcp://host/path tcp://[::1]:2375 tcp://[::1]: tcp://[::1 tcp://::1:2375 tcp://host:port "
    "tcp://user@host:1 tcp://us[er@host:1 tcp://host:1?x#y tcp://a%20b tcp://a%zz tcp://a:1:2 "
    "TCP://x http://x ssh://x :2375 0.0.0.0:2375 localhost localhost:2375 /var/run/docker.sock "
    "tcp:host tcp:/host tcp:///x :// ://x x:// tcp://host:-1 tcp://host:+1 tcp://host:007 "
    'tcp://a%25b tcp://[fe80::1%25eth0]:1 tcp://[x]y tcp://ho"st tcp://h^st tcp://h{}st 1.2.3.4 :: '
    "tcp://é tcp://a:99999999999999999999 [::1]:2375 tcp://*:2375 tcp://a\\b tcp://a|b tcp://a,b".split(),
    "",
    " ",
    " tcp://x ",
    "tcp://a b",
    "tcp://a\tb",
    "\xa0unix://x\u2003",
    "tcp://x\x7f",
]
MIRRORS = [
    *"https://m.example http://m.example m.example m.example:5000 https:// http:// ftp://m "
    "https://m?x https://m#x https://m? https://m# https://u@m https://u:p@m HTTPS://m "
    "https://m/path/ https://m:port https://m:5000 //m ://m https:/m https:m https://[::1]:5 "
    "https://[::1 https://m%zz https://a%20b {{mirror}} https://{{mirror}} http://m.example/%zz "
    "https://é.example 1https://m h-t+p.s://m https://a^b https://u^v@m https://a@b@c https://m/#".split(),
    "",
    " https://m",
    "https://m ",
    "https://a b/",
    "https://m/a b",
    "https://m\n",
]
DOMAINS = [
    *". example.com example example.com. a..b -a a- a_b 1 1a a.1 a:b :a a.:b ::a a.b.c.d é.com "
    "*.example.com a,b .a a. a.. 1.2.3.4".split(),
    "",
    " example.com ",
    "a b",
    "a\t",
    "a\n",
    " . ",
    "x" * 254,
    "x" * 255,
    "a." * 200 + "a",
]
LABELS = [
    *"a=b a a= =b = a=b=c com.docker.x=1 COM.DOCKER.x=1 io.docker.=1 org.dockerproject.x=2 com.docker=1".split(),
    "",
    " a=b",
]
EXEC_OPTS = [
    *"native.cgroupdriver=systemd native.cgroupdriver=cgroupfs native.cgroupdriver=x "
    "NATIVE.CGROUPDRIVER=systemd native.cgroupdriver isolation=process x=y =x x= = a".split(),
    "",
    " native.cgroupdriver = systemd ",
    "native.cgroupdriver= ",
]
RESOURCES = "a=1 a=2 a=-1 a=x b=1 a=+1 a=1=2 a =b a= =1 a a=9223372036854775808 b=x b=y".split()
SPECIAL: dict[str, Sequence[str]] = {
    "default-shm-size": SIZES,
    "hosts": HOSTS,
    "registry-mirrors": MIRRORS,
    "dns": IPS,
    "ip": IPS,
    "default-gateway": IPS,
    "default-gateway-v6": IPS,
    "host-gateway-ip": IPS,
    "host-gateway-ips": IPS,
    "fixed-cidr-v6": PREFIXES,
    "dns-search": DOMAINS,
    "labels": LABELS,
    "exec-opts": EXEC_OPTS,
    "node-generic-resources": RESOURCES,
    "log-level": ["info", "WARN", "warning", "debug", "x", "", " info", "\u0131nfo"],
    "log-format": ["text", "json", "JSON", "x", ""],
    "default-ipc-mode": ["private", "shareable", "none", "host", "container:", "container:x", "x"],
    "default-cgroupns-mode": ["host", "private", "Host", "x", ""],
    "userland-proxy-path": ["x", "/nonexistent/proxy", "", "./x"],
    "tlscert": ["/nonexistent/cert", ""],
    "tlskey": ["/nonexistent/key", ""],
    "tlscacert": ["/nonexistent/ca", ""],
    "userns-remap": ["nosuchuser", "a:b:c", "54321", "nosuchuser:x", "", ":"],
    "api-cors-header": ["*", ""],
}
_LISTS = frozenset(key.name for key in KEYS if key.type.startswith("list"))
_WHOLE = (
    '{"default-address-pools":[{"base":%s,"size":24}]}',
    '{"default-address-pools":[{"base":%s}]}',
    '{"default-address-pools":[{"Base":%s,"SIZE":1}]}',
)
_NESTED = (
    '{"default-ulimits":{"nofile":%s}}',
    '{"default-ulimits":{"nofile":{"Hard":%s}}}',
    '{"default-ulimits":{"nofile":{"soft":%s,"name":1}}}',
    '{"default-address-pools":%s}',
    '{"default-address-pools":[%s]}',
    '{"default-address-pools":[{"size":%s}]}',
    '{"runtimes":{"r":%s}}',
    '{"runtimes":{"r":{"path":%s}}}',
    '{"runtimes":{"r":{"runtimeArgs":%s}}}',
    '{"runtimes":{"r":{"runtimeType":%s,"options":{}}}}',
    '{"runtimes":{"r":{"options":%s}}}',
    '{"builder":{"gc":%s}}',
    '{"builder":{"gc":{"enabled":%s}}}',
    '{"builder":{"gc":{"policy":%s}}}',
    '{"builder":{"gc":{"policy":[%s]}}}',
    '{"builder":{"gc":{"policy":[{"all":%s}]}}}',
    '{"builder":{"gc":{"policy":[{"filter":%s}]}}}',
    '{"builder":{"gc":{"policy":[{"keepStorage":%s,"x":1}]}}}',
    '{"builder":{"gc":{"policy":[{"reservedSpace":%s}]}}}',
    '{"builder":{"gc":{"defaultKeepStorage":%s}}}',
    '{"builder":{"GC":{"defaultMaxUsedSpace":%s}}}',
    '{"builder":{"entitlements":%s}}',
    '{"builder":{"entitlements":{"network-host":%s}}}',
    '{"builder":{"history":%s}}',
    '{"builder":{"history":{"maxAge":%s}}}',
    '{"builder":{"history":{"maxEntries":%s}}}',
    '{"features":{"cdi":%s}}',
    '{"features":{"windows-dns-proxy":%s}}',
    '{"log-opts":{"max-size":%s}}',
    '{"log-opts":{"a/b":%s,"c~d":1}}',
    '{"default-network-opts":{"bridge":%s}}',
    '{"default-network-opts":{"bridge":{"x":%s}}}',
    '{"proxies":%s}',
    '{"proxies":{"http-proxy":%s}}',
    '{"proxies":{"default":%s}}',
    '{"foo":%s}',
    '{"foo":{"debug":%s}}',
    '{"foo":{"tlsverify":%s}}',
    '{"foo":{"userland-proxy":%s},"userland-proxy-path":"x"}',
    '{"log-opt":%s}',
    '{"debug":%s,"debug":true}',
    '{"debug":true,"debug":%s}',
    '{"debug":%s,"default-shm-size":"zz"}',
    '{"dns":["zz"],"debug":%s}',
    '{"cluster-store-opts":%s}',
    "[%s]",
    "%s",
    '{"debug":true}%s',
    '{"debug":true,%s:1}',
)
_DURATIONS = (
    '"1h" "1h30m" "5" "+5" "-1h" "1" "1x" "1.5h" ".5h" "h" "1h " "0" "" "\\"5\\"" "1µs"'.split(" ")
)
_BYTES = b"{}[],:\"\\/#'`\x00\x1f\x7f\xff\xc3\xe2\x80\x9c0-+.eEtfn \n\t\r*"


def every_type() -> Iterator[bytes]:
    """Every name with every kind of value."""
    for name in NAMES:
        for value in PLAIN:
            yield f"{{{json.dumps(name)}: {value}}}".encode()


def every_edge() -> Iterator[bytes]:
    """Values at the edge of what a key takes, alone and in lists."""
    for name, values in SPECIAL.items():
        for value in values:
            written = json.dumps([value] if name in _LISTS else value, ensure_ascii=False)
            yield f'{{"{name}": {written}}}'.encode()
    for value in PREFIXES:
        for template in _WHOLE:
            yield (template % json.dumps(value)).encode()
    for template in _NESTED:
        for value in PLAIN:
            yield template.replace("%s", value).encode()
    for value in _DURATIONS:
        yield f'{{"builder":{{"history":{{"maxAge":{value}}}}}}}'.encode()


def combined(random_: random.Random) -> bytes:
    """A few keys with fitting and unfitting values, doubled, in odd case, or one level down."""
    members: list[str] = []
    for _ in range(random_.randint(1, 5)):
        name = random_.choice(NAMES if random_.random() < 0.3 else sorted(SPECIAL))
        if name in SPECIAL and random_.random() < 0.8:
            picked = random_.sample(list(SPECIAL[name]), min(len(SPECIAL[name]), 3))
            value = json.dumps(picked[:2] if name in _LISTS else picked[0])
        else:
            value = random_.choice(PLAIN)
        if random_.random() < 0.05:
            name = name.upper()
        member = f"{json.dumps(name)}: {value}"
        if random_.random() < 0.1:
            outer = random_.choice(["foo", "proxies", "log-opt", "log-opts", "tls", name])
            member = f"{json.dumps(outer)}: {{{member}}}"
        members.extend([member] * (2 if random_.random() < 0.05 else 1))
    return ("{" + ", ".join(members) + "}").encode()


def damaged(random_: random.Random, data: bytes) -> bytes:
    """A file with a few bytes deleted, inserted, exchanged or doubled."""
    broken = bytearray(data)
    for _ in range(random_.randint(1, 3)):
        at = random_.randrange(len(broken) + 1)
        move = random_.randrange(5)
        if move == 0:
            del broken[at : at + random_.randint(1, 4)]
        elif move == 1:
            broken[at:at] = bytes([random_.choice(_BYTES)])
        elif move == 2:
            broken[at : at + 1] = bytes([random_.choice(_BYTES)])
        elif move == 3:
            broken[at:at] = random_.choice(PLAIN).encode()
        else:
            end = min(len(broken), at + random_.randint(1, 20))
            broken[end:end] = broken[at:end]
    return bytes(broken)


def mutations(seed: int, count: int, corpus: Sequence[bytes]) -> list[bytes]:
    """``count`` files: a third from tables, a third combined, a third damaged real files."""
    random_ = random.Random(seed)
    tables = [*every_type(), *every_edge()]
    files: list[bytes] = []
    for index in range(count):
        if index % 3 == 0:
            files.append(random_.choice(tables))
        elif index % 3 == 1:
            files.append(combined(random_))
        else:
            files.append(damaged(random_, random_.choice(corpus)))
    return files
