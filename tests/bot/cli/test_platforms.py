"""`check` and `visit add` beside a Telegram and a Slack that answer, or do not."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from bot.complaints.terms import Department
from sandbox.serve import serve
from sandbox.slack import SlackSandbox, Status
from sandbox.telegram import TelegramSandbox
from storage.encryption import generate_key
from storage.schema import newest_revision
from tests.bot.cli.conftest import Said, Terminal
from tests.sandbox.conftest import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, TOKEN

BOT_NAME = "city_lab_bot"


@dataclass(frozen=True, slots=True)
class World:
    """Both platforms on loopback ports, and a terminal configured for them."""

    terminal: Terminal
    telegram: TelegramSandbox
    slack: SlackSandbox

    async def type(self, *words: str) -> Said:
        """Run a command while the platforms go on answering."""
        return await asyncio.to_thread(self.terminal.type, *words)


@pytest.fixture
async def world(terminal: Terminal) -> AsyncIterator[World]:
    def now() -> datetime:
        return datetime(2026, 3, 2, 9, tzinfo=UTC)

    telegram = TelegramSandbox(TOKEN, now=now, username=BOT_NAME)
    slack = SlackSandbox(bot_token=BOT_TOKEN, app_token=APP_TOKEN, signing_secret=SIGNING_SECRET, now=now)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(telegram.aclose)
        stack.push_async_callback(slack.aclose)
        terminal.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
        terminal.setenv("TELEGRAM_API_URL", await stack.enter_async_context(serve(telegram.app)))
        terminal.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
        terminal.setenv("SLACK_APP_TOKEN", APP_TOKEN)
        terminal.setenv("SLACK_API_URL", await stack.enter_async_context(serve(slack.app)) + "/api/")
        terminal.setenv("SLACK_TRIAGE_ROOM", "C0TRIAGE")
        slack.room("C0TRIAGE", name="lab-triage")
        yield World(terminal, telegram, slack)


def subjects(said: Said) -> dict[str, str]:
    """State and words of each line of the checklist, by subject."""
    found = (re.fullmatch(r"(\S+) +(\S+) +(.+)", line) for line in said.out.splitlines())
    return {match[2]: f"{match[1]} {match[3]}" for match in found if match}


async def test_a_complete_installation_passes_every_check(world: World) -> None:
    await world.type("db", "upgrade")
    said = await world.type("check")
    assert (said.code, said.err) == (0, "")
    assert subjects(said) == {
        "settings": "ok Our laboratory, UTC",
        "questionnaires": "ok 9, in en, es",
        "calendar": "ok open 5 days a week, 0 holidays",
        "routing": "-- not set up (ROUTING_FILE); all complaints are shown in one room",
        "database": f"ok sqlite, at the newest migration ({newest_revision()})",
        "telegram": f"ok reached as @{BOT_NAME}, long polling",
        "slack": "ok reached in Sandbox, Socket Mode",
        "rooms": "ok 1 can be reached",
    }


async def test_checking_creates_no_database(world: World) -> None:
    said = await world.type("check")
    file = world.terminal.folder / "labvoice.db"
    assert subjects(said)["database"] == f"ok {file} does not exist yet; run creates it"
    assert not file.exists()


async def test_checking_does_not_tie_a_database_to_its_keys(world: World) -> None:
    await world.type("db", "upgrade")
    await world.type("check")
    world.terminal.setenv("DATA_KEYS", generate_key())
    assert (await world.type("check")).code == 0


async def test_platforms_that_are_down_fail_the_check(world: World) -> None:
    world.telegram.faults.down = world.slack.faults.down = True
    said = await world.type("check")
    found = subjects(said)
    assert (said.code, said.err) == (1, "\n2 to be mended.\n")
    assert found["telegram"].startswith("FAILED ")
    assert found["slack"].startswith("FAILED auth.test: ")


async def test_tokens_that_are_not_accepted_fail_the_check_unshown(world: World) -> None:
    world.terminal.setenv("TELEGRAM_BOT_TOKEN", "1:hush")
    world.terminal.setenv("SLACK_APP_TOKEN", "xapp-hush")
    said = await world.type("check")
    found = subjects(said)
    assert found["telegram"].startswith("FAILED ")
    assert found["slack"] == "FAILED SLACK_APP_TOKEN: apps.connections.open: invalid_auth"
    assert "hush" not in said.out + said.err


async def test_what_is_not_set_up_is_no_failure(world: World) -> None:
    world.terminal.setenv("SLACK_BOT_TOKEN", "")
    world.terminal.setenv("SLACK_APP_TOKEN", "")
    said = await world.type("check")
    assert said.code == 0
    assert subjects(said)["slack"].startswith("-- not set up (SLACK_BOT_TOKEN); new complaints are")


async def test_a_visit_has_the_link_into_the_chat_and_its_code(world: World) -> None:
    said = await world.type("visit", "add", "--order", "LAB-1", "--site", "North")
    assert (said.code, said.err) == (0, "")
    link = rf"Link  https://t\.me/{BOT_NAME}\?start=([A-Za-z0-9_-]{{22}})"
    page = r"Page  http://127\.0\.0\.1:8080/enrol/\1"
    assert re.match(rf"Visit \S+\n{link}\n{page}\n\n█+\n", said.out)


async def test_the_link_for_everybody_leads_into_the_chat_and_has_its_code(world: World) -> None:
    said = await world.type("concern-link")
    assert (said.code, said.err) == (0, "")
    link, page = rf"Link  https://t\.me/{BOT_NAME}\?start=concern", r"Page  http://127\.0\.0\.1:8080/concern"
    assert re.match(rf"{link}\n{page}\n\n█+\n", said.out)


async def test_a_visit_is_added_even_when_telegram_is_down(world: World) -> None:
    world.telegram.faults.down = True
    said = await world.type("visit", "add", "--order", "LAB-1", "--site", "North")
    assert said.code == 0
    assert said.err.startswith("Telegram did not tell the bot's name (")
    assert TOKEN not in said.err


def route(world: World, source: str) -> None:
    """Write the laboratory's routing file."""
    (world.terminal.folder / "routing.yaml").write_text(source, encoding="utf-8")
    world.terminal.setenv("ROUTING_FILE", "routing.yaml")


