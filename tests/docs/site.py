"""Check the built site: links, assets, and the language of each page.

`make docs` runs it behind the strict build, which checks pages but neither headings nor assets.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from lxml import html

SITE = Path(__file__).parents[2] / "site"
_BASE = "http://site.invalid/"
_LOADED = "//script/@src | //img/@src | //iframe/@src | //link[@rel != 'canonical']/@href"


def _files(site: Path) -> dict[str, Path]:
    """Return each page's URL with its file."""
    return {
        urljoin(_BASE, file.relative_to(site).as_posix().removesuffix("index.html")): file
        for file in site.rglob("*.html")
        if file.name != "404.html"  # its links begin at the root of the host
    }


def problems(site: Path) -> list[str]:
    """Return a sentence for each broken link, asset from elsewhere and page in a wrong language."""
    files = _files(site)
    pages = {url: html.parse(file) for url, file in files.items()}
    anchors = {url: {"", *map(str, page.xpath("//@id"))} for url, page in pages.items()}
    found: list[str] = []
    for url, page in pages.items():
        name = files[url].relative_to(site)
        language = "es" if name.parts[0] == "es" else "en"
        if page.getroot().get("lang") != language:
            found.append(f'{name} is not marked as lang="{language}"')
        found += [
            f"{name} loads {asset}"
            for asset in map(str, page.xpath(_LOADED))
            if not urljoin(url, asset).startswith(_BASE)
        ]
        for link in map(str, page.xpath("//a/@href | //img/@src")):
            target, anchor = urldefrag(urljoin(url, link))
            if not target.startswith(_BASE):
                continue
            if target in anchors:
                if unquote(anchor) not in anchors[target]:
                    found.append(f"{name} links to {link}: no such heading")
            elif not (site / unquote(urlsplit(target).path.lstrip("/"))).is_file():
                found.append(f"{name} links to {link}: no such page")
    if not pages:
        found.append(f"{site} has no page; run `make docs`")
    return sorted(set(found))


if __name__ == "__main__":
    told = problems(SITE)
    sys.exit("\n".join(told) if told else 0)
