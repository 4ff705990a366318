"""Locales that cannot be used are refused at start-up."""

from pathlib import Path

import pytest

from bot.catalog.phrases import read_phrases
from bot.catalog.problems import DefinitionError

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
NUMBERS = 'msgid "numbers"\nmsgstr "a b c d e f g h i j k"\n\n'


def write(folder: Path, locale: str, body: str) -> Path:
    path = folder / locale / "LC_MESSAGES" / "labvoice.po"
    path.parent.mkdir(parents=True)
    path.write_text(HEADER + body, encoding="utf-8")
    return path


def test_region_is_spoken_before_its_language_before_english(tmp_path: Path) -> None:
    write(tmp_path, "en", NUMBERS + 'msgid "a"\nmsgstr "one"\n\nmsgid "b"\nmsgstr "two"\n')
    write(tmp_path, "pt", NUMBERS + 'msgid "a"\nmsgstr "um"\n')
    write(tmp_path, "pt_BR", NUMBERS + 'msgid "a"\nmsgstr ""\n')
    phrases = read_phrases(tmp_path)
    assert phrases.locales == ("en", "pt", "pt-BR")
    assert phrases.find("a", "pt-BR") == "um"
    assert phrases.find("b", "pt-BR") == "two"


def test_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "en", NUMBERS + "nonsense\n")
    with pytest.raises(DefinitionError) as caught:
        read_phrases(tmp_path)
    assert caught.value.problems == (f"{path}:7: This line has no place in a .po file; correct it.",)


def test_number_words_must_be_eleven(tmp_path: Path) -> None:
    path = write(tmp_path, "en", 'msgid "numbers"\nmsgstr "zero one"\n')
    with pytest.raises(DefinitionError) as caught:
        read_phrases(tmp_path)
    assert caught.value.problems == (
        f"{path}:1: numbers has to be the eleven words for zero to ten, with spaces between.",
    )


def test_english_must_be_there(tmp_path: Path) -> None:
    write(tmp_path, "es", NUMBERS)
    with pytest.raises(DefinitionError) as caught:
        read_phrases(tmp_path)
    assert caught.value.problems == (
        f"{tmp_path}:1: There is no en/LC_MESSAGES/labvoice.po; every lab needs it.",
    )
