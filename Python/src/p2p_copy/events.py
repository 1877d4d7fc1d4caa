"""What the binary says while it works: one class for each event of ``docs/json.md``.

Every event has ``time``, the moment in UTC. Sizes are in bytes; times whose name ends in ``_ms`` are in milliseconds.
Paths are relative, as the transfer names them; bytes that are not UTF-8 stand in them as :func:`os.fsdecode` has them,
so that :func:`os.fsencode` gives the name on the disk.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from ._names import read_name

#: The schema of the lines that this module reads.
SCHEMA = 1

Role = Literal["sender", "receiver"]
EntryKind = Literal["file", "directory", "symbolic_link"]
DifferenceKind = Literal["missing", "wrong-kind", "size", "digest", "link-target", "unreadable"]
SettingSource = Literal["variable", "file", "default"]
CodecKind = Literal["transport", "cipher", "compressor", "digest", "key-deriver", "key-exchange"]


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        event: The event's name in the schema.
        time: When, in UTC.

    """

    event: ClassVar[str] = ""

    time: datetime


@dataclass(frozen=True)
class UnknownEvent(Event):
    """An event that this package does not know; it can be passed over.

    Attributes:
        event_name: Its name.
        fields: All its fields, as they came.

    """

    event_name: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Command(Event):
    """The first event of every command."""

    event: ClassVar[str] = "command"

    command: str
    version: str


@dataclass(frozen=True)
class Code(Event):
    """A fresh code, or what has to be typed at the other side when the relay is inside the sender.

    Attributes:
        code: The code; ``None`` when one was given, which whoever gave it knows.
        relays: The addresses of the relay inside the sender, the one that is most likely reached first.
        commands: What to type at the other side, one command for each of the addresses.

    """

    event: ClassVar[str] = "code"

    code: str | None = None
    relays: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waiting(Event):
    """Connected, to the relay for one, and waiting there for the other side.

    Attributes:
        role: Which side this is.
        at: Where it waits.

    """

    event: ClassVar[str] = "waiting"

    role: Role
    at: str


@dataclass(frozen=True)
class Paired(Event):
    """The other side is there."""

    event: ClassVar[str] = "paired"


@dataclass(frozen=True)
class Negotiated(Event):
    """What both sides agreed on (protocol 2).

    Attributes:
        cipher: The cipher.
        digest: The digest of files.
        chunk_bytes: The size of a chunk.
        resumes: Whether what the receiver has is gone on with.
        connections: How many connections there can be at the same time.
        compressor: The compressor; ``None`` when nothing is compressed.

    """

    event: ClassVar[str] = "negotiated"

    cipher: str
    digest: str
    chunk_bytes: int
    resumes: bool
    connections: int
    compressor: str | None = None


@dataclass(frozen=True)
class Started(Event):
    """The size of the transfer is known. Files begin to travel before that."""

    event: ClassVar[str] = "started"

    files: int
    bytes: int


@dataclass(frozen=True)
class Checking(Event):
    """What the receiver has already is being read."""

    event: ClassVar[str] = "checking"

    path: PurePosixPath


@dataclass(frozen=True)
class Progress(Event):
    """How far the transfer is, at most four times a second.

    Attributes:
        bytes: How many bytes of the files are complete, wherever they came from.
        transferred_bytes: How many travelled.
        files: How many files are complete.
        is_total_known: Whether the totals are all there is to come; until then they grow.
        total_bytes: How many bytes the files have.
        total_files: How many files there are.
        path: What travels at the moment.

    """

    event: ClassVar[str] = "progress"

    bytes: int
    transferred_bytes: int
    files: int
    is_total_known: bool
    total_bytes: int
    total_files: int
    path: PurePosixPath | None = None

    @property
    def fraction(self) -> float | None:
        """How much of it is done, from 0 to 1; ``None`` while the total is not known."""
        if not self.is_total_known:
            return None
        if self.total_bytes == 0:
            return 1.0 if self.files >= self.total_files else 0.0
        return min(1.0, self.bytes / self.total_bytes)


