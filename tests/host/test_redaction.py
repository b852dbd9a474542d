from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.host import redaction
from probes.host.host import ENVIRONMENT_KEPT

SECRET = "hunter2SuperSecret"


@pytest.mark.parametrize(
    "text",
    [
        f"https://ci:{SECRET}@registry.example.com/v2/",
        f"HTTPS_PROXY=http://proxyuser:{SECRET}@10.0.0.1:3128",
        f"http://{SECRET}@mirror.example.com",
        f'{{"auths": {{"https://index.docker.io/v1/": {{"auth": "{SECRET}"}}}}}}',
        f'{{"identitytoken": "{SECRET}"}}',
        f'{{"log-opts": {{"splunk-token": "{SECRET}", "splunk-url": "https://s"}}}}',
        f"dockerd --log-opt splunk-token={SECRET}",
        f"some-tool --registry-password {SECRET}",
        f"AWS_SECRET_ACCESS_KEY={SECRET}",
        f"DB_PASSWORD: {SECRET}",
        f'password="{SECRET}"',
        f"Authorization: Bearer {SECRET}",
        f"SWMTKN-1-{SECRET}-abcdef",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\ncut off",
        f"eyJhbGciOiJIUzI1NiJ9.{SECRET}.signature",
        f"ghp_{SECRET}{SECRET}",
    ],
)
def test_a_secret_is_gone(text):
    assert SECRET not in redaction.redact_text(text)
    assert redaction.PLACEHOLDER in redaction.redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "ssh://admin@build-7.example.com",
        '{"credsStore": "desktop"}',
        '{"tlskey": "/etc/docker/key.pem", "tlsverify": true}',
        "kernel.keys.root_maxkeys = 1000000",
        "/run/secrets/token-file is a path",
        "--seccomp-profile /etc/docker/seccomp.json",
        "git@github.com:moby/moby.git",
        "unix:///var/run/docker.sock",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redaction.redact_text(text) == text


def test_json_stays_json_on_the_same_lines():
    text = '{\n  "hosts": ["fd://"],\n  "log-opts": {\n    "splunk-token": "abc\\"def"\n  }\n}\n'
    clean = redaction.redact_text(text)
    assert json.loads(clean)["log-opts"]["splunk-token"] == redaction.PLACEHOLDER
    assert clean.count("\n") == text.count("\n")


def test_engine_answers():
    answer = {
        "JoinTokens": {"Worker": "SWMTKN-1-abc-def", "Manager": "SWMTKN-1-abc-ghi"},
        "Config": {"Env": ["DATABASE_URL=postgres://u:p@h/d", "PLAIN=value"]},
        "Plugins": {"Authorization": ["opa"], "Log": ["json-file"]},
        "HttpProxy": f"http://u:{SECRET}@proxy:3128",
    }
    clean = redaction.redact_json(answer)
    assert clean["JoinTokens"] == {"Worker": "REDACTED", "Manager": "REDACTED"}
    assert clean["Config"]["Env"] == ["DATABASE_URL=REDACTED", "PLAIN=REDACTED"]
    assert clean["Plugins"] == answer["Plugins"]
    assert clean["HttpProxy"] == "http://REDACTED@proxy:3128"


def test_environment_of_a_process():
    raw = f"PATH=/bin\0SOME_NAME={SECRET}\0HTTP_PROXY=http://u:{SECRET}@p\0".encode()
    clean = redaction.redact_environment(raw, ENVIRONMENT_KEPT)
    assert clean == b"PATH=/bin\0SOME_NAME=REDACTED\0HTTP_PROXY=http://REDACTED@p\0"


def test_utf16_file():
    data = b"\xff\xfe" + f"password={SECRET}\r\n".encode("utf-16-le")
    assert SECRET.encode("utf-16-le") not in redaction.redact_bytes(data)


@given(st.binary(max_size=400))
def test_bytes_never_fail_and_redaction_is_idempotent(data):
    once = redaction.redact_bytes(data)
    assert redaction.redact_bytes(once) == once


@given(st.text(max_size=200))
def test_line_breaks_stay(text):
    if "PRIVATE KEY" not in text:
        assert redaction.redact_text(text).count("\n") == text.count("\n")


@pytest.mark.parametrize("filler", ["", "x" * 70_000 + "\n"])
def test_long_texts_are_redacted_too(filler):
    text = f"{filler}first line\npassword={SECRET}\nlast line"
    clean = redaction.redact_text(text)
    assert SECRET not in clean
    assert clean.endswith("password=REDACTED\nlast line")


@given(st.text(alphabet="paswordtken=: \n\"'@/x1", max_size=80))
def test_the_quick_look_never_hides_a_match(text):
    assert redaction.redact_text(text) == redaction._redact(text, redaction._WORDS)


@pytest.mark.parametrize(
    "text",
    [
        '{"HttpHeaders": {\n "X-Meta": "%s", "Y": "%s"\n}, "auths": {}}',
        '{"plugins": {"x": {"key": "%s"}, "y": {"z": "a{%s}"}}}',
        '{"Name": "c", "Metadata": {"Description": "%s"}, "Endpoints": {}}',
        "[Service]\nEnvironment=FOO=%s BAR=%s\n",
        "[Service]\nEnvironment=\"FOO=a %s\" 'BAR=b %s' \\\n  BAZ=%s\n",
        "Environment=FOO=%s",
        'DB_PASS="%s"\nexport MYSQL_PWD=%s\n',
        '{"db_pw": "%s"}',
    ],
)
def test_places_where_anybody_keeps_secrets(text):
    whole = text.replace("%s", SECRET)
    for size in (whole, whole + "\n" * 70_000):
        clean = redaction.redact_text(size)
        assert SECRET not in clean
        assert clean.count("\n") == size.count("\n")
        assert redaction.redact_text(clean) == clean
        if text.startswith("{"):
            assert json.loads(clean).keys() == json.loads(size).keys()


def test_what_configures_the_engine_stays_in_a_unit():
    text = 'Environment="HTTPS_PROXY=http://p:3128" NO_PROXY=localhost "X=REDACTED"\nUser=root\n'
    assert redaction.redact_text(text.replace("REDACTED", "y")) == text


def test_what_runs_in_containers_and_what_is_written_on_them():
    answer = {
        "Command": f"mysql -p{SECRET}",
        "Config": {"Cmd": ["a", SECRET], "Healthcheck": {"Test": ["CMD", SECRET], "Retries": 3}},
        "Labels": {"traefik.users": f"admin:{SECRET}", "com.docker.compose.project": "shop"},
        "Args": None,
        "Names": ["/web"],
    }
    clean = redaction.redact_json(answer)
    assert SECRET not in str(clean)
    assert clean["Labels"]["com.docker.compose.project"] == "shop"
    assert clean["Config"]["Healthcheck"]["Retries"] == 3
    assert (clean["Names"], clean["Args"]) == (["/web"], None)


def test_half_a_character_at_the_end_hides_nothing():
    data = b"\xff\xfe" + f"password={SECRET}".encode("utf-16-le") + b"\x00"
    clean = redaction.redact_bytes(data)
    assert SECRET.encode("utf-16-le") not in clean
    assert redaction.redact_bytes(b"\xff\xfe\x00") == b"\xff\xfe\x00"
