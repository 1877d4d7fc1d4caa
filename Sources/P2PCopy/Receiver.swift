public import P2PCopyCore

/// Receives files from a sender that has the same code.
///
/// ```swift
/// let receiver = try Receiver(relay: "wss://relay.example.org", code: "our secret", codecs: codecs)
/// let summary = try await receiver.receive(into: "downloads")
/// ```
///
/// Cancelling the task that receives ends the transfer; what is there by then can be resumed.
public struct Receiver: Sendable {
  /// The relay both peers connect to.
  public var relay: RelayAddress

  /// The code both peers share.
  public var code: PairingCode

  /// The codecs to use.
  public var codecs: CodecRegistry

  /// How to receive.
  public var options: ReceiveOptions

  /// Creates a receiver. Nothing is connected yet.
  public init(
    relay: RelayAddress, code: PairingCode, codecs: CodecRegistry, options: ReceiveOptions = ReceiveOptions()
  ) {
    self.relay = relay
    self.code = code
    self.codecs = codecs
    self.options = options
  }

  /// Creates a receiver from texts.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when the address or the code is malformed.
  public init(
    relay: String, code: String, codecs: CodecRegistry, options: ReceiveOptions = ReceiveOptions()
  ) throws(P2PCopyError) {
    self.init(relay: try RelayAddress(relay), code: try PairingCode(code), codecs: codecs, options: options)
  }

  /// Receives everything the sender sends.
  ///
  /// - Parameters:
  ///   - directory: Where to put it; made when missing. Nothing is written outside.
  ///   - listener: Hears about the transfer while it runs, in a task of its own; the last event comes even when the
  ///     transfer is cancelled.
  /// - Returns: What it came to: every file the sender announced is in place.
  /// - Throws: ``P2PCopyError``, also when only some files failed; the last event has the summary in any case.
  @discardableResult
  public func receive(
    into directory: String, listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    try await Transfer.run(listener) { monitor in
      // Made before connecting, so that a directory that cannot be used is known before the sender begins.
      _ = try OutputDirectory(path: directory)
      let claimedPaths = ClaimedPaths()
      return try SessionCodes.codes(for: code).map { code in
        let session = ReceiveSession(
          rendezvous: Rendezvous(
            relay: relay, code: code, role: .receiver, encrypt: options.encrypt, codecs: codecs,
            peerTimeout: options.peerTimeout, transportOptions: options.transport, monitor: monitor),
          outputPath: directory, conflictPolicy: options.conflictPolicy, claimedPaths: claimedPaths)
        return { try await session.run() }
      }
    }
  }
}
