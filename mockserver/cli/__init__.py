"""The command line: one module a command, joined by `main`."""
