"""Copies files and directories between two machines that can both only dial out.

``send`` and ``receive`` are those of version 0.1, and speak its protocol. Everything else speaks protocol 2:
``send_files``, ``receive_files`` and what stands beside them make a :class:`Transfer`. :mod:`p2p_copy.sync` has the
same without ``await``.
"""

from __future__ import annotations

from . import errors, events, sync
from ._version import __version__
from .api import receive, send
from .commands import Cleaning, Listing, Verification, clean, codecs, list_files, make_code, settings, status, verify
from .compressor import CompressMode
from .errors import (
    BinaryNotFound,
    Cancelled,
    ChecksumMismatch,
    CorruptData,
    DestinationExists,
    DestinationUnwritable,
    Incomplete,
    InternalError,
    LimitExceeded,
    MetadataRefused,
    NoCommonCodec,
    OutOfResources,
    OutputUnwritable,
    P2PCopyError,
    PeerFailed,
    PeerLeft,
    PeerNeverCame,
    ProtocolViolation,
    RelayNotStarted,
    RelayRefused,
    RelayUnreachable,
    SourceUnreadable,
    Stopped,
    UnsafePath,
    UsageError,
    VersionMismatch,
    WrongCode,
)
from .events import Event, Progress, Summary, UnknownEvent
from .options import ConflictPolicy, LinkPolicy, ReceiveOptions, Rule, SendOptions
from .receipts import Receipt, ReceiptEntry, ReceiptFailure
from .receiving import receive_bytes, receive_files, receive_stream
from .relay import Relay
from .sending import send_bytes, send_files, send_stream
from .transfer import ProgressCallback, Transfer

__all__ = [
    "BinaryNotFound",
    "Cancelled",
    "ChecksumMismatch",
    "Cleaning",
    "CompressMode",
    "ConflictPolicy",
    "CorruptData",
    "DestinationExists",
    "DestinationUnwritable",
    "Event",
    "Incomplete",
    "InternalError",
    "LimitExceeded",
    "LinkPolicy",
    "Listing",
    "MetadataRefused",
    "NoCommonCodec",
    "OutOfResources",
    "OutputUnwritable",
    "P2PCopyError",
    "PeerFailed",
    "PeerLeft",
    "PeerNeverCame",
    "Progress",
    "ProgressCallback",
    "ProtocolViolation",
    "Receipt",
    "ReceiptEntry",
    "ReceiptFailure",
    "ReceiveOptions",
    "Relay",
    "RelayNotStarted",
    "RelayRefused",
    "RelayUnreachable",
    "Rule",
    "SendOptions",
    "SourceUnreadable",
    "Stopped",
    "Summary",
    "Transfer",
    "UnknownEvent",
    "UnsafePath",
    "UsageError",
    "Verification",
    "VersionMismatch",
    "WrongCode",
    "__version__",
    "clean",
    "codecs",
    "errors",
    "events",
    "list_files",
    "make_code",
    "receive",
    "receive_bytes",
    "receive_files",
    "receive_stream",
    "send",
    "send_bytes",
    "send_files",
    "send_stream",
    "settings",
    "status",
    "sync",
    "verify",
]
