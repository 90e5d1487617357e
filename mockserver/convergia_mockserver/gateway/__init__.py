"""The gateway's state and rules. Knows no HTTP, no SOAP, no socket: the faces import it."""
