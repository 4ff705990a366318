"""A database is not used with the wrong data keys."""

import pytest

from storage import seal
from storage.database import Database
from storage.encryption import Keyring, generate_key


async def _checked(url: str, *keys: str) -> None:
    database = await Database.open(url, Keyring(keys))
    try:
        await database.run(seal.check)
    finally:
        await database.close()


async def test_the_same_keys_are_known_again(database_url: str) -> None:
    key = generate_key()
    await _checked(database_url, key)
    await _checked(database_url, key)


async def test_a_newer_key_in_front_is_welcome(database_url: str) -> None:
    key = generate_key()
    await _checked(database_url, key)
    await _checked(database_url, generate_key(), key)


async def test_other_keys_are_refused_before_anything_is_written(database_url: str) -> None:
    await _checked(database_url, generate_key())
    with pytest.raises(seal.WrongKeys, match="written with other keys"):
        await _checked(database_url, generate_key())


async def test_the_oldest_key_has_to_stay_last(database_url: str) -> None:
    first, second = generate_key(), generate_key()
    await _checked(database_url, first)
    with pytest.raises(seal.WrongKeys, match="has to stay last"):
        await _checked(database_url, first, second)
