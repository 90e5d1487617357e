"""The suite: the answers that any gateway must give, tested by hand and through the client."""
