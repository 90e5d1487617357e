"""The faces of the gateway, HTTP GET and SOAP, which decode requests and encode answers."""
