"""The result as a JUnit file, which CI servers show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_contract.rehearsal.verdicts import RehearsalResult, ScenarioResult
    from convergia_contract.rehearsal.wording import Wording

# XML 1.0 does not allow these characters, even as references.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SKIPPED = {"not-asked": "not_asked", "not-triggered": "not_triggered"}


def write_junit(result: RehearsalResult, words: Wording, path: Path) -> None:
    """Write one test case for each scenario. Remarks go to its `system-out`.

    Raises:
        OSError: the file cannot be written.
    """
    suite = ET.Element("testsuite", name="convergia rehearse", time=str(result.seconds))
    suite.set("timestamp", result.started)
    for each in result.scenarios:
        _case(suite, each, words)
    for deviation in result.gone:
        name = f"expected {deviation.rule} in {deviation.scenario}"
        case = ET.SubElement(suite, "testcase", classname="rehearsal.expected", name=name)
        ET.SubElement(case, "failure", message=_plain(words.page["gone"]))
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for kind, attribute in (("failure", "failures"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("errors", "0")
    root = ET.Element("testsuites")
    root.append(suite)
    path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _case(suite: ET.Element, result: ScenarioResult, words: Wording) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname="rehearsal",
        name=result.scenario.name,
        time=str(result.seconds),
    )
    if result.verdict in _SKIPPED:
        ET.SubElement(case, "skipped", message=words.page[_SKIPPED[result.verdict]])
    told = []
    failures = []
    for breach in result.breaches:
        line = f"{breach.rule}: {words.breach(breach.rule, breach.values)}"
        if breach.severity == "failure" and breach.accepted is None:
            failures.append(f"{line}\n{words.rule[breach.rule].cure}")
        else:
            told.append(line)
    if failures:
        failure = ET.SubElement(case, "failure", message=_plain(failures[0].splitlines()[0]))
        failure.text = _plain("\n\n".join(failures))
    for performance in result.performances:
        if performance.program is not None and (failures or told):
            told.append(performance.program.output)
    if told:
        ET.SubElement(case, "system-out").text = _plain("\n".join(told))


def _plain(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
