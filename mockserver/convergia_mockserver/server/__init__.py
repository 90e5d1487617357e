"""The mock server on the wire: an ASGI app around the faces, and what runs it."""
