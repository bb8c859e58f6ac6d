"""What a text says, and what of it is refused: with the place or the key, and never with what stands there."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.chassis.errors import InvalidInput
from services.vault.configuration import rules
from services.vault.configuration.reading import read

pytestmark = pytest.mark.unit

CASES = yaml.safe_load((Path(__file__).parent / "configurations.yaml").read_text())
LONGEST = 131_072


def refusal(format: str, text: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        read(format, text, LONGEST)
    return refused.value


@pytest.mark.feature("V-01")
@pytest.mark.parametrize("case", CASES["read"], ids=lambda case: case["name"])
def test_it_says(case: dict[str, Any]) -> None:
    assert read(case["format"], case["text"], LONGEST) == case["says"]


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["name"])
def test_it_is_refused(case: dict[str, Any]) -> None:
    refused = refusal(case["format"], case["text"])
    told = refused.fields["content"]
    assert refused.code == case["code"]
    assert {name: told.get(name) for name in ("line", "column", "key") if name in told} == case.get("where", {})


@pytest.mark.feature("V-06")
@pytest.mark.parametrize("name", ["cuda_version", "cudnn_version", "default_python", "worker_id", "worker_name", "debug"])
@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("hocon", "agent {{ {0} = 1 }}"),
        ("hocon", "agent.{0} = 1"),
        ("hocon", "agent . {0} : 1"),
        ("hocon", '"agent"."{0}" = 1'),
        ("hocon", '"agent.{0}" = 1'),
        ("hocon", 'agent {{ "{0}" {{ }} }}'),
        ("hocon", "agent.{0} += 1"),
        ("hocon", "mine {{ {0} = 1 }}, agent = ${{mine}}"),
        ("hocon", "mine {{ {0} = 1 }}, agent = {{ a = 1 }} ${{mine}}"),
        ("hocon", "agent.{0} = null"),
        ("json", '{{"agent": {{"{0}": 1}}}}'),
        ("json", '{{"agent.{0}": 1}}'),
        ("yaml", "agent:\n  {0}: 1"),
        ("yaml", "'agent.{0}': 1"),
        ("yaml", "mine: &mine {{ {0}: 1 }}\nagent: *mine"),
    ],
)
def test_what_belongs_to_one_machine_is_refused_in_every_spelling(name: str, format: str, text: str) -> None:
    refused = refusal(format, text.format(name))
    assert (refused.code, refused.fields["content"]["key"]) == ("configuration_forbidden_key", f"agent.{name}")


BOMBS = {
    "hocon that doubles": ("hocon", "a0 = [x, y]\n" + "".join(f"a{n + 1} = ${{a{n}}}${{a{n}}}\n" for n in range(40))),
    "hocon text that doubles": ("hocon", "a0 = xxxxxxxx\n" + "".join(f"a{n + 1} = ${{a{n}}}${{a{n}}}\n" for n in range(40))),
    "hocon that doubles itself": ("hocon", "x = [1]\n" + "x = ${x}${x}\n" * 60),
    "hocon objects in objects": ("hocon", "a0 { x = 1 }\n" + "".join(f"a{n + 1} {{ l = ${{a{n}}}, r = ${{a{n}}} }}\n" for n in range(18))),
    "hocon that appends for ever": ("hocon", "a = []\n" + "a += 1\n" * 18_000),
    "hocon joined for ever": ("hocon", "a = " + "".join(f"{{k{n}=1}}" for n in range(12_000))),
    "hocon chain": ("hocon", "".join(f"a{n} = ${{a{n + 1}}}\n" for n in range(5_000))),
    "yaml anchors": (
        "yaml",
        "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(12)),
    ),
    "json of many values": ("json", json.dumps({"a": [0] * 60_000}, separators=(",", ":"))),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", BOMBS)
def test_no_short_text_becomes_a_long_one_in_memory(name: str) -> None:
    assert refusal(*BOMBS[name]).code in ("configuration_too_large", "configuration_too_deep")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("hocon", "a" + "{a" * 60_000),
        ("hocon", "a = " + "[" * 120_000),
        ("hocon", ".".join("a" * 60_000) + " = 1"),
        ("json", "[" * 120_000),
        ("json", '{"a":' * 25 + "1" + "}" * 25),
        ("yaml", "[" * 120_000),
        ("yaml", "- " * 60_000),
        ("yaml", "\n".join(" " * n + "a:" for n in range(400))),
        ("yaml", "a0: &a0 [1]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}]\n" for n in range(40))),
    ],
    ids=lambda text: text[:12],
)
def test_deep_nesting_is_refused_and_breaks_nothing(format: str, text: str) -> None:
    assert refusal(format, text).code == "configuration_too_deep"


@pytest.mark.parametrize("format", ["hocon", "json", "yaml"])
def test_five_megabytes_are_refused_before_they_are_read(format: str) -> None:
    assert refusal(format, "a" * 5_000_000).code == "configuration_too_large"


@pytest.mark.parametrize("format", ["hocon", "json", "yaml"])
def test_blank_text_says_nothing(format: str) -> None:
    assert read(format, " \n\t", LONGEST) == {}


@pytest.mark.parametrize("how", ['"{0}"', 'file("{0}")', 'url("file://{0}")', 'required(file("{0}"))', 'classpath("{0}")'])
@pytest.mark.parametrize("where", ["include {0}", "a {{ include {0} }}", "a = include {0}", "a = [include {0}]", "INCLUDE {0}"])
def test_nothing_is_included(how: str, where: str, tmp_path: Path) -> None:
    (tmp_path / "secret.conf").write_text("found = 1")
    refused = refusal("hocon", where.format(how.format(tmp_path / "secret.conf")))
    assert refused.code == "configuration_include"
    assert "secret" not in str(refused)


@pytest.mark.parametrize("text", ["a = ${GATEHOUSE_TEST}", "a = ${?GATEHOUSE_TEST}", "a = x${?GATEHOUSE_TEST}y", "a += ${?GATEHOUSE_TEST}"])
def test_the_environment_is_never_read(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEHOUSE_TEST", "a value of the server's")
    refused = refusal("hocon", text)
    assert refused.code == "configuration_substitution"
    assert refused.fields["content"]["line"] == 1


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("hocon", 'password = "hunter2'),
        ("hocon", "password = hunter2 @"),
        ("hocon", "hunter2"),
        ("json", '{"password": hunter2}'),
        ("yaml", "password: [hunter2"),
        ("yaml", "password: !hunter2 x"),
        ("yaml", "hunter2: {hunter2"),
        ("yaml", "password: *hunter2"),
    ],
)
def test_a_refusal_does_not_repeat_the_text(format: str, text: str) -> None:
    refused = refusal(format, text)
    assert "hunter2" not in f"{refused} {refused.fields}"


def test_the_editor_is_warned_of_what_reaches_beyond_the_configuration() -> None:
    text = """api.api_server = x, environment { A = 1 }, files { f { path = p } }, sdk.apply_files = true
        "sdk.apply_environment" = 1, l = ["", a]"""
    tree = read("hocon", text, LONGEST)
    assert [(warned.key, warned.code) for warned in rules.warnings(tree)] == [
        ("api.api_server", "redirects_clients"),
        ("environment.A", "sets_environment"),
        ("files.f.path", "writes_files"),
        ("sdk.apply_files", "writes_files"),
        ('"sdk.apply_environment"', "sets_environment"),
        ("l", "text_lost"),
    ]


def test_an_empty_section_is_warned_of_too_and_an_ordinary_one_is_not() -> None:
    assert [warned.key for warned in rules.warnings(read("hocon", "api {}, apis = 1, sdk.api = 2", LONGEST))] == ["api"]
