"""Tests of settings: arguments come before the environment, and that before the guide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import (
    AsyncClient,
    Client,
    DamagedTextWarning,
    SettingOptions,
    Settings,
    Timeout,
)
from convergia_sms._settings.options import NAMES
from convergia_wsdl import load_guide, load_profile

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {
    "CONVERGIA_BASE_URL": "http://127.0.0.1:8181/s/one/",
    "CONVERGIA_USERNAME": "demo",
    "CONVERGIA_PASSWORD": "secret",
    "CONVERGIA_TRANSPORT": "http",
    "CONVERGIA_TIMEOUT": "12.5",
}


def test_the_environment_says_what_no_argument_says() -> None:
    settings = Settings.resolve(environment=ENVIRONMENT)

    assert (settings.username, settings.password) == ("demo", "secret")
    assert (settings.base_url, settings.transport) == ("http://127.0.0.1:8181/s/one", "http")
    assert settings.timeout == Timeout(connect=5.0, read=12.5, total=12.5)
    assert settings.origins["username"] == "environment"


def test_arguments_overrule_the_environment() -> None:
    settings = Settings.resolve(
        "other", "word", transport="soap", timeout=Timeout(1, 2, 3), environment=ENVIRONMENT
    )

    assert (settings.username, settings.password, settings.transport) == ("other", "word", "soap")
    assert settings.timeout == Timeout(1, 2, 3)
    assert settings.origins["username"] == "argument"


def test_defaults_are_the_guides_gateway_and_soap() -> None:
    settings = Settings.resolve("demo", "demo", environment={})

    assert settings.base_url == load_guide().base_url
    assert (settings.transport, settings.timeout) == ("soap", Timeout())
    assert settings.profile is load_profile()
    assert settings.origins["base_url"] == "default"


def test_settings_come_from_the_process_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    with Client() as client:
        assert client.settings.base_url == "http://127.0.0.1:8181/s/one"


KINDS = pytest.mark.parametrize("kind", [Client, AsyncClient])


@KINDS
def test_a_client_takes_resolved_settings_as_they_are(kind: type[Client | AsyncClient]) -> None:
    settings = Settings.resolve(transport="soap", environment=ENVIRONMENT)

    client = kind(settings=settings)

    assert client.settings is settings
    given = dict.fromkeys(("base_url", "username", "password", "timeout"), "environment")
    expected = dict.fromkeys(NAMES, "default") | given | {"transport": "argument"}
    assert client.settings.origins == expected


@KINDS
@pytest.mark.parametrize(
    "name", SettingOptions.__annotations__ | {"username": str, "password": str}
)
def test_settings_beside_another_setting_are_refused(
    kind: type[Client | AsyncClient], name: str
) -> None:
    settings = Settings.resolve(environment=ENVIRONMENT)

    with pytest.raises(
        TypeError, match=f"settings= already contains {name}: pass one or the other"
    ):
        kind(settings=settings, **{name: "http"})  # type: ignore[arg-type]


@KINDS
def test_settings_of_another_type_are_the_programmers_mistake(
    kind: type[Client | AsyncClient],
) -> None:
    with pytest.raises(
        TypeError, match=r"settings must be a Settings, from Settings.resolve\(…\), not dict"
    ):
        kind(settings={"username": "demo"})  # type: ignore[arg-type]


@KINDS
def test_an_unknown_argument_is_refused_as_python_does(kind: type[Client | AsyncClient]) -> None:
    for settings in (None, Settings.resolve(environment=ENVIRONMENT)):
        with pytest.raises(TypeError, match="unexpected keyword argument 'base_ulr'"):
            kind(settings=settings, base_ulr="http://127.0.0.1")  # type: ignore[call-arg]


def test_an_empty_variable_counts_as_none_and_an_empty_argument_as_given() -> None:
    with pytest.raises(ValueError, match=r"the username is missing\. Pass it .* CONVERGIA_U"):
        Settings.resolve(environment={"CONVERGIA_USERNAME": "", "CONVERGIA_PASSWORD": "x"})

    assert Settings.resolve("", "", environment={}).username == ""


def test_a_profile_is_a_file_or_a_profile(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text("text.max_length = 70")
    named = Settings.resolve("a", "b", profile=tmp_path / "profile.toml", environment={})
    variable = {"CONVERGIA_PROFILE": str(tmp_path / "profile.toml")}

    assert named.profile.text.max_length == 70
    assert Settings.resolve("a", "b", environment=variable).profile == named.profile
    again = Settings.resolve("a", "b", profile=named.profile, environment={})
    assert again.profile is named.profile


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"base_url": "gateway:8181"}, "the scheme is missing"),
        (
            {"base_url": "ftp://gateway"},
            "the scheme is not http or https. Write 'http://host:port'",
        ),
        ({"base_url": "http://"}, "host or port"),
        ({"base_url": "http://gateway/?a=b"}, "query"),
        ({"base_url": "http://gate way/"}, "host or port"),
        ({"base_url": "http://gateway\r\nX: y/"}, "host or port"),
        ({"base_url": "http://u:p@gateway"}, "Pass them as username and password"),
        ({"transport": "smtp"}, "transport must be 'soap' or 'http', not 'smtp'"),
        ({"timeout": 0}, "timeout must be a number of seconds"),
        ({"timeout": float("inf")}, "timeout must be a number of seconds"),
        (
            {"environment": {"CONVERGIA_TIMEOUT": "soon"}},
            "CONVERGIA_TIMEOUT must be a number of seconds",
        ),
        ({"proxy": "socks5://proxy"}, "not the URL of an HTTP proxy. Write 'http://host:port'"),
        ({"username": "Mu\udcf1oz"}, "username contains bytes that are.*CONVERGIA_USERNAME"),
        ({"password": "\udcf1"}, "password contains bytes that are.*CONVERGIA_PASSWORD"),
    ],
)
def test_an_invalid_setting_is_reported(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Settings.resolve(**{"username": "demo", "password": "demo", "environment": {}, **options})


@pytest.mark.parametrize("name", ["base_url", "proxy"])
@pytest.mark.parametrize(
    "url",
    [
        "juan:secreto@http://host",
        "juan:secreto@host:80",
        "http:/juan:secreto@host",
        "http//juan:secreto@host",
        "host:80/juan:secreto",
        "http://juan:secreto@host:x",
        "http://juan:sec/reto@host",
        "https//secreto",
        "secreto://host",
    ],
)
def test_an_error_about_a_url_does_not_show_a_password(name: str, url: str) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        Settings.resolve("demo", "demo", **{name: url}, environment={})  # type: ignore[arg-type]
    assert "sec" not in str(caught.value)
    assert "juan" not in str(caught.value)


@pytest.mark.parametrize("name", ["username", "password", "base_url", "proxy"])
@pytest.mark.parametrize("value", [b"demo", 4711, object()])
def test_a_setting_that_is_not_a_str_is_a_type_error(name: str, value: Any) -> None:
    options = {"username": "demo", "password": "demo", name: value}

    with pytest.raises(TypeError, match=f"^{name} must be a str, not {type(value).__name__}$"):
        Settings.resolve(**options, environment={})


def test_a_profile_of_a_wrong_type_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="profile must be a file or a Profile"):
        Settings.resolve("demo", "demo", profile=42, environment={})  # type: ignore[arg-type]


def test_building_a_client_opens_no_connection(transport: Any, no_network: None) -> None:
    Client("demo", "demo", transport=transport).close()


def test_a_text_that_the_gateway_would_damage_warns(raw_gateway: Any, wire: Any) -> None:
    raw_gateway.script = [wire.says("soap", "100|1")]

    with (
        Client("demo", "demo", base_url=raw_gateway.base_url) as client,
        pytest.warns(DamagedTextWarning, match=r"'\\u20ac'") as warned,
    ):
        client.send("5512345678", "10 €")

    # The warning points at the line that sends.
    assert warned[0].filename == __file__


def test_strict_makes_it_an_error_and_sends_nothing(raw_gateway: Any) -> None:
    with (
        Client("demo", "demo", base_url=raw_gateway.base_url, strict=True) as client,
        pytest.raises(ValueError, match="would silently replace"),
    ):
        client.send("5512345678", "10 €")

    assert raw_gateway.requests == []


def test_transliteration_is_opt_in_and_reported(raw_gateway: Any, wire: Any) -> None:
    raw_gateway.script = [wire.says("soap", "100|1")]

    with Client(
        "demo", "demo", base_url=raw_gateway.base_url, transliterate=True, strict=True
    ) as client:
        changed = client.send("5512345678", "mañana \N{EN DASH} adiós")
        plain = client.send("5512345678", "mañana")

    assert "<message>mañana - adios</message>" in raw_gateway.requests[0].body.decode()
    assert (changed.sent_text, plain.sent_text) == ("mañana - adios", None)


def test_an_invalid_number_is_refused_before_any_request(raw_gateway: Any) -> None:
    with (
        Client("demo", "demo", base_url=raw_gateway.base_url) as client,
        pytest.raises(ValueError, match="not a Mexican number"),
    ):
        client.send("12", "Hola")

    assert raw_gateway.requests == []
