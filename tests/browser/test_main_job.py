"""All the way, as a dispatcher: log in, report, see level 0 on top, watch the draft, approve."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.steps import log_in, report

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(300)]


def test_from_the_report_to_the_approved_draft(page, served):
    log_in(page, served.base_url)
    expect(page.locator("#engine-state")).to_have_text(re.compile("loading|ready"))
    report(page, "need my tablets renewed, feeling fine")
    report(page, "My father collapsed, he is not breathing")
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


def test_a_line_that_drops_messages_and_breaks_loses_nothing(page, served):
    seen = {"deltas": 0, "broken": 0}

    def proxy(socket):
        server = socket.connect_to_server()

        def pass_on(message):
            if '"draft.delta"' in message:
                seen["deltas"] += 1
                if seen["deltas"] == 1:
                    return  # lost
                if seen["deltas"] == 2:
                    seen["broken"] += 1
                    socket.close()
                    return
            socket.send(message)

        server.on_message(pass_on)

    page.route_web_socket(re.compile("/ws/"), proxy)
    log_in(page, served.base_url)
    report(page, "My mother has chest pressure and cold sweat, 71, 3 Harbour Road")
    for _ in range(5):  # a draft may be written before its page listens: ask for another
        expect(page.locator("#approve")).to_be_visible(timeout=120_000)
        if seen["broken"]:
            break
        page.get_by_role("button", name="Ask for another draft").click()
    expect(page.locator("#draft-status")).to_have_text("complete")
    assert seen["broken"] == 1, seen
    shown = page.locator("#draft-text").text_content()
    page.reload()  # the page as the server writes it, from the database
    assert page.locator("#draft-text").text_content() == shown
    assert "Raise the level if:" in shown
