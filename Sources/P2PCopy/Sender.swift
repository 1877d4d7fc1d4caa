import FoundationEssentials
public import P2PCopyCore
import P2PCopyFiles
import P2PCopyProtocol1
public import P2PCopyTransfer
import P2PCopyWire
public import SystemPackage

/// Sends files and directories to a receiver that has the same code.
///
/// ```swift
/// let sender = try Sender(relay: "wss://relay.example.org", code: "our secret", codecs: codecs)
/// let summary = try await sender.send(["results"])
/// ```
///
/// Cancelling the task that sends ends the transfer; what the receiver has by then can be resumed.
public struct Sender: Sendable {
  /// Where the peers meet.
  package var point: RendezvousPoint

  /// The code both peers share.
  public var code: PairingCode

  /// The codecs to use.
  public var codecs: CodecRegistry

  /// How to send.
  public var options: SendOptions

  /// Creates a sender. Nothing is connected yet.
  public init(relay: RelayAddress, code: PairingCode, codecs: CodecRegistry, options: SendOptions = SendOptions()) {
    self.init(at: .relays([relay]), code: code, codecs: codecs, options: options)
  }

  /// Creates a sender that meets the other peer at whichever of several relays both can reach. Nothing is connected yet.
  ///
  /// - Parameters:
  ///   - relays: At least one; of both sides at least one in common.
  ///   - code: The code both peers share.
  ///   - codecs: The codecs to use.
  ///   - options: How to send.
  public init(
    relays: [RelayAddress], code: PairingCode, codecs: CodecRegistry, options: SendOptions = SendOptions()
  ) {
    self.init(at: .relays(relays), code: code, codecs: codecs, options: options)
  }

  /// Creates a sender that meets the other peer at a relay or without one.
  package init(
    at point: RendezvousPoint, code: PairingCode, codecs: CodecRegistry, options: SendOptions = SendOptions()
  ) {
    self.point = point
    self.code = code
    self.codecs = codecs
    self.options = options
  }

  /// Creates a sender from texts.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when the address or the code is malformed.
  public init(
    relay: String, code: String, codecs: CodecRegistry, options: SendOptions = SendOptions()
  ) throws(P2PCopyError) {
    self.init(relay: try RelayAddress(relay), code: try PairingCode(code), codecs: codecs, options: options)
  }

  /// Sends files and directories.
  ///
  /// - Parameters:
  ///   - paths: What to send, in bytes: file names are not text. A file arrives under its own name, a directory under its
  ///     own name with everything below.
  ///   - listener: Hears about the transfer while it runs, in a task of its own; the last event comes even when the
  ///     transfer is cancelled.
  /// - Returns: What it came to: everything is in place at the receiver, and both sides agree on it. Protocol 1 has no
  ///   receipt: there it means that everything was sent and, through a relay of ours, that the receiver ended without a
  ///   failure.
  /// - Throws: ``P2PCopyError``, also when only some files failed; the last event has the summary in any case.
  @discardableResult
  public func send(
    _ paths: [LocalPath], listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    switch options.transferProtocol {
    case .one: try await sendWithProtocol1(paths, listener)
    case .two:
      try await sendWithProtocol2(listener) { ownFiles in
        try FileSource(
          paths, rules: options.rules, links: options.links, list: options.fileList, ownFiles: ownFiles,
          acceptsGrowth: options.acceptsGrowingFiles)
      }
    }
  }

  /// The same with paths as text.
  @discardableResult
  public func send(
    _ paths: [String], listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    try await send(paths.map { LocalPath($0) }, listener: listener)
  }

  /// The same with paths of Swift System. They have no slash at their end, so a link is not followed by adding one.
  @discardableResult
  public func send(
    _ paths: [FilePath], listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    try await send(paths.map { LocalPath($0) }, listener: listener)
  }

  /// Sends what comes from an open file, such as standard input, until its end, as one file. Protocol 2 only.
  ///
  /// - Parameters:
  ///   - stream: The open file. It is read from where it stands, by this transfer only, and not closed.
  ///   - name: The name of the file at the receiver, unless that writes to a stream as well: bytes, components joined with
  ///     `/`.
  ///   - listener: As for ``send(_:listener:)-([LocalPath],_)``.
  /// - Returns: What it came to.
  /// - Throws: ``P2PCopyError``, with code ``P2PCopyError/Code/unsafePath`` when the name leads outside.
  @discardableResult
  public func send(
    _ stream: SystemPackage.FileDescriptor, named name: [UInt8],
    listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    let path = try RelativePath(validating: name)
    return try await sendWithProtocol2(on: .own, listener) { _ in
      try options.checkForStream()
      return StreamSource(
        stream.rawValue, named: path,
        shown: stream == .standardInput ? "standard input" : "the stream for '\(path)'")
    }
  }

