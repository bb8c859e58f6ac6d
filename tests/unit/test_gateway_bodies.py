"""Strict JSON."""

import pytest

from gateway.bodies import parse
from services.chassis.errors import InvalidInput, Unprocessable


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"{}", {}),
        (b' {"a": [1, 2.5, true, null, "\xc3\xa9"]} ', {"a": [1, 2.5, True, None, "é"]}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'{"a": "\\\\u0000"}', {"a": "\\u0000"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
    ],
)
def test_an_object_is_read(raw: bytes, value: dict[str, object]) -> None:
    assert parse(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nonsense",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e400}',
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b"\x00",
        b"[" * 9999,
    ],
)
def test_what_is_not_json_in_utf_8_is_malformed(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse(raw)
    assert (refusal.type, refusal.value.code) == (InvalidInput, "malformed_json")


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"a"', b"null", b"true"])
def test_what_is_not_an_object_is_refused(raw: bytes) -> None:
    with pytest.raises(Unprocessable):
        parse(raw)


@pytest.mark.parametrize("text", [b"\\u0000", b"\\ud800", b"\\udc00\\ud800"])
def test_text_that_cannot_be_stored_is_refused_wherever_it_stands(text: bytes) -> None:
    for raw in (b'{"a": "%s"}', b'{"a": [["%s"]]}', b'{"%s": 1}', b'{"a": {"b%s": 1}}'):
        with pytest.raises(Unprocessable) as refusal:
            parse(raw % text)
        assert refusal.value.code == "invalid_text"
