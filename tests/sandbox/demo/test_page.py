"""What a visitor does on the page, in Chromium, with the real bot behind it."""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SCREENSHOT = Path(__file__).parents[3] / "docs" / "images" / "demo.png"
"""The README's picture; LABVOICE_UPDATE_SCREENSHOT=1 takes it anew."""


def phone(page: Page) -> Locator:
    return page.get_by_role("log", name="Chat with Labvoice")


def modal(page: Page) -> Locator:
    return page.locator(".modal")


async def next_thing(page: Page, words: str) -> None:
    """The guide says this now."""
    await expect(page.get_by_role("region", name="Guide")).to_contain_text(words)


async def act_as(page: Page, name: str, place: str) -> None:
    await page.get_by_role("button", name=name).click()
    await page.get_by_role("navigation", name="Rooms and messages").get_by_role("button", name=place).click()


async def collect_and_open(page: Page) -> None:
    await page.get_by_role("button", name="Collect a sample").click()
    await page.get_by_role("button", name="Open", exact=True).click()


async def report_an_issue(page: Page) -> None:
    await page.get_by_role("button", name="Report an issue").click()
    await modal(page).get_by_role("button", name="Fill in an example").click()
    await modal(page).get_by_role("button", name="Submit").click()
    await expect(modal(page)).to_contain_text("Your issue has the number")
    await modal(page).get_by_role("button", name="Close").last.click()
    await expect(modal(page)).to_have_count(0)


async def home_drawn_anew(page: Page) -> None:
    """App Home is published once more, as it is at every look at it."""
    old = await page.locator(".home .block-button").first.element_handle()
    assert old is not None
    await page.evaluate(
        """() => fetch("/demo/api/act", {
            method: "POST", headers: {"Content-Type": "application/json"},
            body: JSON.stringify({do: "open_home", colleague: "U0AMARA"}),
        })"""
    )
    await old.wait_for_element_state("hidden")


async def test_first_visit_goes_round_the_whole_loop(fresh_page: Page) -> None:
    page = fresh_page
    await next_thing(page, "collect a sample")
    await collect_and_open(page)

    chat = phone(page)
    await chat.get_by_role("button", name="Yes").click()
    for number in range(1, 7):
        await expect(chat).to_contain_text(f"{number}/7")
        await chat.get_by_role("button", name="5", exact=True).click()
    await expect(chat).to_contain_text("7/")
    await chat.get_by_role("button", name="Skip").click()
    await chat.get_by_role("button", name="No, thank you").click()
    await expect(chat).to_contain_text("The people who can act on your answers will see them")

    await next_thing(page, "be a physician")
    await report_an_issue(page)

    await next_thing(page, "be the laboratory")
    await act_as(page, "Ben Carter", "lab-triage")
    room = page.get_by_role("log", name="Messages")
    await expect(room).to_contain_text("Turnaround time")
    await room.get_by_role("button", name="Acknowledge").click()
    await expect(room).to_contain_text("Acknowledged")
    await next_thing(page, "Resolve it")
    await room.get_by_role("button", name="Resolve").click()
    await modal(page).get_by_role("button", name="Fill in an example").click()
    await modal(page).get_by_role("button", name="Submit").click()
    await modal(page).get_by_role("button", name="Close").last.click()
    await expect(room).to_contain_text("Resolved")

    await next_thing(page, "See that the reporter was told")
    await act_as(page, "Dr. Amara Osei", "Messages")
    await expect(room).to_contain_text("is resolved")
    await expect(room).to_contain_text("We are sorry for the delay")

    await next_thing(page, "be the manager")
    await act_as(page, "Ingrid Solberg", "Messages")
    await page.get_by_role("button", name="Commands").last.click()
    await page.get_by_role("option", name="/lab-digest").click()
    chart = room.get_by_role("img").last
    await expect(chart).to_have_js_property("complete", True)
    await expect(room).to_contain_text("Waiting time")
    assert await chart.evaluate("image => image.naturalWidth") > 300

    await next_thing(page, "deliver the results")
    await page.get_by_role("button", name="Deliver results").click()
    await next_thing(page, "Let a day pass")
    await page.get_by_role("button", name="+ 1 day").click()
    await expect(chat).to_contain_text("When did your results reach you?")
    await next_thing(page, "That is the whole loop")

    if os.environ.get("LABVOICE_UPDATE_SCREENSHOT") == "1":
        SCREENSHOT.parent.mkdir(parents=True, exist_ok=True)
        await page.evaluate("document.activeElement.blur()")
        await page.mouse.move(0, 0)
        await page.screenshot(path=SCREENSHOT, animations="disabled")


async def test_questions_are_edited_in_place(fresh_page: Page) -> None:
    page = fresh_page
    await collect_and_open(page)
    await phone(page).get_by_role("button", name="Yes").click()
    await expect(phone(page)).to_contain_text("1/7")
    before = await phone(page).locator(".bubble").count()
    await phone(page).get_by_role("button", name="4", exact=True).click()
    await expect(phone(page)).to_contain_text("2/7")
    assert await phone(page).locator(".bubble").count() == before


