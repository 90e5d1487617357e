"""The client's result with a gateway, without a profile and with more and more knowledge of it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from convergia_sms import (
    AuthenticationError,
    Client,
    ConvergiaError,
    DeliveryStatus,
    MessageNotFoundError,
    RejectedError,
    Retries,
)
from convergia_wsdl import ContractError, load_profile

from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_contract.reference import ReferenceGateway

    from tests.gallery.stranger import Stranger

Stage = Literal["no profile", "after refresh", "after free probe", "after paid probe"]
Transport = Literal["http", "soap"]
STAGES: tuple[Stage, ...] = ("no profile", "after refresh", "after free probe", "after paid probe")
TRANSPORTS: tuple[Transport, ...] = ("http", "soap")
WORKS = "works"
NUMBER = "525512345678"
REFUSED, REFUSED_WITH = "520000000204", 204  # a number that the reference gateway reserves


def try_gateway(
    stranger: Stranger, stages: tuple[Stage, ...] = STAGES
) -> Iterator[tuple[Transport, Stage, str]]:
    """Yield each cell: `works`, or the first thing that does not and how it shows."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        with stranger.gateway(folder) as gateway:
            for stage in stages:
                profile, trouble = _prepare(stage, gateway.base_url, folder)
                for transport in TRANSPORTS:
                    yield transport, stage, trouble or _cell(gateway, transport, profile)


def _prepare(stage: Stage, base_url: str, folder: Path) -> tuple[Path | None, str]:
    """Do what the stage is called after; return the profile that it wrote, and what went wrong."""
    if stage == "no profile":
        return None, ""
    output = folder / stage.replace(" ", "-")
    options = ["--base-url", base_url, "--output", str(output)]
    command = ["wsdl", "refresh"]
    if stage != "after refresh":
        command = ["probe"]
    if stage == "after paid probe":
        options += ["--send-to", NUMBER, "--wait", "0"]
    done = subprocess.run(
        [CONVERGIA, *command, *options],
        env={
            **{name: value for name, value in os.environ.items() if "CONVERGIA" not in name},
            "CONVERGIA_USERNAME": "demo",
            "CONVERGIA_PASSWORD": "demo",
        },
        input=f"{NUMBER}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if "Traceback" in done.stderr:
        return None, f"traceback: {done.stderr.splitlines()[-1]}"
    if not (output / "profile.toml").exists():
        return None, f"no profile: {done.stderr.strip().splitlines()[0]}"
    return output / "profile.toml", ""


def _cell(gateway: ReferenceGateway, transport: Transport, profile: Path | None) -> str:
    """Send, ask, and be refused, as an application does."""

    def client(password: str = "demo") -> Client:
        return Client(
            "demo",
            password,
            base_url=gateway.base_url,
            transport=transport,
            profile=load_profile() if profile is None else load_profile(profile),
            timeout=10,
            retries=Retries(connect=0, status=0),
        )

    step = "client"
    try:
        with client() as ours, client("wrong") as stranger:
            step = "send"
            before = len(gateway.ids())
            receipt = ours.send(NUMBER, "Su pedido va en camino")
            if [receipt.message_id] != gateway.ids()[before:]:
                return f"WRONG ID {receipt.message_id}"
            step = "status"
            state = ours.status(receipt.message_id)
            if state != DeliveryStatus.DELIVERED:
                return f"WRONG STATUS {state!r}"
            step = "refusal"
            try:
                return f"WRONG: accepted {ours.send(REFUSED, 'Hola')}"
            except RejectedError as error:
                if error.code != REFUSED_WITH:
                    return f"WRONG CODE {error.code}"
            step = "unknown id"
            try:
                return f"WRONG STATUS {ours.status(_unknown(receipt.message_id))!r}"
            except MessageNotFoundError:
                pass
            step = "wrong password"
            try:
                return f"WRONG: accepted {stranger.send(NUMBER, 'Hola')}"
            except AuthenticationError:
                return WORKS
    except (ConvergiaError, ContractError) as error:
        return f"{step}: {type(error).__name__}"


def _unknown(message_id: str) -> str:
    """An id of the same make that the gateway never gave."""
    return message_id.replace("1", "9")
