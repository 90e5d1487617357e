"""Write the reference pages into docs/."""

from __future__ import annotations

from pathlib import Path

from tests.docs.reference import admin_api, settings

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {"admin-api-fields.md": admin_api.page, "settings.md": settings.page}


def main() -> None:
    """Write each page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