async def test_survey_can_be_answered_by_keyboard_alone(fresh_page: Page) -> None:
    page = fresh_page
    await page.get_by_role("button", name="Collect a sample").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Open", exact=True).focus()
    await page.keyboard.press("Enter")
    await phone(page).get_by_role("button", name="Yes").focus()
    await page.keyboard.press("Enter")
    await expect(phone(page)).to_contain_text("1/7")
    await phone(page).get_by_role("button", name="3", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(phone(page)).to_contain_text("2/7")
    # The edited message has the focus where the finger was.
    await expect(phone(page).get_by_role("button", name="3", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(phone(page)).to_contain_text("3/7")


async def test_typed_answers_count(fresh_page: Page) -> None:
    page = fresh_page
    await collect_and_open(page)
    await phone(page).get_by_role("button", name="Yes").click()
    await page.get_by_role("textbox", name="Message", exact=True).fill("four")
    await page.keyboard.press("Enter")
    await expect(phone(page)).to_contain_text("2/7")


async def test_lucia_is_spoken_to_in_spanish(fresh_page: Page) -> None:
    page = fresh_page
    await page.get_by_role("button", name="Lucía").click()
    await collect_and_open(page)
    await phone(page).get_by_role("button", name="Sí").click()
    await expect(phone(page)).to_contain_text("toma de la muestra")
    await page.get_by_role("button", name="Commands").first.click()
    await page.get_by_role("button", name="/help").click()
    await expect(phone(page)).to_contain_text("/help")


async def test_photo_and_voice_note_are_answered(fresh_page: Page) -> None:
    page = fresh_page
    await page.get_by_role("button", name="Send a photo").click()
    picture = phone(page).get_by_role("img", name="Photo")
    await expect(picture).to_be_visible()
    await expect(phone(page).locator(".theirs")).to_have_count(1)
    await page.get_by_role("button", name="Send a voice note").click()
    await expect(phone(page).get_by_role("img", name="Voice note")).to_be_visible()
    await expect(phone(page).locator(".theirs")).to_have_count(2)


async def test_words_are_never_markup(page: Page) -> None:
    words = "<img src=x onerror=\"document.title='broken'\"> <b>bold</b> & *stars*"
    await page.get_by_role("textbox", name="Message", exact=True).fill(words)
    await page.keyboard.press("Enter")
    await expect(phone(page).locator(".mine")).to_contain_text(words)
    await act_as(page, "Dr. Amara Osei", "lab-triage")
    await page.get_by_role("combobox", name="Message #lab-triage").fill(words)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log", name="Messages")).to_contain_text("<b>bold</b> & stars")
    assert await page.locator("img[src=x]").count() == 0
    assert await page.title() == "Labvoice · demo"


async def test_missing_answers_are_shown_under_their_inputs(page: Page) -> None:
    await page.get_by_role("button", name="Report an issue").click()
    await modal(page).get_by_role("button", name="Submit").click()
    first = modal(page).get_by_role("combobox", name="What is it about?")
    await expect(first).to_have_attribute("aria-invalid", "true")
    await expect(first).to_be_focused()
    await expect(modal(page).get_by_text("Please complete this required field.")).to_have_count(4)


async def test_modal_keeps_what_is_typed_while_other_things_happen(page: Page) -> None:
    await page.get_by_role("button", name="Report an issue").click()
    words = modal(page).get_by_role("textbox", name="What happened?")
    await words.fill("The courier")
    await page.get_by_role("button", name="Collect a sample").click()
    await expect(page.get_by_role("button", name="Open", exact=True)).to_be_visible()
    await expect(words).to_have_value("The courier")


async def test_modal_closes_with_escape_and_gives_the_focus_back(page: Page) -> None:
    opener = page.get_by_role("button", name="Report an issue")
    await opener.click()
    await expect(modal(page)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(modal(page)).to_have_count(0)
    await expect(opener).to_be_focused()


async def test_home_drawn_anew_behind_a_modal_gets_the_focus_back(page: Page) -> None:
    opener = page.get_by_role("button", name="Report an issue")
    await opener.click()
    await expect(modal(page)).to_be_visible()
    await home_drawn_anew(page)
    await page.keyboard.press("Escape")
    await expect(modal(page)).to_have_count(0)
    await expect(opener).to_be_focused()


async def test_home_drawn_anew_keeps_the_focus(page: Page) -> None:
    opener = page.get_by_role("button", name="Report an issue")
    await opener.focus()
    await home_drawn_anew(page)
    await expect(opener).to_be_focused()


async def test_message_can_be_reported_from_its_menu(page: Page) -> None:
    await act_as(page, "Dr. Amara Osei", "lab-triage")
    await page.get_by_role("combobox", name="Message #lab-triage").fill("Where is the result of ward 4?")
    await page.keyboard.press("Enter")
    message = page.get_by_role("log", name="Messages").get_by_role("listitem").last
    await message.hover()
    await message.get_by_role("button", name="Report to lab").click()
    await expect(modal(page).get_by_role("textbox", name="What happened?")).to_have_value(
        re.compile("ward 4")
    )


async def test_staff_talk_below_a_card_among_themselves(fresh_page: Page) -> None:
    page = fresh_page
    await report_an_issue(page)
    await act_as(page, "Ben Carter", "lab-triage")
    room = page.get_by_role("log", name="Messages")
    card = room.get_by_role("listitem").filter(has=page.get_by_role("button", name="Acknowledge"))
    await card.hover()
    await card.get_by_role("button", name="Reply in thread").click()
    box = page.get_by_role("combobox", name="Message #lab-triage")
    await expect(box).to_be_focused()
    await expect(page.get_by_text("In a thread: only this room reads it.")).to_be_visible()
    await page.keyboard.type("/")
    await expect(page.get_by_role("option")).to_have_count(0)
    await box.fill("I'll ask the courier")
    await page.keyboard.press("Enter")
    await expect(room.locator(".reply")).to_contain_text("I'll ask the courier")
    await expect(page.get_by_text("In a thread: only this room reads it.")).to_be_hidden()

    await page.get_by_role("button", name="Ingrid Solberg").click()
    await room.get_by_role("button", name="1 reply").click()
    await page.keyboard.type("Tell them by noon")
    await page.keyboard.press("Enter")
    await expect(room.locator(".reply")).to_have_count(2)
    await expect(room.get_by_role("button", name="2 replies")).to_be_visible()

    await act_as(page, "Dr. Amara Osei", "Messages")
    await expect(room).to_contain_text("Your issue has the number")
    await expect(room).not_to_contain_text("courier")


async def test_commands_complete_as_they_are_typed(page: Page) -> None:
    await act_as(page, "Dr. Amara Osei", "lab-triage")
    box = page.get_by_role("combobox", name="Message #lab-triage")
    await box.press_sequentially("/lab-s")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Only visible to you")).to_be_visible()
    await page.get_by_role("button", name="Ben Carter").click()
    await expect(page.get_by_text("Only visible to you")).to_have_count(0)


async def test_only_staff_may_use_staff_buttons(fresh_page: Page) -> None:
    page = fresh_page
    await report_an_issue(page)
    await act_as(page, "Dr. Amara Osei", "lab-triage")
    room = page.get_by_role("log", name="Messages")
    await room.get_by_role("button", name="Acknowledge").click()
    await expect(room).to_contain_text("Only laboratory staff can do this")


async def test_guide_can_be_put_away_and_called_back(page: Page) -> None:
    guide = page.get_by_role("region", name="Guide")
    await page.get_by_role("button", name="Put the guide away").click()
    await expect(guide).to_be_hidden()
    await expect(page.locator("[data-next]")).to_have_count(0)
    await page.reload()
    await expect(guide).to_be_hidden()
    await page.get_by_role("button", name="Guide", exact=True).click()
    await expect(guide).to_be_visible()
    await expect(page.locator("[data-next]")).to_have_count(1)


async def test_generated_data_is_labelled(page: Page) -> None:
    await expect(page.get_by_text("Answers and complaints from before today are generated.")).to_be_visible()


async def test_everything_survives_a_reload(fresh_page: Page) -> None:
    page = fresh_page
    await collect_and_open(page)
    await expect(phone(page).get_by_role("button", name="Yes")).to_be_visible()
    await page.reload()
    await expect(phone(page).get_by_role("button", name="Yes")).to_be_visible()
    await next_thing(page, "Answer as you like")


async def test_narrow_screen_shows_one_part_at_a_time(page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    tabs = page.get_by_role("navigation", name="Parts of the demo")
    for tab, part in (("Phone", "#phone"), ("Slack", "#slack"), ("Laboratory", "#lab")):
        await tabs.get_by_role("button", name=tab).click()
        await expect(page.locator(part)).to_be_visible()
        await expect(page.locator(".part:visible")).to_have_count(1)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_narrow_screen_marks_the_tab_with_the_next_thing(fresh_page: Page) -> None:
    page = fresh_page
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.get_by_role("button", name="Collect a sample").click()
    tabs = page.get_by_role("navigation", name="Parts of the demo")
    await expect(tabs.get_by_role("button", name="Phone")).to_have_class(re.compile("next-part"))
    await page.get_by_role("button", name="Show me").click()
    await expect(page.get_by_role("button", name="Open", exact=True)).to_be_focused()


async def test_page_itself_never_scrolls(page: Page) -> None:
    await page.set_viewport_size({"width": 1180, "height": 640})
    await page.get_by_role("button", name="Collect a sample").click()
    await expect(page.get_by_role("button", name="Open", exact=True)).to_be_visible()
    await page.mouse.wheel(0, 500)
    assert await page.evaluate("[scrollY, document.body.scrollTop]") == [0, 0]
    assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")


async def test_dark_colours_are_remembered(page: Page) -> None:
    await page.get_by_role("button", name="Use dark colours").click()
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
