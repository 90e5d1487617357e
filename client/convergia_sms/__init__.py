"""Client for Convergia México's SMS gateway, over SOAP and HTTP."""

from ._text import Preview, TextMeasure, Transliteration, measure, preview, transliterate

__all__ = [
    "Preview",
    "TextMeasure",
    "Transliteration",
    "measure",
    "preview",
    "transliterate",
]
