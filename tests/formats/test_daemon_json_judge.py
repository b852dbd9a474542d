"""What the engine lets through, or only refuses later: code, place, advice."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.formats.daemon_json import CODES, HostFacts, effective_keys, judge
from probes.formats.json_document import decode
from tests.formats import mutations

NOW = "28.5.2"


def found(text, code, engine=NOW, host=None):
    data = text.encode() if isinstance(text, str) else text
    return [p for p in judge(data, engine=engine, host=host) if p.code == f"daemon-json-{code}"]


# Case, code, engine, key, suggestion, refused.
CASES = [
    ('{"debug": true}', None, NOW, None, None, False),
    ('{"log_driver": "x"}', "unknown-key", NOW, "log_driver", "log-driver", True),
    ('{"Debug": true}', "unknown-key", NOW, "Debug", "debug", True),
    ('{"insecure-registrys": []}', "unknown-key", NOW, None, "insecure-registries", True),
    ('{"max-size": "10m"}', "unknown-key", NOW, "max-size", "log-opts.max-size", True),
    ('{"credsStore": "desktop"}', "unknown-key", NOW, "credsStore", None, True),
    (
        '{"proxies": {"httpProxy": "x"}}',
        "unknown-key",
        NOW,
        "proxies.httpProxy",
        "http-proxy",
        True,
    ),
    ('{"httpProxy": "x"}', "unknown-key", NOW, "httpProxy", "proxies.http-proxy", True),
    ('{"graph": "/x"}', "removed-key", NOW, "graph", "data-root", True),
    ('{"graph": "/x"}', "removed-next", "20.10.24", "graph", None, False),
    ('{"graph": "/x"}', "invalid-value", "23.0.18", "graph", None, True),
    ('{"cluster-store": "x"}', "invalid-value", "23.0.18", "cluster-store", None, True),
    ('{"api-cors-header": ""}', "removed-next", NOW, "api-cors-header", None, False),
    ('{"oom-score-adjust": -500}', "removed-next", "24.0.9", "oom-score-adjust", None, False),
    ('{"api-cors-header": ""}', "removed-next", "27.5.1", "api-cors-header", None, False),
    ('{"firewall-backend": "nftables"}', "key-too-new", NOW, "firewall-backend", None, True),
    ('{"firewall-backend": "nft"}', "invalid-value", "29.7.2", "firewall-backend", None, True),
    ('{"nri-opts": {"enable": 1}}', "wrong-type", "29.7.2", "nri-opts.enable", None, True),
    ('{"debug": "true"}', "wrong-type", NOW, "debug", "true", True),
    ('{"mtu": "1450"}', "wrong-type", NOW, "mtu", "1450", True),
    ('{"log-opts": {"max-file": 3}}', "wrong-type", NOW, "log-opts.max-file", '"3"', True),
    ('{"dns": "10.0.0.1"}', "wrong-type", NOW, "dns", '["10.0.0.1"]', True),
    ('{"default-shm-size": 134217728}', "invalid-value", NOW, None, '"134217728"', True),
    ('{"log-level": "warning"}', "invalid-value", NOW, "log-level", '"warn"', True),
    ('{"log-level": "warning"}', None, "24.0.9", None, None, False),
    (
        '{"registry-mirrors": ["m.example"]}',
        "invalid-value",
        NOW,
        None,
        '"https://m.example"',
        True,
    ),
    (
        '{"registry-mirrors": ["m.example"]}',
        "mirror-invalid",
        "26.1.5",
        None,
        '"https://m.example"',
        False,
    ),
    ('{"host": "fd://"}', "singular-key", NOW, "host", "hosts", False),
    ('{"log-opt": "max-size=1m"}', "singular-key", NOW, "log-opt", "log-opts", False),
    ('{"log-opt": {}}', "singular-key", NOW, "log-opt", "log-opts", False),
    ('{"feature": {}}', "swallowed-object", "26.1.5", "feature", "features", False),
    ('{"foo": {"debug": true}}', "swallowed-object", NOW, "foo", None, False),
    ('{"foo": {"debug": true}}', "ignored-key", NOW, "foo.debug", "debug", False),
    ('{"foo": {"icc": false}}', "swallowed-object", NOW, "foo", None, False),
    ('{"http-proxy": "http://p"}', "ignored-key", NOW, "http-proxy", "proxies.http-proxy", False),
    ('{"deprecated-key-path": "x"}', "ignored-key", NOW, "deprecated-key-path", None, False),
    ('{"restart": true}', "ignored-key", NOW, "restart", None, False),
    ('{"config-file": "x"}', "flag-as-key", NOW, "config-file", None, True),
    ('{"iptables": null}', "null-turns-off", NOW, "iptables", "false", False),
    ('{"live-restore": null}', None, NOW, None, None, False),
    ('{"debug": true, "debug": false}', "duplicate-key", NOW, "debug", None, False),
    (
        '{"runtimes": {"a": {"path": "x"}, "a": {"path": "y"}}}',
        "duplicate-key",
        NOW,
        None,
        None,
        False,
    ),
    ('{"log-driver": "jsonfile"}', "log-driver-unknown", NOW, "log-driver", '"json-file"', False),
    ('{"log-driver": "grafana/loki:1"}', "log-driver-unknown", NOW, "log-driver", None, False),
    ('{"log-driver": "logentries"}', "log-driver-unknown", NOW, "log-driver", None, False),
    ('{"log-driver": "logentries"}', None, "24.0.9", None, None, False),
    (
        '{"log-opts": {"max-sise": "1m"}}',
        "log-opt-unknown",
        NOW,
        "log-opts.max-sise",
        "max-size",
        False,
    ),
    (
        '{"log-driver": "journald", "log-opts": {"max-size": "1m"}}',
        "log-opt-unknown",
        NOW,
        "log-opts.max-size",
        None,
        False,
    ),
    (
        '{"log-opts": {"max-size": "10 megs"}}',
        "log-opt-value",
        NOW,
        "log-opts.max-size",
        None,
        False,
    ),
    ('{"log-opts": {"max-size": "0"}}', "log-opt-value", NOW, "log-opts.max-size", None, False),
    ('{"log-opts": {"max-file": "0"}}', "log-opt-value", NOW, "log-opts.max-file", None, False),
    ('{"log-opts": {"compress": "yes"}}', "log-opt-value", NOW, "log-opts.compress", None, False),
    ('{"log-opts": {"compress": "true"}}', "log-opt-value", NOW, "log-opts.compress", None, False),
    ('{"log-opts": {"mode": "nonblocking"}}', "log-opt-value", NOW, "log-opts.mode", None, False),
    ('{"log-opts": {"max-buffer-size": "4m"}}', "log-opt-value", NOW, None, None, False),
    ('{"log-driver": "gelf"}', "log-opt-value", NOW, "log-opts.gelf-address", None, False),
    ('{"log-driver": "awslogs", "log-opts": {}}', "log-opt-value", NOW, None, None, False),
    (
        '{"log-driver": "local", "log-opts": {"tag": "x"}}',
        "log-opt-unknown",
        NOW,
        None,
        None,
        False,
    ),
    ('{"log-driver": "local", "log-opts": {"tag": "x"}}', None, "29.7.2", None, None, False),
    (
        '{"log-driver": "local", "log-opts": {"max-file": "1"}}',
        "log-opt-value",
        NOW,
        "log-opts.max-file",
        None,
        False,
    ),
    (
        '{"log-driver": "syslog", "log-opts": {"syslog-address": "tls://x"}}',
        "log-opt-value",
        NOW,
        "log-opts.syslog-address",
        None,
        False,
    ),
    (
        '{"log-driver": "fluentd", "log-opts": {"fluentd-async-connect": "true"}}',
        "log-opt-unknown",
        NOW,
        None,
        "fluentd-async",
        False,
    ),
    ('{"storage-driver": "overlay3"}', "storage-driver-unknown", NOW, None, '"overlay2"', False),
    (
        '{"storage-driver": "devicemapper"}',
        "storage-driver-removed",
        NOW,
        None,
        '"overlay2"',
        False,
    ),
    ('{"storage-driver": "devicemapper"}', "removed-next", "24.0.9", None, None, False),
    (
        '{"storage-opts": ["overlay2.override_kernel_check=true"]}',
        "storage-opt-unknown",
        NOW,
        "storage-opts",
        None,
        False,
    ),
    (
        '{"storage-opts": ["overlay2.override_kernel_check=true"]}',
        None,
        "23.0.18",
        None,
        None,
        False,
    ),
    (
        '{"default-runtime": "nvidia"}',
        "default-runtime-missing",
        NOW,
        "default-runtime",
        None,
        False,
    ),
    ('{"default-runtime": "nvidia"}', "invalid-value", "24.0.9", "default-runtime", None, True),
    ('{"runtimes": {"runc": {"path": "x"}}}', "runtime-invalid", NOW, "runtimes.runc", None, False),
    ('{"runtimes": {"a": {}}}', "runtime-invalid", NOW, "runtimes.a", None, False),
    (
        '{"runtimes": {"a": {"path": "x", "runtimeType": "y"}}}',
        "runtime-invalid",
        NOW,
        "runtimes.a",
        None,
        False,
    ),
    (
        '{"exec-opts": ["native.cgroupdriver=foo"]}',
        "cgroup-driver-invalid",
        NOW,
        "exec-opts",
        '"native.cgroupdriver=systemd"',
        False,
    ),
    ('{"exec-opts": ["x=y"]}', "cgroup-driver-invalid", "26.1.5", "exec-opts", None, False),
    ('{"exec-opts": ["x=y"]}', "invalid-value", NOW, "exec-opts", None, True),
    (
        '{"exec-opts": ["native.cgroupdriver=systemd"], "cgroup-parent": "/docker"}',
        "cgroup-parent-invalid",
        NOW,
        "cgroup-parent",
        None,
        False,
    ),
    ('{"bridge": "br0", "bip": "10.0.0.1/24"}', "exclusive-keys", NOW, "bip", None, False),
    ('{"icc": false, "iptables": false}', "exclusive-keys", NOW, "iptables", None, False),
    (
        '{"host-gateway-ip": "10.0.0.1", "host-gateway-ips": ["10.0.0.1"]}',
        "exclusive-keys",
        NOW,
        "host-gateway-ip",
        "host-gateway-ips",
        True,
    ),
    (
        '{"features": {"containerd-snapshotter": true}, "userns-remap": "default"}',
        "exclusive-keys",
        NOW,
        "features.containerd-snapshotter",
        None,
        False,
    ),
    (
        '{"features": {"containerd-snapshotter": true}, "userns-remap": "default"}',
        "exclusive-keys",
        "29.7.2",
        "features.containerd-snapshotter",
        None,
        True,
    ),
    ('{"nri-opts": {"enabled": true}}', "wrong-type", "29.7.2", "nri-opts.enabled", None, True),
    ('{"ip6tables": true}', "needs-experimental", "26.1.5", "ip6tables", None, False),
    ('{"ip6tables": true}', None, NOW, None, None, False),
    ('{"bip": "172.17.0.0/16"}', "bridge-address-invalid", NOW, "bip", '"172.17.0.1/16"', False),
    ('{"bip": "172.17.0.1"}', "bridge-address-invalid", NOW, "bip", '"172.17.0.1/16"', False),
    (
        '{"bip": "10.1.0.1/24", "fixed-cidr": "10.2.0.0/25"}',
        "bridge-address-invalid",
        NOW,
        "fixed-cidr",
        None,
        False,
    ),
    (
        '{"default-address-pools": [{"base": "10.0.0.0", "size": 24}]}',
        "pool-invalid",
        "26.1.5",
        None,
        '"10.0.0.0/16"',
        False,
    ),
    ('{"default-address-pools": [{"base": "10.0.0.0/16"}]}', "pool-size", NOW, None, "24", False),
    (
        '{"default-address-pools": [{"base": "10.0.0.0/24", "size": 16}]}',
        "pool-size",
        NOW,
        None,
        "24",
        False,
    ),
    (
        '{"default-address-pools": [{"base": "10.0.0.0/24", "size": 24}]}',
        "pool-few-networks",
        NOW,
        None,
        None,
        False,
    ),
    (
        '{"default-address-pools": [{"base": "10.0.0.1/16", "size": 24}]}',
        "pool-host-bits",
        NOW,
        None,
        '"10.0.0.0/16"',
        False,
    ),
    (
        (
            '{"default-address-pools": [{"base": "10.0.0.0/8", "size": 24},'
            ' {"base": "10.1.0.0/16", "size": 24}]}'
        ),
        "pool-overlap",
        NOW,
        None,
        None,
        False,
    ),
    ('{"default-address-pools": [null]}', "pool-invalid", NOW, None, None, False),
    (
        '{"insecure-registries": ["http://r:5000"]}',
        "insecure-registry-invalid",
        NOW,
        None,
        '"r:5000"',
        False,
    ),
    ('{"insecure-registries": ["r/path"]}', "insecure-registry-invalid", NOW, None, None, False),
    (
        '{"insecure-registries": ["10.0.0.0/8", "r:5000", "::1", "[::1]:5000"]}',
        None,
        NOW,
        None,
        None,
        False,
    ),
    (
        '{"default-ulimits": {"nofile": {"Soft": 9, "Hard": 1}}}',
        "ulimit-invalid",
        NOW,
        "default-ulimits.nofile",
        None,
        False,
    ),
    ('{"default-ulimits": {"nofiles": {"Hard": 1}}}', "ulimit-invalid", NOW, None, "nofile", False),
    ('{"features": {"buildkitt": true}}', "feature-unknown", NOW, None, "buildkit", False),
    ('{"features": {"time-namespaces": true}}', "feature-unknown", NOW, None, None, False),
    ('{"features": {"buildkit": true}}', "feature-settled", NOW, "features.buildkit", None, False),
    ('{"features": {"buildkit": true}}', None, "20.10.24", None, None, False),
    ('{"builder": {"gcc": {}}}', "builder-key-unknown", NOW, "builder.gcc", None, False),
    ('{"builder": {"gc": {"keepStorage": "1GB"}}}', "builder-key-unknown", NOW, None, None, False),
    (
        '{"builder": {"gc": {"defaultKeepStorage": "lots"}}}',
        "builder-gc-value",
        NOW,
        None,
        None,
        False,
    ),
    ('{"builder": {"gc": {"defaultKeepStorage": "10%"}}}', None, NOW, None, None, False),
    ('{"hosts": ["tcp://0.0.0.0:2375"]}', "tcp-without-tls", NOW, "hosts", None, False),
    ('{"hosts": ["tcp://127.0.0.1:2375"]}', None, NOW, None, None, False),
    ('{"hosts": ["tcp://127.0.0.1:70000"]}', "host-port-invalid", NOW, "hosts", None, False),
    ('{"tlsverify": false}', "tls-files-unset", NOW, "tlsverify", None, True),
    (
        '{"tls": true, "tlscert": "/c", "tlskey": "/k"}',
        "tls-files-missing",
        NOW,
        "tlscert",
        None,
        False,
    ),
    ('{"userns-remap": "someone"}', "userns-user-missing", NOW, "userns-remap", None, False),
    ('{"cpu-rt-period": 1000}', "real-time-cgroup-v2", NOW, "cpu-rt-period", None, False),
    (
        '{"userland-proxy-path": "/x"}',
        "proxy-path-missing",
        NOW,
        "userland-proxy-path",
        None,
        False,
    ),
    ("[]", "not-an-object", NOW, None, None, True),
    ('{"mtu": 1e999}', "number-out-of-range", NOW, "mtu", None, True),
    ("{", "syntax", NOW, None, None, True),
    (b'{"a": "\xe9"}', "encoding", NOW, None, None, True),
    ("", "syntax", "20.10.24", None, None, True),
    ("", None, "23.0.0", None, None, False),
    ('{"debug": true} x', None, "20.10.24", None, None, False),
    ('{"debug": true} x', "syntax", "23.0.0", None, None, True),
]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_cases(case):
    text, code, engine, key, suggestion, refused = case
    data = text.encode() if isinstance(text, str) else text
    problems = judge(data, engine=engine)
    if code is None:
        assert problems == []
        return
    matching = [problem for problem in problems if problem.code == f"daemon-json-{code}"]
    assert matching, problems
    problem = matching[0]
    assert problem.refused_by_engine is refused
    assert refused is any(other.refused_by_engine for other in problems)
    if key is not None:
        assert problem.key == key
    assert problem.suggestion == suggestion


def test_every_code_has_a_case_or_needs_the_host():
    named = {f"daemon-json-{case[1]}" for case in CASES}
    assert set(CODES) - named == {
        "daemon-json-flag-conflict",
        "daemon-json-seccomp-profile-missing",
    }


@pytest.mark.parametrize("info", CODES.items(), ids=CODES)
def test_every_code_has_its_page(info):
    code, page = info
    assert code.startswith("daemon-json-")
    assert page.level in {"error", "warning", "note"}
    for part in (page.title, page.reads, page.why, page.mend, page.risk, page.severity_reason):
        assert part
        assert "\n" not in part
    assert page.references
    assert not page.title.endswith(".")


def test_places_are_those_of_the_key_or_the_value():
    text = '{\n  "log-driver": "json-file",\n\t"log-opts": {"max-sise": "1m"}\n}'
    (problem,) = judge(text.encode(), engine=NOW)
    assert (problem.line, problem.column, problem.end_column) == (3, 15, 25)
    (problem,) = judge(b'{"debug":\n "yes"}', engine=NOW)
    assert (problem.line, problem.column, problem.end_column) == (2, 2, 7)


def test_all_unknown_keys_are_reported_with_one_text():
    problems = judge(b'{"aaa": 1, "bbb": 2, "foo": {"ccc": 3}}', engine=NOW)
    assert [problem.key for problem in problems] == ["aaa", "bbb", "foo.ccc"]
    assert len({problem.engine_text for problem in problems}) == 1


def test_names_come_before_types_and_types_before_values():
    problems = judge(b'{"log-level": "x", "debug": 1, "zzz": 1}', engine=NOW)
    assert [problem.key for problem in problems] == ["zzz", "debug", "log-level"]


def test_flags_conflict_even_with_equal_values():
    host = HostFacts(flags={"host": "[fd://]", "log-driver": "local", "add-runtime": "[]"})
    data = b'{"hosts": ["unix:///var/run/docker.sock"], "log-driver": "local", "runtimes": {}}'
    problems = judge(data, engine="26.1.5", host=host, path="F")
    assert {problem.code for problem in problems} == {"daemon-json-flag-conflict"}
    assert problems[0].engine_text == (
        "unable to configure the Docker daemon with file F: the following directives are "
        "specified both as a flag and in the configuration file: "
        "hosts: (from flag: [fd://], from file: [unix:///var/run/docker.sock]), "
        "log-driver: (from flag: local, from file: local)"
    )


def test_facts_about_the_host_turn_notes_into_refusals():
    data = b'{"tls": true, "tlscert": "/c", "tlskey": "/k", "userns-remap": "someone"}'
    assert all(problem.level == "note" for problem in judge(data, engine=NOW))
    nothing = HostFacts(file_exists=lambda _: False, user_exists=lambda _: False)
    refused = [p for p in judge(data, engine=NOW, host=nothing) if p.refused_by_engine]
    assert [p.code for p in refused] == [
        "daemon-json-userns-user-missing",
        "daemon-json-tls-files-missing",
    ]
    assert all(problem.this_machine_only for problem in refused)
    everything = HostFacts(file_exists=lambda _: True, user_exists=lambda _: True)
    assert judge(data, engine=NOW, host=everything) == []


def test_registered_drivers_and_runtimes_of_the_host_count():
    host = HostFacts(log_drivers=frozenset({"mine"}), runtimes=frozenset({"nvidia"}))
    data = b'{"log-driver": "mine", "default-runtime": "nvidia"}'
    assert judge(data, engine=NOW, host=host) == []


def test_the_seccomp_profile_is_looked_up():
    host = HostFacts(file_exists=lambda _: False)
    assert found('{"seccomp-profile": "/x.json"}', "seccomp-profile-missing", host=host)
    assert not found('{"seccomp-profile": "unconfined"}', "seccomp-profile-missing", host=host)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ('{"a": 1 // x\n}', "comma"),
        ("{# x\n}", "comment"),
        ("{'a': 1}", "straight double quotes"),
        ("{“a”: 1}", "straight double quotes"),
        ('{"debug": true,}', "comma stands before the closing brace"),
        ('{"dns": ["1.1.1.1",]}', "comma stands before the closing bracket"),
        ('{"a": 1\n "b": 2}', "comma is missing"),
        ("{}{}", "follows the end"),
        ('{"a": "', "ends before"),
        ("{{ config }}", "template"),
        ('{"a": "x\ny"}', "line break"),
        ('{"a" 1}', "colon"),
    ],
)
def test_syntax_errors_come_with_advice(text, advice):
    (problem,) = judge(text.encode(), engine=NOW)
    if advice == "comma":
        assert problem.line == 1
    else:
        assert advice in problem.message


def test_effective_settings_merge_and_skip_as_the_engine_does():
    document = decode(
        b'{"debug": true, "debug": null, "iptables": null, "foo": {"icc": false, "mtu": 1},'
        b' "log-opts": {"a": "1"}, "log-opts": {"b": "2"}, "proxies": {"no-proxy": "x"},'
        b' "http-proxy": "ignored", "host": "ignored", "mtu": 1400, "mtu": 1450}'
    )
    effective = {name: item.value for name, item in effective_keys(document, NOW).items()}
    assert effective == {
        "debug": True,
        "iptables": False,
        "icc": False,
        "log-opts": {"a": "1", "b": "2"},
        "no-proxy": "x",
        "mtu": 1450,
    }


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(["20.10.24", "23.0.1", "25.0.0", "26.1.5", "28.5.2", "29.7.2", "dev", ""]),
)
def test_never_raises_on_bytes(data, engine):
    judge(data, engine=engine)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(mutations.NAMES) | st.text(max_size=5),
        st.recursive(
            st.none()
            | st.booleans()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.integers()
            | st.text(max_size=10)
            | st.sampled_from([v for values in mutations.SPECIAL.values() for v in values]),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["base", "size", "path", "Hard", "gc", "policy", "max-size", "x"]
                    ),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=6,
        ),
        max_size=6,
    ),
    st.sampled_from(["20.10.24", "24.0.9", "26.1.5", "27.5.1", "28.5.2", "29.7.2"]),
)
def test_never_raises_on_objects(value, engine):
    import json

    for problem in judge(json.dumps(value).encode(), engine=engine):
        assert problem.code in CODES
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.message.rstrip().endswith(".")
        assert problem.engine_text or not problem.refused_by_engine


def test_every_table_file_is_judged_in_every_engine():
    for data in [*mutations.every_type(), *mutations.every_edge()][::7]:
        for engine in ("20.10.24", "24.0.9", "29.7.2"):
            judge(data, engine=engine)


def test_large_and_binary_files():
    assert judge(bytes(range(256)) * 4000, engine=NOW)[0].code == "daemon-json-encoding"
    assert (
        judge(b'{"x":' * 9000 + b"1" + b"}" * 9000, engine=NOW)[0].code == "daemon-json-unknown-key"
    )
    assert judge(b'{"x":' * 20000, engine=NOW)[0].code == "daemon-json-syntax"
    many = b"{" + b",".join(b'"k%d":1' % i for i in range(20000)) + b"}"
    assert len(judge(many, engine=NOW)) == 20000
