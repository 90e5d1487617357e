"""Contract tests that hold any gateway to the guide, over SOAP and HTTP."""