  /// Sends content that is in memory as one file. Protocol 2 only.
  ///
  /// - Parameters:
  ///   - content: The file's bytes.
  ///   - name: The name of the file at the receiver: bytes, components joined with `/`.
  ///   - permissions: The file's mode. Its time is that of the call.
  ///   - listener: As for ``send(_:listener:)-([LocalPath],_)``.
  /// - Returns: What it came to.
  /// - Throws: ``P2PCopyError``, with code ``P2PCopyError/Code/unsafePath`` when the name leads outside.
  @discardableResult
  public func send(
    _ content: [UInt8], named name: [UInt8], permissions: UInt16 = 0o644,
    listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    let path = try RelativePath(validating: name)
    return try await sendWithProtocol2(listener) { _ in
      try options.checkForStream()
      let now = Date().timeIntervalSince1970
      return try MemorySource(
        [(path, content)],
        metadata: EntryMetadata(
          mode: permissions & 0o7777, modificationSeconds: Int64(now),
          modificationNanoseconds: UInt32((now - now.rounded(.down)) * 1e9)))
    }
  }

  /// Sends what a source has. Protocol 2 only.
  ///
  /// - Parameters:
  ///   - source: What to send.
  ///   - listener: As for ``send(_:listener:)-([LocalPath],_)``.
  /// - Returns: What it came to.
  /// - Throws: ``P2PCopyError``.
  package func send(
    from source: any Source, listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    try await sendWithProtocol2(on: .own, listener) { _ in source }
  }

  private func sendWithProtocol1(
    _ paths: [LocalPath], _ listener: @escaping @Sendable (TransferEvents) async -> Void
  ) async throws -> TransferSummary {
    try await Transfer.run(
      as: .sender, logger: options.logger, reportsEachFile: options.reportsEachFile, listener
    ) { monitor in
      try Protocol1.sessions(
        sending: paths, at: point, code: code, codecs: codecs, options: options, monitor: monitor)
    }
  }

  private func sendWithProtocol2(
    on threads: WorkerThreads.Kind = .shared, _ listener: @escaping @Sendable (TransferEvents) async -> Void,
    _ source: @escaping @Sendable (OwnFiles) throws -> any Source
  ) async throws -> TransferSummary {
    try await Transfer.run(
      as: .sender, on: threads, logger: options.logger, reportsEachFile: options.reportsEachFile, listener
    ) { monitor in
      // What the log writes is left out of what is sent.
      let makeLogAndSource = { @Sendable () throws -> (DeliveryLog, any Source) in
        let log = try DeliveryLog(options.deliveryFiles)
        return (log, try source(log.ownFiles))
      }
      let first = try makeLogAndSource()
      var codecs = codecs
      if options.deliveryFiles.needChecksumsDigest { try codecs.keepOnly(digest: DeliveryLog.checksumsDigest) }
      if let cipher = options.cipher {
        // Missing here, it is known before anybody is met; the handshake needs its own cipher besides.
        var offered = codecs
        try offered.keepOnly(cipher: cipher)
      }
      let opening = SessionOpening(
        rendezvous: try point.rendezvous(
          codecs: codecs,
          settings: RendezvousSettings(
            role: .sender, transferProtocol: .two, peerTypes: HandshakeMessage.peerTypes,
            peerTimeout: options.peerTimeout, transportOptions: options.transport, rateLimit: options.rateLimit),
          monitor: monitor),
        code: code, role: .sender, codecs: codecs, stepTimeout: options.stepTimeout, silenceLimit: options.silenceLimit,
        retryDuration: options.retryDuration ?? SendOptions.defaultRetryDuration,
        successorDelay: first.1.canBeReadAgain ? options.successorDelay : nil, monitor: monitor)
      return [
        { [codecs] in
          var next: (DeliveryLog, any Source)? = first
          try await opening.run { peers, lane, dialing in
            let (log, source) = try next.take() ?? makeLogAndSource()
            let session = SendingSession(options: options, codecs: codecs, monitor: monitor, log: log)
            try await session.run(source, in: peers, over: lane, dialing)
          }
        }
      ]
    }
  }
}
