"""Bugs put into the bot from outside, one at a time, to see that the checker finds each of them.

Each changes the process it is called in, before the bot starts there.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Literal
from unittest.mock import patch

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from uuid_utils.compat import uuid7

from bot.channels import DeliveryOutcome, RetryAfter, Sent, Undeliverable
from bot.dialog import engine
from bot.dialog.answer import FreeText
from bot.dialog.event import Event
from bot.turns import Outcome, Turns, desk, effects
from bot.turns import results as results_turns
from handlers.telegram import channel as telegram_channel
from handlers.telegram.intake import TelegramIntake
from handlers.telegram.polling import TelegramPolling
from handlers.telegram.webhook import TelegramWebhook
from schedules import follow_ups
from schedules.delivery import Delivery
from storage import complaints, contacts, digests, inbox, outbox, responses, visits
from storage import follow_ups as follow_up_rows
from storage.database import Database
from storage.outbox import Parcel
from storage.tables import Complaint, Contact

Way = Literal["polling", "webhook"]
_Any = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug, and the way of receiving it shows on."""

    put_in: Callable[[], None]
    way: Way = "polling"


def mutate(name: str) -> None:
    """Put the bug into this process."""
    MUTANTS[name].put_in()


def _put(place: object, name: str, instead: object) -> None:
    patch.object(place, name, instead).start()


def _nothing(*_: object, **__: object) -> None:
    """Leave something undone."""


_tasks: set[asyncio.Task[object]] = set()


def _later(work: Any) -> None:
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def _acknowledge_before_commit() -> None:
    take: _Any = TelegramIntake.take

    async def taken(intake: TelegramIntake, update: object) -> None:
        _later(take(intake, update))

    _put(TelegramIntake, "take", taken)


def _webhook_answers_first() -> None:
    receive: _Any = TelegramWebhook.receive

    async def received(webhook: TelegramWebhook, request: Request) -> Response:
        await request.body()
        _later(receive(webhook, request))
        return Response()

    _put(TelegramWebhook, "receive", received)


def _offset_too_early() -> None:
    take: _Any = TelegramPolling._take_all

    async def taken(polling: TelegramPolling, updates: Any) -> bool:
        if updates:
            await polling._bot.get_updates(offset=updates[-1].update_id + 1, timeout=0)
        return bool(await take(polling, updates))

    _put(TelegramPolling, "_take_all", taken)


def _lost_failures() -> None:
    take: _Any = Turns.take
    numbers = count(1)

    async def taken(turns: Turns, event: Event) -> Outcome:
        return Outcome() if next(numbers) % 20 == 0 else await take(turns, event)

    _put(Turns, "take", taken)


def _no_compare_and_set() -> None:
    chose: _Any = engine._chose

    def chosen(shelf: object, state: Any, data: str, *rest: object) -> object:
        conversation, _, code = data.partition(".")
        code = code.partition(".")[2]
        return chose(shelf, state, f"{conversation}.{state.revision}.{code}", *rest)

    _put(engine, "_chose", chosen)


def _anybody_s_button() -> None:
    chose: _Any = engine._chose

    def chosen(shelf: object, state: Any, data: str, now: datetime, facts: Any) -> object:
        code = data.rpartition(".")[2]
        return chose(shelf, state, f"{facts.conversation}.{state.revision}.{code}", now, facts)

    _put(engine, "_chose", chosen)


def _forget_the_event() -> None:
    claim: _Any = inbox.claim
    _put(inbox, "claim", lambda *event: claim(*event) or True)


def _mark_sent_first() -> None:
    async def delivered(self: Delivery, contact_id: object) -> bool:
        parcel = await self._database.read(outbox.next_for, contact_id)  # type: ignore[arg-type]
        if parcel is None or parcel.due_at > self._clock():
            return False
        await self._database.run(outbox.record_sent, parcel.id, "1", self._clock())
        await self._attempt(self._channels[parcel.channel], parcel)
        return True

    _put(Delivery, "_deliver_next", delivered)


