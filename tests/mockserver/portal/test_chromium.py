"""The portal in a real browser: what only scripts, styles and a keyboard can show."""

from __future__ import annotations

import shutil
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convergia_mockserver import MockServer
    from convergia_mockserver.gateway import Space

ARTIFACTS = Path(__file__).parents[3] / "artifacts"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
    " --window-size=1280,900"
)
PATIENCE = 20


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("no Chromium here: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = browser
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = Chrome(options=options, service=Service(driver))
    yield running
    running.quit()


@pytest.fixture
def portal(chromium: Chrome, server: MockServer, space: Space) -> Iterator[Chrome]:
    """Logged in as demo, in a space of the test's own."""
    chromium.get(server.url_for("portal", space.name))
    chromium.find_element(By.NAME, "account").send_keys("demo")
    chromium.find_element(By.NAME, "password").send_keys("demo", Keys.ENTER)
    until(chromium, lambda: chromium.find_elements(By.ID, "live"))
    yield chromium
    # Leaving the page closes its stream of events before the server goes.
    chromium.get("about:blank")


def until(browser: Chrome, holds: Callable[[], object]) -> None:
    WebDriverWait(browser, PATIENCE, poll_frequency=0.05).until(lambda _: holds())


def send(server: MockServer, space: Space, text: str, number: str = "525512345678") -> None:
    query = {"username": "demo", "password": "demo", "number": number, "message": text}
    url = f"{server.url_for('http', space.name)}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url, timeout=PATIENCE):
        pass


def rows(browser: Chrome) -> list[str]:
    script = "return [...document.querySelectorAll('[data-rows] .row')].map(row => row.innerText)"
    found: list[str] = browser.execute_script(script)
    return found


def test_a_message_appears_in_the_inbox_by_itself(
    portal: Chrome, server: MockServer, space: Space
) -> None:
    until(portal, lambda: portal.find_elements(By.CSS_SELECTOR, "#live-light.is-on"))
    send(server, space, "Su pedido va en camino")
    until(portal, lambda: any("Su pedido va en camino" in row for row in rows(portal)))
    ARTIFACTS.mkdir(exist_ok=True)
    assert portal.save_screenshot(str(ARTIFACTS / "portal-inbox.png"))


def test_the_keyboard_moves_through_the_inbox_and_opens_a_message(
    portal: Chrome, server: MockServer, space: Space
) -> None:
    send(server, space, "uno")
    send(server, space, "dos")
    until(portal, lambda: len(rows(portal)) == 2)
    body = portal.find_element(By.TAG_NAME, "body")
    body.send_keys("j")
    until(portal, lambda: "dos" in portal.switch_to.active_element.text)
    portal.switch_to.active_element.send_keys("j")
    until(portal, lambda: "uno" in portal.switch_to.active_element.text)
    portal.switch_to.active_element.send_keys(Keys.ENTER)
    until(portal, lambda: "/messages/" in portal.current_url)
    assert "uno" in portal.find_element(By.TAG_NAME, "main").text


def test_hostile_text_is_shown_and_does_nothing(
    portal: Chrome, server: MockServer, space: Space
) -> None:
    hostile = (
        "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    )
    send(server, space, hostile)
    until(portal, lambda: any("<img src=x" in row for row in rows(portal)))
    assert portal.title != "owned"
    assert not portal.find_elements(By.CSS_SELECTOR, "main img")


def test_no_page_asks_for_what_its_policy_forbids(
    portal: Chrome, server: MockServer, space: Space
) -> None:
    _console(portal)
    send(server, space, "hola")
    for page in ("", "requests", "report?theme=dark&language=en", "send", "requests/1"):
        portal.get(f"{server.url_for('portal', space.name).rstrip('/')}/{page}")
    complaints = [entry["message"] for entry in _console(portal)]
    assert not complaints


def test_the_next_answer_is_scripted_with_a_button(
    portal: Chrome, server: MockServer, space: Space
) -> None:
    choice = portal.find_element(By.NAME, "answer")
    choice.find_element(By.CSS_SELECTOR, "option[value='code-109']").click()
    choice.find_element(By.XPATH, "./ancestor::form//button").click()
    until(portal, space.scripts.states)
    send(server, space, "hola")
    assert not space.messages
    assert space.coverage.faces["http"].send == {"109": 1}


def _console(browser: Chrome) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return entries
