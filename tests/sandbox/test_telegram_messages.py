"""People see what the bot sends, and Telegram refuses what Telegram would refuse."""

from datetime import timedelta

import pytest
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    ReplyKeyboardMarkup,
    ReplyParameters,
)
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter

from sandbox.telegram import Hang, Person, ResetAfter, ResetBefore, Status, TelegramSandbox
from sandbox.telegram.person import PICTURE
from tests.sandbox.conftest import Clock

FIVE = InlineKeyboardMarkup(
    [[InlineKeyboardButton(str(score), callback_data=f"score:{score}") for score in range(1, 6)]]
)


@pytest.fixture
def started(ana: Person) -> Person:
    ana.start()
    return ana


async def test_message_shows_with_its_buttons(bot: Bot, started: Person) -> None:
    sent = await bot.send_message(101, "How comfortable were you?", reply_markup=FIVE)
    shown = started.chat[-1]
    assert (shown.message_id, shown.by, shown.text) == (sent.message_id, "bot", "How comfortable were you?")
    assert shown.labels == ("1", "2", "3", "4", "5")


async def test_press_reaches_the_bot_and_is_answered(bot: Bot, started: Person) -> None:
    await bot.send_message(101, "How comfortable were you?", reply_markup=FIVE)
    query_id = started.tap("4")
    *_, update = await bot.get_updates()
    assert update.callback_query is not None
    assert (update.callback_query.id, update.callback_query.data) == (query_id, "score:4")
    assert update.callback_query.message is not None
    assert update.callback_query.message.is_accessible
    await update.callback_query.answer("Thank you")
    assert started.notices == ["Thank you"]


async def test_press_on_a_deleted_message_names_it_inaccessible(bot: Bot, started: Person) -> None:
    started.tap_data(999, "score:1")
    *_, update = await bot.get_updates()
    assert update.callback_query is not None
    assert update.callback_query.message is not None
    assert not update.callback_query.message.is_accessible


async def test_press_is_answered_once_and_in_time(bot: Bot, started: Person, clock: Clock) -> None:
    await bot.send_message(101, "?", reply_markup=FIVE)
    answered = started.tap("1")
    await bot.answer_callback_query(answered)
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await bot.answer_callback_query(answered)
    late = started.tap("1")
    clock.advance(timedelta(seconds=151))
    with pytest.raises(BadRequest, match=r"(?i)query is too old"):
        await bot.answer_callback_query(late)


async def test_button_that_is_not_there_cannot_be_pressed(bot: Bot, started: Person) -> None:
    await bot.send_message(101, "?", reply_markup=FIVE)
    with pytest.raises(LookupError, match="1, 2, 3, 4, 5"):
        started.tap("6")


async def test_edit_replaces_text_and_buttons(bot: Bot, started: Person) -> None:
    sent = await bot.send_message(101, "1/7", reply_markup=FIVE)
    await bot.edit_message_text("2/7", 101, sent.message_id)
    shown = started.chat[-1]
    assert (shown.text, shown.buttons, shown.edited) == ("2/7", (), 1)


async def test_edit_of_buttons_alone(bot: Bot, started: Person) -> None:
    sent = await bot.send_message(101, "1/7", reply_markup=FIVE)
    await bot.edit_message_reply_markup(101, sent.message_id)
    assert started.chat[-1].buttons == ()


async def test_edit_without_a_change_is_refused(bot: Bot, started: Person) -> None:
    sent = await bot.send_message(101, "1/7", reply_markup=FIVE)
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        await bot.edit_message_text("1/7", 101, sent.message_id, reply_markup=FIVE)


async def test_edit_of_a_message_that_is_not_there_is_refused(bot: Bot, started: Person) -> None:
    with pytest.raises(BadRequest, match=r"(?i)message to edit not found"):
        await bot.edit_message_text("2/7", 101, 999)


async def test_deleted_message_is_gone(bot: Bot, started: Person) -> None:
    sent = await bot.send_message(101, "oops")
    await bot.delete_message(101, sent.message_id)
    assert [message.text for message in started.chat] == ["/start"]
    with pytest.raises(BadRequest, match=r"(?i)message to delete not found"):
        await bot.delete_message(101, sent.message_id)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "(?i)message text is empty"), (" \n ", "(?i)message text is empty"), ("x" * 4097, "(?i)too long")],
)
async def test_text_must_be_there_and_fit(bot: Bot, started: Person, text: str, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        await bot.send_message(101, text)


async def test_html_becomes_plain_text_with_entities(bot: Bot, started: Person) -> None:
    await bot.send_message(101, "😀 <b>bold &amp; <i>both</i></b>", parse_mode="HTML")
    shown = started.chat[-1]
    assert shown.text == "😀 bold & both"
    assert [(e["type"], e["offset"], e["length"]) for e in shown.entities] == [
        ("bold", 3, 11),
        ("italic", 10, 4),
    ]


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a < b", "Unclosed start tag at byte offset 2"),
        ("é<script>x</script>", 'Unsupported start tag "script" at byte offset 2'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
    ],
)
async def test_broken_html_is_refused(bot: Bot, started: Person, html: str, reason: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await bot.send_message(101, html, parse_mode="HTML")
    # python-telegram-bot changes the case of what Telegram says.
    assert refused.value.message.lower() == f"can't parse entities: {reason}".lower()


async def test_button_data_must_fit_64_bytes(bot: Bot, started: Person) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("go", callback_data="é" * 33)]])
    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(101, "?", reply_markup=markup)


