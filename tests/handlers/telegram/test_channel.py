"""What people see of a message, and what becomes of one that Telegram does not take."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from telegram import Bot

from bot.channels import Channel, DeliveryOutcome, RetryAfter, Sent, Undeliverable
from bot.dialog.message import Button, Field, Message
from handlers.telegram import Pace, TelegramChannel, build_bot
from handlers.telegram.pace import HeldBackError
from sandbox.serve import serve
from sandbox.telegram import Fault, Person, ResetBefore, Status, TelegramSandbox
from sandbox.telegram.person import PICTURE

SCORES = ((Button("1", "t.1.1"), Button("2", "t.1.2")), (Button("Skip", "t.1.skip"),))


@pytest.fixture
def channel(bot: Bot, pace: Pace) -> TelegramChannel:
    return TelegramChannel(bot, pace)


@pytest.fixture
def ana(telegram: TelegramSandbox) -> Person:
    person = telegram.person(101, first_name="Ana", language_code="es")
    person.start()
    return person


async def send(
    channel: Channel,
    message: Message,
    *,
    address: str = "101",
    image: bytes | None = None,
    replaces: str | None = None,
    supersedes: str | None = None,
    under: str | None = None,
) -> DeliveryOutcome:
    return await channel.send(
        address, message, image=image, replaces=replaces, supersedes=supersedes, under=under, urgent=True
    )


async def sent(
    channel: Channel,
    message: Message,
    *,
    replaces: str | None = None,
    supersedes: str | None = None,
    under: str | None = None,
) -> str:
    outcome = await send(channel, message, replaces=replaces, supersedes=supersedes, under=under)
    assert isinstance(outcome, Sent)
    return outcome.reference


async def test_a_message_stands_below_the_one_it_belongs_to(channel: TelegramChannel, ana: Person) -> None:
    asked = await sent(channel, Message("Thank you."))
    await sent(channel, Message("When was it?"), under=asked)
    assert str(ana.chat[-1].answers) == asked


async def test_an_image_stands_below_the_message_it_belongs_to(channel: TelegramChannel, ana: Person) -> None:
    asked = await sent(channel, Message("Thank you."))
    await send(channel, Message("x" * 2000), image=PICTURE, under=asked)
    image, text = ana.chat[-2:]
    assert (str(image.answers), text.answers) == (asked, None)


async def test_of_a_long_message_the_first_part_stands_below(channel: TelegramChannel, ana: Person) -> None:
    asked = await sent(channel, Message("Thank you."))
    await sent(channel, Message("word " * 1500), under=asked)
    assert [one.answers for one in ana.chat[-2:]] == [int(asked), None]


@pytest.mark.parametrize("under", ["999", "not one of Telegram's"])
async def test_below_what_is_gone_a_message_stands_on_its_own(
    channel: TelegramChannel, ana: Person, under: str
) -> None:
    await sent(channel, Message("When was it?"), under=under)
    assert (ana.chat[-1].text, ana.chat[-1].answers) == ("When was it?", None)


async def test_message_shows_with_its_buttons(channel: TelegramChannel, ana: Person) -> None:
    reference = await sent(channel, Message("How was it? <b>&", SCORES))
    shown = ana.chat[-1]
    assert (str(shown.message_id), shown.text) == (reference, "How was it? <b>&")
    assert shown.labels == ("1", "2", "Skip")


async def test_what_has_left_of_a_long_message_is_not_sent_again_when_the_rest_is_held_back(
    bot: Bot, pace: Pace, ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[Exception | None] = [None, HeldBackError(0), None]

    async def wait(_chat: int, *, urgent: bool) -> None:
        if (held := waits.pop(0)) is not None:
            raise held

    monkeypatch.setattr(pace, "wait", wait)
    words = "\n\n".join(("a" * 3000, "b" * 3000))
    await sent(TelegramChannel(bot, pace), Message(words))
    assert [one.text[:1] for one in ana.chat if one.by == "bot"] == ["a", "b"]


async def test_parts_of_a_card_are_set_apart(channel: TelegramChannel, ana: Person) -> None:
    card = Message(
        "Something happened",
        title="C-000017 <new>",
        fields=(Field("Site", "North & South"), Field("Phase", "before"), Field("With", "Bo", person="202")),
        quotes=('They said "no" > twice',),
    )
    await sent(channel, card)
    assert ana.chat[-1].text == (
        "C-000017 <new>\n\nSomething happened\n\nSite: North & South\nPhase: before\nWith: Bo\n\n"
        'They said "no" > twice'
    )
    kinds = [entity["type"] for entity in ana.chat[-1].entities]
    assert kinds == ["bold", "text_link", "blockquote"]


async def test_words_nobody_can_send_are_mended(channel: TelegramChannel, ana: Person) -> None:
    await sent(channel, Message("a\0b \ud83d", ((Button("\udc00ok", "t.1.y"),),)))
    assert (ana.chat[-1].text, ana.chat[-1].labels) == ("ab \ufffd", ("\ufffdok",))


async def test_long_message_is_split_between_paragraphs(channel: TelegramChannel, ana: Person) -> None:
    paragraphs = [letter * 1_500 for letter in "abcd"]
    reference = await sent(channel, Message("\n\n".join(paragraphs), SCORES))
    first, second = ana.chat[-2:]
    assert [first.text, second.text] == ["\n\n".join(paragraphs[:2]), "\n\n".join(paragraphs[2:])]
    assert (first.labels, second.labels) == ((), ("1", "2", "Skip"))
    assert reference == str(second.message_id)


@pytest.mark.parametrize("text", ["😀" * 3_000, "word " * 2_000, "a\n" * 5_000])
async def test_long_paragraph_loses_nothing(channel: TelegramChannel, ana: Person, text: str) -> None:
    await sent(channel, Message(text))
    pieces = [message.text for message in ana.chat if message.by == "bot"]
    assert all(len(piece.encode("utf-16-le")) // 2 <= 4096 for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


async def test_replacing_edits_in_place(channel: TelegramChannel, ana: Person) -> None:
    reference = await sent(channel, Message("1/7", SCORES))
    assert await send(channel, Message("2/7", SCORES[:1]), replaces=reference) == Sent(reference)
    assert [(one.text, one.labels) for one in ana.chat[1:]] == [("2/7", ("1", "2"))]


async def test_replacing_with_the_same_is_sent(channel: TelegramChannel, ana: Person) -> None:
    reference = await sent(channel, Message("1/7", SCORES))
    assert await send(channel, Message("1/7", SCORES), replaces=reference) == Sent(reference)


@pytest.mark.parametrize("gone", ["999", "1", "not a message"], ids=["deleted", "the person's", "nonsense"])
async def test_message_that_cannot_be_edited_is_sent_anew(
    channel: TelegramChannel, ana: Person, gone: str
) -> None:
    reference = await sent(channel, Message("2/7", SCORES), replaces=gone)
    assert (str(ana.chat[-1].message_id), ana.chat[-1].text) == (reference, "2/7")


async def test_picture_is_followed_by_a_new_message_not_an_edit(
    channel: TelegramChannel, ana: Person
) -> None:
    outcome = await send(channel, Message("digest", SCORES), image=PICTURE)
    assert isinstance(outcome, Sent)
    await sent(channel, Message("plain", SCORES), replaces=outcome.reference)
    picture, plain = ana.chat[-2:]
    assert (picture.text, picture.labels) == ("digest", ())
    assert (plain.text, plain.labels) == ("plain", ("1", "2", "Skip"))


async def test_new_question_takes_the_buttons_off_the_old(channel: TelegramChannel, ana: Person) -> None:
    old = await sent(channel, Message("1/7", SCORES))
    await sent(channel, Message("2/7", SCORES), supersedes=old)
    assert [one.labels for one in ana.chat[-2:]] == [(), ("1", "2", "Skip")]


async def test_sending_comes_last_so_that_a_crash_hardly_ever_repeats_a_message(
    channel: TelegramChannel, telegram: TelegramSandbox, ana: Person
) -> None:
    old = await sent(channel, Message("1/7", SCORES))
    await sent(channel, Message("2/7", SCORES), supersedes=old)
    assert [call.method for call in telegram.calls[-2:]] == ["editMessageReplyMarkup", "sendMessage"]


async def test_old_message_that_is_gone_does_not_matter(channel: TelegramChannel, ana: Person) -> None:
    await sent(channel, Message("2/7", SCORES), supersedes="999")
    assert ana.chat[-1].text == "2/7"


async def test_short_words_stand_under_the_picture(channel: TelegramChannel, ana: Person) -> None:
    await send(channel, Message("This week", SCORES, title="Digest", has_image=True), image=PICTURE)
    shown = ana.chat[-1]
    assert (shown.photo, shown.text, shown.labels) == (PICTURE, "Digest\n\nThis week", ("1", "2", "Skip"))


async def test_long_words_follow_the_picture(channel: TelegramChannel, ana: Person) -> None:
    await send(channel, Message("w" * 1_500, SCORES), image=PICTURE)
    picture, words = ana.chat[-2:]
    assert (picture.photo, picture.text, picture.labels) == (PICTURE, "", ())
    assert (words.text, words.labels) == ("w" * 1_500, ("1", "2", "Skip"))


async def test_flood_control_delays_this_chat_alone(
    channel: TelegramChannel, telegram: TelegramSandbox, ana: Person
) -> None:
    telegram.faults.next("sendMessage", Status(429, "Too Many Requests: retry after 7", retry_after=7))
    assert await send(channel, Message("hello")) == RetryAfter("Telegram asks to slow down", seconds=7.0)
    await sent(channel, Message("hello"))


async def test_flood_control_of_several_chats_at_once_delays_everybody(
    bot: Bot, telegram: TelegramSandbox
) -> None:
    channel = TelegramChannel(bot, Pace(asyncio.get_running_loop()))
    for chat in (101, 102, 103, 104):
        telegram.person(chat, first_name="Ana").start()
    slow = Status(429, "Too Many Requests: retry after 7", retry_after=7)
    telegram.faults.next("sendMessage", slow, slow, slow)
    outcomes = [await send(channel, Message("hello"), address=f"{chat}") for chat in (101, 102, 103, 104)]
    delayed = [isinstance(one, RetryAfter) and one.whole_channel for one in outcomes]
    assert delayed == [False, False, True, True]
    assert [call.chat_id for call in telegram.calls if call.method == "sendMessage"] == [101, 102, 103]


async def test_person_who_blocked_is_gone(channel: TelegramChannel, ana: Person) -> None:
    ana.block()
    outcome = await send(channel, Message("hello"))
    assert outcome == Undeliverable("Forbidden: bot was blocked by the user", gone=True)


async def test_person_who_blocked_is_gone_for_edits_too(channel: TelegramChannel, ana: Person) -> None:
    reference = await sent(channel, Message("1/7"))
    ana.block()
    outcome = await send(channel, Message("2/7"), replaces=reference)
    assert isinstance(outcome, Undeliverable)
    assert outcome.gone


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Status(400, "Bad Request: user is deactivated"), Undeliverable("User is deactivated", gone=True)),
        (Status(400, "Bad Request: PEER_ID_INVALID"), Undeliverable("Peer_id_invalid", gone=True)),
        (
            Status(400, "Bad Request: not enough rights to send text messages to the chat"),
            Undeliverable("Not enough rights to send text messages to the chat"),
        ),
        (Status(500, "Internal Server Error"), RetryAfter("It cannot be reached.")),
        (Status(502, "Bad Gateway"), RetryAfter("It cannot be reached.", whole_channel=True)),
        (ResetBefore(), RetryAfter("It cannot be reached.")),
    ],
    ids=["deactivated", "no such peer", "no rights", "500", "502", "reset"],
)
async def test_refusals_and_outages_are_outcomes(
    channel: TelegramChannel, telegram: TelegramSandbox, ana: Person, fault: Fault, outcome: DeliveryOutcome
) -> None:
    telegram.faults.next("sendMessage", fault)
    assert await send(channel, Message("hello")) == outcome


@pytest.mark.parametrize("address", ["404", "room"])
async def test_chat_that_is_not_there_is_gone(channel: TelegramChannel, address: str) -> None:
    outcome = await send(channel, Message("hello"), address=address)
    assert isinstance(outcome, Undeliverable)
    assert outcome.gone


async def test_message_without_words_is_undeliverable(channel: TelegramChannel, ana: Person) -> None:
    assert await send(channel, Message(" ")) == Undeliverable("the message is empty")


async def test_refused_token_holds_everybody_and_loses_nobody(
    telegram_url: str, telegram: TelegramSandbox, pace: Pace, ana: Person
) -> None:
    stranger = build_bot("1:wrong", telegram_url)
    outcome = await send(TelegramChannel(stranger, pace), Message("hello"))
    assert isinstance(outcome, RetryAfter)
    assert outcome.whole_channel
    await stranger.request.shutdown()


async def test_nobody_answering_holds_everybody(unused_tcp_port: int, pace: Pace) -> None:
    bot = build_bot("1:token", f"http://127.0.0.1:{unused_tcp_port}")
    outcome = await send(TelegramChannel(bot, pace), Message("hello"))
    assert outcome == RetryAfter("It cannot be reached.", whole_channel=True)
    await bot.request.shutdown()


async def test_group_that_moved_is_followed(pace: Pace) -> None:
    moves: list[tuple[str, str]] = []
    tried: list[int] = []

    async def moved(old: str, new: str) -> None:
        moves.append((old, new))

    async def send_message(request: Request) -> Response:
        chat_id = (await request.json())["chat_id"]
        tried.append(chat_id)
        if chat_id == -5:
            upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
            answer = {"ok": False, "description": upgraded, "parameters": {"migrate_to_chat_id": -1005}}
            return JSONResponse(answer, 400)
        chat = {"id": chat_id, "type": "supergroup", "title": "Managers"}
        return JSONResponse({"ok": True, "result": {"message_id": 9, "date": 1, "chat": chat}})

    app = Starlette(routes=[Route("/bot1:token/sendMessage", send_message, methods=["POST"])])
    async with serve(app) as url:
        bot = build_bot("1:token", url)
        channel = TelegramChannel(bot, pace, moved)
        for _ in range(2):
            assert await send(channel, Message("digest"), address="-5") == Sent("9")
        await bot.request.shutdown()
    assert tried == [-5, -1005, -1005]
    assert moves == [("-5", "-1005")]
