"""A gateway's WSDL: had from it, described, compared by meaning, put into the cache."""
