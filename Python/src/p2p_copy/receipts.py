"""Receipts: what a transfer says is in place, entry by entry."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from ._names import AnyPath, read_name
from .events import Role, parse_time

if TYPE_CHECKING:
    from .commands import Verification

__all__ = ["Receipt", "ReceiptEntry", "ReceiptFailure"]

_FORMAT = "p2p-copy receipt 1"


@dataclass(frozen=True)
class ReceiptEntry:
    """Something that is in place.

    Attributes:
        path: Where it lies; bytes that are not UTF-8 as :func:`os.fsdecode` has them.
        kind: What it is.
        size: The size of a file in bytes; ``None`` for everything else.
        digest: The digest of a file's content in hexadecimal; ``None`` for everything else, and for a file that was
            known by its size and time and not read.
        checked: ``times`` for such a file; ``None`` otherwise.
        mode: Its permissions, 0 to 0o7777; ``None`` where they do not travel.
        mtime_ns: When it was last changed, in nanoseconds since 1970; ``None`` where that does not travel.
        target: What a symbolic link leads to; ``None`` for everything else.
        sent_as: Its path in the transfer, where it lies at another one.

    """

    path: PurePosixPath
    kind: Literal["file", "directory", "symbolic_link"]
    size: int | None = None
    digest: str | None = None
    checked: str | None = None
    mode: int | None = None
    mtime_ns: int | None = None
    target: PurePosixPath | None = None
    sent_as: PurePosixPath | None = None


@dataclass(frozen=True)
class ReceiptFailure:
    """An entry that failed.

    Attributes:
        shown_path: Its path, for a person.
        code: The stable name of what went wrong.
        message: What went wrong, for a person.
        remedy: The stable name of what helps.

    """

    shown_path: str
    code: str
    message: str
    remedy: str | None = None


@dataclass(frozen=True)
class Receipt:
    """A receipt.

    Attributes:
        role: Which side wrote it.
        created: When, in UTC.
        digest_algorithm: The digest of the files.
        chunk_size: When not ``None``, digests are over the digests of chunks of that many bytes.
        entries: What is in place.
        failures: What failed.
        failure_count: How many entries failed.
        files: How many files are in place.
        directories: How many directories.
        links: How many symbolic links.
        bytes: How many bytes the files have.
        tree_digest: A SHA-256 over all entries, the same on both sides.
        complete: Whether everything of the transfer arrived.
        sender_chain: The records that the sender sent, as a digest.
        receiver_chain: The records that the receiver sent, as a digest.
        source: The file it was read from.

    """

    role: Role
    created: datetime
    digest_algorithm: str
    chunk_size: int | None
    entries: tuple[ReceiptEntry, ...]
    failures: tuple[ReceiptFailure, ...]
    failure_count: int
    files: int
    directories: int
    links: int
    bytes: int
    tree_digest: str
    complete: bool
    sender_chain: str | None
    receiver_chain: str | None
    source: Path

    @classmethod
    def load(cls, path: AnyPath) -> Receipt:
        """Read a receipt.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is no receipt.

        """
        source = Path(os.fsdecode(path))
        with source.open("rb") as file:
            fields = json.load(file)
        if not isinstance(fields, dict) or fields.get("format") != _FORMAT:
            raise ValueError(f"'{source}' is no receipt of the format '{_FORMAT}'")
        try:
            return cls._read(fields, source)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"'{source}' is damaged: {error!r}") from error

    async def verify(self, directory: AnyPath, *, signer: AnyPath | None = None) -> Verification:
        """Compare what lies in a directory with the receipt; see :func:`p2p_copy.verify`."""
        from .commands import verify

        return await verify(directory, self.source, signer=signer)

    @classmethod
    def _read(cls, fields: Mapping[str, Any], source: Path) -> Receipt:
        return cls(
            role=fields["role"],
            created=parse_time(fields["created"]),
            digest_algorithm=fields["digest_algorithm"],
            chunk_size=fields.get("chunk_size"),
            entries=tuple(map(_entry, fields["entries"])),
            failures=tuple(map(_failure, fields["failures"])),
            failure_count=fields["failure_count"],
            files=fields["files"],
            directories=fields["directories"],
            links=fields["links"],
            bytes=fields["bytes"],
            tree_digest=fields["tree_digest"],
            complete=fields["complete"],
            sender_chain=fields.get("sender_chain"),
            receiver_chain=fields.get("receiver_chain"),
            source=source,
        )


def _entry(fields: Mapping[str, Any]) -> ReceiptEntry:
    path = _path(fields, "path")
    if path is None:
        raise KeyError("path")
    mode = fields.get("mode")
    mtime = fields.get("mtime")
    return ReceiptEntry(
        path=path,
        kind=fields["kind"],
        size=fields.get("size"),
        digest=fields.get("digest"),
        checked=fields.get("checked"),
        mode=None if mode is None else int(mode, 8),
        mtime_ns=None if mtime is None else _nanoseconds(mtime),
        target=_path(fields, "target"),
        sent_as=_path(fields, "sent_as"),
    )


def _failure(fields: Mapping[str, Any]) -> ReceiptFailure:
    return ReceiptFailure(
        shown_path=fields["shown_path"],
        code=fields["code"],
        message=fields["message"],
        remedy=fields.get("remedy"),
    )


def _path(fields: Mapping[str, Any], key: str) -> PurePosixPath | None:
    name = read_name(fields, key)
    return None if name is None else PurePosixPath(name)


def _nanoseconds(text: str) -> int:
    """Read seconds with nine decimal places, exactly."""
    seconds, _, fraction = text.lstrip("-").partition(".")
    count = int(seconds) * 1_000_000_000 + int(fraction.ljust(9, "0")[:9])
    return -count if text.startswith("-") else count
