"""What the laboratory tells by hand: a sample collected, results delivered, who works here."""

import asyncio
import io
import json
import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.console import clear_errors, fail, in_core

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.wiring import Core
    from storage.visits import Enrolment

_OPTIONS = {"order": "--order", "site": "--site", "collected_at": "--collected-at"}
_ACCOUNTS = {
    "slack": (r"[UW][A-Z0-9]{2,}", "a Slack member's id, such as U0123456789 (profile, then Copy member ID)"),
    "telegram": (r"[1-9][0-9]{0,18}", "the number of a Telegram account, such as 123456789"),
}
User = Annotated[
    str, typer.Argument(metavar="USER", help="The member's id in Slack, or the number of a Telegram account.")
]
UserChannel = Annotated[Literal["slack", "telegram"], typer.Option(help="Where the id is from.")]
WorksIn = Literal["registration", "billing", "courier", "supplies", "it", "bench", "phlebotomy", "front_desk"]
Order = Annotated[str, typer.Option(help="The order's number. It is kept as a keyed hash only.")]


def add_visit(
    order: Order,
    site: Annotated[str, typer.Option(help="Where the sample was collected.")],
    collected_at: Annotated[
        str | None,
        typer.Option(
            help="When, such as 2026-03-01T09:00, in LAB_TIMEZONE unless it has an offset. Default: now."
        ),
    ] = None,
) -> None:
    """Add a visit and print the link and QR code that the person is given.

    The link is good for one person. The same order and time once more, as long as nobody has joined, shows
    the same link again.
    """

    async def work(core: "Core", settings: "Settings") -> "tuple[Enrolment, str | None, str]":
        from handlers.lis.messages import SampleCollected, Unusable, read_message
        from storage import visits

        root, now = settings.public_root, core.clock()
        moment = _moment(collected_at, settings, now)
        body = json.dumps({"order": order, "site": site, "collected_at": moment.isoformat()})
        message = read_message(SampleCollected, body.encode(), now)
        if isinstance(message, Unusable):
            name, hint = next(iter(message.fields.items()), ("order", "holds characters that cannot be kept"))
            raise typer.BadParameter(hint, param_hint=_OPTIONS[name])
        try:
            enrolment = await core.database.run(
                visits.add, message.order, message.site, message.collected_at, now
            )
        except visits.VisitTaken:
            fail("Somebody has already answered the link of this visit.")
        link = await _telegram_link(settings, enrolment.token)
        return enrolment, link, f"{root}/enrol/{enrolment.token}"

    enrolment, link, page = in_core(work)
    typer.echo(
        f"Visit {enrolment.visit_id}" + ("" if enrolment.created else " (known already: the same link)")
    )
    _show(link, page)


def concern_link() -> None:
    """Print the link, page and QR code for everybody: whoever opens it can report a concern, without a name.

    It is always the same and belongs to no visit: print it, and put it up where people see it.
    """

    async def work() -> tuple[str | None, str]:
        settings = load_settings()
        root = settings.public_root
        return await _telegram_link(settings, CONCERN), f"{root}/{CONCERN}"

    with clear_errors():
        from bot.dialog.engine import CONCERN
        from bot.settings import load_settings

        link, page = asyncio.run(work())
    _show(link, page)


def results_delivered(
    order: Order,
    status: Annotated[
        Literal["final", "corrected", "cancelled"], typer.Option(help="What happened to the results.")
    ] = "final",
) -> None:
    """Tell that an order's results were delivered just now, so that the person is asked about them.

    Telling it again changes nothing; cancelled results take the question back.
    """

    async def work(core: "Core", _: "Settings") -> str:
        from bot.turns import UnknownOrder, report_results
        from storage.tables import ResultStatus

        now = core.clock()
        try:
            visit = await core.database.run(
                report_results, core.catalog, core.lab, order, ResultStatus(status), now, now
            )
        except UnknownOrder:
            fail("No visit is known for this order.")
        return str(visit)

    typer.echo(f"Visit {in_core(work)}: results {status}")


def add_staff(
    user: User,
    role: Annotated[Literal["staff", "quality", "manager"], typer.Option(help="What the member may do.")],
    channel: UserChannel = "slack",
    department: Annotated[WorksIn | None, typer.Option(help="Where the member works.")] = None,
) -> None:
    """Give somebody a role and, if they work in one, a department, in place of any they had.

    Staff work on complaints, and see their department's first; quality and managers also read digests.
    """
    _check_account(channel, user)

    async def work(core: "Core", settings: "Settings") -> None:
        from bot.complaints.terms import Department, Role
        from storage import contacts
        from storage.database import Session
        from storage.tables import ContactKind

        def appoint(session: Session) -> None:
            now = core.clock()
            locale = settings.default_locale
            contact = contacts.find_or_add(session, channel, user, ContactKind.PERSON, locale, now)
            works_in = Department(department) if department else None
            contacts.appoint(session, contact.id, Role(role), now, works_in)

        await core.database.run(appoint)

    in_core(work)
    typer.echo(f"{user} on {channel.title()} is now: {role}" + (f", {department}" if department else ""))


def remove_staff(user: User, channel: UserChannel = "slack") -> None:
    """Take away somebody's role, at once: staff buttons, complaints and digests are no longer theirs.

    What they did stays in the history of complaints; complaints assigned to them stay so until somebody else
    takes them. A room they subscribed keeps its digest.
    """
    _check_account(channel, user)

    async def work(core: "Core", _: "Settings") -> bool:
        from storage import contacts
        from storage.database import Session

        def dismiss(session: Session) -> bool:
            contact = contacts.find(session, channel, user)
            return contact is not None and contacts.dismiss(session, contact.id, core.clock())

        return await core.database.run(dismiss)

    if not in_core(work):
        fail(f"{user} on {channel.title()} has no role.")
    typer.echo(f"{user} on {channel.title()} has no role any more.")


def _check_account(channel: str, user: str) -> None:
    pattern, meaning = _ACCOUNTS[channel]
    if re.fullmatch(pattern, user) is None:
        raise typer.BadParameter(f"{user!r} is not {meaning}", param_hint="USER")


def _moment(text: str | None, settings: "Settings", now: datetime) -> datetime:
    if text is None:
        return now
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a time such as 2026-03-01T09:00", param_hint=_OPTIONS["collected_at"]
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.lab_timezone)


async def _telegram_link(settings: "Settings", token: str) -> str | None:
    """The link into the chat; None, told on stderr, when the bot's name cannot be had."""
    if settings.telegram_bot_token is None:
        typer.echo("TELEGRAM_BOT_TOKEN is not set, so there is no link into a chat yet.", err=True)
        return None
    from handlers.telegram.inquiry import TelegramUnreachable, ask_name

    try:
        name = await ask_name(settings.telegram_bot_token.get_secret_value(), settings.telegram_api_url)
    except TelegramUnreachable as error:
        typer.echo(
            f"Telegram did not tell the bot's name ({error}); the page's link works once it does.", err=True
        )
        return None
    return f"https://t.me/{name}?start={token}"


def _show(link: str | None, page: str) -> None:
    """Print where people begin, and the QR code that leads there."""
    if link:
        typer.echo(f"Link  {link}")
    typer.echo(f"Page  {page}\n")
    typer.echo(_qr(link or page))


def _qr(link: str) -> str:
    """A QR code to be scanned off the terminal, in block characters where it can show them."""
    import segno

    out = io.StringIO()
    blocks = "utf" in (sys.stdout.encoding or "").lower()
    segno.make(link, error="l", micro=False).terminal(out, border=2, compact=blocks)
    return out.getvalue()
