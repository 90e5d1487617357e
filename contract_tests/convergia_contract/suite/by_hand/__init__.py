"""Plain requests and replies without the client, which so cannot hide a mistake of the client."""

from .asking import HttpByHand, RawReply, SoapByHand, SpeakerByHand, exchange
from .reading import UnreadableError

__all__ = [
    "HttpByHand",
    "RawReply",
    "SoapByHand",
    "SpeakerByHand",
    "UnreadableError",
    "exchange",
]
