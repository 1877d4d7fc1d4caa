"""The options of a transfer. ``docs/usage.md`` says more of each than is said here.

What is ``None`` is not given: then the binary's configuration holds, or its default.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Union

from ._names import AnyPath
from ._process import Argument
from .compressor import CompressMode

__all__ = ["ConflictPolicy", "LinkPolicy", "ReceiveOptions", "Rule", "SendOptions"]

#: What becomes of symbolic links: they arrive as links, as what they lead to, or not.
LinkPolicy = Literal["keep", "follow", "skip"]

#: What becomes of a file whose name is taken by something else.
ConflictPolicy = Literal["fail", "overwrite", "skip", "rename"]

#: What is taken or left out: ``("include", "*/")``.
Rule = tuple[Literal["include", "exclude"], Union[str, bytes]]


@dataclass(frozen=True)
class TransferOptions:
    """What both sides have.

    Attributes:
        wait: How long to wait for the other side, in seconds, up to 30 days; 600 unless given.
        retry_for: For how long after the last progress a lost connection is made again, in seconds; half an hour unless
            given, or what ``P2P_COPY_RETRY_FOR`` says. With 0 the transfer ends then.
        deadline: When to stop, in seconds from now: the transfer ends with :exc:`~p2p_copy.Stopped`, and the same again
            goes on.
        connections: How many connections to use at the same time, 1 to 8; as many as make it quicker unless given.
        ca_file: A PEM file with the certificate authorities to trust in place of the system's.
        proxy: The proxy to connect through, such as ``http://proxy.example.org:3128``, or ``none``; otherwise the
            environment says which.
        digest: The only digest of files to use, ``xxh128`` or ``sha256``.
        codec_parameters: Parameters of codecs, such as ``zstd.level=9``.
        receipt: A file to write the receipt to.
        sign: An Ed25519 key of OpenSSH to sign the receipt with.
        checksums: A file to write the SHA-256 of every file to, as ``sha256sum -c`` reads it.
        compare_content: Whether the content of every file that is there already is compared, also where sizes and times
            tell that nobody has touched it.
        nice: Whether to take the processor and the disk only when nobody else wants them.

    """

    wait: float | None = None
    retry_for: float | None = None
    deadline: float | None = None
    connections: int | None = None
    ca_file: AnyPath | None = None
    proxy: str | None = None
    digest: str | None = None
    codec_parameters: Sequence[str] = ()
    receipt: AnyPath | None = None
    sign: AnyPath | None = None
    checksums: AnyPath | None = None
    compare_content: bool = False
    nice: bool = False

    def arguments(self) -> list[Argument]:
        """Return the options as the command line has them."""
        arguments: list[Argument] = []
        for name, seconds in (("--retry-for", self.retry_for), ("--deadline", self.deadline)):
            if seconds is not None:
                arguments += [name, f"{math.ceil(seconds)}s"]
        if self.wait is not None:
            arguments += ["--wait", str(math.ceil(self.wait))]
        for name, value in (
            ("--connections", self.connections),
            ("--proxy", self.proxy),
            ("--digest", self.digest),
        ):
            if value is not None:
                arguments += [name, str(value)]
        for parameter in self.codec_parameters:
            arguments += ["--codec", parameter]
        for name, path in (
            ("--ca-file", self.ca_file),
            ("--receipt", self.receipt),
            ("--sign", self.sign),
            ("--checksums", self.checksums),
        ):
            if path is not None:
                arguments += [name, os.fsencode(path)]
        if self.compare_content:
            arguments.append("--checksum")
        if self.nice:
            arguments.append("--nice")
        return arguments


@dataclass(frozen=True)
class SendOptions(TransferOptions):
    """The options of a sender.

    Attributes:
        rules: What to take and what to leave out, as rsync means such patterns: the first rule that matches decides,
            and what none matches is taken.
        exclude: Patterns of what to leave out besides, behind ``rules``.
        links: What becomes of symbolic links; they are kept unless given.
        metadata: Whether modes and times travel.
        compress: Whether files are compressed; each decides unless given.
        compressor: The compressor to prefer.
        level: Its level.
        cipher: The only cipher to offer.
        resume: Whether what the receiver has is gone on with; otherwise everything is sent.
        append_growing: Whether a file that becomes longer meanwhile, such as a log, is sent as long as it was.
        check_bag: Whether every bag (BagIt) is checked before anything is sent.
        limit_rate: How many bytes a second to send at most.
        listen: Where the relay inside the sender listens when no relay is given, ``ADDRESS`` or ``ADDRESS:PORT``;
            loopback unless given.

    """

    rules: Sequence[Rule] = ()
    exclude: Iterable[str | bytes] = ()
    links: LinkPolicy | None = None
    metadata: bool = True
    compress: CompressMode | str | None = None
    compressor: str | None = None
    level: int | None = None
    cipher: str | None = None
    resume: bool = True
    append_growing: bool = False
    check_bag: bool = False
    limit_rate: int | None = None
    listen: str | None = None

    def arguments(self) -> list[Argument]:
        """Return the options as the command line has them."""
        arguments = super().arguments()
        for action, pattern in [*self.rules, *(("exclude", pattern) for pattern in self.exclude)]:
            # In one argument, so that a pattern may begin with a dash.
            arguments.append(b"--" + action.encode() + b"=" + os.fsencode(pattern))
        if self.compress is not None:
            arguments += ["--compress", CompressMode(self.compress).value]
        for name, value in (
            ("--links", self.links),
            ("--compressor", self.compressor),
            ("--level", self.level),
            ("--cipher", self.cipher),
            ("--limit-rate", self.limit_rate),
            ("--listen", self.listen),
        ):
            if value is not None:
                arguments += [name, str(value)]
        for name, is_given in (
            ("--no-metadata", not self.metadata),
            ("--no-resume", not self.resume),
            ("--append-growing", self.append_growing),
            ("--check-bag", self.check_bag),
        ):
            if is_given:
                arguments.append(name)
        return arguments


@dataclass(frozen=True)
class ReceiveOptions(TransferOptions):
    """The options of a receiver.

    Attributes:
        on_conflict: What becomes of a file whose name is taken by something else; unless given ``fail``, which leaves
            it alone, receives the others, and ends with :exc:`~p2p_copy.DestinationExists`.
        metadata: Whether modes and times are set.
        keep_set_id: Whether set-user-id and set-group-id bits are kept.
        max_bytes: How many bytes to take at most, besides what is there already.
        max_files: How many files, directories and links to take at most.
        trust_times: Whether a file that has the size and the time it has at the sender counts as complete, whoever put
            it there.
        journal: Whether a journal is kept in the output directory, so that what is complete need not be read again.
        bag: Whether the output directory becomes a bag (BagIt).
        bag_info: What ``bag-info.txt`` says, such as ``Source-Organization=Our-Lab``.

    """

    on_conflict: ConflictPolicy | None = None
    metadata: bool = True
    keep_set_id: bool = False
    max_bytes: int | None = None
    max_files: int | None = None
    trust_times: bool = False
    journal: bool = True
    bag: bool = False
    bag_info: Sequence[str] = ()

    def arguments(self) -> list[Argument]:
        """Return the options as the command line has them."""
        arguments = super().arguments()
        for name, value in (
            ("--on-conflict", self.on_conflict),
            ("--max-bytes", self.max_bytes),
            ("--max-files", self.max_files),
        ):
            if value is not None:
                arguments += [name, str(value)]
        for name, is_given in (
            ("--no-metadata", not self.metadata),
            ("--keep-set-id", self.keep_set_id),
            ("--trust-times", self.trust_times),
            ("--no-journal", not self.journal),
            ("--bag", self.bag),
        ):
            if is_given:
                arguments.append(name)
        for line in self.bag_info:
            arguments += ["--bag-info", line]
        return arguments
