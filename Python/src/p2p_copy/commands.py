"""The commands that transfer nothing."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

from ._arguments import one_or_more, path_arguments
from ._names import AnyPath
from ._process import Argument, run_command
from .errors import InternalError
from .events import (
    Cleaned,
    Code,
    Codec,
    Difference,
    EntryListed,
    Event,
    Listed,
    Removed,
    Setting,
    Status,
    Verified,
)
from .options import SendOptions
from .receipts import Receipt

__all__ = [
    "Cleaning",
    "Listing",
    "Verification",
    "clean",
    "codecs",
    "list_files",
    "make_code",
    "settings",
    "status",
    "verify",
]

_AnyEvent = TypeVar("_AnyEvent", bound=Event)


@dataclass(frozen=True)
class Listing:
    """What would be sent.

    Attributes:
        entries: The entries, in the order in which they would be sent.
        files: How many files there are.
        bytes: How many bytes they have.

    """

    entries: tuple[EntryListed, ...]
    files: int
    bytes: int


@dataclass(frozen=True)
class Verification:
    """What a comparison with a receipt found.

    Attributes:
        differences: What differs.
        totals: How much of what was compared.

    """

    differences: tuple[Difference, ...]
    totals: Verified

    @property
    def is_match(self) -> bool:
        """Whether everything matches, and the receipt is that of a complete transfer."""
        totals = self.totals
        return totals.differing == 0 and totals.is_receipt_consistent and totals.is_receipt_complete


@dataclass(frozen=True)
class Cleaning:
    """What was removed, or would be.

    Attributes:
        removed: The files.
        bytes: How many bytes they had.

    """

    removed: tuple[PurePosixPath, ...]
    bytes: int


async def make_code() -> str:
    """Return a fresh code, such as ``482137-lusab-babad``. A code is for one transfer."""
    events = await run_command(["code", "--json"])
    code = _last(events, Code).code
    if code is None:
        raise InternalError("the binary made no code")
    return code


async def list_files(paths: AnyPath | Iterable[AnyPath], *, options: SendOptions | None = None) -> Listing:
    """Return what :func:`~p2p_copy.send_files` would send. Nothing is sent, and neither relay nor code is needed.

    Raises:
        SourceUnreadable: Something of it cannot be read.
        P2PCopyError: Something else is wrong; the class says what.

    """
    arguments: list[Argument] = ["send", "--dry-run", "--json", "--quiet", *(options or SendOptions()).arguments()]
    events = await run_command([*arguments, *path_arguments(one_or_more(paths))])
    end = _last(events, Listed)
    return Listing(_all(events, EntryListed), files=end.files, bytes=end.bytes)


async def verify(directory: AnyPath, receipt: Receipt | AnyPath, *, signer: AnyPath | None = None) -> Verification:
    """Compare what lies in a directory with a receipt: kind, size, content, and the targets of symbolic links.

    Args:
        directory: Where the files were received, or, at the sender, the directory that contains what was sent.
        receipt: The receipt, or the file that it is in.
        signer: A public key of OpenSSH, or a list of allowed signers; the receipt has to be signed by one of them.

    Returns:
        What was found. That something differs is no error; ``is_match`` says so.

    Raises:
        P2PCopyError: The comparison could not be made; the class says why.

    """
    source = receipt.source if isinstance(receipt, Receipt) else receipt
    arguments: list[Argument] = ["verify", "--json", "--quiet"]
    if signer is not None:
        arguments += ["--signer", os.fsencode(signer)]
    arguments += path_arguments([directory, source])
    # 9 and 14 are findings, where the totals came; 9 is also that the receipt cannot be used.
    events = await run_command(arguments, accepted_with=Verified)
    return Verification(_all(events, Difference), _last(events, Verified))


async def status(directory: AnyPath) -> Status:
    """Return what transfers have left in an output directory: partial files, a journal.

    Raises:
        P2PCopyError: The directory cannot be read.

    """
    events = await run_command(["status", "--json", *path_arguments([directory])], accepted_with=Status)
    return _last(events, Status)


async def clean(directory: AnyPath, *, dry_run: bool = False, older_than: float = 0) -> Cleaning:
    """Remove the partial files and the journal that transfers have left in an output directory, and nothing else.

    Args:
        directory: The directory.
        dry_run: Whether to remove nothing, and only say what would be removed.
        older_than: Only what was written last so many seconds ago.

    Raises:
        DestinationUnwritable: Something could not be removed; the others are.
        P2PCopyError: Something else is wrong; the class says what.

    """
    arguments: list[Argument] = ["clean", "--json"]
    if dry_run:
        arguments.append("--dry-run")
    if older_than > 0:
        arguments += ["--older-than", f"{math.ceil(older_than)}s"]
    events = await run_command([*arguments, *path_arguments([directory])])
    return Cleaning(tuple(event.path for event in _all(events, Removed)), _last(events, Cleaned).bytes)


async def codecs() -> tuple[Codec, ...]:
    """Return the codecs that the binary has."""
    events = await run_command(["codecs", "--json"])
    return _all(events, Codec)


async def settings() -> tuple[Setting, ...]:
    """Return what holds where no option says otherwise, and where that comes from."""
    events = await run_command(["config", "--json"])
    return _all(events, Setting)


def _all(events: Sequence[Event], kind: type[_AnyEvent]) -> tuple[_AnyEvent, ...]:
    return tuple(event for event in events if isinstance(event, kind))


def _last(events: Sequence[Event], kind: type[_AnyEvent]) -> _AnyEvent:
    for event in reversed(events):
        if isinstance(event, kind):
            return event
    raise InternalError(f"the binary gave no event '{kind.event}'")
