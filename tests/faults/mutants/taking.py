"""Bugs in how what happens is taken: from Telegram, Slack and the laboratory."""

from datetime import datetime
from itertools import count
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from uuid_utils.compat import uuid7

from bot.dialog import engine
from bot.dialog.event import Event
from bot.turns import Outcome, Turns
from bot.turns import results as results_turns
from handlers.slack.messages import Messages
from handlers.telegram.intake import TelegramIntake
from handlers.telegram.polling import TelegramPolling
from handlers.telegram.webhook import TelegramWebhook
from storage import inbox, visits
from storage.database import Database
from tests.faults.mutants.putting import Anything, later, put, slowly


def acknowledge_before_commit() -> None:
    take: Anything = TelegramIntake.take

    async def taken(intake: TelegramIntake, update: object) -> None:
        later(take(intake, update))

    put(TelegramIntake, "take", taken)


def webhook_answers_first() -> None:
    receive: Anything = TelegramWebhook.receive

    async def received(webhook: TelegramWebhook, request: Request) -> Response:
        await request.body()
        later(receive(webhook, request))
        return Response()

    put(TelegramWebhook, "receive", received)


def offset_too_early() -> None:
    take: Anything = TelegramPolling._take_all

    async def taken(polling: TelegramPolling, updates: Any) -> bool:
        if updates:
            await polling._bot.get_updates(offset=updates[-1].update_id + 1, timeout=0)
        return bool(await take(polling, updates))

    put(TelegramPolling, "_take_all", taken)


def lost_failures() -> None:
    take: Anything = Turns.take
    numbers = count(1)

    async def taken(turns: Turns, event: Event) -> Outcome:
        return Outcome() if next(numbers) % 20 == 0 else await take(turns, event)

    put(Turns, "take", taken)


def no_compare_and_set() -> None:
    chose: Anything = engine._chose

    def chosen(shelf: object, state: Any, data: str, *rest: object) -> object:
        conversation, _, code = data.partition(".")
        code = code.partition(".")[2]
        return chose(shelf, state, f"{conversation}.{state.revision}.{code}", *rest)

    put(engine, "_chose", chosen)


def anybody_s_button() -> None:
    chose: Anything = engine._chose

    def chosen(shelf: object, state: Any, data: str, now: datetime, facts: Any) -> object:
        code = data.rpartition(".")[2]
        return chose(shelf, state, f"{facts.conversation}.{state.revision}.{code}", now, facts)

    put(engine, "_chose", chosen)


def forget_the_event() -> None:
    claim: Anything = inbox.claim
    put(inbox, "claim", lambda *event: claim(*event) or True)


def old_news_wins() -> None:
    def reported(session: Session, catalog: Any, lab: Any, order: str, status: Any, *when: Any) -> object:
        visit = visits.by_order(session, order)
        if visit is None:
            raise results_turns.UnknownOrder
        visits.record_results(session, visit, status, when[0])
        results_turns.plan_asking(session, catalog, lab, visit, when[1])
        return visit.id

    from handlers.lis import routes

    put(routes, "report_results", reported)


def laboratory_is_answered_first() -> None:
    """What the laboratory system says is committed after it was told so."""

    run: Anything = Database.run

    async def ran(database: Database, work: Any, *arguments: object) -> object:
        if work is results_turns.report_results:
            later(slowly(run(database, work, *arguments)))
            return uuid7()
        return await run(database, work, *arguments)

    put(Database, "run", ran)


def issue_is_acknowledged_first() -> None:
    from handlers.slack.issues import Issues

    submit: Anything = Issues.submit

    async def submitted(self: Issues, ack: Any, body: Any) -> None:
        view = {
            "type": "modal",
            "title": {"type": "plain_text", "text": "Thank you"},
            "blocks": [
                {"type": "section", "text": {"type": "plain_text", "text": "The number is C-2026-000001"}}
            ],
        }
        await ack(response_action="update", view=view)
        later(slowly(submit(self, _nothing_async, body)))

    put(Issues, "submit", submitted)


async def _nothing_async(*_: object, **__: object) -> None:
    """Acknowledge nothing."""


def slack_is_answered_first() -> None:
    said: Anything = Messages.said

    async def heard(self: Messages, body: Any) -> None:
        later(slowly(said(self, body)))

    put(Messages, "said", heard)
