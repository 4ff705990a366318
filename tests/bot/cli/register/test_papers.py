"""The register for people: a page and a PDF in words, in which nobody's words act."""

import re
import zlib
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typing_extensions import override

from bot.catalog import Catalog
from bot.cli.register import document, screen
from bot.cli.register.export import Order, TooMany, write_binary, write_dossier, write_text
from bot.cli.register.selection import Selection
from bot.cli.register.speech import Speech
from bot.cli.register.steps import step
from bot.cli.register.wording import Wording
from bot.complaints.terms import Category, Department, Status
from bot.turns import Lab
from bot.turns.desk.recording import FIELDS
from bot.wiring import Core
from storage import register
from storage.database import Session
from storage.register import Changed, Line
from tests.bot.cli.register.conftest import MADRID, NOW, WICKED
from tests.stage.register import lived, opened

FAIR = (
    "Núñez & Hijos treats every complaint alike, whoever makes it. Nobody's care, service or standing here "
    "suffers because they complained."
)


class Reader(HTMLParser):
    """Reads the text of a page, and what elements it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)

    @override
    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def said(session: Session) -> None:
    for number, words in enumerate(WICKED, start=1):
        opened(session, number, words=words)


def streams(pdf: bytes) -> list[bytes]:
    """What is compressed in a PDF."""
    found = []
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            continue
    return found


async def page(core: Core, out: Path, chosen: Selection | None = None) -> str:
    await write_text(Order(core, chosen or Selection()), "html", out)
    return content(out)


def content(file: Path) -> str:
    return file.read_text(encoding="utf-8")


async def test_a_page_shows_words_as_words(core: Core, tmp_path: Path) -> None:
    await core.database.run(said)
    found = Reader(await page(core, tmp_path / "out.html"))
    assert [words for words in WICKED if words not in found.texts] == []
    assert found.elements.isdisjoint(("script", "img", "b", "link", "iframe"))


async def test_a_page_loads_nothing_and_says_how_it_is_printed(core: Core, tmp_path: Path) -> None:
    await core.database.run(lived)
    found = await page(core, tmp_path / "out.html")
    assert "default-src &#x27;none&#x27;" in found
    assert "@media print" in found
    assert "http" not in found.replace("http-equiv", "")


async def test_a_page_says_whose_register_it_is_and_how_people_are_treated(
    core: Core, tmp_path: Path
) -> None:
    await core.database.run(lived)
    chosen = Selection(
        start=date(2026, 11, 1),
        end=date(2026, 11, 30),
        statuses=frozenset((Status.RECEIVED,)),
        departments=frozenset((Department.COURIER,)),
        categories=frozenset((Category.SPECIMEN,)),
        overdue=True,
    )
    texts = Reader(await page(core, tmp_path / "out.html", chosen)).texts
    assert [one for one in texts if one.strip()][2:9] == [
        "Register of complaints",
        "Núñez & Hijos",
        "Received from 2026-11-01 to 2026-11-30; only: Received, Courier, Specimen rejected or lost, overdue",
        "Complaints: 1",
        "As of 2026-11-26 09:30, time zone Europe/Madrid",
        "Who reported is named by group alone.",
        FAIR,
    ]


async def test_an_empty_page_says_so(core: Core, tmp_path: Path) -> None:
    assert "No complaint is in the register for this." in await page(core, tmp_path / "out.html")


async def test_nobodys_words_become_code_of_the_pdf_and_all_of_them_are_in_it(
    core: Core, tmp_path: Path
) -> None:
    await core.database.run(said)
    out = tmp_path / "out.pdf"
    await write_binary(Order(core, Selection()), "pdf", out)
    pdf = out.read_bytes()
    assert pdf.startswith(b"%PDF-")
    await write_text(Order(core, Selection()), "json", tmp_path / "out.json")
    assert (tmp_path / "out.json").read_bytes() in streams(pdf)


async def test_an_empty_register_is_a_pdf_too(core: Core, tmp_path: Path) -> None:
    await write_binary(Order(core, Selection()), "pdf", tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-")


async def test_a_pdf_has_no_more_than_memory_holds(
    core: Core, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "MOST", 1)
    await core.database.run(lived)
    with pytest.raises(TooMany, match="2 complaints are too many for one PDF, which has 1 at most"):
        await write_binary(Order(core, Selection()), "pdf", tmp_path / "out.pdf")
    assert not (tmp_path / "out.pdf").exists()


@pytest.mark.parametrize("locale", ["en", "es"])
async def test_a_dossier_is_a_pdf_with_the_complaint_in_it(core: Core, tmp_path: Path, locale: str) -> None:
    await core.database.run(lived)
    spoken = Core(core.database, core.catalog, Lab("Núñez & Hijos", MADRID, locale), core.clock)
    entry = await core.database.read(register.entry, "C-2026-000001")
    assert entry is not None
    await write_dossier(Order(spoken, Selection()), entry, tmp_path / "out.pdf")
    attached = [one for one in streams((tmp_path / "out.pdf").read_bytes()) if one.startswith(b'{"id"')]
    assert len(attached) == 1
    assert b'"number": "C-2026-000001"' in attached[0]


SHOWN = """\
Complaint C-2026-000001: Specimen rejected or lost

As it came
  Received                                2026-11-02 10:00
  Channel                                 Telegram
  Entered by                              U0NURSE
  From                                    Patient or family
  Identity confidential                   Yes
  Name                                    Ana
  Phone                                   +34 600 123 456
  Account                                 telegram 7007007007
  Best time to call                       In the morning
  May be contacted                        Yes
  In their own words                      Nobody came
  What they ask for                       A new tube

