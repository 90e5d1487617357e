"""The codec for the WSDL's other operations, built on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_sms._locks import ProcessLock

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_sms._codecs.operations import OperationCodec

__all__ = ["LazyOperations"]


class LazyOperations:
    """Builds the codec for other operations when the first of them is called. Thread-safe.

    Args:
        make: builds the codec.
    """

    def __init__(self, make: Callable[[], OperationCodec]) -> None:
        self._make = make
        self._building = ProcessLock()
        self._made: OperationCodec | None = None

    @property
    def ready(self) -> bool:
        """True once the codec is built. Building reads the WSDL, which may block."""
        return self._made is not None

    def get(self) -> OperationCodec:
        """Return the codec.

        Raises:
            ContractError: the WSDL cannot be read.
        """
        if self._made is None:
            with self._building.own():
                if self._made is None:
                    self._made = self._make()
        return self._made
