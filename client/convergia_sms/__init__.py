"""Client for Convergia México's SMS gateway, over SOAP and HTTP."""
