import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schedules.digests.personal import redact


@pytest.mark.parametrize(
    "number",
    [
        "555-0142-7788",
        "+44 20 7946 0958",
        "(555) 123-4567",
        "+1 (555) 123.4567",
        "600.555.014",
        "600 / 555 / 014",
        "5 5 5 1 2 3",
        "123456",
        "20418833",
        "1,234,567",
        "2026-11-22",
        "3.4.1961",
        "MRNA1234567B",
        "X1234567Z",
        "555_123_4567",
        "555\u2011123\u20114567",  # non-breaking hyphens
        "555\u00a0123\u202f4567",  # non-breaking and narrow spaces
        "555\u200b123\u200b4567",  # zero-width spaces
        "５５５１２３４５６７",
        "٠١٢٣٤٥٦٧",
        "०१२३४५६",
        "𝟓𝟓𝟓𝟏𝟐𝟑",
        "①②③④⑤⑥",
        "❶❷❸❹❺❻",
        "¹²³⁴⁵⁶",
        "5️⃣5️⃣5️⃣1️⃣2️⃣3️⃣",
    ],
)
def test_numbers_of_six_digits_or_more_are_removed(number: str) -> None:
    assert redact(f"Call {number} today") == "Call [removed] today"


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org",
        "a.b+c@mail.example.co.uk",
        "ana @ example.org",
        "ana＠example.org",
        "ana(at)example.org",
        "ana [at] example [dot] org",
        "ana at example dot org",
        "ana arroba example punto org",
        "josé.núñez@correo.example",
        "@ana_lab",
        "https://example.org/x?patient=1",
        "www.example.org/ana",
        "t.me/ana_lab",
    ],
)
def test_addresses_links_and_handles_are_removed(address: str) -> None:
    assert redact(f"Write {address} please") in {"Write [removed] please", "[removed] please"}


@pytest.mark.parametrize(
    "words",
    [
        "I waited 45 minutes, 2 people were before me.",
        "From 10:30 to 12:15, then again 14:00.",
        "Room 12, floor 3, desk 45.",
        "Rated 5/5, would come again.",
        "Look at the sign. Dot.",
        "Order 12345 was lost.",
        "Esperé de 8 a 9 y media.",
        "100 % fine, 24/7!",
    ],
)
def test_what_is_not_personal_stays_as_it_is(words: str) -> None:
    assert redact(words) == words


def test_several_finds_in_a_row_become_one_mark() -> None:
    assert redact("Me: 555 123 4567, ana@example.org") == "Me: [removed]"


def test_a_line_end_divides_numbers() -> None:
    assert redact("Room 123\n456 people") == "Room 123\n456 people"


def test_the_mark_can_be_in_another_language() -> None:
    assert redact("Llame al 600 555 014", "[suprimido]") == "Llame al [suprimido]"


_separators = st.text(" -._/(),\u00a0\u2011\u200b", max_size=4)


@settings(max_examples=200)
@example([("0", ""), ("0", ""), ("0", ""), ("0", "/_."), ("0", "/"), ("0", "")], "", "")
@example([("0", ".")] * 6, "a at", "")
@given(
    st.lists(st.tuples(st.sampled_from("0123456789٣५９"), _separators), min_size=6, max_size=20),
    st.text(st.characters(categories=["L", "Zs"]), max_size=20),
    st.text(st.characters(categories=["L", "Zs"]), max_size=20),
)
def test_no_way_to_space_a_number_out_hides_it(
    digits: list[tuple[str, str]], before: str, after: str
) -> None:
    number = "".join(digit + separator for digit, separator in digits)
    left = redact(f"{before} {number} {after}")
    assert not any(character.isdigit() for character in left)


@given(st.text(max_size=200))
def test_any_text_at_all_is_taken(words: str) -> None:
    assert "\x00" not in redact(words)


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "1",
        "a.",
        "a@",
        "(",
        "1-a",
        "+(1",
        "a-",
        "--",
        "1111x",
        "1 ",
        " at ",
        "a at ",
        "a.a/",
        "1    ",
        "-a.b",
    ],
)
def test_no_text_takes_long(unit: str) -> None:
    words = (unit * 3000)[:6000]
    began = time.process_time()
    redact(words)
    assert time.process_time() - began < 0.2