def told(said: Said, subject: str) -> list[str]:
    """Every line of the checklist about `subject`."""
    found = (re.fullmatch(r"(\S+) +(\S+) +(.+)", line) for line in said.out.splitlines())
    return [f"{match[1]} {match[3]}" for match in found if match and match[2] == subject]


ROUTING = """
departments:
  bench: {room: C0BENCH, head: U0EMMA}
  front_desk: {room: C0DESK, head: U0GIL}
kudos: {room: C0KUDOS}
"""


async def test_who_hears_of_what_is_checked_with_the_people_and_rooms_it_names(world: World) -> None:
    await world.type("staff", "add", "U0EMMA", "--role", "staff")
    world.slack.room("C0BENCH", name="bench", joined=False)
    world.slack.room("C0DESK", name="desk")
    route(world, ROUTING)
    said = await world.type("check")
    assert (said.code, said.err) == (1, "\n2 to be mended.\n")
    others = "registration, billing, courier, supplies, it, phlebotomy"
    assert told(said, "routing") == [
        "ok 2 of 8 departments have a room",
        f"-- no room, so in SLACK_TRIAGE_ROOM: {others}",
        "FAILED U0GIL, head of front_desk, has no role; give one with `labvoice staff add`",
    ]
    why = "channel_not_found: correct the id or, if the room is private, invite the app to it"
    assert told(said, "rooms") == [f"FAILED C0KUDOS: {why}"]


async def test_a_room_for_every_department_makes_up_for_a_triage_room(world: World) -> None:
    world.terminal.setenv("SLACK_TRIAGE_ROOM", "")
    assert "; no SLACK_TRIAGE_ROOM: " in subjects(await world.type("check"))["slack"]
    world.slack.room("C0ALL", name="all")
    route(world, "departments:\n" + "".join(f"  {one}: {{room: C0ALL}}\n" for one in Department))
    said = await world.type("check")
    assert said.code == 0
    assert told(said, "slack") == ["ok reached in Sandbox, Socket Mode"]
    assert told(said, "routing") == ["ok 8 of 8 departments have a room"]


async def test_rooms_slack_does_not_tell_of_are_no_failure(world: World) -> None:
    world.slack.faults.next("conversations.info", Status(200, "missing_scope"))
    route(world, ROUTING)
    said = await world.type("check")
    assert said.code == 0
    assert told(said, "rooms") == ["-- not known to be reached: conversations.info: missing_scope"]


async def test_a_routing_file_that_cannot_be_used_is_told_line_by_line(world: World) -> None:
    route(world, "departments:\n  bench:\n    room: bench\n    head: emma\n")
    said = await world.type("check")
    assert said.code == 1
    assert [line.split(": ")[0] for line in told(said, "routing")] == [
        "FAILED routing.yaml:3",
        "FAILED routing.yaml:4",
    ]


async def test_settings_and_questionnaires_that_are_wrong_fail_the_check(world: World) -> None:
    world.terminal.setenv("DEFAULT_LOCALE", "de")
    said = await world.type("check")
    assert subjects(said)["questionnaires"] == (
        "FAILED DEFAULT_LOCALE: 'de' is not spoken here; use one of en, es"
    )
    world.terminal.setenv("PORT", "x")
    said = await world.type("check")
    assert (said.code, list(subjects(said))) == (1, ["settings"])
