"""From the modal to the triage card, and back to the one who reported."""

from bot.complaints.terms import Status
from tests.handlers.slack.conftest import ISSUE, Stage, words


async def test_an_issue_becomes_a_complaint_with_a_number_in_the_closing_view(either: Stage) -> None:
    assert await either.report() is None

    complaint = await either.complaint()
    assert complaint.words == ISSUE["happened"]
    assert complaint.need == ISSUE["need"]
    assert complaint.order_masked == "••••234"
    modal = either.house.modal
    assert modal is not None
    assert modal.submit is None
    assert complaint.number in str(modal.blocks)


async def test_words_arrive_as_they_were_typed(either: Stage) -> None:
    typed = "=3D 50 % = 1 + 1 & more;%41%zz\n\tñandú 💧 \"'<>\\ " + "".join(map(chr, range(33, 127)))
    await either.report(happened=typed)
    assert (await either.complaint()).words == typed


async def test_the_card_in_the_triage_room_follows_the_complaint(either: Stage) -> None:
    await either.appoint("U0NURSE")
    await either.report()
    card = await either.card()
    number = (await either.complaint()).number
    assert f"Complaint {number}" in words(card)
    assert ISSUE["happened"] in words(card)
    assert "<@U0HOUSE>" in words(card)

    await either.nurse.click(card, "Acknowledge")

    card = await either.card()
    assert card.edited == 1
    assert "Acknowledged" in words(card)
    await either.nurse.wait_for(lambda nurse: bool(nurse.private))
    assert number in either.nurse.private[-1].text
    assert number in (await either.told(either.house))[-1]
    assert (await either.complaint()).status is Status.ACKNOWLEDGED


async def test_staff_take_a_complaint_on(either: Stage) -> None:
    await either.appoint("U0NURSE")
    await either.report()

    await either.nurse.click(await either.card(), "Take")

    assert "<@U0NURSE>" in words(await either.card())
    assert (await either.complaint()).status is Status.INVESTIGATING


async def test_resolving_asks_for_the_outcome_and_tells_the_reporter(either: Stage) -> None:
    await either.appoint("U0NURSE")
    await either.report()
    await either.nurse.click(await either.card(), "Resolve")
    await either.nurse.wait_for(lambda nurse: nurse.modal is not None)
    either.nurse.fill({"outcome": "Analyser down; courier called.", "words": "We are sorry for the wait."})

    assert await either.nurse.submit() is None

    complaint = await either.complaint()
    assert complaint.status is Status.RESOLVED
    assert complaint.outcome == "Analyser down; courier called."
    assert "We are sorry for the wait." in (await either.told(either.house))[-1]
    assert [one.action for one in await either.history()] == [
        "open",
        "acknowledge",
        "take",
        "resolve",
        "tell",
    ]
    card = await either.card()
    assert "Analyser down; courier called." in words(card)
    assert [one["text"]["text"] for one in card.blocks[-1]["elements"]] == [
        "Reply",
        "Record",
        "Close",
        "Open again",
    ]


async def test_a_message_is_reported_with_its_words_and_its_address(stage: Stage) -> None:
    stage.slack.room("C0WARD", name="ward-3")
    await stage.house.say("C0WARD", "Result &lt;late&gt; again, <@U0NURSE>, see <https://lis.example|here>")
    message = stage.slack.rooms[-1].messages[-1]

    await stage.house.shortcut("report_to_lab", message)

    await stage.house.wait_for(lambda house: house.modal is not None)
    assert stage.house.modal is not None
    happened = stage.house.modal.values["happened"]["value"]["value"]
    address = f"https://sandbox.slack.com/archives/C0WARD/p{message.ts.replace('.', '')}"
    assert happened == f"Result <late> again, @U0NURSE, see here (https://lis.example)\n\n{address}"


async def test_the_status_lists_open_issues_privately(either: Stage) -> None:
    await either.report()
    number = (await either.complaint()).number

    await either.house.command(either.triage, "/lab-status")

    assert f"{number}: Turnaround time, Received" in either.house.private[-1].text
    assert "Waiting for somebody" not in either.house.private[-1].text


async def test_resolved_issues_leave_the_list(stage: Stage) -> None:
    await stage.appoint("U0NURSE")
    await stage.report()
    await stage.nurse.click(await stage.card(), "Resolve")
    await stage.nurse.wait_for(lambda nurse: nurse.modal is not None)
    stage.nurse.fill({"outcome": "Done."})
    await stage.nurse.submit()

    await stage.house.command(stage.triage, "/lab-status")

    assert "You have no open issues." in stage.house.private[-1].text
