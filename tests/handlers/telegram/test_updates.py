"""What an update means."""

from typing import Any, TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.error import TelegramError

from bot.dialog.event import Attached, Chose, Command, Commanded, Event, Said, Started, Stopped
from handlers.telegram.reading import BotRequest, read_update, storable
from handlers.telegram.updates import DigestWanted, Meaning, SpokenInGroup, chat_of, event_of, words_beside

ANA = {"id": 101, "is_bot": False, "first_name": "Ana", "language_code": "es"}
PRIVATE = {"id": 101, "type": "private", "first_name": "Ana"}
GROUP = {"id": -1007, "type": "supergroup", "title": "Lab managers"}
ME = {"id": 7, "is_bot": True, "first_name": "Lab", "username": "labvoice_bot"}

Json = dict[str, Any]


def message(**content: object) -> Json:
    return {"message_id": 5, "date": 1_772_442_000, "chat": PRIVATE, "from": ANA, **content}


def meaning(kind: str, body: Json) -> Meaning | None:
    update = read_update({"update_id": 77, kind: body})
    assert update is not None
    return event_of(update)


def heard(text: str, **content: object) -> Meaning | None:
    return meaning("message", message(text=text, **content))


def beside(content: Json) -> Meaning | None:
    update = read_update({"update_id": 77, "message": message(**content)})
    assert update is not None
    return words_beside(update)


class Who(TypedDict):
    event_id: str
    channel: str
    account: str
    language: str


WHO: Who = {"event_id": "telegram:77", "channel": "telegram", "account": "101", "language": "es"}


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("/start", Started(**WHO)),
        ("/start aB-9_", Started(**WHO, token="aB-9_")),
        ("/start@labvoice_bot  aB-9_ ", Started(**WHO, token="aB-9_")),
        ("/help", Commanded(**WHO, command=Command.HELP)),
        ("/language", Commanded(**WHO, command=Command.LANGUAGE)),
        ("/complaint", Commanded(**WHO, command=Command.COMPLAINT)),
        ("/Status", Commanded(**WHO, command=Command.STATUS)),
        ("/cancel please", Commanded(**WHO, command=Command.CANCEL)),
        ("/stop", Stopped(**WHO)),
        ("/fly", Commanded(**WHO, command=Command.HELP)),
        ("four", Said(**WHO, text="four")),
        ("and/or", Said(**WHO, text="and/or")),
        ("1/2", Said(**WHO, text="1/2")),
    ],
)
def test_words_typed_in_private(text: str, event: Event) -> None:
    assert heard(text) == event


def test_words_in_reply_to_a_message_name_it() -> None:
    answered = message(message_id=4, text="When was it?")
    assert heard("On Monday", reply_to_message=answered) == Said(**WHO, text="On Monday", on="4")
    assert beside({"photo": [{}], "caption": "Here", "reply_to_message": answered}) == Said(
        **BESIDE, text="Here", on="4"
    )


@pytest.mark.parametrize(
    "answered", [None, 4, {}, {"message_id": "4"}, {"message_id": True}, {"chat": PRIVATE}]
)
def test_words_in_reply_to_nothing_readable_are_words(answered: object) -> None:
    assert heard("On Monday", reply_to_message=answered) == Said(**WHO, text="On Monday")


def test_long_answer_is_kept_whole() -> None:
    event = heard("x" * 5_000)
    assert isinstance(event, Said)
    assert len(event.text) == 5_000


def test_words_nobody_can_store_are_made_storable() -> None:
    event = heard("before\0after \ud83d and 😀")
    assert isinstance(event, Said)
    assert event.text == "beforeafter \ufffd and 😀"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]}, "photo"),
        ({"voice": {"file_id": "a", "file_unique_id": "b", "duration": 3}}, "voice"),
        (
            {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}], "caption": "look"},
            "photo",
        ),
        ({"document": {"file_id": "a", "file_unique_id": "b"}}, "other"),
        ({"location": {"longitude": 1.5, "latitude": 2.5}}, "other"),
        ({"contact": {"phone_number": "5", "first_name": "Bo"}}, "other"),
        (
            {
                "sticker": {
                    "file_id": "a",
                    "file_unique_id": "b",
                    "type": "regular",
                    "width": 1,
                    "height": 1,
                    "is_animated": False,
                    "is_video": False,
                }
            },
            "other",
        ),
    ],
)
def test_what_is_not_words_is_attached(content: Json, what: str) -> None:
    event = meaning("message", message(**content))
    assert isinstance(event, Attached)
    assert event.what == what


