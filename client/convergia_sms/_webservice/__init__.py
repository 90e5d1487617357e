"""A gateway's WSDL: fetching, describing, comparing and caching."""
