"""Tests that the Spanish catalogue has every text that the command shows."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from convergia_sms.cli._translation import PLACEHOLDER, Translation, read_catalogue

from tests.language.texts import CATALOGUE, ROOT
from tests.language.update import known_catalogue, translations, written_catalogue

if TYPE_CHECKING:
    from convergia_sms.cli._translation import CatalogueText

# What a reader types, or sees in another place, is the same in both languages.
_VERBATIM = re.compile(
    r"`convergia [^`]*`|CONVERGIA_[A-Z_]+|(?<!\w)--[a-z][\w-]+|\.(?:csv|xlsx|jsonl)\b"
)
# Names of values that stand in a command, which help pages write in Spanish.
_VALUES = {"FILE": "ARCHIVO", "NUMBER": "NÚMERO", "TEXT": "TEXTO"}


# A number and what is counted, such as `{0} rows` or `{0} of the queued messages`. Behind a name
# stands a verb. No limit is 1: it stands behind `at most`, `than`, `0 to` or the like.
_VERBS = (
    "accepts answers breaks contains does has keeps mix names offers pays repeats requires serves"
    " shortens shows stands takes was"
)
_NO_VERB = rf"(?!(?:{_VERBS.replace(' ', '|')})\b)"
_COUNT = re.compile(
    rf"(?<!than )(?<!most )(?<!least )(?<!\d and )(?<!\d to )\{{\d\}}"
    rf"(?: of(?: the| \{{\d\}})?)?(?: {_NO_VERB}[a-z]+)?? {_NO_VERB}[a-z]{{2,}}s\b"
)
# The texts of counts that are never 1.
_NEVER_ONE = {
    "a body of {0} characters, which is too long",
    "regex: its repetitions compile to {0} nodes, more than the {1} that are allowed; repeat less",
    "the key has {0} characters; the most is {1}",
    "the {0} has {1} characters; the most is {2}",
    "there are already {0} scripts; delete some",
    "too long: {0} digits, where Mexico has {1} behind {2}",
    "too short: Mexican numbers have {0} digits{1}, area code first",
    "{0} operations could be {1}: {2}",
    "{0} requests in a row had no complete reply",
    "… ({0} bytes)",
    '{0}: binding.{1}: {2} operations have the parts {3}. Name one: operation = "…"',
}


@pytest.fixture(scope="module")
def entries() -> list[CatalogueText]:
    return list(read_catalogue(CATALOGUE.read_text(encoding="utf-8")))


def test_the_catalogue_is_what_make_texts_writes() -> None:
    assert CATALOGUE.read_bytes().decode() == written_catalogue(known_catalogue()).decode(), (
        "texts have changed: run `make texts`, then translate what it lists"
    )


def test_every_text_has_a_reviewed_spanish_translation() -> None:
    assert [text for text, spanish in translations(known_catalogue()).items() if not spanish] == []
    assert [each.id for each in known_catalogue() if each.id and each.fuzzy] == []


def test_a_count_has_a_singular_unless_it_is_never_1() -> None:
    found = {
        text
        for each in known_catalogue()
        if not each.pluralizable
        and _COUNT.search(text := str(each.id))
        and {place for place, _ in each.locations} != {"click"}
    }
    assert found == _NEVER_ONE, (
        "write the singular with `counted`; if a verb is taken for a plural, add it to _VERBS"
    )


def test_the_command_reads_what_babel_reads(entries: list[CatalogueText]) -> None:
    read = {(each.context, each.english): each.spanish for each in entries}
    assert read == translations(known_catalogue())
    assert len(read) == len(entries)


def test_a_translation_keeps_values_commands_options_and_edges(
    entries: list[CatalogueText],
) -> None:
    for each in entries:
        english, spanish = each.english, each.spanish
        assert sorted(PLACEHOLDER.findall(english)) == sorted(PLACEHOLDER.findall(spanish)), each
        for kind in (english, spanish):
            assert "\t" not in kind or "\n" in kind, each
        assert sorted(_verbatim(english)) == sorted(_verbatim(spanish)), each
        for edge in (slice(1), slice(-1, None)):
            assert (english[edge] == " ") == (spanish[edge] == " "), each
        assert english.endswith(".") == spanish.endswith("."), each


def _verbatim(text: str) -> list[str]:
    for english, spanish in _VALUES.items():
        text = re.sub(rf" {english}\b", f" {spanish}", text)
    return _VERBATIM.findall(text)


def test_every_text_finds_its_own_translation(entries: list[CatalogueText]) -> None:
    translation = Translation(entries)
    for each in entries:
        if each.context:
            continue
        values = {number: f"«{number}»" for number in PLACEHOLDER.findall(each.english)}
        english, spanish = (
            PLACEHOLDER.sub(lambda found, values=values: values[found[1]], text)  # type: ignore[misc]
            for text in (each.english, each.spanish)
        )
        assert translation.text(english) == spanish, each


def test_people_are_spoken_to_by_functions_that_translate() -> None:
    """A line printed by click itself would stay English."""
    by_click = re.compile(r"secho|prompt|confirm")
    found = []
    for module in sorted((ROOT / "client/convergia_sms/cli").rglob("*.py")):
        if module.name in ("_output.py", "_failures.py", "_log_lines.py"):
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("click.")):
                continue
            name = ast.unparse(node.func).removeprefix("click.")
            to_errors = name == "echo" and any(each.arg == "err" for each in node.keywords)
            if by_click.fullmatch(name) or to_errors:
                found.append(f"{module.name}:{node.lineno}")
    assert found == []