@dataclass(frozen=True)
class EntryStarted(Event):
    """A file begins to travel. Small files travel together, and have an end only.

    Attributes:
        path: The file.
        bytes: Its size; ``None`` for a stream, whose size nobody knows yet.

    """

    event: ClassVar[str] = "entry_started"

    path: PurePosixPath
    bytes: int | None = None


@dataclass(frozen=True)
class EntryFinished(Event):
    """A file is complete; at the receiver under the name it has there."""

    event: ClassVar[str] = "entry_finished"

    path: PurePosixPath
    bytes: int


@dataclass(frozen=True)
class EntrySkipped(Event):
    """A file was left alone."""

    event: ClassVar[str] = "entry_skipped"

    path: PurePosixPath
    reason: str


@dataclass(frozen=True)
class EntryRenamed(Event):
    """Something has another name at the receiver, since its own was taken."""

    event: ClassVar[str] = "entry_renamed"

    path: PurePosixPath
    new_path: PurePosixPath


@dataclass(frozen=True)
class EntryFailed(Event):
    """An entry failed; the others go on.

    Attributes:
        path: The entry.
        code: The stable name of what went wrong.
        message: What went wrong, for a person.
        remedy: The stable name of what helps.

    """

    event: ClassVar[str] = "entry_failed"

    path: PurePosixPath
    code: str
    message: str
    remedy: str | None = None


@dataclass(frozen=True)
class Retried(Event):
    """A file comes once more: it changed meanwhile, or did not arrive as it was read."""

    event: ClassVar[str] = "retried"

    path: PurePosixPath
    reason: str


@dataclass(frozen=True)
class Reconnecting(Event):
    """The connection is lost and is made again."""

    event: ClassVar[str] = "reconnecting"

    reason: str
    retry_for_ms: int


@dataclass(frozen=True)
class Reconnected(Event):
    """The connection is there again."""

    event: ClassVar[str] = "reconnected"

    after_ms: int


@dataclass(frozen=True)
class PeerRestarted(Event):
    """The other side was started again, and the transfer goes on."""

    event: ClassVar[str] = "peer_restarted"


@dataclass(frozen=True)
class Notice(Event):
    """Something a person should know; nothing failed."""

    event: ClassVar[str] = "notice"

    message: str


@dataclass(frozen=True)
class Summary(Event):
    """What the transfer came to, well or not.

    Attributes:
        role: Which side this is.
        complete_files: How many files are in place, those included that were there already.
        unchanged_files: How many of them were there already.
        skipped_files: How many files a conflict policy left alone.
        renamed: How many entries have another name at the receiver.
        directories: How many directories were made.
        links: How many symbolic links were made.
        transferred_bytes: How many bytes travelled.
        resumed_bytes: How many did not have to, since the receiver had them.
        duration_ms: How long it took.
        failures: How many entries failed.
        metadata_refusals: How often a mode or a time could not be set.
        lost_events: How many events the binary left out, since they were not read in time.

    """

    event: ClassVar[str] = "summary"

    role: Role
    complete_files: int
    unchanged_files: int
    skipped_files: int
    renamed: int
    directories: int
    links: int
    transferred_bytes: int
    resumed_bytes: int
    duration_ms: int
    failures: int
    metadata_refusals: int
    lost_events: int


@dataclass(frozen=True)
class EntryListed(Event):
    """What would be sent.

    Attributes:
        path: The name under which it would arrive.
        kind: What it is.
        bytes: The size of a file; ``None`` for everything else.
        target: What a symbolic link leads to; ``None`` for everything else.

    """

    event: ClassVar[str] = "entry_listed"

    path: PurePosixPath
    kind: EntryKind
    bytes: int | None = None
    target: PurePosixPath | None = None


@dataclass(frozen=True)
class Listed(Event):
    """The end of a list of what would be sent."""

    event: ClassVar[str] = "listed"

    files: int
    bytes: int
    failures: int


@dataclass(frozen=True)
class Difference(Event):
    """What differs from a receipt.

    Attributes:
        path: The entry.
        what: In what it differs.
        detail: The same for a person.

    """

    event: ClassVar[str] = "difference"

    path: PurePosixPath
    what: DifferenceKind
    detail: str


