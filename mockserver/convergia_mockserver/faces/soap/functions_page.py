"""The page of the web service's functions, which a GET shows, with the contents of NuSOAP's."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from convergia_mockserver.faces.wire import Reply

if TYPE_CHECKING:
    from .wsdl import Body, Wsdl, WsdlOperation

_HEADERS = ((b"content-type", b"text/html; charset=UTF-8"),)
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:48rem;padding:0 1rem}"
    "summary{cursor:pointer;font-weight:600}dt{color:#666}dd{margin:0 0 .5rem 1rem}"
    "code{overflow-wrap:anywhere}"
)


def functions_page(wsdl: Wsdl, endpoint: str) -> Reply:
    """Return the page. `endpoint` is the URL of the service."""
    name = escape(wsdl.service)
    operations = "".join(_operation(operation, endpoint) for operation in wsdl.operations)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>NuSOAP: {name}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{name}</h1>"
        '<p>View the <a href="?wsdl">WSDL</a> for the service. '
        "Click on an operation name to view its details.</p>"
        f"{operations}</body></html>"
    )
    return Reply(200, _HEADERS, page.encode())


def _operation(operation: WsdlOperation, endpoint: str) -> str:
    rows = (
        ("Name", _text(operation.name)),
        ("Binding", _text(operation.binding)),
        ("Endpoint", _text(endpoint)),
        ("SoapAction", _text(operation.soap_action)),
        ("Style", _text(operation.style)),
        ("Input", _body(operation.input)),
        ("Output", _body(operation.output)),
        ("Namespace", _text(operation.input.namespace)),
        ("Transport", _text(operation.transport)),
        ("Documentation", escape(operation.documentation)),
    )
    name = escape(operation.name)
    return f'<details id="{name}"><summary>{name}</summary>{_list(rows)}</details>'


def _body(body: Body) -> str:
    parts = "".join(f"<li>{_text(f'{part.name}: {part.declared}')}</li>" for part in body.parts)
    return _list(
        (
            ("use", _text(body.use)),
            ("namespace", _text(body.namespace)),
            ("encodingStyle", _text(body.encoding_style)),
            ("message", _text(body.message)),
            ("parts", f"<ul>{parts}</ul>"),
        )
    )


def _list(rows: tuple[tuple[str, str], ...]) -> str:
    return f"<dl>{''.join(f'<dt>{label}</dt><dd>{value}</dd>' for label, value in rows)}</dl>"


def _text(value: str) -> str:
    return f"<code>{escape(value)}</code>"
