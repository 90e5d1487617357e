"""Plain requests, and replies read without the client: the two cannot share a mistake."""

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