@dataclass(frozen=True)
class Verified(Event):
    """The end of a comparison with a receipt.

    Attributes:
        matching: How many entries match.
        differing: How many do not.
        files: How many files match.
        directories: How many directories match.
        links: How many symbolic links match.
        bytes: How many bytes were read.
        known_by_times: How many files the receipt has no digest of, so that only their sizes were compared.
        is_receipt_consistent: Whether the receipt fits its own totals.
        is_receipt_complete: Whether it is that of a complete transfer.

    """

    event: ClassVar[str] = "verified"

    matching: int
    differing: int
    files: int
    directories: int
    links: int
    bytes: int
    known_by_times: int
    is_receipt_consistent: bool
    is_receipt_complete: bool


@dataclass(frozen=True)
class PartialFile:
    """A partial file that a transfer left.

    Attributes:
        path: Where it lies in the output directory.
        bytes: How long it is.
        mtime: When it was last changed, in seconds since 1970.
        in_use: Whether a receive is writing it.

    """

    path: PurePosixPath
    bytes: int
    mtime: int
    in_use: bool


@dataclass(frozen=True)
class Journal:
    """The journal of an output directory.

    Attributes:
        files: How many files it knows.
        unchanged: How many of them are as transfers left them.
        changed: How many are not.
        gone: How many are not there any more.
        problem: Why it cannot be used; ``None`` when it can.

    """

    files: int
    unchanged: int
    changed: int
    gone: int
    problem: str | None = None


@dataclass(frozen=True)
class Status(Event):
    """What transfers left in an output directory.

    Attributes:
        partial_files: The partial files.
        partial_file_count: How many there are, should not all of them be listed.
        partial_bytes: How long they are together.
        journal: The journal; ``None`` when there is none.

    """

    event: ClassVar[str] = "status"

    partial_files: tuple[PartialFile, ...]
    partial_file_count: int
    partial_bytes: int
    journal: Journal | None


@dataclass(frozen=True)
class Removed(Event):
    """A file that was removed, or would be."""

    event: ClassVar[str] = "removed"

    path: PurePosixPath
    dry_run: bool


@dataclass(frozen=True)
class Cleaned(Event):
    """The end of removing what transfers left."""

    event: ClassVar[str] = "cleaned"

    files: int
    bytes: int
    failures: int
    dry_run: bool


@dataclass(frozen=True)
class CodecParameter:
    """A parameter of a codec.

    Attributes:
        name: Its name.
        value: Its value.
        default: The value it has unless another is given.
        domain: Which values there are, for a person.
        help: What it does, for a person.

    """

    name: str
    value: str
    default: str
    domain: str
    help: str


@dataclass(frozen=True)
class Codec(Event):
    """A codec of the binary.

    Attributes:
        kind: What it is for.
        name: Its name.
        summary: What it is, for a person.
        negotiated: Whether the two sides agree on it in each transfer.
        parameters: What can be set.
        library: The library that it uses, with its version.

    """

    event: ClassVar[str] = "codec"

    kind: CodecKind
    name: str
    summary: str
    negotiated: bool
    parameters: tuple[CodecParameter, ...]
    library: str | None = None


@dataclass(frozen=True)
class Setting(Event):
    """What holds where no option says otherwise.

    Attributes:
        name: The option, without its dashes.
        source: Where the values come from.
        values: The values; empty where the default has none to name.
        variable: The environment variable they come from.
        file: The configuration file they come from.

    """

    event: ClassVar[str] = "setting"

    name: str
    source: SettingSource
    values: tuple[str, ...] = ()
    variable: str | None = None
    file: PurePosixPath | None = None


@dataclass(frozen=True)
class Listening(Event):
    """Where a relay listens."""

    event: ClassVar[str] = "listening"

    address: str


@dataclass(frozen=True)
class Error(Event):
    """Why a command did not end well: its last event then. It becomes an exception."""

    event: ClassVar[str] = "error"

    code: str
    status: int
    message: str
    remedy: str | None = None
    advice: str | None = None


