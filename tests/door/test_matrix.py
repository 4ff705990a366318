"""Who may do what: the table of docs/who-may-do-what.md, each cell of it tried on the running bot."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import get_args
from unittest.mock import MagicMock
from uuid import UUID

import pytest

from bot.complaints.lifecycle import Action
from bot.complaints.terms import Role
from bot.turns import StaffActed
from bot.turns.turn import AnyEvent
from handlers.slack.app import _listen
from handlers.telegram.updates import Meaning
from schedules.digests.compose import Composed, Composer
from schedules.digests.words import Wish
from storage.lists import Listing
from storage.tables import Complaint
from tests.door import desk
from tests.door.attempts import FORMER, PATIENT, ROLES, ROOM, Somebody
from tests.door.day import BEA, dismiss
from tests.stage.world import World

PAGE = Path(__file__).parents[2] / "docs" / "who-may-do-what.md"
NOBODYS = UUID(int=7)
Cell = tuple[str, str, str]
Try = Callable[[Somebody], Awaitable[str]]


def written() -> dict[Cell, str]:
    """The table as it stands on the page, by step, object and person."""
    text = PAGE.read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    head, _, *body = [[cell.strip() for cell in row] for row in rows]
    return {(row[0], row[1], who): cell for row in body for who, cell in zip(head[2:], row[2:], strict=True)}


async def others(one: Somebody) -> Complaint:
    return await Somebody(one.around, "bystander", one.numbers).complains()


async def resolved(one: Somebody) -> Complaint:
    boss = Somebody(one.around, "boss", one.numbers)
    await one.around.appoint(boss.account, Role.MANAGER)
    complaint = await others(one)
    assert await boss.steps(Action.RESOLVE, complaint.id) == "yes"
    return complaint


async def on_others(action: Action, one: Somebody) -> str:
    return await one.steps(action, (await others(one)).id)


async def on_own(action: Action, one: Somebody) -> str:
    return await one.steps(action, (await one.complains()).id)


async def on_resolved(action: Action, one: Somebody) -> str:
    return await one.steps(action, (await resolved(one)).id)


async def on_none(action: Action, one: Somebody) -> str:
    return await one.steps(action, NOBODYS)


async def opens_form(action: Action, one: Somebody) -> str:
    complaint = await (resolved(one) if action is Action.CLOSE else others(one))
    return await one.opens_the_form(action, complaint)


async def replies(one: Somebody) -> str:
    complaint = await others(one)
    return await desk.replies(one, complaint.number, complaint.id)


async def replies_to_none(one: Somebody) -> str:
    return await desk.replies(one, "C-2026-999999", NOBODYS)


async def looks_at_others(one: Somebody) -> str:
    return await desk.looks_at(one, await others(one))


async def looks_at_own(one: Somebody) -> str:
    return await desk.looks_at(one, await one.complains())


async def sees_others(one: Somebody) -> str:
    await others(one)
    return "yes" if await one.lists() - await one.reported() else "no"


async def sees_own(one: Somebody) -> str:
    mine = (await one.complains()).number
    return "yes" if mine in await one.lists() else "no"


ON = {
    "somebody else's complaint": on_others,
    "their own complaint": on_own,
    "a resolved complaint": on_resolved,
    "a complaint that is not there": on_none,
}
DESK: Mapping[tuple[str, str], Try] = {
    (str(action), thing): partial(attempt, action) for action in Action for thing, attempt in ON.items()
}
DIGEST: Mapping[str, Mapping[tuple[str, str], Try]] = {
    "ShowNow": {
        ("show the digest", "to themselves"): Somebody.shows,
        ("show the digest", "by the button of App Home"): partial(Somebody.shows, button=True),
    },
    "Subscribe": {
        ("subscribe to the digest", "for themselves"): partial(Somebody.subscribes, room=False),
        ("subscribe to the digest", "for a room"): partial(Somebody.subscribes, room=True),
    },
    "End": {
        ("end the digest", "for themselves"): partial(Somebody.ends, room=False),
        ("end the digest", "for a room"): partial(Somebody.ends, room=True),
    },
    "Unclear": {},
}
TRIES: Mapping[tuple[str, str], Try] = {
    # First: a list names the first few, and everything else tried makes it longer.
    ("see in a list", "complaints nobody has taken on"): sees_others,
    ("see in a list", "their own complaint"): sees_own,
    **DESK,
    ("open the form to resolve", "somebody else's complaint"): partial(opens_form, Action.RESOLVE),
    ("open the form to close", "a resolved complaint"): partial(opens_form, Action.CLOSE),
    ("reply by command", "somebody else's complaint"): replies,
    ("reply by command", "a complaint that is not there"): replies_to_none,
    ("see in detail", "somebody else's complaint"): looks_at_others,
    ("see in detail", "their own complaint"): looks_at_own,
    ("enter for somebody else", "a complaint"): desk.enters,
    ("open the form to enter", "by the command"): partial(desk.opens_to_enter, button=False),
    ("open the form to enter", "by the button of App Home"): partial(desk.opens_to_enter, button=True),
    ("turn App Home to", "all that is open"): partial(desk.turns_to, listing=Listing.ALL),
    ("turn App Home to", "the whole register"): partial(desk.turns_to, listing=Listing.REGISTER),
    ("turn App Home to", "what awaits closing"): partial(desk.turns_to, listing=Listing.TO_CLOSE),
    ("answer", "somebody else's question"): Somebody.answers_another,
    **{key: attempt for some in DIGEST.values() for key, attempt in some.items()},
}
# What Slack can bring, by the listener it comes to, and the steps of the table that go that way. None: what
# people do for themselves, and what does nothing.
SLACK = {
    "Desk.press": ("acknowledge", "take", "open the form to resolve", "open the form to close", "answer"),
    "Desk.submit": tuple(str(action) for action in Action if action is not Action.ACKNOWLEDGE),
    "Details.open": ("see in detail",),
    "Home.choose": ("turn App Home to",),
    "Home.status": ("see in a list",),
    "Home.turn_page": ("turn App Home to",),
    "Issues.enter": ("open the form to enter",),
    "Issues.submit": ("enter for somebody else",),
    "Replying.command": ("reply by command",),
    "Replying.suggest": None,
    "Digests.command": ("show the digest", "subscribe to the digest", "end the digest"),
    "Digests.button": ("show the digest",),
    "Home.opened": None,
    "Issues.open": None,
    "Issues.open_about_message": None,
    "Issues.open_praise": None,
    "Messages.said": None,
    "Mishaps.failed": None,
    "Mishaps.ignored": None,
    "Mishaps.unknown": None,
}
TELEGRAM = {
    "DigestWanted": ("show the digest", "subscribe to the digest", "end the digest"),
    "Chose": ("answer",),
    "Commanded": ("see in a list",),
    "Attached": None,
    "FollowUpDue": None,
    "FormSubmitted": None,
    "Said": None,
    "SpokenInGroup": None,
    "Started": None,
    "Stopped": None,
}


async def test_everybody_may_do_what_the_table_says_and_nothing_else(around: World) -> None:
    around.slack.room(ROOM, name="ward")
    bea = around.telegram.person(BEA, first_name="Bea")
    bea.start((await around.collect())["token"])
    await bea.wait_for(lambda one: "Yes" in one.chat[-1].labels)
    numbers, found = count(1), {}
    for (step, thing), attempt in TRIES.items():
        for who in ROLES:
            one = Somebody(around, who, numbers)
            await one.prepare()
            found[step, thing, who] = await attempt(one)
    print(f"\n{len(found)} cells")
    expected = written()
    other = {key: cell for key, cell in found.items() if expected.get(key) != cell}
    assert other == {}
    assert found.keys() == expected.keys()


async def test_a_role_taken_away_while_a_digest_is_drawn_gets_none(
    around: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = Somebody(around, "manager", count(1))
    await manager.prepare()
    whole = Composer.up_to_now

    async def slow(*arguments: object) -> Composed:
        await around.bot.core.database.run(dismiss, manager.account)
        return await whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Composer, "up_to_now", slow)
    assert await manager.shows() == "no"


def test_every_step_on_a_complaint_and_every_wish_is_in_the_table() -> None:
    steps = {step for step, _, _ in written()}
    assert {str(action) for action in Action} <= steps
    assert {wish.__name__ for wish in get_args(Wish)} == DIGEST.keys()


def test_everything_slack_can_bring_has_its_place_in_the_table() -> None:
    app = MagicMock()
    with_ = MagicMock()
    with_.client.retry_handlers = []
    _listen(app, with_)
    listeners = {call.args[0].__qualname__ for call in app.mock_calls if _is_listener(call.args)}
    assert listeners == SLACK.keys()
    assert _named(SLACK) <= {step for step, _, _ in written()}


def test_everything_telegram_can_bring_has_its_place_in_the_table() -> None:
    meanings = {one.__name__ for one in get_args(Meaning)}
    assert meanings == TELEGRAM.keys()
    assert {one.__name__ for one in get_args(AnyEvent)} - meanings == {StaffActed.__name__}
    assert _named(TELEGRAM) <= {step for step, _, _ in written()}


def test_everybody_with_a_role_has_a_column() -> None:
    columns = {who for _, _, who in written()}
    assert columns == ROLES.keys()
    assert set(Role) <= {role for who, role in ROLES.items() if who not in (PATIENT, FORMER)}


def _is_listener(arguments: tuple[object, ...]) -> bool:
    return bool(arguments) and hasattr(arguments[0], "__qualname__")


def _named(ways: Mapping[str, tuple[str, ...] | None]) -> set[str]:
    return {step for steps in ways.values() for step in steps or ()}
