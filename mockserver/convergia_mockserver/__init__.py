"""A mock of Convergia México's SMS gateway, over SOAP and HTTP."""
