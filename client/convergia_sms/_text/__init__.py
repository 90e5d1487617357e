"""The text of an SMS: encoding, parts, damage and transliteration.

Pure functions. The tables are those of 3GPP TS 23.038. Other packages were considered. smsutil
(2020) counts parts but is not maintained. gsm0338 and pygsm7 are codecs, which neither count parts
nor report what a charset loses. Our tests compare the tables with gsm0338's.
"""

from ._damage import Unit, charset, damage, length
from ._measure import Encoding, TextMeasure, measure, split
from ._preview import Preview, preview
from ._transliterate import Replacement, Transliteration, transliterate

__all__ = [
    "Encoding",
    "Preview",
    "Replacement",
    "TextMeasure",
    "Transliteration",
    "Unit",
    "charset",
    "damage",
    "length",
    "measure",
    "preview",
    "split",
    "transliterate",
]
