"""What a dispatcher does, step by step."""

import re

from playwright.sync_api import Page, expect


def log_in(page: Page, base_url: str) -> None:
    """As the demo's dispatcher; the board is live when this returns."""
    page.goto(base_url)
    page.get_by_label("User name").fill("dispatcher")
    page.get_by_label("Password").fill("dispatcher-demo")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#link-state")).to_have_text("Live")


def report(page: Page, message: str) -> None:
    """By the form; the incident's page is open when this returns."""
    page.get_by_role("link", name="New incident").click()
    page.get_by_label("What is reported?").fill(message)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name=re.compile("Incident"))).to_be_visible()
