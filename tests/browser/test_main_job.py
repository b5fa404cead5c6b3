"""All the way, as a dispatcher: log in, report, see level 0 on top, watch the draft, approve."""

import re

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.services import find_chromium

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(300)]
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        yield page
        browser.close()


def _log_in(page: Page, base_url: str) -> None:
    page.goto(base_url)
    page.get_by_label("User name").fill("dispatcher")
    page.get_by_label("Password").fill("dispatcher-demo")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#link-state")).to_have_text("Live")


def _report(page: Page, message: str) -> None:
    page.get_by_role("link", name="New incident").click()
    page.get_by_label("What is reported?").fill(message)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name=re.compile("Incident"))).to_be_visible()


def test_from_the_report_to_the_approved_draft(page, embedded_product):
    embedded_product.start_embedded()
    _log_in(page, embedded_product.base_url)
    expect(page.locator("#engine-state")).to_have_text(re.compile("loading|ready"))
    _report(page, "need my tablets renewed, feeling fine")
    _report(page, "My father collapsed, he is not breathing")
    incident_url = page.url
    expect(page.locator(".head .level-0")).to_be_visible(timeout=20_000)

    page.get_by_role("link", name="Board").click()
    top = page.locator("#rows tr").first
    expect(top).to_contain_text("My father collapsed")
    expect(top.locator(".level")).to_contain_text("0 Immediate")

    lengths: list[int] = []
    page.expose_function("noteLength", lambda length: lengths.append(length))
    page.add_init_script("""
        new MutationObserver(() => {
          const text = document.getElementById("draft-text");
          if (text) window.noteLength(text.textContent.length);
        }).observe(document, {subtree: true, childList: true, characterData: true});
    """)
    page.goto(incident_url)
    page.get_by_role("button", name="Ask for another draft").or_(
        page.locator("#draft-status[data-state=running]")
    ).first.wait_for(timeout=90_000)
    again = page.get_by_role("button", name="Ask for another draft")
    if again.is_visible():  # written before we looked: watch a second one grow
        again.click()
    expect(page.locator("#approve")).to_be_visible(timeout=90_000)
    expect(page.locator("#draft-text")).to_contain_text("Tell the caller:")
    assert len({length for length in lengths if length}) >= 3, "the draft came in one piece"

    page.locator("#approve").click()
    expect(page.locator("#review-outcome")).to_contain_text("Approved by dispatcher")
    assert page.errors == []
