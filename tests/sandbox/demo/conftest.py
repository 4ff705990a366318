"""A Chromium and a demo for the module, with the real bot behind it, and a page that shows it."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from sandbox.demo import demo

CHROMIUM = "/usr/bin/chromium"

_PATIENCE = 20_000
expect.set_options(timeout=_PATIENCE)  # drawing the first digest takes seconds on a busy machine


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    if shutil.which(CHROMIUM) is None:
        words = f"The demo page is tested in Chromium, and there is none at {CHROMIUM}."
        if os.environ.get("LABVOICE_TESTS_MUST_NOT_SKIP") == "1":
            pytest.fail(words)
        pytest.skip(words)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--headless"]
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo_url() -> AsyncIterator[str]:
    async with demo(0) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="module")
async def page(chromium: Browser, demo_url: str) -> AsyncIterator[Page]:
    """The page of a demo in which other tests may have done things."""
    async with opened(chromium, demo_url) as page:
        yield page
        if await page.locator(".modal").count():
            await page.locator(".modal").get_by_role("button", name="Close").first.click()
            await page.locator(".modal").wait_for(state="detached")


@pytest_asyncio.fixture(loop_scope="module")
async def fresh_page(chromium: Browser) -> AsyncIterator[Page]:
    """The page of a demo in which nothing has happened yet."""
    async with demo(0) as url, opened(chromium, url) as page:
        yield page


@asynccontextmanager
async def opened(chromium: Browser, url: str) -> AsyncIterator[Page]:
    """The page at the size of a laptop's screen; a script error on it fails the test."""
    context = await chromium.new_context(
        viewport={"width": 1440, "height": 900}, reduced_motion="reduce", color_scheme="light"
    )
    page = await context.new_page()
    page.set_default_timeout(_PATIENCE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    await page.goto(url)
    await page.locator("html[data-live=yes]").wait_for()
    yield page
    await context.close()
    assert errors == []
