"""One embedded product and one Chromium for the browser tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.services import find_chromium
from tests.services.environment import clean_environ
from tests.services.product import Product

FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The embedded mode, without sample incidents."""
    folder: Path = tmp_path_factory.mktemp("embedded")
    product = Product({**clean_environ(), "TRIAGE_VAR_DIR": str(folder / "var"), "FEED": "0"},
                      folder)  # fmt: skip
    product.start_embedded()
    yield product
    product.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh session; errors of its scripts fail the test."""
    context = browser.new_context()
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
