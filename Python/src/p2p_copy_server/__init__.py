"""The relay, as version 0.1 has it."""

from __future__ import annotations

from .relay import run_relay

__all__ = ["run_relay"]
