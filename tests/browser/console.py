"""Uses the console as a person does, in Debian's chromium: sends an event, watches it arrive, opens it, sees the change.

Usage: console.py LINK [FOLDER]           LINK is what `signalbox up` prints; pictures go to FOLDER
       console.py judge BASE COOKIE PATH..  only judges pages of a console that has let a browser with this cookie in

Prints the event that it has sent. Ends with 1 and says what is wrong: a page with a finding of axe-core, one that is
wider than its window, a message of the browser, or a request that goes elsewhere.
"""

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
# What is waited for comes in a second or two. A machine that has other work may take longer; no test depends on how long.
PATIENCE_MS = 300_000
SCHEMES = ["light", "dark"]
WIDTHS = [1280, 400]

wrong = []


def watched(context, base):
    """A page of which each message, error and request to another place is noted."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda it: wrong.append(f"{page.url}: the browser says: {it.text}"))
    page.on("pageerror", lambda it: wrong.append(f"{page.url}: a script failed: {it}"))
    page.on("request", lambda it: it.url.startswith(base + "/") or wrong.append(f"{page.url} asks {it.url}"))
    return page


def picture(page, folder, name):
    if folder:
        page.screenshot(path=folder / f"{name}.png", full_page=True)


def send_and_watch(context, base, link, folder):
    """Sends the first sample, with an id of its own; the event's page, and its id."""
    events = watched(context, base)
    events.goto(link)
    assert events.url == base + "/", f"the token is still in the address: {events.url}"
    events.get_by_text("Live: new events appear here by themselves").wait_for()

    look_away(events, True)
    form = watched(context, base)
    form.goto(base + "/send")
    event = json.loads(form.input_value("#event"))
    event["id"] = "7bf73129-1428-4cd3-a780-95db273d1602"
    form.fill("#event", json.dumps(event))
    form.get_by_role("button", name="Send the event").click()
    form.get_by_role("heading", name="What the functions answered").wait_for()
    picture(form, folder, "sent")

    assert events.locator("tr.new").count() == 0, "the hidden page reads on"
    look_away(events, False)
    row = events.locator("tr.new", has_text="applied")
    row.wait_for()
    picture(events, folder, "arrived")
    row.get_by_role("link").first.click()
    events.get_by_role("heading", name="Plan and steps").wait_for()
    picture(events, folder, "opened")
    return events, event


def look_away(page, is_hidden):
    """Has the page believe that it is hidden, or that it is looked at again."""
    page.evaluate("""it => {
        Object.defineProperty(document, "hidden", {value: it, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }""", is_hidden)
    if is_hidden:
        page.get_by_text("Paused while this page is hidden").wait_for()


def use_the_keyboard(context, base):
    """The first key leads past the navigation; the search is sent without a mouse."""
    page = watched(context, base)
    page.goto(base + "/audit")
    page.keyboard.press("Tab")
    focused = "document.activeElement.textContent"
    assert page.evaluate(focused) == "Skip to the content", page.evaluate(focused)
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'main'")
    page.goto(base + "/")
    page.get_by_label("About").focus()
    page.keyboard.type("no-such-thing")
    page.keyboard.press("Enter")
    page.wait_for_url("**about=no-such-thing*")
    page.locator("#found tbody tr").wait_for(state="detached")


def search_an_audit(context, base):
    """The first audit of the list, and a search in it by the keyboard; the address of the audit."""
    page = watched(context, base)
    page.goto(base + "/audit")
    page.locator("#found tbody a").first.click()
    page.get_by_role("heading", name="Audit of a resource").wait_for()
    audit = page.url
    page.get_by_label("Item").focus()
    page.keyboard.type("no-such-thing")
    page.keyboard.press("Enter")
    page.wait_for_url("**text=no-such-thing*")
    page.wait_for_function("document.querySelectorAll('#found tbody tr').length === 0")
    assert "resource=" in page.url, f"the search has left the audit: {page.url}"
    return audit


def judge(browser, base, state, paths, folder):
    """Each page in light and dark, narrow and wide."""
    for scheme in SCHEMES:
        for width in WIDTHS:
            size = {"width": width, "height": 900}
            context = browser.new_context(viewport=size, color_scheme=scheme, storage_state=state)
            page = watched(context, base)
            for path in paths:
                page.goto(base + path)
                where = f"{path} ({scheme}, {width} pixels)"
                found = Axe().run(page)
                if found.violations_count:
                    wrong.append(f"{where}: {found.generate_report()}")
                if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    wrong.append(f"{where}: it is wider than its window")
                picture(page, folder, f"{scheme}-{width}-{urlsplit(path).path.strip('/') or 'events'}")
            context.close()


def use_without_scripts(browser, base, state, paths):
    """Reads each page, searches, and sends an event where no script runs."""
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = watched(context, base)
    for path in paths:
        answer = page.goto(base + path)
        if answer.status != 200 or not page.locator("h1").inner_text():
            wrong.append(f"{path} without scripts: {answer.status}")
    page.goto(base + "/")
    page.get_by_label("About").fill("no-such-thing")
    page.get_by_label("About").press("Enter")
    page.wait_for_url("**about=no-such-thing*")
    if page.locator("#found tbody tr").count():
        wrong.append("a search without scripts finds what it was not asked for")
    page.goto(base + "/send")
    page.get_by_role("button", name="Send the event").click()
    page.get_by_role("heading", name="What the functions answered").wait_for()
    context.close()


def started(playwright):
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


def judge_only(base, cookie, paths):
    """The pages of a console that a browser with this cookie was let in to."""
    name, value = cookie.split("=", 1)
    with sync_playwright() as playwright:
        browser = started(playwright)
        context = browser.new_context()
        context.add_cookies([{"name": name, "value": value, "url": base}])
        judge(browser, base, context.storage_state(), paths, None)
        browser.close()


def main(link, folder):
    base = link.split("/?")[0]
    with sync_playwright() as playwright:
        browser = started(playwright)
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        event_page, event = send_and_watch(context, base, link, folder)
        steps = event_page.locator("main").inner_text()
        paths = event_page.locator("nav[aria-label=Pages] a").evaluate_all("links => links.map(it => it.getAttribute('href'))")
        paths.append(event_page.url.removeprefix(base))
        event_page.get_by_role("link", name="Show the trace").click()
        event_page.get_by_role("heading", name="Trace", exact=True).wait_for()
        paths.append(event_page.url.removeprefix(base).split("#")[0])
        use_the_keyboard(context, base)
        paths.append(search_an_audit(context, base).removeprefix(base))
        state = context.storage_state()
        judge(browser, base, state, paths, folder)
        use_without_scripts(browser, base, state, paths)
        browser.close()
    print(json.dumps({"event": event, "steps": steps, "pages": len(paths)}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["judge", base, cookie, *paths]:
            judge_only(base, cookie, paths)
        case [link, *folder]:
            main(link, Path(folder[0]) if folder else None)
    if wrong:
        sys.exit("\n".join(dict.fromkeys(wrong)))
