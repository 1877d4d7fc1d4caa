"""The named cases, by subject."""
from __future__ import annotations

from ..trial import Case
from . import answers, between, control, data, endings, handshake, negotiation, pages, records

SUBJECTS = (control, handshake, records, negotiation, pages, data, answers, endings, between)


def all_cases() -> list[Case]:
    return [case for subject in SUBJECTS for case in subject.registry.cases]
