"""The contract: what any gateway must answer, asked by hand and through the client."""
