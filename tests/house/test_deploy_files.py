"""Tests that deploy/ and docs/operate.md agree with the commands."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from convergia_mockserver import World
from convergia_mockserver.admin.metrics import exposition
from convergia_mockserver.cli.mockserver import mockserver
from convergia_sms.cli.worker import worker
from convergia_sms.outbox import Outbox
from convergia_sms.outbox.metrics import WorkerMetrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operate.md").read_text(encoding="utf-8")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((ROOT / "deploy/alerts.yml").read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


def metrics(tmp_path: Path) -> set[str]:
    with Outbox(f"sqlite:///{tmp_path}/outbox.db") as outbox:
        families = list(WorkerMetrics(outbox).registry.collect())
    names = {family.name for family in families}
    return names | {f"{each.name}_total" for each in families if each.type == "counter"}


def test_every_alert_asks_for_metrics_that_there_are(tmp_path: Path) -> None:
    known = metrics(tmp_path)
    for rule in rules():
        asked = set(re.findall(r"convergia_outbox_[a-z_]+", rule["expr"]))
        assert asked
        assert asked <= known, rule["alert"]


def test_the_page_says_what_to_do_for_every_alert_and_names_every_metric(tmp_path: Path) -> None:
    assert set(re.findall(r"`(Convergia[A-Za-z]+)`", PAGE)) == {rule["alert"] for rule in rules()}
    said = set(re.findall(r"`(convergia_outbox_[a-z_]+)", PAGE))
    assert {name.removesuffix("_total") for name in said} == {
        name.removesuffix("_total") for name in metrics(tmp_path)
    }


UNITS = {"convergia-worker": worker, "convergia-mockserver": mockserver}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_starts_its_command_with_options_that_it_has(name: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    text = (ROOT / f"deploy/{name}.service").read_text(encoding="utf-8")
    unit.read_string(text.replace("\\\n", " "))
    command = unit["Service"]["ExecStart"].split()
    assert command[0].endswith("/convergia")
    assert command[1] == UNITS[name].name
    options = {each for parameter in UNITS[name].params for each in parameter.opts}
    assert {each for each in command if each.startswith("--")} <= options


def test_a_worker_has_longer_to_stop_than_a_call_takes() -> None:
    text = (ROOT / "deploy/convergia-worker.service").read_text(encoding="utf-8")
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    assert int(seconds) > 60


@pytest.mark.parametrize("name", UNITS)
def test_systemds_own_tool_has_nothing_to_say_of_a_unit(name: str, tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("no systemd-analyze (Debian: systemd)")
    text = (ROOT / f"deploy/{name}.service").read_text(encoding="utf-8")
    # It looks whether the program is there.
    text = text.replace("/opt/convergia-sms/bin/convergia", sys.executable)
    file = tmp_path / f"{name}.service"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)  # it would warn of another mode
    done = subprocess.run([tool, "verify", file], capture_output=True, text=True, check=False)
    # An unknown setting is only a warning, which names the file.
    assert (done.returncode, name in done.stderr) == (0, False), done.stderr


def test_the_companys_page_names_the_metrics_that_there_are(tmp_path: Path) -> None:
    page = (ROOT / "docs/company.md").read_text(encoding="utf-8")
    known = re.findall(r"^# TYPE (convergia_\w+)", exposition(World()), re.MULTILINE)
    assert known
    assert set(re.findall(r"`(convergia_mockserver_\w+)", page)) == set(known)


def test_prometheus_own_tool_takes_the_companys_job(tmp_path: Path) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("no promtool (Debian: prometheus)")
    page = (ROOT / "docs/company.md").read_text(encoding="utf-8")
    (job,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "prometheus.yml"
    file.write_text(job)
    subprocess.run([tool, "check", "config", "--syntax-only", file], check=True)


def test_prometheus_own_tool_takes_the_alerts() -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("no promtool (Debian: prometheus)")
    subprocess.run([tool, "check", "rules", ROOT / "deploy/alerts.yml"], check=True)


# What a worker shows for an hour, and the alerts that have fired by then.
# A store that is away hides the gauges that come from it.
SITUATIONS: dict[str, tuple[dict[str, int | str], set[str]]] = {
    "all is well": ({"waiting{reason='store'}": 0, "workers": 1}, set()),
    "no worker is there": ({}, {"ConvergiaNoWorker"}),
    "its lease was lost": (
        {"waiting{reason='store'}": 0, "workers": 0},
        {"ConvergiaNoWorker"},
    ),
    "the store is away": ({"waiting{reason='store'}": 1}, {"ConvergiaStoreAway"}),
    "nothing gets through": (
        {"waiting{reason='breaker'}": 1, "workers": 1},
        {"ConvergiaBreakerOpen"},
    ),
    "nobody has decided": (
        {"waiting{reason='store'}": 0, "workers": 1, "messages{state='unknown'}": 2},
        {"ConvergiaUnknownMessages"},
    ),
    "the queue is old": (
        {"waiting{reason='window'}": 0, "workers": 1, "oldest_seconds{state='queued'}": 901},
        {"ConvergiaQueueIsOld"},
    ),
    "the window is closed": (
        {"waiting{reason='window'}": 1, "workers": 1, "oldest_seconds{state='queued'}": 901},
        set(),
    ),
    "the gateway rejects": (
        {
            "waiting{reason='store'}": 0,
            "workers": 1,
            "outcomes_total{event='reject',code='201'}": "60+60",
        },
        {"ConvergiaRejected"},
    ),
}


def test_every_alert_fires_when_its_time_has_come_and_no_other_does(tmp_path: Path) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("no promtool (Debian: prometheus)")
    tests = []
    for name, (shown, firing) in SITUATIONS.items():
        series = [
            {
                "series": f"convergia_outbox_{each}",
                "values": f"{value}x90" if "+" in str(value) else f"{value}+0x90",
            }
            for each, value in shown.items()
        ]
        tests.append(
            {
                "name": name,
                "interval": "1m",
                "input_series": series,
                "promql_expr_test": [
                    {
                        "expr": "count by (alertname) (ALERTS{alertstate='firing'})",
                        "eval_time": "1h",
                        "exp_samples": [
                            {"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in firing
                        ],
                    }
                ],
            }
        )
    assert set().union(*(firing for _, firing in SITUATIONS.values())) == {
        rule["alert"] for rule in rules()
    }
    file = tmp_path / "test.yml"
    rule_file = str(ROOT / "deploy/alerts.yml")
    file.write_text(yaml.safe_dump({"rule_files": [rule_file], "tests": tests}))
    done = subprocess.run(
        [tool, "test", "rules", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_shows_metrics_that_there_are_and_nothing_twice(tmp_path: Path) -> None:
    board = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text(encoding="utf-8"))
    known = metrics(tmp_path) | {"convergia_outbox_send_seconds_bucket"}
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    shown = {name for expr in asked for name in re.findall(r"convergia_outbox_[a-z_]+", expr)}
    assert shown <= known
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    # What an alert is about can be seen.
    for rule in rules():
        assert set(re.findall(r"convergia_outbox_[a-z_]+", rule["expr"])) <= shown


def test_prometheus_own_parser_takes_the_dashboards_questions(tmp_path: Path) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("no promtool (Debian: prometheus)")
    board = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    as_rules = [{"record": f"r{at}", "expr": expr} for at, expr in enumerate(asked)]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": as_rules}]}))
    subprocess.run([tool, "check", "rules", file], check=True)
