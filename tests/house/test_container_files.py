"""Containerfile, compose.yaml and Kubernetes' manifest agree with each other and with the commands.

`test_image` builds the images and runs them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import trustme
import yaml
from convergia_mockserver import MockServer, Tls
from convergia_mockserver.cli.mockserver import mockserver
from convergia_sms.cli.worker import worker

from tests.docs.page import steps
from tests.warm import PYTEST

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
MANIFEST: list[dict[str, Any]] = list(
    yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text(encoding="utf-8"))
)
PREFIX = "CONVERGIA_MOCKSERVER_"


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in MANIFEST if each["kind"] == kind}


def pods() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each deployment's pod, with its one container."""
    for deployment in of_kind("Deployment").values():
        pod = deployment["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        yield pod, container


def variables_of_the_mock_server() -> dict[str, str]:
    """Return the variables that the manifest sets, with files in the tree below `/`."""
    (container,) = (each for _, each in pods() if each["name"] == "mockserver")
    return {each["name"]: each["value"] for each in container["env"]}


def in_containerfile(instruction: str) -> list[Any]:
    """Return the JSON values of an instruction, in the order of the file."""
    found = re.findall(rf"^{instruction} (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    return [json.loads(each) for each in found]


def healthcheck() -> ModuleType:
    module = ModuleType("healthcheck")
    path = ROOT / "deploy/healthcheck.py"
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), module.__dict__)
    return module


def test_compose_is_valid_by_its_schema() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, ROOT / "compose.yaml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_compose_names_targets_and_health_checks_that_the_containerfile_has() -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)$", CONTAINERFILE, re.MULTILINE)
    own = {name: each for name, each in COMPOSE["services"].items() if "build" in each}
    assert set(own) == {"mockserver", "worker"}
    checks = [["CMD", *each] for each in in_containerfile("HEALTHCHECK CMD")]
    for name, service in own.items():
        # Without a target, the last stage is built.
        assert service["build"].get("target", stages[-1]) == name
        assert service["healthcheck"]["test"] in checks
        assert service["image"] == f"convergia-{name}"
        assert service["read_only"]
    # The mock server is called by its service's name.
    called = own["worker"]["environment"]["CONVERGIA_BASE_URL"]
    allowed = own["mockserver"]["environment"][f"{PREFIX}ALLOW_HOST"]
    assert called == f"http://{allowed}:8181"


@pytest.mark.parametrize(
    "variables",
    [
        COMPOSE["services"]["mockserver"]["environment"],
        variables_of_the_mock_server(),
        dict(re.findall(rf"({PREFIX}[A-Z_]+)=(\S+)", CONTAINERFILE)),
    ],
    ids=["compose", "kubernetes", "Containerfile"],
)
def test_every_variable_of_the_mock_server_is_an_option(variables: dict[str, str]) -> None:
    options = {name for option in mockserver.params for name in option.envvar or ()}
    assert {name for name in variables if name.startswith(PREFIX)} <= options
    assert any(name.startswith(PREFIX) for name in variables)


def test_the_containers_commands_have_options_that_there_are() -> None:
    (arguments,) = (each["args"] for _, each in pods() if "args" in each)
    commands = [*in_containerfile("CMD"), arguments]
    assert {each[0] for each in commands} == {"mockserver", "worker"}
    known = {name for parameter in worker.params for name in parameter.opts}
    for each in commands:
        assert {word for word in each if word.startswith("--")} <= known


def test_the_mock_server_takes_the_files_of_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "start").mkdir()
    for name, text in of_kind("Secret")["sms-sandbox"]["stringData"].items():
        (tmp_path / "secret" / name).write_text(text, encoding="utf-8")
    for name, text in of_kind("ConfigMap")["sms-sandbox"]["data"].items():
        (tmp_path / "start" / name).write_text(text, encoding="utf-8")
    mounted = {
        name: Path(value.replace("/etc/convergia-sms", str(tmp_path)))
        for name, value in variables_of_the_mock_server().items()
    }
    server = MockServer(
        start=mounted[f"{PREFIX}START"],
        accounts=mounted[f"{PREFIX}ACCOUNTS"],
        admin_tokens=mounted[f"{PREFIX}ADMIN_TOKEN_FILE"],
    )
    assert [each.name for each in server.world.settings.accounts] == ["demo"]


