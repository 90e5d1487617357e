"""The commands of the mock server, one module per command: `mockserver`, `coverage`, `record`."""
