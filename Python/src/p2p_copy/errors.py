"""What can go wrong, one exception for each code in the table of exit statuses of ``docs/usage.md``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .events import EntryFailed, Summary

__all__ = [
    "BinaryNotFound",
    "Cancelled",
    "ChecksumMismatch",
    "CorruptData",
    "DestinationExists",
    "DestinationUnwritable",
    "Incomplete",
    "InternalError",
    "LimitExceeded",
    "MetadataRefused",
    "NoCommonCodec",
    "OutOfResources",
    "OutputUnwritable",
    "P2PCopyError",
    "PeerFailed",
    "PeerLeft",
    "PeerNeverCame",
    "ProtocolViolation",
    "RelayNotStarted",
    "RelayRefused",
    "RelayUnreachable",
    "SourceUnreadable",
    "Stopped",
    "UnsafePath",
    "UsageError",
    "VersionMismatch",
    "WrongCode",
]


class P2PCopyError(Exception):
    """An error of p2p-copy. Those with a code that this package knows are of a subclass.

    Attributes:
        code: The stable name of what went wrong, such as ``wrong-code``.
        status: The exit status that stands for the code; ``None`` for an error of this package itself.
        message: What went wrong, for a person.
        remedy: The stable name of what helps, such as ``run-again``; ``None`` when there is nothing to say.
        advice: The same in the words of the command; ``None`` where ``remedy`` is.
        failures: The entries that failed, at most the first 100 of them.
        summary: What the transfer came to in spite of the error; ``None`` when it did not get that far.
        output: The end of what the binary printed on standard error; empty when nothing was needed from there.

    """

    code: str = "unknown"
    status: int | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        remedy: str | None = None,
        advice: str | None = None,
        failures: Iterable[EntryFailed] = (),
        summary: Summary | None = None,
        output: str = "",
    ) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status
        self.message = message
        self.remedy = remedy
        self.advice = advice
        self.failures = tuple(failures)
        self.summary = summary
        self.output = output

    def __str__(self) -> str:
        return self.message if self.advice is None else f"{self.message}; {self.advice}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.message, dict(self.__dict__))


def _restored(kind: type[P2PCopyError], message: str, attributes: dict[str, Any]) -> P2PCopyError:
    error = kind(message)
    error.__dict__.update(attributes)
    return error


class InternalError(P2PCopyError):
    """A fault in the binary, or it died: please report it."""

    code = "internal-error"
    status = 1


class UsageError(P2PCopyError):
    """Wrong arguments, a missing source, or one name for two files; nothing was sent."""

    code = "usage"
    status = 2


class RelayUnreachable(P2PCopyError, ConnectionError):
    """The relay could not be reached, or TLS with it failed."""

    code = "relay-unreachable"
    status = 3


class RelayRefused(P2PCopyError, ConnectionError):
    """The code is in use by another peer of the same role, or the relay is full."""

    code = "relay-refused"
    status = 4


class PeerNeverCame(P2PCopyError):
    """Nobody with the same code came in time: other code, other relay, or other protocol."""

    code = "peer-never-came"
    status = 5


class PeerLeft(P2PCopyError):
    """The other side, or the connection, went away before the end."""

    code = "peer-left"
    status = 6


class ProtocolViolation(P2PCopyError):
    """The other side sent something that the protocol does not allow."""

    code = "protocol-violation"
    status = 7


class WrongCode(P2PCopyError):
    """The secret parts of the codes differ, or somebody may have guessed: take a new code.

    A program that repeats a transfer by itself must not do so after this one.
    """

    code = "wrong-code"
    status = 8


class ChecksumMismatch(P2PCopyError):
    """A digest, a checksum or a total does not fit."""

    code = "checksum-mismatch"
    status = 9


class SourceUnreadable(P2PCopyError):
    """A source file could not be read, or changed twice while it was sent; the others were sent."""

    code = "source-unreadable"
    status = 10


class DestinationUnwritable(P2PCopyError):
    """The disk is full or too small for what is to come, or a quota or a permission is in the way."""

    code = "destination-unwritable"
    status = 11


class UnsafePath(P2PCopyError):
    """A name or a link would lead out of the output directory, or the way there leads through a symbolic link."""

    code = "unsafe-path"
    status = 12


class DestinationExists(P2PCopyError):
    """Something exists, and the conflict policy ``fail`` left it alone."""

    code = "destination-exists"
    status = 13


class Incomplete(P2PCopyError):
    """Several entries failed for different reasons, or some never came."""

    code = "incomplete"
    status = 14


class NoCommonCodec(P2PCopyError):
    """A codec is missing in this build, or the two sides share none of a kind."""

    code = "no-common-codec"
    status = 15


class CorruptData(P2PCopyError):
    """Compressed data is damaged, or expands beyond the limit."""

    code = "corrupt-data"
    status = 16


class PeerFailed(P2PCopyError):
    """The receiver reported a failure: look there."""

    code = "peer-failed"
    status = 17


class RelayNotStarted(P2PCopyError):
    """The relay server could not start: the port is in use, or a certificate cannot be read."""

    code = "relay-not-started"
    status = 18


class OutputUnwritable(P2PCopyError):
    """The binary could not write its standard output; a transfer itself is complete."""

    code = "output-unwritable"
    status = 19


class MetadataRefused(P2PCopyError):
    """Everything is in place, but modes or times could not be set."""

    code = "metadata-refused"
    status = 20


class OutOfResources(P2PCopyError):
    """The system gives the process too little memory, or too few threads or open files."""

    code = "out-of-resources"
    status = 21


class Stopped(P2PCopyError):
    """SIGTERM or a deadline stopped it before the end: the same transfer run again goes on."""

    code = "stopped"
    status = 22


class LimitExceeded(P2PCopyError):
    """The sender sends more than ``max_bytes`` or ``max_files`` allows."""

    code = "limit-exceeded"
    status = 23


class Cancelled(P2PCopyError):
    """The binary was interrupted; what is there can be resumed.

    A task that is cancelled gets :exc:`asyncio.CancelledError` as ever, not this.
    """

    code = "cancelled"
    status = 130


class VersionMismatch(P2PCopyError):
    """The binary is not of this package's version.

    Attributes:
        found: The binary's version; ``None`` when it is too old to say.
        path: Where the binary lies.

    """

    code = "version-mismatch"

    def __init__(self, message: str, *, found: str | None = None, path: str = "", **others: Any) -> None:
        super().__init__(message, **others)
        self.found = found
        self.path = path


class BinaryNotFound(P2PCopyError):
    """There is no binary: neither in this package, nor in ``PATH``, nor where ``P2P_COPY_BINARY`` says."""

    code = "binary-not-found"


#: The exceptions of the binary's own codes.
_CODES: tuple[type[P2PCopyError], ...] = (
    InternalError,
    UsageError,
    RelayUnreachable,
    RelayRefused,
    PeerNeverCame,
    PeerLeft,
    ProtocolViolation,
    WrongCode,
    ChecksumMismatch,
    SourceUnreadable,
    DestinationUnwritable,
    UnsafePath,
    DestinationExists,
    Incomplete,
    NoCommonCodec,
    CorruptData,
    PeerFailed,
    RelayNotStarted,
    OutputUnwritable,
    MetadataRefused,
    OutOfResources,
    Stopped,
    LimitExceeded,
    Cancelled,
)
_BY_CODE = {kind.code: kind for kind in _CODES}
_BY_STATUS = {kind.status: kind for kind in _CODES}


def error_class(code: str) -> type[P2PCopyError]:
    """Return the exception for a code; :exc:`P2PCopyError` for one that this package does not know."""
    return _BY_CODE.get(code, P2PCopyError)


def error_class_for_status(status: int) -> type[P2PCopyError]:
    """Return the exception for an exit status; :exc:`InternalError` for one that stands for no code."""
    return _BY_STATUS.get(status, InternalError)
