"""The HTTP server: an ASGI app around the faces, and the server that runs it."""