BESIDE: Who = {**WHO, "event_id": "telegram:77:words"}
PHOTO = [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}]


def test_an_album_is_attached_once() -> None:
    ids = []
    for update_id in (77, 78):
        update = read_update({"update_id": update_id, "message": message(photo=PHOTO, media_group_id="13")})
        assert update is not None
        event = event_of(update)
        assert isinstance(event, Attached)
        ids.append(event.event_id)
    assert ids == ["telegram:album:101:13"] * 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"photo": PHOTO, "caption": "My arm\0"}, "My arm"),
        ({"photo": PHOTO, "caption": 5}, None),
        ({"photo": PHOTO}, None),
        ({"photo": PHOTO, "caption": "hello all", "chat": GROUP}, None),
    ],
)
def test_words_under_a_photo_are_said_as_well(content: Json, said: str | None) -> None:
    assert beside(content) == (Said(**BESIDE, text=said) if said else None)


@pytest.mark.parametrize(
    ("caption", "event"),
    [
        ("/stop", Stopped(**BESIDE)),
        ("/help ", Commanded(**BESIDE, command=Command.HELP)),
        ("/start aB-9_", Started(**BESIDE, token="aB-9_")),
        ("/digest now", DigestWanted("telegram:77:words", "101", "101", False, "now", "es")),
    ],
)
def test_a_command_under_a_photo_is_heard(caption: str, event: Meaning) -> None:
    assert beside({"photo": PHOTO, "caption": caption}) == event


def test_service_message_says_nothing() -> None:
    assert meaning("message", message(pinned_message=message(text="old"))) is None


def test_press_is_a_choice() -> None:
    query = {"id": "9", "from": ANA, "chat_instance": "1", "message": message(text="?"), "data": "t.3.yes"}
    assert meaning("callback_query", query) == Chose(**WHO, data="t.3.yes", on="5")


@pytest.mark.parametrize(
    ("where", "on"),
    [({}, None), ({"message": {"chat": PRIVATE, "message_id": 5, "date": 0}}, "5")],
    ids=["no message", "a message too old to be shown"],
)
def test_press_without_data_or_message_is_an_empty_choice(where: Json, on: str | None) -> None:
    query = {"id": "9", "from": ANA, "chat_instance": "1", **where}
    assert meaning("callback_query", query) == Chose(**WHO, data="", on=on)


def test_press_in_a_group_means_nothing() -> None:
    query = {"id": "9", "from": ANA, "chat_instance": "1", "message": message(text="?", chat=GROUP)}
    assert meaning("callback_query", query) is None


def membership(chat: Json, status: str) -> Json:
    member = {"user": ME, "status": status} | ({"until_date": 0} if status == "kicked" else {})
    old = {"user": ME, "status": "left"}
    return {"chat": chat, "from": ANA, "date": 5, "old_chat_member": old, "new_chat_member": member}


def test_blocking_the_bot_is_stopping() -> None:
    assert meaning("my_chat_member", membership(PRIVATE, "kicked")) == Stopped(**WHO, blocked=True)


def test_unblocking_the_bot_means_nothing_yet() -> None:
    assert meaning("my_chat_member", membership(PRIVATE, "member")) is None


def test_being_put_out_of_a_group_stops_nobody() -> None:
    assert meaning("my_chat_member", membership(GROUP, "kicked")) is None


def test_digest_asked_for_in_private() -> None:
    assert heard("/digest weekly monday 08:00") == DigestWanted(
        "telegram:77", "101", "101", False, "weekly monday 08:00", "es"
    )


def test_digest_asked_for_in_a_group_is_for_the_group() -> None:
    assert heard("/digest@labvoice_bot off", chat=GROUP) == DigestWanted(
        "telegram:77", "101", "-1007", True, "off", "es"
    )


def test_who_begins_to_talk_in_a_group_is_spotted() -> None:
    assert heard("/start", chat=GROUP) == SpokenInGroup("-1007", "es")