async def test_reply_keyboard_replaces_the_phones_own(bot: Bot, started: Person) -> None:
    await bot.send_message(101, "?", reply_markup=ReplyKeyboardMarkup([["Yes", "No"]]))
    assert started.keyboard == (("Yes", "No"),)


async def test_photo_is_uploaded(bot: Bot, started: Person) -> None:
    sent = await bot.send_photo(101, PICTURE, caption="chart")
    assert (started.chat[-1].photo, started.chat[-1].text) == (PICTURE, "chart")
    await bot.edit_message_caption(101, sent.message_id, caption="newer chart")
    assert started.chat[-1].text == "newer chart"


async def test_document_and_voice_are_uploaded(bot: Bot, started: Person) -> None:
    await bot.send_document(101, b"a,b\r\n1,2\r\n--\r\n", filename="réport.csv")
    assert started.chat[-1].document == ("réport.csv", b"a,b\r\n1,2\r\n--\r\n")
    await bot.send_voice(101, b"OggS")
    assert started.chat[-1].document == ("voice.oga", b"OggS")


async def test_a_reply_names_what_it_answers(bot: Bot, started: Person) -> None:
    asked = await bot.send_message(101, "When was it?")
    more = await bot.send_message(
        101, "Or where?", reply_parameters=ReplyParameters(asked.message_id, allow_sending_without_reply=True)
    )
    assert started.chat[-1].answers == asked.message_id
    started.say("On Monday", answers=more.message_id)
    started.send_photo(caption="there", answers=more.message_id)
    *_, said, shown = await bot.get_updates()
    for update in (said, shown):
        assert update.message is not None
        assert update.message.reply_to_message is not None
        assert update.message.reply_to_message.text == "Or where?"
        assert update.message.reply_to_message.reply_to_message is None
    with pytest.raises(LookupError, match="no message 999"):
        started.say("to nothing", answers=999)


async def test_a_reply_to_what_is_gone_is_refused_unless_it_may_stand_alone(
    bot: Bot, started: Person
) -> None:
    with pytest.raises(BadRequest, match=r"(?i)message to be replied not found"):
        await bot.send_message(101, "Hello", reply_parameters=ReplyParameters(999))
    await bot.send_message(
        101, "Hello", reply_parameters=ReplyParameters(999, allow_sending_without_reply=True)
    )
    assert started.chat[-1].answers is None


async def test_unknown_chat_is_not_found(bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"(?i)chat not found"):
        await bot.send_message(404, "hello")


async def test_person_who_never_started_cannot_be_written_to(bot: Bot, ana: Person) -> None:
    with pytest.raises(Forbidden, match="bot can't initiate conversation"):
        await bot.send_message(101, "hello")


async def test_person_who_blocked_cannot_be_written_to(bot: Bot, started: Person) -> None:
    started.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(101, "hello")


async def test_bot_can_be_described(bot: Bot) -> None:
    await bot.set_my_commands([BotCommand("status", "How my complaint stands")])
    await bot.set_my_description("Tell us how it went")
    await bot.set_my_short_description("The lab's feedback line")
    assert [command.command for command in await bot.get_my_commands()] == ["status"]
    assert (await bot.get_my_description()).description == "Tell us how it went"


async def test_chat_can_be_looked_up(bot: Bot, started: Person) -> None:
    assert (await bot.get_chat(101)).first_name == "Ana"
    await bot.send_chat_action(101, "typing")
    assert started.doing == "typing"


async def test_too_many_requests_say_when_to_come_back(
    bot: Bot, telegram: TelegramSandbox, started: Person
) -> None:
    telegram.faults.next("sendMessage", Status(429, "Too Many Requests: retry after 7", retry_after=7))
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(101, "hello")
    assert refused.value.retry_after == timedelta(seconds=7)
    await bot.send_message(101, "hello")
    assert [call.chat_id for call in telegram.calls if call.method == "sendMessage"] == [101, 101]


async def test_reset_before_delivers_nothing(bot: Bot, telegram: TelegramSandbox, started: Person) -> None:
    telegram.faults.next("sendMessage", ResetBefore())
    with pytest.raises(NetworkError):
        await bot.send_message(101, "hello")
    assert [message.text for message in started.chat] == ["/start"]


async def test_reset_after_delivers_without_telling(
    bot: Bot, telegram: TelegramSandbox, started: Person
) -> None:
    telegram.faults.next("sendMessage", ResetAfter())
    with pytest.raises(NetworkError):
        await bot.send_message(101, "hello")
    assert started.chat[-1].text == "hello"


async def test_hanging_call_is_done_late(bot: Bot, telegram: TelegramSandbox, started: Person) -> None:
    telegram.faults.next("sendMessage", Hang(0.01))
    await bot.send_message(101, "hello")
    assert started.chat[-1].text == "hello"


async def test_hanging_call_is_not_done_for_who_has_left(
    bot: Bot, telegram: TelegramSandbox, started: Person
) -> None:
    telegram.faults.next("sendMessage", Hang(30))
    with pytest.raises(NetworkError):
        await bot.send_message(101, "hello", read_timeout=0.05)
    await bot.send_message(101, "again")
    assert [message.text for message in started.chat] == ["/start", "again"]


async def test_everything_fails_while_telegram_is_down(
    bot: Bot, telegram: TelegramSandbox, started: Person
) -> None:
    telegram.faults.down = True
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_message(101, "hello")
    telegram.faults.down = False
    await bot.send_message(101, "hello")


async def test_waiting_in_vain_shows_the_chat(started: Person) -> None:
    with pytest.raises(TimeoutError, match="/start"):
        await started.wait_for(lambda person: person.chat[-1].by == "bot", timeout=0.01)
