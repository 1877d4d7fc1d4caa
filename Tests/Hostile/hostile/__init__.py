"""A second implementation of protocol 2, written from docs/protocol.md alone, and what it does to the real command."""
