"""Names from outside are read back from every page: as words, and as nothing else."""

from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import override

from bot.catalog import Catalog, load
from bot.turns import Lab
from handlers.web.enrolment import enrolment_route
from handlers.web.page import Pages

# A browser makes line ends of its own and drops NUL.
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
TOKEN = "A" * 22


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


class Reader(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, page: Response) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.words = ""
        self.feed(bytes(page.body).decode())
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))

    @override
    def handle_data(self, data: str) -> None:
        self.words += data


def request(**parameters: str) -> Request:
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    return Request({**scope, "path_params": parameters})


async def enrolment(catalog: Catalog, lab: str, bot: str) -> Reader:
    route = enrolment_route(Pages(catalog, Lab(lab, ZoneInfo("UTC"), "en")), lambda: bot)
    return Reader(await route.endpoint(request(token=TOKEN)))


@settings(max_examples=settings().max_examples // 4)  # each draws a QR code
@given(NAMES, NAMES)
@example("</title><script>alert(1)</script>", '"><img src=x onerror=alert(1)>')
async def test_the_names_of_laboratory_and_bot_are_words_on_the_enrolment_page(
    catalog: Catalog, lab: str, bot: str
) -> None:
    page = await enrolment(catalog, lab, bot)
    plain = await enrolment(catalog, "Lab", "Bot")
    assert [one for one in page.elements if one[0] != "path"] == [
        one for one in plain.elements if one[0] != "path"
    ]
    assert page.words.count(lab) >= plain.words.count("Lab")
    assert catalog.say("page.enrol.typed", "en", bot=bot) in page.words


@given(NAMES)
@pytest.mark.parametrize("kind", ["soon", "missing", "refused", "sorry"])
def test_the_name_of_the_laboratory_is_words_on_every_other_page(
    catalog: Catalog, kind: str, lab: str
) -> None:
    pages = [
        Reader(Pages(catalog, Lab(name, ZoneInfo("UTC"), "en")).word(request(), kind, 404))
        for name in (lab, "Lab")
    ]
    assert pages[0].elements == pages[1].elements
    assert catalog.say(f"page.{kind}.text", "en", lab=lab) in pages[0].words