def test_everything_that_the_manifest_refers_to_exists() -> None:
    declared = {kind: of_kind(kind) for kind in ("Secret", "ConfigMap", "PersistentVolumeClaim")}
    for pod, container in pods():
        volumes = {each["name"]: each for each in pod["volumes"]}
        assert {each["name"] for each in container["volumeMounts"]} == set(volumes)
        for volume in volumes.values():
            if "secret" in volume:
                assert volume["secret"]["secretName"] in declared["Secret"]
            if "configMap" in volume:
                assert volume["configMap"]["name"] in declared["ConfigMap"]
            if "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                assert claim in declared["PersistentVolumeClaim"]
        for variable in container["env"]:
            if "valueFrom" in variable:
                asked = variable["valueFrom"]["secretKeyRef"]
                assert asked["key"] in declared["Secret"][asked["name"]]["stringData"]
        ports = {each["name"] for each in container["ports"]}
        probes = [each for name, each in container.items() if name.endswith("Probe")]
        assert {each["httpGet"]["port"] for each in probes} <= ports
    for deployment in of_kind("Deployment").values():
        spec = deployment["spec"]
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    for service in of_kind("Service").values():
        assert service["spec"]["selector"]["app"] in of_kind("Deployment")


def test_kubernetes_starts_nothing_as_root_or_on_a_root_that_can_be_written() -> None:
    for pod, container in pods():
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        (user,) = re.findall(r"^USER (\d+):\d+$", CONTAINERFILE, re.MULTILINE)
        assert pod["securityContext"]["fsGroup"] == int(user)


def test_kubernetes_sets_no_variable_of_the_mock_server_by_itself() -> None:
    for name in of_kind("Service"):
        assert not f"{name.upper().replace('-', '_')}_PORT".startswith("CONVERGIA")
    assert not any(pod["enableServiceLinks"] for pod, _ in pods())


def test_a_worker_stays_healthy_while_its_database_is_down() -> None:
    (container,) = (each for _, each in pods() if each["name"] == "worker")
    assert "livenessProbe" not in container


@pytest.mark.parametrize("tls", [False, True, "mutual"], ids=["plain", "tls", "mutual-tls"])
def test_the_health_check_passes_only_while_the_server_runs(
    tls: bool | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = healthcheck()
    monkeypatch.setattr(sys, "argv", ["healthcheck.py", "mockserver"])
    listens: Tls | bool = bool(tls)
    if tls:
        monkeypatch.setenv(f"{PREFIX}TLS_SELF_SIGNED", "1")
    if tls == "mutual":
        authority = tmp_path / "clients.pem"
        trustme.CA().cert_pem.write_to_path(authority)
        monkeypatch.setenv(f"{PREFIX}TLS_CLIENT_CA", str(authority))
        listens = Tls.self_signed(client_ca=authority)
    with MockServer(tls=listens) as server:
        monkeypatch.setenv(f"{PREFIX}PORT", server.base_url.rpartition(":")[2])
        assert module.main() == 0
    assert module.main() == 1


STAND_IN = """#!{python}
import pathlib, sys
with open({calls!r}, "a") as calls:
    print(*sys.argv[1:], file=calls)
print({{"run": "1f2e3d", "port": {address!r}, "logs": "", "stop": "1f2e3d"}}[sys.argv[1]])
"""


def test_the_documented_fixture_starts_a_container_sends_to_it_and_stops_it(tmp_path: Path) -> None:
    for step in steps(ROOT / "docs/containers.md"):
        if step.kind == "file":
            (tmp_path / step.name).write_text(step.source, encoding="utf-8")
    program, calls = tmp_path / "podman", tmp_path / "calls"
    with MockServer() as server:
        address = server.base_url.removeprefix("http://")
        stand_in = STAND_IN.format(python=sys.executable, calls=str(calls), address=address)
        program.write_text(stand_in, encoding="utf-8")
        program.chmod(0o755)
        done = subprocess.run(
            [PYTEST, "-q", "-p", "no:cacheprovider", "test_with_a_container.py"],
            cwd=tmp_path,
            env={**os.environ, "CONTAINER_PROGRAM": str(program), "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (message,) = server.space().messages
    assert message.number == "525512345678"
    assert calls.read_text(encoding="utf-8").splitlines() == [
        "run --detach --rm --read-only --tmpfs /tmp --publish 127.0.0.1::8181 convergia-mockserver",
        "port 1f2e3d 8181",
        "stop 1f2e3d",
    ]
