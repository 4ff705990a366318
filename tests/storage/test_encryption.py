"""What sealed data and fingerprints promise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.encryption import DecryptionError, Keyring, KeyringError, generate_key

OLD = generate_key()
NEW = generate_key()


@given(st.binary())
def test_decrypting_gives_back_what_was_encrypted(data: bytes) -> None:
    ring = Keyring([OLD])
    assert ring.decrypt(ring.encrypt(data, "answer.words"), "answer.words") == data


def test_the_same_value_is_never_sealed_twice_alike() -> None:
    ring = Keyring([OLD])
    assert ring.encrypt(b"Ana", "contact.name") != ring.encrypt(b"Ana", "contact.name")


def test_after_rotation_old_values_still_open() -> None:
    sealed = Keyring([OLD]).encrypt(b"Ana", "contact.name")
    assert Keyring([NEW, OLD]).decrypt(sealed, "contact.name") == b"Ana"


def test_after_rotation_the_newest_key_seals() -> None:
    sealed = Keyring([NEW, OLD]).encrypt(b"Ana", "contact.name")
    assert Keyring([NEW]).decrypt(sealed, "contact.name") == b"Ana"
    with pytest.raises(DecryptionError):
        Keyring([OLD]).decrypt(sealed, "contact.name")


def test_a_value_moved_to_another_column_does_not_open() -> None:
    ring = Keyring([OLD])
    sealed = ring.encrypt(b"Ana", "contact.name")
    with pytest.raises(DecryptionError, match=r"complaint\.words"):
        ring.decrypt(sealed, "complaint.words")


def test_no_altered_byte_goes_unnoticed() -> None:
    ring = Keyring([OLD])
    sealed = ring.encrypt(b"Ana", "contact.name")
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(DecryptionError):
            ring.decrypt(bytes(altered), "contact.name")


def test_a_value_cut_short_does_not_open() -> None:
    ring = Keyring([OLD])
    sealed = ring.encrypt(b"Ana", "contact.name")
    for length in range(len(sealed)):
        with pytest.raises(DecryptionError):
            ring.decrypt(sealed[:length], "contact.name")


def test_a_missing_key_is_named() -> None:
    sealed = Keyring([OLD]).encrypt(b"Ana", "contact.name")
    with pytest.raises(DecryptionError) as caught:
        Keyring([NEW]).decrypt(sealed, "contact.name")
    assert OLD.partition(":")[0] in str(caught.value)
    assert "contact.name" in str(caught.value)


def test_a_value_always_has_the_same_fingerprint() -> None:
    ring = Keyring([OLD])
    assert ring.fingerprint("order", "A-1") == ring.fingerprint("order", "A-1")
    assert ring.fingerprint("order", "A-1") != ring.fingerprint("order", "A-2")


def test_fingerprints_survive_rotation() -> None:
    assert Keyring([OLD]).fingerprint("order", "A-1") == Keyring([NEW, OLD]).fingerprint("order", "A-1")


def test_fingerprints_need_the_key() -> None:
    assert Keyring([OLD]).fingerprint("order", "A-1") != Keyring([NEW]).fingerprint("order", "A-1")


def test_fingerprints_of_two_purposes_cannot_be_matched() -> None:
    ring = Keyring([OLD])
    assert ring.fingerprint("order", "A-1") != ring.fingerprint("token", "A-1")


@given(st.text(st.characters(categories=("L", "Nd", "Cs", "Cc"))))
def test_any_text_has_a_fingerprint(value: str) -> None:
    assert len(Keyring([OLD]).fingerprint("token", value)) == 32


def test_keys_are_read_newest_first_from_one_line() -> None:
    ring = Keyring.parse(f" {NEW} , {OLD},\n")
    assert ring.key_ids == (NEW.partition(":")[0], OLD.partition(":")[0])


def test_padding_may_be_written_or_left_out() -> None:
    sealed = Keyring([OLD]).encrypt(b"Ana", "contact.name")
    assert Keyring([f"{OLD}="]).decrypt(sealed, "contact.name") == b"Ana"


MATERIAL = OLD.partition(":")[2]


UNUSABLE = {
    "nothing": "",
    "commas alone": " , ",
    "no id": MATERIAL,
    "an empty id": f":{MATERIAL}",
    "an id with umlauts": f"über:{MATERIAL}",
    "a long id": f"{'k' * 33}:{MATERIAL}",
    "no key": "k1:",
    "a short key": f"k1:{MATERIAL[:-4]}",
    "a long key": f"k1:{MATERIAL}AAAA",
    "a star in the key": f"k1:{MATERIAL[:-1]}*",
    "an accent in the key": f"k1:{MATERIAL[:-1]}é",
    "one id twice": f"k1:{MATERIAL},k1:{NEW.partition(':')[2]}",
}


@pytest.mark.parametrize("text", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_unusable_keys_are_refused_in_one_line_without_repeating_them(text: str) -> None:
    with pytest.raises(KeyringError) as caught:
        Keyring.parse(text)
    message = str(caught.value)
    assert "\n" not in message
    assert MATERIAL[:8] not in message
    assert caught.value.__cause__ is None


def test_the_position_of_an_unusable_key_is_named() -> None:
    with pytest.raises(KeyringError, match="data key 2 "):
        Keyring([NEW, "k1:short"])


def test_a_keyring_shows_no_key_material() -> None:
    shown = repr(Keyring([NEW, OLD])) + str(Keyring([NEW, OLD]))
    assert NEW.partition(":")[0] in shown
    assert MATERIAL[:8] not in shown


def test_every_generated_key_is_new_and_fits_on_one_line() -> None:
    keys = {generate_key() for _ in range(100)}
    assert len(keys) == 100
    assert not any("," in key or "=" in key or " " in key for key in keys)
