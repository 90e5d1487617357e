"""Tests of the built site's search in Chromium: its first hit answers the question."""

from __future__ import annotations

import functools
import http.server
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By

from tests.chromium import chromium, complaints
from tests.docs.site import SITE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
QUESTIONS = Path(__file__).with_name("questions.toml")

# The page draws hits some time after the search's worker has replied, and asks the worker for more
# when there is room. Note the best hit of each question, so that none is taken for another's.
_WATCH_THE_WORKER = """
const waiting = [];
window.best = new Map();
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data: { type, data } }) => {
      if (type !== 3) return;
      const { input, page } = waiting.shift();
      if (!page) best.set(input, data.items[0]?.id);
    });
  }
  postMessage(message, ...more) {
    if (message.type === 2) waiting.push(message.data);
    super.postMessage(message, ...more);
  }
};
"""
_ASK = """
const [questions, done] = arguments;
const until = async (condition) => {
  while (!condition()) await new Promise((resume) => setTimeout(resume, 5));
};
(async () => {
  await until(() => document.activeElement.shadowRoot?.querySelector("input"));
  const dialog = document.activeElement.shadowRoot;
  // What is blurred or moves costs a slow machine half a second a question.
  const plain = "* { backdrop-filter: none !important; transition: none !important }";
  dialog.append(Object.assign(document.createElement("style"), { textContent: plain }));
  const field = dialog.querySelector("input");
  const hits = {};
  for (const question of questions) {
    field.value = question;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => best.has(question));
    const id = best.get(question);
    const first = () => dialog.querySelector("li a");
    if (id !== undefined) await until(() => first()?.id.endsWith(`-${id}`));
    hits[question] = id === undefined ? "no hit" : first().href;
  }
  done(hits);
})();
"""


def _newest(*folders: Path) -> float:
    files = (path for folder in folders for path in (folder, *folder.rglob("*.*")))
    return max(path.stat().st_mtime for path in files)


@pytest.fixture(scope="module")
def site() -> Path:
    """Return the site that `make docs` built; build it if a page is newer."""
    index = SITE / "search.json"
    sources = _newest(ROOT / "docs", ROOT / "overrides", ROOT / "zensical.toml")
    if not index.is_file() or index.stat().st_mtime < sources:
        zensical = Path(sys.executable).with_name("zensical")
        subprocess.run([zensical, "build", "--clean"], cwd=ROOT, check=True, capture_output=True)
    return SITE


@pytest.fixture(scope="module")
def site_url(site: Path) -> Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.exhaustive("site")
@pytest.mark.timeout(170)  # 16 s beside fifteen busy processes, and 20 s more to build
def test_the_first_hit_of_each_question_is_the_page_that_answers_it(
    site_url: str, tmp_path: Path
) -> None:
    answers = tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["answers"]
    expected = {question: page for page, questions in answers.items() for question in questions}

    with chromium(tmp_path) as browser:
        browser.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH_THE_WORKER}
        )
        browser.get(site_url)
        browser.find_element(By.CSS_SELECTOR, ".md-search__button").click()
        browser.set_script_timeout(120)
        hits = browser.execute_async_script(_ASK, list(expected))
        assert complaints(browser) == []

    wrong = {
        question: hits[question].removeprefix(site_url)
        for question, page in expected.items()
        if not hits[question].startswith(site_url + page.removesuffix(".md") + "/")
    }
    assert wrong == {}
