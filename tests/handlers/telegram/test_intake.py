"""Updates become turns, and whoever presses a button is answered."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine
from telegram import Bot

from bot.catalog import Catalog
from bot.dialog.event import Attached, Chose, Event, Said, Stopped
from bot.turns import Lab, Outcome, SayAloud, Turns
from handlers.telegram import Pace, TelegramIntake
from handlers.telegram.calls import call
from handlers.telegram.reading import Update, read_update
from sandbox.telegram import Person, ResetBefore, Status, TelegramSandbox
from storage.database import Database, DatabaseUnavailable
from storage.encryption import Keyring, generate_key
from storage.tables import Table
from tests.sandbox.conftest import Clock


class Recorder:
    """Records events; answers with `notice`, waits at the gate of a text, fails where told."""

    def __init__(self) -> None:
        self.taken: list[Event] = []
        self.notice = ""
        self.gates: dict[str, asyncio.Event] = {}
        self.error: Exception | None = None

    async def take(self, event: Event) -> Outcome:
        if isinstance(event, Said) and event.text in self.gates:
            await self.gates[event.text].wait()
        if self.error is not None:
            raise self.error
        self.taken.append(event)
        return Outcome(notice=self.notice)

    @property
    def words(self) -> list[str]:
        return [event.text for event in self.taken if isinstance(event, Said)]


class Desk:
    """Records wishes for digests and answers each."""

    def __init__(self) -> None:
        self.wishes: list[tuple[str, str, str, bool, str]] = []

    async def handle(
        self,
        *,
        event_id: str,
        channel: str,
        account: str,
        place: str,
        place_is_room: bool,
        words: str,
        aloud: SayAloud | None = None,
    ) -> str:
        self.wishes.append((event_id, account, place, place_is_room, words))
        return "Your digest comes every Monday."


@pytest.fixture
def turns() -> Recorder:
    return Recorder()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def intake(
    bot: Bot, pace: Pace, turns: Recorder, desk: Desk, catalog: Catalog
) -> AsyncIterator[TelegramIntake]:
    intake = TelegramIntake(bot, pace, turns, desk, catalog, "en")
    yield intake
    await intake.close()


@pytest.fixture
def ana(telegram: TelegramSandbox) -> Person:
    person = telegram.person(101, first_name="Ana", language_code="es")
    person.start()
    return person


async def newest(bot: Bot) -> Update:
    found = await call(bot, "getUpdates")
    assert isinstance(found, list)
    update = read_update(found[-1])
    assert update
    return update


async def test_press_is_answered_with_the_notice_of_its_turn(
    intake: TelegramIntake, turns: Recorder, bot: Bot, ana: Person
) -> None:
    turns.notice = "This question is past."
    ana.tap_data(1, "t.1.yes")
    await intake.take(await newest(bot))
    await ana.wait_for(lambda person: person.notices == ["This question is past."])
    assert [type(event) for event in turns.taken] == [Chose]


async def test_words_under_a_photo_are_taken_after_it(
    intake: TelegramIntake, turns: Recorder, bot: Bot, ana: Person
) -> None:
    ana.send_photo(caption="My arm")
    await intake.take(await newest(bot))
    assert [type(event) for event in turns.taken] == [Attached, Said]


async def test_a_wish_to_stop_under_a_photo_is_heard(
    intake: TelegramIntake, turns: Recorder, bot: Bot, ana: Person
) -> None:
    ana.send_photo(caption="/stop")
    await intake.take(await newest(bot))
    assert [type(event) for event in turns.taken] == [Attached, Stopped]


async def test_a_digest_asked_for_under_a_photo_is_sent(
    intake: TelegramIntake, desk: Desk, bot: Bot, ana: Person
) -> None:
    ana.send_photo(caption="/digest now")
    await intake.take(await newest(bot))
    assert [wish[-1] for wish in desk.wishes] == ["now"]


async def test_press_without_notice_is_answered_too(
    intake: TelegramIntake, bot: Bot, telegram: TelegramSandbox, ana: Person
) -> None:
    ana.tap_data(1, "t.1.yes")
    await intake.take(await newest(bot))
    await intake.close()
    assert [call.method for call in telegram.calls].count("answerCallbackQuery") == 1
    assert ana.notices == []


@pytest.mark.parametrize(
    "fault",
    [Status(400, "Bad Request: query is too old and response timeout expired"), ResetBefore()],
    ids=["too old", "no connection"],
)
async def test_press_that_cannot_be_answered_is_taken_all_the_same(
    intake: TelegramIntake,
    turns: Recorder,
    bot: Bot,
    telegram: TelegramSandbox,
    ana: Person,
    fault: Status | ResetBefore,
) -> None:
    telegram.faults.next("answerCallbackQuery", fault)
    ana.tap_data(1, "t.1.yes")
    await intake.take(await newest(bot))
    await intake.close()
    assert len(turns.taken) == 1


async def test_press_that_was_not_kept_is_not_answered(
    intake: TelegramIntake, turns: Recorder, bot: Bot, telegram: TelegramSandbox, ana: Person
) -> None:
    turns.error = DatabaseUnavailable("away")
    ana.tap_data(1, "t.1.yes")
    with pytest.raises(DatabaseUnavailable):
        await intake.take(await newest(bot))
    await intake.close()
    assert "answerCallbackQuery" not in [call.method for call in telegram.calls]


def said(update_id: int, chat_id: int, text: str) -> Update:
    chat = {"id": chat_id, "type": "private", "first_name": "A"}
    update = read_update(
        {"update_id": update_id, "message": {"message_id": 1, "date": 1, "chat": chat, "text": text}}
    )
    assert update is not None
    return update


async def test_one_chat_keeps_its_order_while_another_goes_ahead(
    intake: TelegramIntake, turns: Recorder
) -> None:
    gate = turns.gates["first"] = asyncio.Event()
    hers = [
        asyncio.create_task(intake.take(said(number, 101, text)))
        for number, text in enumerate(["first", "second", "third"])
    ]
    await intake.take(said(9, 202, "his"))
    assert turns.words == ["his"]
    gate.set()
    await asyncio.gather(*hers)
    assert turns.words == ["his", "first", "second", "third"]


async def test_wish_for_a_digest_goes_to_its_desk(
    intake: TelegramIntake, turns: Recorder, desk: Desk, bot: Bot, ana: Person
) -> None:
    sent = ana.say("/digest weekly monday 08:00")
    await intake.take(await newest(bot))
    assert desk.wishes == [(f"telegram:{sent}", "101", "101", False, "weekly monday 08:00")]
    await ana.wait_for(lambda person: person.chat[-1].text == "Your digest comes every Monday.")
    assert turns.taken == []


def in_group(text: str, asking: int) -> Update:
    update = read_update(
        {
            "update_id": 1,
            "message": {
                "message_id": 1,
                "date": 1,
                "text": text,
                "chat": {"id": -7, "type": "group", "title": "Managers"},
                "from": {"id": asking, "is_bot": False, "first_name": "A", "language_code": "es"},
            },
        }
    )
    assert update is not None
    return update


@pytest.fixture
def group(telegram: TelegramSandbox) -> Person:
    group = telegram.person(-7, first_name="Managers")
    group.start()
    return group


async def test_digest_for_a_group_is_answered_to_the_asker_alone(
    intake: TelegramIntake, desk: Desk, ana: Person, group: Person
) -> None:
    await intake.take(in_group("/digest weekly", asking=101))
    await intake.close()
    assert desk.wishes == [("telegram:1", "101", "-7", True, "weekly")]
    assert ana.chat[-1].text == "Your digest comes every Monday."
    assert group.chat[-1].by == "person"


async def test_asker_who_cannot_be_written_to_is_answered_in_the_group(
    intake: TelegramIntake, telegram: TelegramSandbox, group: Person
) -> None:
    telegram.person(303, first_name="Never started")
    await intake.take(in_group("/digest weekly", asking=303))
    await intake.close()
    assert group.chat[-1].text == "Your digest comes every Monday."


async def test_whoever_talks_much_in_a_group_is_answered_once_at_a_time(
    intake: TelegramIntake, group: Person
) -> None:
    await asyncio.gather(*(intake.take(in_group("/complaint", asking=101)) for _ in range(5)))
    await intake.close()
    assert [one.by for one in group.chat].count("bot") == 1


async def test_who_talks_in_a_group_is_asked_to_write_in_private(
    intake: TelegramIntake, turns: Recorder, catalog: Catalog, group: Person
) -> None:
    await intake.take(in_group("/complaint", asking=101))
    await intake.close()
    assert group.chat[-1].text == catalog.say("telegram.group", "es")
    assert turns.taken == []


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'labvoice.db'}"
    engine = create_engine(url)
    Table.metadata.create_all(engine)
    engine.dispose()
    database = await Database.open(url, Keyring([generate_key()]))
    yield database
    await database.close()


async def test_real_turns_tell_who_presses_an_unknown_button(
    bot: Bot, pace: Pace, desk: Desk, catalog: Catalog, database: Database, clock: Clock, ana: Person
) -> None:
    lab = Lab("City Laboratory", ZoneInfo("UTC"), "en")
    turns = Turns(database, catalog, lab, clock.now, lambda *_: None)
    intake = TelegramIntake(bot, pace, turns, desk, catalog, "en")
    ana.tap_data(1, "somebody-else.1.yes")
    await intake.take(await newest(bot))
    await intake.close()
    assert ana.notices == [catalog.say("notice.not_yours", "es")]
