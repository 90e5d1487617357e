"""The gateway's two ways in: HTTP GET and SOAP. They read bytes into calls and spell answers."""