def _never_mark_sent() -> None:
    record: _Any = outbox.record_sent
    numbers = count(1)

    def recorded(session: Session, parcel_id: object, *rest: object, **kind: object) -> None:
        if next(numbers) % 5:
            record(session, parcel_id, *rest, **kind)

    _put(outbox, "record_sent", recorded)


def _send_twice() -> None:
    post: _Any = telegram_channel.TelegramChannel._post

    async def posted(self: object, chat_id: int, html: list[str], *rest: object) -> object:
        await post(self, chat_id, list(html), *rest)
        return await post(self, chat_id, html, *rest)

    _put(telegram_channel.TelegramChannel, "_post", posted)


def _change_outcome(change: Callable[[DeliveryOutcome], DeliveryOutcome]) -> None:
    attempt: _Any = Delivery._attempt

    async def attempted(self: Delivery, channel: object, parcel: Parcel) -> DeliveryOutcome:
        return change(await attempt(self, channel, parcel))

    _put(Delivery, "_attempt", attempted)


def _give_up_at_once() -> None:
    _change_outcome(lambda one: Undeliverable(one.reason) if isinstance(one, RetryAfter) else one)


def _trouble_is_success() -> None:
    _change_outcome(lambda one: Sent("1") if isinstance(one, RetryAfter) else one)


def _retry_who_blocked() -> None:
    def changed(one: DeliveryOutcome) -> DeliveryOutcome:
        gone = isinstance(one, Undeliverable) and one.gone
        return RetryAfter("later", seconds=0.05) if gone else one

    _change_outcome(changed)


def _no_safety_net() -> None:
    async def polled(_: Delivery) -> None:
        """Pick nothing up."""

    _put(Delivery, "poll", polled)


def _side_by_side() -> None:
    """Several workers for one contact at once."""

    def handed_over(self: Delivery, contact_ids: Any) -> None:
        for contact_id in contact_ids:
            for _ in range(2):
                _later(self._deliver_next(contact_id))

    _put(Delivery, "hand_over", handed_over)


def _follow_up_again_and_again() -> None:
    _put(follow_up_rows, "finish", _nothing)


def _no_follow_ups() -> None:
    async def taken(*_: object) -> int:
        return 0

    _put(follow_ups, "take_due", taken)


def _follow_up_after_stop() -> None:
    real: _Any = results_turns.plan_asking

    def planned(session: Session, catalog: object, lab: object, visit: Any, now: datetime) -> None:
        contact = session.get_one(Contact, visit.contact_id) if visit.contact_id else None
        if contact is not None:
            contact.withdrawn_at = None
        real(session, catalog, lab, visit, now)

    _put(results_turns, "plan_asking", planned)
    _put(effects, "plan_asking", planned)


def _stop_is_not_kept() -> None:
    _put(responses, "end", _nothing)


def _numbers_from_memory() -> None:
    numbers = count(1)
    _put(complaints, "next_number", lambda session, year: f"C-{year}-{2 * next(numbers):06d}")


def _history_with_gaps() -> None:
    record: _Any = complaints.record

    def recorded(session: Session, complaint: Complaint, action: str, *rest: object) -> None:
        if action == "open":
            record(session, complaint, action, *rest)

    _put(complaints, "record", recorded)


def _reporter_is_not_told() -> None:
    _put(desk, "_tell_reporter", lambda *_: "told")


def _old_news_wins() -> None:
    def reported(session: Session, catalog: Any, lab: Any, order: str, status: Any, *when: Any) -> object:
        visit = visits.by_order(session, order)
        if visit is None:
            raise results_turns.UnknownOrder
        visits.record_results(session, visit, status, when[0])
        results_turns.plan_asking(session, catalog, lab, visit, when[1])
        return visit.id

    from handlers.lis import routes

    _put(routes, "report_results", reported)


