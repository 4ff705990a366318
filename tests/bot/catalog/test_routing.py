"""The routing file: what it says, what is refused with its line, and the words for safety we bring along."""

import re
from pathlib import Path

import pytest
import yaml

from bot.catalog import DefinitionError, load_routing
from bot.catalog.routing import SAFETY_WORDS
from bot.complaints.routing import DEPARTMENT_OF, Routing
from bot.complaints.terms import Category, Department

LOCALES = ("en", "es")
A_ROOM = "the id of a Slack room, such as C0123456789"
A_PERSON = "the id of a member in Slack, such as U0123456789"
PAGE = (Path(__file__).parents[3] / "docs" / "complaints.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```yaml\n(departments:.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "routing.yaml"


def read(file: Path, source: str) -> Routing:
    file.write_text(source, encoding="utf-8")
    return load_routing(file, LOCALES)


def refused(file: Path, source: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        read(file, source)
    return [problem.removeprefix(f"{file}:") for problem in caught.value.problems]


def test_the_example_of_the_page_can_be_used_as_it_is(file: Path) -> None:
    routing = read(file, EXAMPLE)
    assert routing.rooms.keys() == routing.heads.keys() == set(Department)
    assert routing.department(Category.COURTESY) is Department.PHLEBOTOMY
    assert routing.on_call == "C0ONCALL"
    assert [routing.kudos_room(site) for site in ("North", " old town", "South", None)] == [
        "C0NORTH",
        "C0OLDTOWN",
        "C0KUDOS",
        "C0KUDOS",
    ]
    assert routing.is_about_safety("They left: the tourniquet left  on!")
    assert routing.is_about_safety("I fainted")


def test_the_page_explains_every_key_department_and_category() -> None:
    explained = set(re.findall(r"`([a-z_]+)`", PAGE))
    keys = {"departments", "room", "head", "categories", "on_call", "kudos", "sites", "safety_words"}
    assert keys | {one.value for one in (*Department, *Category)} <= explained


def test_without_a_file_there_are_words_for_safety_and_no_rooms() -> None:
    routing = load_routing(None, LOCALES)
    assert routing.rooms_that_matter == frozenset()
    assert routing.departments == DEPARTMENT_OF
    assert routing.is_about_safety("me desmayé")


def test_what_is_left_out_stays_as_it_usually_is(file: Path) -> None:
    routing = read(file, "departments: {bench: {room: C0BENCH, categories: [billing]}}")
    assert routing.department(Category.BILLING) is Department.BENCH
    assert routing.department(Category.TURNAROUND) is Department.BENCH
    assert routing.department(Category.COURIER) is Department.COURIER
    assert routing.rooms == {Department.BENCH: "C0BENCH"}


def test_nothing_for_a_room_of_the_file_may_be_lost(file: Path) -> None:
    routing = read(
        file,
        "departments: {bench: {room: C0BENCH, head: U0HEAD}}\non_call: U0ONCALL\n"
        "kudos: {room: C0KUDOS, sites: {North: C0NORTH}}",
    )
    assert routing.rooms_that_matter == {"C0BENCH", "U0ONCALL", "C0KUDOS", "C0NORTH"}


def test_without_slack_no_address_is_left(file: Path) -> None:
    routing = read(file, EXAMPLE).without_rooms()
    assert (routing.rooms_that_matter, routing.heads) == (frozenset(), {})
    assert routing.department(Category.COURTESY) is Department.PHLEBOTOMY
    assert routing.is_about_safety("I fainted")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", "1: The file is empty; begin with a key and its value."),
        ("on_call: C0ON\non_call: C0ON", "2: on_call is given on line 1 already; keep one of them."),
        (
            "rooms: {}",
            "1: A routing file has no use for 'rooms'; use one of departments, on_call, kudos, safety_words.",
        ),
        ("on_call: '#lab'", f"1: on_call '#lab' has to be {A_ROOM}, or {A_PERSON}."),
        ("departments:\n  benhc: {}", "2: departments has no use for 'benhc'; did you mean bench?"),
        (
            "departments:\n  bench:\n    room: U0EMMA",
            f"3: room 'U0EMMA' has to be {A_ROOM}.",
        ),
        (
            "departments:\n  bench:\n    head: C0BENCH",
            f"3: head 'C0BENCH' has to be {A_PERSON}.",
        ),
        (
            "departments:\n  bench:\n    categories:\n      - turnround",
            "4: categories has 'turnround', which is none; did you mean turnaround?",
        ),
        (
            "departments:\n  billing: {categories: [billing]}\n  bench:\n    categories: [billing]",
            "4: billing goes to billing already; name it in one department alone.",
        ),
        ("departments:\n  bench: {room: }", "2: room has to be one value; write it after the colon."),
        ("departments: [bench]", "1: departments has to be keys and values, one to a line."),
        ("kudos:\n  sites:\n    North: lab-north", f"3: North 'lab-north' has to be {A_ROOM}."),
        ("safety_words:\n  de: [Ohnmacht]", "2: safety_words has no use for 'de'; use one of en, es."),
        ("safety_words:\n  en: ['!']", "2: A word for safety has a letter in it and at most 80 characters."),
        ("safety_words:\n  en: faint", "2: en has to be a list with at least one entry."),
    ],
)
def test_a_mistake_is_named_with_its_line(file: Path, source: str, problem: str) -> None:
    assert refused(file, source) == [problem]


def test_every_mistake_is_told_at_once(file: Path) -> None:
    assert len(refused(file, "on_call: x\nkudos: {room: y}\ndepartments: {it: {head: z}}")) == 3


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r":1: The file cannot be read: Is a directory\."):
        load_routing(tmp_path, LOCALES)


@pytest.mark.parametrize(
    "words",
    [
        "The tube had the WRONG NAME on it",
        "my sample was mixed-up with another",
        "I passed  out\nin the chair",
        "the needle broke",
        "it hit a nerve, my hand is numb",
        "a needlestick, nobody came",
        "I can’t feel my fingers",
        "critical value called after six hours",
        "Me desmaye y nadie vino",
        "No es mi nombre el que sale",
        "la enfermera se pinchó",
        "tengo una reaccion alergica",
        "no para de sangrar",
        "Valor critico sin avisar",
    ],
)
def test_what_a_frightened_person_writes_is_about_safety(words: str) -> None:
    assert load_routing(None, LOCALES).is_about_safety(words)


@pytest.mark.parametrize(
    "words",
    [
        "The results came late",
        "I was nervous because nobody told me anything",
        "The system fell behind and the queue was long",
        "My allergy test is late",
        "Falta el cultivo de la herida",
        "They pricked me three times and I have a bruise",
        "The invoice has the wrong amount",
        "The receptionist was rude to my father",
        "Se cayó el sistema y esperé dos horas",
        "Me pincharon tres veces y tengo un moretón",
        "La factura está equivocada",
        "Estaba nervioso y nadie me explicó nada",
    ],
)
def test_what_is_only_annoying_is_not(words: str) -> None:
    assert not load_routing(None, LOCALES).is_about_safety(words)


def test_no_word_for_safety_is_there_twice_or_said_by_another() -> None:
    for words in yaml.safe_load(SAFETY_WORDS.read_text(encoding="utf-8")).values():
        for one in words:
            others = tuple(other for other in words if other != one)
            assert not Routing(safety_words=others).is_about_safety(one), one
            assert words.count(one) == 1, one
