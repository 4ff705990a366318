"""Commands, buttons, shortcuts, words and App Home reach the app."""

import asyncio

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import NotAcked, Room, SlackPerson
from tests.sandbox.both_ways.kit import CATEGORY, DONE, ISSUE, Body, card, plain


async def test_command_answers_privately(app: AsyncApp, house: SlackPerson) -> None:
    @app.command("/lab-status")
    async def status(ack: AsyncAck, body: Body) -> None:
        await ack(f"Nothing open, <@{body['user_id']}> ({body['text']})")

    await house.command(house.direct, "/lab-status", "mine")
    assert [message.text for message in house.private] == ["Nothing open, <@U0HOUSE> (mine)"]


async def test_command_the_app_fails_is_told_to_the_person(house: SlackPerson, triage: Room) -> None:
    assert isinstance(await house.command(triage, "/unknown"), NotAcked)
    assert house.notices == ["/unknown failed with the error “dispatch_failed”"]


async def test_button_on_a_message_reaches_the_app(
    app: AsyncApp, web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    received: list[Body] = []

    @app.action("acknowledge")
    async def pressed(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        received.append(body)
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Acknowledged", blocks=[]
        )

    await web.chat_postMessage(channel=triage.id, text="Complaint C-1", blocks=card())
    await house.click(triage.messages[0], "Acknowledge")
    await house.wait_for(lambda person: triage.messages[0].text == "Acknowledged")
    (body,) = received
    assert body["actions"][0]["value"] == "C-1"
    assert body["user"]["id"] == "U0HOUSE"
    assert body["container"] == {
        "type": "message",
        "message_ts": triage.messages[0].ts,
        "channel_id": "C0TRIAGE",
        "is_ephemeral": False,
    }
    assert triage.messages[0].blocks == ()


async def test_response_url_answers_the_person_and_replaces_the_message(
    app: AsyncApp, web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    @app.action("acknowledge")
    async def pressed(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond("Only staff may do this.", response_type="ephemeral", replace_original=False)
        await respond("Taken", replace_original=True)

    await web.chat_postMessage(channel=triage.id, text="Complaint C-1", blocks=card())
    await house.click(triage.messages[0], "acknowledge")
    await house.wait_for(lambda person: triage.messages[0].text == "Taken")
    assert [message.text for message in house.private] == ["Only staff may do this."]


async def test_home_is_published_when_opened_and_its_buttons_work(app: AsyncApp, house: SlackPerson) -> None:
    @app.event("app_home_opened")
    async def opened(event: Body, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": card()})

    @app.action("acknowledge")
    async def pressed(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        assert body["container"]["type"] == "view"
        await client.views_open(trigger_id=body["trigger_id"], view=DONE)

    await house.open_home()
    await house.wait_for(lambda person: person.home is not None)
    assert house.home is not None
    await house.click(house.home, "Acknowledge")
    await house.wait_for(lambda person: person.modal is not None)


async def test_shortcut_brings_its_message(app: AsyncApp, house: SlackPerson, triage: Room) -> None:
    received: list[Body] = []

    @app.message_shortcut("report_to_lab")
    async def taken(ack: AsyncAck, shortcut: Body, client: AsyncWebClient) -> None:
        await ack()
        received.append(shortcut)
        await client.views_open(trigger_id=shortcut["trigger_id"], view=ISSUE)

    house.say(triage, "The potassium looks wrong again")
    await house.shortcut("report_to_lab", triage.messages[0])
    await house.wait_for(lambda person: person.modal is not None)
    assert received[0]["message"]["text"] == "The potassium looks wrong again"


async def test_words_in_a_thread_reach_the_app(
    app: AsyncApp, web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    @app.event("message")
    async def heard(event: Body, client: AsyncWebClient) -> None:
        await client.chat_postMessage(
            channel=event["channel"], text=f"Noted: {event['text']}", thread_ts=event["thread_ts"]
        )

    root = await web.chat_postMessage(channel=triage.id, text="Complaint C-1")
    await house.say(triage, "any news?", thread_ts=root["ts"])
    await house.wait_for(lambda person: triage.messages[-1].text == "Noted: any news?")
    assert triage.messages[-1].thread_ts == root["ts"]


async def test_an_answer_in_direct_messages_names_what_it_answers(
    app: AsyncApp, web: AsyncWebClient, house: SlackPerson
) -> None:
    heard: list[Body] = []

    @app.event("message")
    async def hear(event: Body) -> None:
        heard.append(event)

    asked = await web.chat_postMessage(channel="U0HOUSE", text="When was it?")
    await house.say(house.direct, "On Monday", asked["ts"])
    await house.say(house.direct, "Hello?")
    assert [(one["channel_type"], one.get("thread_ts")) for one in heard] == [
        ("im", asked["ts"]),
        ("im", None),
    ]


async def test_what_else_is_done_in_a_thread_reaches_the_app(
    app: AsyncApp, web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    heard: list[Body] = []

    @app.event("message")
    async def hear(event: Body) -> None:
        heard.append(event)

    root = await web.chat_postMessage(channel=triage.id, text="Complaint C-1")
    await house.say(triage, "for all", root["ts"], broadcast=True)
    await house.share(triage, "tube.png", b"PNG", "look", root["ts"])
    await house.edit(triage.messages[1], "for everybody")

    broadcast, shared, edited = heard
    assert [one["subtype"] for one in heard] == ["thread_broadcast", "file_share", "message_changed"]
    assert (broadcast["root"]["text"], broadcast["root"]["reply_count"]) == ("Complaint C-1", 1)
    assert (shared["files"][0]["mimetype"], shared["thread_ts"]) == ("image/png", root["ts"])
    assert (edited["previous_message"]["text"], edited["message"]["text"]) == ("for all", "for everybody")
    assert triage.messages[2].files == (("tube.png", b"PNG"),)


async def test_an_app_named_in_a_room_is_told_of_it(app: AsyncApp, house: SlackPerson, triage: Room) -> None:
    named = asyncio.get_running_loop().create_future()

    @app.event("app_mention")
    async def hear(event: Body) -> None:
        named.set_result(event["text"])

    @app.event("message")
    async def ignore() -> None:
        pass

    await house.say(triage, "<@U0SANDBOX> are you there?")
    assert await asyncio.wait_for(named, 5) == "<@U0SANDBOX> are you there?"


async def test_a_command_with_words_is_given_in_a_room_but_not_in_a_thread(
    app: AsyncApp, house: SlackPerson, triage: Room
) -> None:
    given: list[tuple[str, str]] = []

    @app.command("/reply")
    async def reply(ack: AsyncAck, body: Body) -> None:
        await ack()
        given.append((body["channel_id"], body["text"]))

    house.say(triage, "C-1")
    await house.command(triage, "/reply", "C-1 We are looking into it.")
    await house.command(triage, "/reply", "C-1 We have found it.", triage.messages[0].ts)
    assert given == [("C0TRIAGE", "C-1 We are looking into it.")]
    assert house.notices == ["/reply is not supported in threads. Sorry!"]


async def test_select_on_a_message_sends_the_choice(
    app: AsyncApp, web: AsyncWebClient, house: SlackPerson, triage: Room
) -> None:
    chosen = asyncio.get_running_loop().create_future()

    @app.action("assign")
    async def picked(ack: AsyncAck, action: Body) -> None:
        await ack()
        chosen.set_result(action["selected_option"]["value"])

    select = {"action_id": "assign", **CATEGORY}
    section = {"type": "section", "text": plain("Who?"), "accessory": select}
    await web.chat_postMessage(channel=triage.id, text="Who?", blocks=[section])
    await house.click(triage.messages[0], "assign", "IT")
    assert await asyncio.wait_for(chosen, 5) == "it"
