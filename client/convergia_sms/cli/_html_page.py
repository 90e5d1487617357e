"""The frame of an HTML report: light and dark, without external resources."""

from __future__ import annotations

from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1c2733, #e6ebf0);
  --soft: light-dark(#eef2f5, #222a32); --bar: light-dark(#0b6e99, #58b6dd);
  --bad: light-dark(#a3261b, #ff9a8d); --good: light-dark(#1a6b35, #7fd69a); }
body { max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid var(--soft);
  vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
pre { background: var(--soft); border-radius: .5rem; padding: .5rem .75rem; margin: .25rem 0;
  white-space: pre-wrap; font-size: 14px; }
svg { width: 100%; height: auto; background: var(--soft); border-radius: .5rem; }
rect { fill: var(--bar); } text { fill: var(--ink); font-size: 11px; }
meter { width: 100%; }
.bad { color: var(--bad); } .good { color: var(--good); }
"""


def html_page(title: str, body: str, language: str = "en") -> str:
    """Return a complete page. `body` is HTML in the given language."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>{body}</body></html>\n"
    )
