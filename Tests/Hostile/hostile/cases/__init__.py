"""The named cases, by subject."""

from __future__ import annotations

from typing import Any

from . import (
    answers,
    between,
    control,
    data,
    endings,
    existing,
    finishing,
    frames,
    handshake,
    names,
    negotiation,
    pages,
    receipts,
    records,
    turns,
)

SUBJECTS = (
    control,
    handshake,
    turns,
    records,
    frames,
    negotiation,
    pages,
    names,
    existing,
    data,
    finishing,
    answers,
    receipts,
    endings,
    between,
)


def all_cases() -> list[Any]:
    return [case for subject in SUBJECTS for case in subject.registry.cases]
