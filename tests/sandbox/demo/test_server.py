"""The page's own HTTP: who may use it, what it refuses, and what it pushes."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from sandbox.demo.laboratory import BotLaboratory, LaboratoryError, Visit
from sandbox.demo.server import demo_app
from sandbox.serve import serve
from sandbox.slack import SlackSandbox, Timings
from sandbox.telegram import TelegramSandbox

MARIA, AMARA, BEN = 5001, "U0AMARA", "U0BEN"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(slots=True)
class Bench:
    """A laboratory with nobody behind it."""

    time: datetime = NOW
    delivered: list[str] = field(default_factory=list)
    closed: bool = False

    async def collect_sample(self) -> Visit:
        if self.closed:
            raise LaboratoryError("The laboratory is closed.")
        return Visit("L1", "Central", "a-token")

    async def deliver_results(self, order: str) -> None:
        self.delivered.append(order)

    async def advance(self, delta: timedelta) -> None:
        self.time += delta

    def now(self) -> datetime:
        return self.time


@dataclass(slots=True)
class Demo:
    """The page, served, without a bot."""

    url: str
    http: aiohttp.ClientSession
    telegram: TelegramSandbox
    slack: SlackSandbox
    bench: Bench

    async def post(self, body: bytes | io.BytesIO, **headers: str) -> tuple[int, Mapping[str, object]]:
        given = {"Origin": self.url, "Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        async with self.http.post(f"{self.url}/demo/api/act", data=body, headers=given) as response:
            return response.status, await response.json()

    async def act(self, **action: object) -> tuple[int, Mapping[str, object]]:
        return await self.post(json.dumps(action).encode())

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[dict[str, dict[str, object]]]]:
        """What changed, each time something did, by part."""
        async with self.http.get(f"{self.url}/demo/stream") as response:

            async def settled() -> AsyncIterator[dict[str, dict[str, object]]]:
                parts: dict[str, dict[str, object]] = {}
                name = ""
                async for line in response.content:
                    word, _, rest = line.decode().strip().partition(": ")
                    if word == "event":
                        name = rest
                    elif word == "data" and name == "settled":
                        yield parts
                        parts = {}
                    elif word == "data":
                        parts[name] = json.loads(rest)

            yield settled()


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    bench = Bench()
    telegram = TelegramSandbox("7:token", now=bench.now)
    slack = SlackSandbox(
        bot_token="xoxb-1",
        app_token="xapp-1",
        signing_secret="s",
        now=bench.now,
        timings=Timings(ack=0.05, retries=()),
    )
    slack.room("C0TRIAGE", name="lab-triage")
    limit = aiohttp.ClientTimeout(total=10)
    async with (
        serve(demo_app(telegram, slack, bench)) as url,
        aiohttp.ClientSession(timeout=limit) as http,
    ):
        yield Demo(url, http, telegram, slack, bench)
    await telegram.aclose()
    await slack.aclose()


async def test_page_comes_with_everything_it_needs_and_allows_nothing_from_elsewhere(demo: Demo) -> None:
    async with demo.http.get(demo.url) as response:
        assert response.status == 200
        policy = response.headers["Content-Security-Policy"]
        text = await response.text()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "https://" not in text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Content_Type": "text/plain"},
    ],
)
async def test_another_site_cannot_act(demo: Demo, headers: dict[str, str]) -> None:
    status, answer = await demo.post(b'{"do": "advance", "by": "week"}', **headers)
    assert (status, answer["ok"]) == (403, False)
    assert demo.bench.time == NOW


async def test_another_host_name_cannot_read(demo: Demo) -> None:
    for path in ("/", "/demo/stream", "/static/js/main.js"):
        async with demo.http.get(demo.url + path, headers={"Host": "evil.example:80"}) as response:
            assert response.status == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b'{"do": "fly"}',
        b'{"do": "advance", "by": "year"}',
        b'{"do": "advance", "by": "week", "more": 1}',
        b'{"do": "say", "patient": "5001", "text": "hello"}',
        b'{"do": "say", "patient": 5001, "text": ""}',
        b'{"do": "say", "patient": 5001, "text": "\\ud800"}',
        b'{"do": "tap", "patient": 5001, "message": 1e99, "data": "x"}',
        b'{"do": "submit", "colleague": "U0AMARA", "view": "V1", "values": {"a": {"b": 1}}}',
    ],
)
async def test_nonsense_is_refused_in_words(demo: Demo, body: bytes) -> None:
    status, answer = await demo.post(body)
    assert status == 400
    assert answer["error"]


@pytest.mark.parametrize(
    "action",
    [
        {"do": "say", "patient": 1, "text": "hello"},
        {"do": "collect_sample", "patient": 1},
        {"do": "open_link", "patient": MARIA, "order": "L9"},
        {"do": "deliver_results", "order": "L9"},
        {"do": "write", "colleague": "U9", "room": "C0TRIAGE", "text": "hello"},
        {"do": "write", "colleague": AMARA, "room": "C9", "text": "hello"},
        {"do": "write", "colleague": AMARA, "room": "D0BEN", "text": "hello"},
        {"do": "click", "colleague": AMARA, "action": "x", "room": "C0TRIAGE", "ts": "1.0"},
        {"do": "click", "colleague": AMARA, "action": "x", "view": "V9"},
        {"do": "shortcut", "colleague": AMARA, "room": "C0TRIAGE", "ts": "1.0"},
        {"do": "submit", "colleague": AMARA, "view": "V9", "values": {}},
        {"do": "close", "colleague": AMARA},
    ],
)
async def test_what_is_not_there_is_refused_in_words(demo: Demo, action: dict[str, object]) -> None:
    status, answer = await demo.act(**action)
    assert status == 409
    assert answer["error"]


async def test_huge_body_is_refused(demo: Demo) -> None:
    assert (await demo.post(io.BytesIO(b" " * 2_000_000)))[0] == 413


async def test_person_who_blocked_the_bot_cannot_write(demo: Demo) -> None:
    await demo.act(do="say", patient=MARIA, text="hello")
    assert (await demo.act(do="block", patient=MARIA, blocked=True))[0] == 200
    assert (await demo.act(do="say", patient=MARIA, text="hello"))[0] == 409
    assert (await demo.act(do="block", patient=MARIA, blocked=False))[0] == 200
    assert (await demo.act(do="say", patient=MARIA, text="hello"))[0] == 200


async def test_closed_laboratory_says_why(demo: Demo) -> None:
    demo.bench.closed = True
    status, answer = await demo.act(do="collect_sample", patient=MARIA)
    assert (status, answer["error"]) == (502, "The laboratory is closed.")


async def test_laboratory_without_a_bot_says_so() -> None:
    async with aiohttp.ClientSession() as http:
        laboratory = BotLaboratory(http, "token", now=lambda: NOW, shift=lambda _delta: None)
        with pytest.raises(LaboratoryError, match="still starting"):
            await laboratory.collect_sample()
        laboratory.bot_url = "http://127.0.0.1:9"
        with pytest.raises(LaboratoryError, match="could not be reached"):
            await laboratory.deliver_results("L1")


async def test_link_goes_to_the_patient_and_opens_once(demo: Demo) -> None:
    maria = next(person for person in demo.telegram.people if person.chat_id == MARIA)
    await demo.act(do="collect_sample", patient=MARIA)
    await demo.act(do="open_link", patient=MARIA, order="L1")
    assert [message.text for message in maria.chat] == ["/start a-token"]
    async with demo.stream() as changes:
        first = await anext(changes)
    assert first["lab"]["errands"] == [
        {"order": "L1", "site": "Central", "patient": MARIA, "opened": True, "delivered": False}
    ]


async def test_time_and_results_reach_the_laboratory(demo: Demo) -> None:
    await demo.act(do="collect_sample", patient=MARIA)
    await demo.act(do="deliver_results", order="L1")
    await demo.act(do="advance", by="day")
    assert demo.bench.delivered == ["L1"]
    assert demo.bench.time == NOW + timedelta(days=1)


async def test_stream_pushes_only_what_changed(demo: Demo) -> None:
    async with demo.stream() as changes:
        assert set(await anext(changes)) == {"lab", "phone", "slack", "wire"}
        demo.telegram.people[0].say("hello")
        assert set(await anext(changes)) == {"phone"}


async def test_words_leave_the_stream_intact_whatever_they_are(demo: Demo) -> None:
    text = "line\n\nevent: lab\ndata: {} \u2028 \x00 <script>"
    await demo.act(do="say", patient=MARIA, text=text)
    async with demo.stream() as changes:
        shown = json.dumps((await anext(changes))["phone"])
    assert json.dumps(text.strip()) in shown


async def test_wire_tells_both_directions(demo: Demo) -> None:
    await demo.act(do="say", patient=MARIA, text="/start x")
    async with demo.http.post(f"{demo.url}/telegram/bot7:token/getMe") as response:
        assert response.status == 200
    async with demo.stream() as changes:
        lines = (await anext(changes))["wire"]["lines"]
    assert isinstance(lines, list)
    assert [(line["toBot"], line["what"]) for line in lines] == [(True, "message /start"), (False, "getMe")]


async def test_words_below_a_card_stand_in_its_thread_and_the_wire_knows_nothing_of_them(demo: Demo) -> None:
    await demo.act(do="write", colleague=BEN, room="C0TRIAGE", text="The courier is late")
    (room,) = (one for one in demo.slack.rooms if one.kind == "channel")
    card = room.messages[0].ts
    await demo.act(do="write", colleague=BEN, room="C0TRIAGE", text="I'll ask", thread=card)
    await demo.act(do="write", colleague=BEN, room="C0TRIAGE", text="/lab-status", thread=card)
    async with demo.stream() as changes:
        parts = await anext(changes)
    slack, wire = parts["slack"], parts["wire"]
    rooms, people = slack["rooms"], slack["people"]
    assert isinstance(rooms, list)
    assert isinstance(people, list)
    assert [(one["text"], one["thread"]) for one in rooms[0]["messages"]] == [
        ("The courier is late", None),
        ("I'll ask", card),
    ]
    ben = next(one for one in people if one["id"] == BEN)
    assert ben["notices"] == ["/lab-status is not supported in threads. Sorry!"]
    assert wire["lines"] == []


async def test_stream_ends_when_the_demo_does() -> None:
    bench = Bench()
    telegram = TelegramSandbox("7:token", now=bench.now)
    slack = SlackSandbox(bot_token="xoxb-1", app_token="xapp-1", signing_secret="s", now=bench.now)
    async with aiohttp.ClientSession() as http:
        async with serve(demo_app(telegram, slack, bench)) as url:
            response = await http.get(f"{url}/demo/stream")
            await response.content.readline()
        async with asyncio.timeout(5):
            await response.read()
    await telegram.aclose()
    await slack.aclose()


async def test_photo_is_served_as_a_picture_and_files_only_to_be_saved(demo: Demo) -> None:
    await demo.act(do="send_photo", patient=MARIA)
    async with demo.stream() as changes:
        phone = (await anext(changes))["phone"]
    people = phone["people"]
    assert isinstance(people, list)
    async with demo.http.get(demo.url + people[0]["messages"][0]["photo"]) as response:
        assert (response.status, response.content_type) == (200, "image/png")
    async with demo.http.get(f"{demo.url}/demo/media/telegram/{MARIA}/99") as response:
        assert response.status == 404
    async with demo.http.get(f"{demo.url}/demo/media/slack/C0TRIAGE/1.0/0") as response:
        assert response.status == 404