@pytest.mark.parametrize("text", ["hello all", "/fly"])
def test_chatter_in_a_group_is_not_ours(text: str) -> None:
    assert heard(text, chat=GROUP) is None


@pytest.mark.parametrize("kind", ["edited_message", "channel_post"])
def test_edited_messages_and_channel_posts_mean_nothing(kind: str) -> None:
    assert meaning(kind, message(text="4")) is None


def test_events_of_one_chat_have_one_key_and_others_another() -> None:
    said = read_update({"update_id": 1, "message": message(text="4")})
    pressed = read_update({"update_id": 2, "callback_query": {"id": "9", "from": ANA, "chat_instance": "1"}})
    elsewhere = read_update({"update_id": 3, "message": message(text="4", chat=GROUP)})
    assert said is not None
    assert pressed is not None
    assert elsewhere is not None
    assert chat_of(said) == chat_of(pressed) != chat_of(elsewhere)


@pytest.mark.parametrize(
    "data", [None, [], "x", {}, {"update_id": "1"}, {"update_id": True}, {"update_id": -1}]
)
def test_what_is_no_update_is_none(data: object) -> None:
    assert read_update(data) is None


@pytest.mark.parametrize("answer", [b"{}", b"[]", b'{"ok": true}', b'{"ok": false}', b'{"ok": null}'])
def test_an_answer_that_is_no_bot_api_answer_is_an_error_of_telegrams(answer: bytes) -> None:
    with pytest.raises(TelegramError, match="Invalid server response"):
        BotRequest.parse_json_payload(answer)


@pytest.mark.parametrize("content", [{"message": {"text": "said nowhere"}}, {"message": []}, {}])
def test_nothing_follows_from_an_update_that_cannot_be_understood(content: dict[str, object]) -> None:
    update = read_update({"update_id": 5, **content})
    assert update
    assert event_of(update) is None
    assert chat_of(update) == "update 5"


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_junk = (
    _scalars
    | st.lists(_scalars, max_size=2)
    | st.dictionaries(st.text(max_size=5), _scalars, max_size=2)
    | st.lists(
        st.dictionaries(st.sampled_from(["file_id", "type", "width"]), _scalars, max_size=2), max_size=2
    )
)
_user = st.fixed_dictionaries(
    {}, optional={"id": _junk, "is_bot": _junk, "first_name": _junk, "language_code": _junk}
)
_chat = st.fixed_dictionaries(
    {}, optional={"id": _scalars, "type": st.sampled_from(["private", "group"]) | _scalars, "title": _scalars}
)
_message = st.fixed_dictionaries(
    {"message_id": _scalars, "date": st.integers(0, 2**40) | _scalars, "chat": _chat | _junk},
    optional={
        "from": _user | _junk,
        "text": st.sampled_from(["/start", "/digest x", "4", "/"])
        | _scalars
        | st.text(alphabet="\0\ud83d/ a"),
        "photo": _junk,
        "voice": _junk,
        "location": _junk,
        "entities": _junk,
        "reply_to_message": _junk,
    },
)
_query = st.fixed_dictionaries(
    {"id": _scalars, "from": _user, "chat_instance": _scalars},
    optional={"data": _scalars, "message": _message | _junk},
)
_member = st.fixed_dictionaries(
    {"user": _user | _junk, "status": st.sampled_from(["kicked", "x"]) | _scalars}
)
_membership = st.fixed_dictionaries(
    {"chat": _chat, "from": _user, "date": _scalars, "old_chat_member": _member, "new_chat_member": _member}
)
_updates = st.fixed_dictionaries(
    {"update_id": st.integers(0, 2**40)},
    optional={
        "message": _message | _junk,
        "edited_message": _message,
        "callback_query": _query | _junk,
        "my_chat_member": _membership | _junk,
        "poll": _junk,
        "something_new": _junk,
    },
)


@settings(max_examples=500, deadline=None)
@given(_updates | _junk)
def test_nothing_anybody_sends_raises(data: object) -> None:
    update = read_update(data)
    if update is None:
        return
    event = event_of(update)
    assert chat_of(update)
    match event:
        case Said():
            assert event.text == storable(event.text)
        case Chose():
            assert event.data == storable(event.data)
        case _:
            pass
