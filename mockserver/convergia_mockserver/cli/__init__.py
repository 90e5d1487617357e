"""The commands of the mock server, one module a command: `mockserver`, `coverage`, `record`."""