What it is about
  Category                                Specimen rejected or lost
  Phase                                   Before testing
  Site                                    North
  Department                              Courier
  Order                                   ••••234
  Severity                                3 of 9 = Serious (3) × not before (1)
  Somebody was or could be harmed         Yes

Where it stands
  State                                   Received
  Due next                                2026-11-02 10:00 · closing
  Acknowledged                            2026-11-02 10:00 · U0NURSE · by message
  Waiting for the reporter since          2026-11-02 10:00
  Opened again                            2026-11-02 10:00

What was found
  Within the laboratory's responsibility  Yes
  Why                                     Our courier
  Evidence                                The log
  Substantiated                           Partly
  Persons involved                        telegram 77
  Investigator                            U0NURSE
  Approved by                             U0QUALITY · 2026-11-02 10:00
  Note on impartiality                    Nobody else was there
  Progress reports                        2026-11-02 10:00 · U0NURSE
                                          We are looking
  Root cause                              Handover
  Correction                              Drawn again
  Corrective and preventive actions       Corrective, due 2026-12-01, done 2026-11-02 10:00 ·
                                          U0NURSE
                                          Sign at each handover

What came of it
  Outcome                                 Found
  Outcome communicated                    2026-11-02 10:00 · U0NURSE · by phone
  Why it could not be communicated        At first nobody answered
  Resolved                                2026-11-02 10:00
  Closed                                  2026-11-02 10:00
  The reporter says                       It was put right in part · 2026-11-02 10:00
  Review of effectiveness                 due 2027-02-01 · 2026-11-02 10:00 · U0QUALITY
  Effective                               Yes
  Linked survey response                  –
  Repeats                                 –
  Repeated by                             C-2026-000002

History, with its seals
  1. 2026-11-02 10:00  The reporter  Received (Received)
     SEAL
  2. 2026-11-02 10:00  U0NURSE  Recorded (Received)
     Persons involved: – → telegram 77
     Within the laboratory's responsibility: – → Yes
     SEAL
  3. 2026-11-02 10:00  U0NURSE  Reported progress (Received)
     SEAL
  4. 2026-11-02 10:00  U0NURSE  Told the reporter (Received)
     We are looking
     SEAL
  5. 2026-11-02 10:00  The reporter  The reporter wrote (Received)
     Thank you
     SEAL
"""


async def test_a_complaint_on_screen_shows_every_field(core: Core, catalog: Catalog) -> None:
    await core.database.run(lived)
    entry = await core.database.read(register.entry, "C-2026-000001", identities=True)
    assert entry is not None
    wording = Wording(catalog, "en", MADRID)
    lines = [re.sub("[0-9a-f]{64}", "SEAL", one) for one in screen.whole(wording.tell(entry), wording)]
    assert "\n".join(lines) + "\n" == SHOWN


@pytest.mark.parametrize(
    ("action", "note", "changes", "words"),
    [
        ("hand_over", "courier\nTheirs", (), ("Handed over", "Courier\nTheirs")),
        ("hand_over", "U0NURSE", (), ("Handed over", "U0NURSE")),
        ("rated", "partly", (), ("The reporter rated it", "It was put right in part")),
        ("escalate", "head", (), ("Escalated", "Time was up: told to the head of the department.")),
        ("review", None, (), ("Reminder of the review", "")),
        ("later_than_this_version", "As it is", (), ("later_than_this_version", "As it is")),
        (
            "record",
            None,
            (
                Changed("cause", None, "handover"),
                Changed("acknowledged_how", "message", "phone"),
                Changed("safety", "no", "yes"),
                Changed("later_than_this_version", "a", "b"),
            ),
            (
                "Recorded",
                (
                    "Root cause: – → Handover\n"
                    "Acknowledged: by message → by phone\n"
                    "Somebody was or could be harmed: No → Yes\n"
                    "later_than_this_version: a → b"
                ),
            ),
        ),
    ],
)
def test_a_line_of_history_is_told_in_words(
    catalog: Catalog, action: str, note: str | None, changes: tuple[Changed, ...], words: tuple[str, str]
) -> None:
    line = Line(1, NOW, action, Status.RECEIVED, "U0NURSE", False, note, changes, None)
    told = step(Speech(catalog, "en", MADRID), line)
    assert (told.what, told.words) == words
    assert told.seal == "from before lines were sealed"


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_whatever_staff_record_is_told_by_its_name(catalog: Catalog, name: str) -> None:
    line = Line(1, NOW, "record", Status.RECEIVED, None, False, None, (Changed(name, None, None),), None)
    assert not step(Speech(catalog, "en", MADRID), line).words.startswith(f"{name}:")


def steering(session: Session) -> None:
    opened(session, words="\x1b[2J\u202eabc\tx")


async def test_words_cannot_steer_a_terminal(core: Core, catalog: Catalog) -> None:
    await core.database.run(steering)
    entry = await core.database.read(register.entry, "C-2026-000001")
    assert entry is not None
    wording = Wording(catalog, "en", MADRID)
    text = "\n".join(screen.whole(wording.tell(entry), wording))
    assert "\\x1b[2J\\x202eabc" in text
    assert "\x1b" not in text


async def test_a_complaint_on_one_line_says_what_is_urgent(core: Core) -> None:
    await core.database.run(lived)
    entry = await core.database.read(register.entry, "C-2026-000001")
    assert entry is not None
    assert screen.line(entry, MADRID, NOW) == (
        "C-2026-000001  2026-11-02  received       specimen         courier       3 safety  "
        "2026-11-02 10:00  U0NURSE !"
    )