def _laboratory_is_answered_first() -> None:
    """What the laboratory system says is committed after it was told so."""

    run: _Any = Database.run

    async def ran(database: Database, work: Any, *arguments: object) -> object:
        if work is results_turns.report_results:
            _later(_slowly(run(database, work, *arguments)))
            return uuid7()
        return await run(database, work, *arguments)

    _put(Database, "run", ran)


async def _slowly(work: Any) -> None:
    await asyncio.sleep(0.2)
    await work


def _digest_again_and_again() -> None:
    _put(digests, "claim_run", lambda *_: True)


def _answers_mixed_up() -> None:
    record: _Any = responses.record_answer
    numbers = count(1)

    def recorded(session: Session, response: object, item: str, value: Any, *rest: Any, **kind: Any) -> None:
        wrong = isinstance(value, int) and next(numbers) % 10 == 0
        record(session, response, item, value - 1 if wrong else value, *rest, **kind)

    _put(responses, "record_answer", recorded)


def _words_cut_short() -> None:
    accept: _Any = FreeText.read
    _put(FreeText, "read", lambda self, text, locale: (accept(self, text, locale) or "")[:9])


def _declined_and_remembered() -> None:
    _put(contacts, "forget_if_done", lambda *_: False)


def _issue_is_acknowledged_first() -> None:
    from handlers.slack.issues import Issues

    submit: _Any = Issues.submit

    async def submitted(self: Issues, ack: Any, body: Any) -> None:
        view = {
            "type": "modal",
            "title": {"type": "plain_text", "text": "Thank you"},
            "blocks": [
                {"type": "section", "text": {"type": "plain_text", "text": "The number is C-2026-000001"}}
            ],
        }
        await ack(response_action="update", view=view)
        _later(_slowly(submit(self, _nothing_async, body)))

    _put(Issues, "submit", submitted)


async def _nothing_async(*_: object, **__: object) -> None:
    """Acknowledge nothing."""


MUTANTS: Mapping[str, Mutant] = {
    "acknowledge an update before its commit": Mutant(_acknowledge_before_commit),
    "answer the webhook before the commit": Mutant(_webhook_answers_first, "webhook"),
    "advance the offset too early": Mutant(_offset_too_early),
    "drop an event that fails": Mutant(_lost_failures),
    "no compare-and-set: old buttons count": Mutant(_no_compare_and_set),
    "other people's buttons count": Mutant(_anybody_s_button),
    "forget that an event was taken": Mutant(_forget_the_event),
    "mark a message sent before it is": Mutant(_mark_sent_first),
    "forget to mark a message sent": Mutant(_never_mark_sent),
    "send a message twice": Mutant(_send_twice),
    "give a message up at the first trouble": Mutant(_give_up_at_once),
    "take trouble for success": Mutant(_trouble_is_success),
    "write on to who blocked the bot": Mutant(_retry_who_blocked),
    "never look for what an earlier process left": Mutant(_no_safety_net),
    "several deliveries to one chat at once": Mutant(_side_by_side),
    "ask a follow-up again and again": Mutant(_follow_up_again_and_again),
    "never ask a follow-up": Mutant(_no_follow_ups),
    "ask who wanted no more messages": Mutant(_follow_up_after_stop),
    "leave a stopped survey running": Mutant(_stop_is_not_kept),
    "count complaints in memory": Mutant(_numbers_from_memory),
    "leave steps out of the history": Mutant(_history_with_gaps),
    "do not tell the reporter": Mutant(_reporter_is_not_told),
    "let old news of results win": Mutant(_old_news_wins),
    "answer the laboratory system before the commit": Mutant(_laboratory_is_answered_first),
    "send a digest again and again": Mutant(_digest_again_and_again),
    "keep another figure than was tapped": Mutant(_answers_mixed_up),
    "cut words short": Mutant(_words_cut_short),
    "remember who declined": Mutant(_declined_and_remembered),
    "acknowledge an issue before its commit": Mutant(_issue_is_acknowledged_first),
}