#: The classes of events by their names in the schema.
EVENTS: Mapping[str, type[Event]] = MappingProxyType(
    {
        kind.event: kind
        for kind in (
            Command,
            Code,
            Waiting,
            Paired,
            Negotiated,
            Started,
            Checking,
            Progress,
            EntryStarted,
            EntryFinished,
            EntrySkipped,
            EntryRenamed,
            EntryFailed,
            Retried,
            Reconnecting,
            Reconnected,
            PeerRestarted,
            Notice,
            Summary,
            EntryListed,
            Listed,
            Difference,
            Verified,
            Status,
            Removed,
            Cleaned,
            Codec,
            Setting,
            Listening,
            Error,
        )
    }
)

_Reader = Callable[[Mapping[str, Any], str], Any]


def parse_event(line: bytes | str) -> Event:
    """Read one line of the binary's.

    Fields that an event has besides those of its class are ignored.

    Raises:
        ValueError: It is no event of schema 1, or lacks a field.

    """
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")
    if fields.get("schema") != SCHEMA:
        raise ValueError(f"schema {fields.get('schema')!r}, where this package reads schema {SCHEMA}")
    try:
        event = fields["event"]
        time = parse_time(fields["time"])
        kind = EVENTS.get(event)
        if kind is None:
            return UnknownEvent(time, event_name=event, fields=MappingProxyType(fields))
        return kind(time, **{name: read(fields, name) for name, read in _FIELDS[kind]})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not as an event is: {error!r}") from error


def parse_time(text: str) -> datetime:
    """Read a moment in RFC 3339 with ``Z`` at its end."""
    return datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text).astimezone(timezone.utc)


def _plain(*kinds: type) -> _Reader:
    def read(fields: Mapping[str, Any], key: str) -> Any:
        value = fields[key]
        # A truth value is a number in Python, and not in JSON.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise TypeError(f"{key} is {value!r}")
        return value

    return read


def _path(fields: Mapping[str, Any], key: str) -> PurePosixPath:
    name = read_name(fields, key)
    if name is None:
        raise KeyError(key)
    return PurePosixPath(name)


def _optional(read: _Reader) -> _Reader:
    def read_optional(fields: Mapping[str, Any], key: str) -> Any:
        return read(fields, key) if fields.get(key) is not None or f"{key}_hex" in fields else None

    return read_optional


def _texts(fields: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(map(str, fields.get(key, ())))


def _object(kind: type) -> _Reader:
    def read(fields: Mapping[str, Any], key: str) -> Any:
        return _read_object(kind, fields[key])

    return read


def _objects(kind: type) -> _Reader:
    def read(fields: Mapping[str, Any], key: str) -> Any:
        return tuple(_read_object(kind, element) for element in fields[key])

    return read


def _read_object(kind: type, fields: Mapping[str, Any]) -> Any:
    return kind(**{name: read(fields, name) for name, read in _FIELDS[kind]})


#: How a field is read, by its annotation.
_READERS: Mapping[str, _Reader] = {
    "int": _plain(int),
    "str": _plain(str),
    "bool": _plain(bool),
    "PurePosixPath": _path,
    "int | None": _optional(_plain(int)),
    "str | None": _optional(_plain(str)),
    "PurePosixPath | None": _optional(_path),
    "Role": _plain(str),
    "EntryKind": _plain(str),
    "DifferenceKind": _plain(str),
    "CodecKind": _plain(str),
    "SettingSource": _plain(str),
    "tuple[str, ...]": _texts,
    "tuple[PartialFile, ...]": _objects(PartialFile),
    "tuple[CodecParameter, ...]": _objects(CodecParameter),
    "Journal | None": _optional(_object(Journal)),
}


def _fields(kind: Any) -> tuple[tuple[str, _Reader], ...]:
    return tuple((field.name, _READERS[str(field.type)]) for field in dataclasses.fields(kind) if field.name != "time")


_FIELDS: Mapping[type, tuple[tuple[str, _Reader], ...]] = {
    kind: _fields(kind) for kind in (*EVENTS.values(), PartialFile, CodecParameter, Journal)
}
