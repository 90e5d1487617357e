"""Tests of the portal in a real Chromium. The screenshots are kept in artifacts/."""

from __future__ import annotations

import itertools
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.chromium import chromium, complaints
from tests.mockserver.gateway.calls import send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convergia_mockserver import MockServer
    from convergia_mockserver.gateway import Space

ARTIFACTS = Path(__file__).parents[3] / "artifacts"
HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


class Screen:
    """A visitor with Chromium."""

    def __init__(self, driver: webdriver.Chrome, root: str) -> None:
        self.driver = driver
        self.root = root

    def open(self, page: str = "") -> None:
        self.driver.get(self.root + page)

    def until(self, condition: Callable[[], object]) -> None:
        # The list is replaced while it is read.
        wait = WebDriverWait(self.driver, 15, ignored_exceptions=[StaleElementReferenceException])
        wait.until(lambda _: condition())

    def all(self, selector: str) -> list[str]:
        return [each.text for each in self.driver.find_elements(By.CSS_SELECTOR, selector)]

    def press(self, *keys: str) -> None:
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def keep(self, name: str) -> None:
        ARTIFACTS.mkdir(exist_ok=True)
        self.driver.save_screenshot(str(ARTIFACTS / f"portal-{name}.png"))


@pytest.fixture
def screen(driver: webdriver.Chrome, server: MockServer, space: Space) -> Iterator[Screen]:
    """A visitor who logged in as demo, in a window of the usual size."""
    driver.set_window_size(1280, 860)
    visitor = Screen(driver, server.url_for("portal", space.name))
    visitor.open("?language=es&theme=light")
    driver.find_element(By.ID, "account").send_keys("demo")
    driver.find_element(By.ID, "password").send_keys("demo", Keys.ENTER)
    visitor.until(lambda: visitor.all(".live.is-on"))
    complaints(driver)
    yield visitor
    assert complaints(driver) == []
    driver.get("about:blank")


def test_a_message_appears_by_itself(screen: Screen, space: Space, server: MockServer) -> None:
    query = {"username": "demo", "password": "demo", "number": "525512345678", "message": "¡Ya!"}
    url = server.url_for("http", space.name) + "?" + urllib.parse.urlencode(query)
    with urllib.request.urlopen(url, timeout=30) as reply:
        reply.read()
    screen.until(lambda: "¡Ya!" in screen.all(".row .text"))
    screen.keep("inbox")


def test_a_state_change_appears_on_the_open_page(screen: Screen, space: Space) -> None:
    answer = send(space)
    screen.until(lambda: screen.all(".row"))
    space.inbox.set_state(str(answer.message_id), 2)
    screen.until(lambda: any("Fallido" in chip for chip in screen.all(".row .chip")))


def test_the_keyboard_moves_opens_and_goes_back(screen: Screen, space: Space) -> None:
    for text in ("older", "newer"):
        send(space, message=text)
    screen.open()
    screen.until(lambda: len(screen.all(".row")) == 2)
    screen.press("j", "j", Keys.ENTER)
    screen.until(lambda: screen.all(".bubble") == ["older"])
    screen.keep("message")
    screen.press(Keys.ESCAPE)
    screen.until(lambda: screen.driver.current_url == screen.root)
    screen.press("/")
    assert screen.driver.switch_to.active_element.get_attribute("id") == "q"


def test_a_question_mark_shows_the_keys_and_escape_hides_them(screen: Screen) -> None:
    screen.press("?")
    screen.until(lambda: screen.all("dialog[open] kbd"))
    screen.press(Keys.ESCAPE)
    screen.until(lambda: not screen.all("dialog[open]"))


def test_hostile_text_runs_nothing(screen: Screen, space: Space) -> None:
    answer = send(space, message=HOSTILE, extra=HOSTILE)
    for page in ("", "report", f"messages/{answer.message_id}"):
        screen.open(page)
        assert "owned" not in screen.driver.title
        assert "onerror=" in screen.driver.find_element(By.TAG_NAME, "main").text


def test_a_narrow_page_does_not_scroll_sideways(screen: Screen, space: Space) -> None:
    send(space, message="x" * 150, extra="y" * 3000)
    screen.driver.set_window_size(500, 860)
    measured = "return [document.documentElement.scrollWidth, innerWidth]"
    pages = itertools.product(["", "requests", "report", "send"], ["es", "en"])
    for (page, language), theme in zip(pages, itertools.cycle(["light", "dark", "dark", "light"])):
        screen.open(f"{page}?language={language}&theme={theme}")
        width, room = screen.driver.execute_script(measured)
        screen.keep(f"narrow-{page or 'inbox'}-{language}-{theme}")
        assert width <= room, (page, language, theme)


def test_long_values_do_not_widen_the_page(screen: Screen, space: Space) -> None:
    send(space, message="Hola € " + "x" * 150, extra="y" * 3000, number="525512345678")
    screen.open()
    places = (
        "return [...document.querySelectorAll(arguments[0])]"
        ".map(each => each.getBoundingClientRect().toJSON())"
    )

    def boxes(selector: str) -> list[dict[str, float]]:
        return screen.driver.execute_script(places, selector)  # type: ignore[no-any-return]

    (text,) = boxes(".row .text")
    assert text["width"] > 150  # the marks do not eat it
    (when,) = boxes(".row .when")
    assert when["right"] <= 1280
    screen.open("report")
    (outcome,) = boxes(".messages td.outcome .chip")
    assert outcome["right"] <= 1280
    assert len({round(label["top"]) for label in boxes(".filters label")}) == 1


@pytest.mark.exhaustive("variants")
def test_the_chart_is_legible_on_a_telephone(screen: Screen, space: Space) -> None:
    send(space)
    narrow = {"width": 390, "height": 860, "deviceScaleFactor": 1, "mobile": True}
    screen.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    try:
        screen.open("report")
        heights = screen.driver.execute_script(
            "return [...document.querySelectorAll('.chart .axis')]"
            ".map(e => e.getBoundingClientRect().height).filter(Boolean)"
        )
        width = screen.driver.execute_script("return document.documentElement.scrollWidth")
    finally:
        screen.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert heights
    assert min(heights) >= 10
    assert width <= 390
