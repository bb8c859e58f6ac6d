from dataclasses import replace
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from services.chassis.settings import SettingError, Settings
from services.vault.sealing import Envelope, MasterKey, Record
from services.vault.sealing.masterkey import configured

MASTER = MasterKey(bytes(range(32)))
SECRET = b"wJalrXUtnFEMI/K7MDENG"


def record(**parts) -> Record:
    return Record(**{"kind": "cloud", "record_id": uuid4(), "version": 1, "owner_id": uuid4(), "workspace_id": uuid4()} | parts)


def test_what_is_sealed_opens_as_what_it_is_and_lies_nowhere_in_clear():
    envelope = Envelope.seal(MASTER, record(), SECRET)
    assert SECRET not in envelope.ciphertext + envelope.wrapped_key
    assert envelope.open(MASTER) == SECRET


@pytest.mark.parametrize(
    "moved",
    [{"owner_id": uuid4()}, {"owner_id": None}, {"workspace_id": uuid4()}, {"kind": "storage"}, {"record_id": uuid4()}, {"version": 2}],
    ids=lambda moved: next(iter(moved)),
)
def test_a_record_copied_elsewhere_does_not_open(moved):
    envelope = Envelope.seal(MASTER, record(), SECRET)
    with pytest.raises(InvalidTag):
        replace(envelope, record=replace(envelope.record, **moved)).open(MASTER)


def test_the_key_of_one_record_opens_no_other():
    one, other = Envelope.seal(MASTER, record(), SECRET), Envelope.seal(MASTER, record(), SECRET)
    with pytest.raises(InvalidTag):
        replace(one, wrapped_key=other.wrapped_key).open(MASTER)


def test_another_master_key_opens_nothing_and_has_another_id():
    other = MasterKey(bytes(32))
    with pytest.raises(InvalidTag):
        Envelope.seal(MASTER, record(), SECRET).open(other)
    assert other.id != MASTER.id


@pytest.mark.parametrize(
    "text", ["a" * 42 + "g", "a" * 42 + "g=", "-_" * 21 + "g", "+/" * 21 + "g="], ids=["bare", "padded", "url-safe", "standard"]
)
def test_a_master_key_is_32_bytes_in_any_base64(text):
    settings = Settings(secret_key="k" * 32, vault_master_key=text)
    assert configured(settings, "vault_master_key") is not None


@pytest.mark.parametrize("text", ["short", "a" * 64, "ä" * 43, "a" * 42 + "!"])
def test_anything_else_stops_the_start_with_a_line_that_does_not_repeat_it(text):
    with pytest.raises(SettingError, match="GATEHOUSE_VAULT_MASTER_KEY must be 32 random bytes") as refusal:
        configured(Settings(secret_key="k" * 32, vault_master_key=text), "vault_master_key")
    assert text not in str(refusal.value)


def test_a_master_key_may_lie_in_a_file(tmp_path):
    path = tmp_path / "key"
    path.write_text("a" * 42 + "g\n")
    from_file = configured(Settings(secret_key="k" * 32, vault_master_key_file=str(path)), "vault_master_key")
    given = configured(Settings(secret_key="k" * 32, vault_master_key="a" * 42 + "g"), "vault_master_key")
    assert from_file.id == given.id


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path):
    settings = Settings(secret_key="k" * 32, vault_former_master_key_file=str(tmp_path / "none"))
    with pytest.raises(SettingError, match="GATEHOUSE_VAULT_FORMER_MASTER_KEY_FILE cannot be read: FileNotFoundError"):
        configured(settings, "vault_former_master_key")
