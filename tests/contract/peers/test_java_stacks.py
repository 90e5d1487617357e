"""Tests that Java's SOAP stacks treat an rpc/encoded WSDL as our documentation says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PEER = Path(__file__).parents[3] / "contract_tests/peers/axis/Send.java"
JARS = Path("/usr/share/java")
AXIS = [
    "axis.jar",
    "jaxrpc.jar",
    "axis-jaxrpc.jar",
    "axis-saaj.jar",
    "saaj-impl.jar",
    "commons-discovery.jar",
    "commons-logging.jar",
    "wsdl4j.jar",
    "javax.activation.jar",
    "javax.mail.jar",
]
WSIMPORT = [
    "jaxws*.jar",
    "*saaj*.jar",
    "*jaxb*.jar",
    "*istack*.jar",
    "txw2*.jar",
    "*policy*.jar",
    "*xsom*.jar",
    "*rngom*.jar",
    "*codemodel*.jar",
    "*relaxng*.jar",
    "*streambuffer*.jar",
    "*stax*.jar",
    "*jsr181*.jar",
    "*dtd-parser*.jar",
]

pytestmark = [
    pytest.mark.exhaustive("languages"),
    pytest.mark.skipif(shutil.which("javac") is None, reason="a JDK is missing"),
]


def java(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.skipif(
    not (JARS / "axis.jar").exists(),
    reason="Apache Axis is missing (on Debian: apt-get install libaxis-java)",
)
def test_stubs_of_axis_send_query_and_are_refused(base_url: str, tmp_path: Path) -> None:
    path = ":".join(str(JARS / name) for name in AXIS)
    wsdl = f"{base_url}/webservice.php?wsdl"
    generate = ["java", "-cp", path, "org.apache.axis.wsdl.WSDL2Java"]
    generated = java(*generate, "-o", "gen", "-p", "gateway", wsdl, folder=tmp_path)
    sources = [str(source) for source in tmp_path.glob("gen/gateway/*.java")]
    assert sources, generated.stdout + generated.stderr
    compiled = java(
        *["javac", "-nowarn", "-encoding", "UTF-8", "-cp", f"{path}:gen", "-d", "out", str(PEER)],
        *sources,
        folder=tmp_path,
    )
    assert compiled.returncode == 0, compiled.stderr

    ran = java(
        *["java", "-cp", f"{path}:out", "Send", f"{base_url}/webservice.php"], folder=tmp_path
    )

    accepted, status, refused = ran.stdout.splitlines()
    assert re.fullmatch(r"100\|\d+", accepted)
    assert status == "3"
    assert refused == "201"


@pytest.mark.skipif(
    not (JARS / "jaxws-tools.jar").exists(),
    reason="wsimport is missing (on Debian: apt-get install libjaxws-java)",
)
def test_wsimport_refuses_rpc_encoded(base_url: str, tmp_path: Path) -> None:
    jars = {jar for pattern in WSIMPORT for jar in JARS.glob(pattern)}
    command = ["java", "-cp", ":".join(map(str, sorted(jars))), "com.sun.tools.ws.WsImport"]
    refused = java(*command, f"{base_url}/webservice.php?wsdl", folder=tmp_path)
    assert "Use of SOAP Encoding is not supported" in refused.stdout + refused.stderr
