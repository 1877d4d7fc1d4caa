import Logging
public import P2PCopyCore
import P2PCopyFiles
import P2PCopyProtocol1
public import P2PCopyTransfer
import P2PCopyWire
public import SystemPackage

/// Receives files from a sender that has the same code.
///
/// ```swift
/// let receiver = try Receiver(relay: "wss://relay.example.org", code: "our secret", codecs: codecs)
/// let summary = try await receiver.receive(into: "downloads")
/// ```
///
/// Cancelling the task that receives ends the transfer; what is there by then can be resumed.
public struct Receiver: Sendable {
  /// Where the peers meet.
  package var point: RendezvousPoint

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
    self.init(at: .relays([relay]), code: code, codecs: codecs, options: options)
  }

  /// Creates a receiver that meets the other peer at whichever of several relays both can reach. Nothing is connected yet.
  ///
  /// - Parameters:
  ///   - relays: At least one; of both sides at least one in common.
  ///   - code: The code both peers share.
  ///   - codecs: The codecs to use.
  ///   - options: How to receive.
  public init(
    relays: [RelayAddress], code: PairingCode, codecs: CodecRegistry, options: ReceiveOptions = ReceiveOptions()
  ) {
    self.init(at: .relays(relays), code: code, codecs: codecs, options: options)
  }

  /// Creates a receiver that meets the other peer at a relay or without one.
  package init(
    at point: RendezvousPoint, code: PairingCode, codecs: CodecRegistry, options: ReceiveOptions = ReceiveOptions()
  ) {
    self.point = point
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
    into directory: LocalPath, listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    var files = options.deliveryFiles
    var receiver = self
    var place = directory
    if let information = options.bagInformation {
      files.bag = (directory, information)
      place = LocalPath(directory.bytes + "/\(BagWriter.payloadDirectory)".utf8)
      // The payload has nothing but what came.
      receiver.options.keepsJournal = false
    }
    let destination = DirectoryDestination(path: place)
    do {
      switch options.transferProtocol {
      case .one: return try await receiveWithProtocol1(directory, listener)
      case .two: return try await receiver.receiveWithProtocol2(destination, files, listener)
      }
    } catch let error as P2PCopyError where error.code == .stopped {
      await checkpoint(destination)
      throw error
    }
  }

  /// The same with the path as text.
  @discardableResult
  public func receive(
    into directory: String, listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    try await receive(into: LocalPath(directory), listener: listener)
  }

  /// The same with a path of Swift System.
  @discardableResult
  public func receive(
    into directory: FilePath, listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    try await receive(into: LocalPath(directory), listener: listener)
  }

  /// Receives one file, or what the sender reads from a stream, and writes its content to an open descriptor. Protocol 2
  /// only.
  ///
  /// ```swift
  /// try await receiver.receive(to: .standardOutput)
  /// ```
  ///
  /// - Parameters:
  ///   - stream: What to write to.
  ///   - listener: As for ``receive(into:listener:)-(LocalPath,_)``.
  /// - Returns: What it came to.
  /// - Throws: ``P2PCopyError``; what was written by then is incomplete.
  @discardableResult
  public func receive(
    to stream: StreamDestination, listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    guard options.transferProtocol == .two else {
      throw P2PCopyError(.usage, "protocol 1 cannot write to \(stream.shown)", remedy: .useProtocol2)
    }
    try refuseBag()
    return try await receiveWithProtocol2(stream, options.deliveryFiles, on: .own, listener)
  }

  /// Receives everything the sender sends into memory. Protocol 2 only.
  ///
  /// - Parameters:
  ///   - memory: What to fill.
  ///   - listener: As for ``receive(into:listener:)-(LocalPath,_)``.
  /// - Returns: What it came to.
  /// - Throws: ``P2PCopyError``, also when only some files failed; what has arrived by then is in memory.
  @discardableResult
  public func receive(
    to memory: MemoryDestination, listener: @escaping @Sendable (TransferEvents) async -> Void = { _ in }
  ) async throws -> TransferSummary {
    guard options.transferProtocol == .two else {
      throw P2PCopyError(.usage, "protocol 1 receives into directories only", remedy: .useProtocol2)
    }
    try refuseBag()
    return try await receiveWithProtocol2(memory, options.deliveryFiles, listener)
  }

  private func refuseBag() throws(P2PCopyError) {
    guard options.bagInformation == nil else {
      throw P2PCopyError(.usage, "a bag is a directory, and what comes does not go into one", remedy: .leaveOut)
    }
  }

  /// Makes sure, as far as that is possible, that what is in a directory outlasts the machine as well.
  private func checkpoint(_ destination: DirectoryDestination) async {
    await WorkerThreads.run(on: .shared) {
      do {
        try destination.checkpoint()
      } catch {
        options.logger.warning("what was received may not be on the disk", metadata: ["error": "\(error)"])
      }
    }
  }

  private func receiveWithProtocol1(
    _ directory: LocalPath, _ listener: @escaping @Sendable (TransferEvents) async -> Void
  ) async throws -> TransferSummary {
    try await Transfer.run(
      as: .receiver, logger: options.logger, reportsEachFile: options.reportsEachFile, listener
    ) { monitor in
      try Protocol1.sessions(
        receivingInto: directory, at: point, code: code, codecs: codecs, options: options, monitor: monitor)
    }
  }

  private func receiveWithProtocol2(
    _ destination: any Destination, _ files: DeliveryFiles, on threads: WorkerThreads.Kind = .shared,
    _ listener: @escaping @Sendable (TransferEvents) async -> Void
  ) async throws -> TransferSummary {
    try await Transfer.run(
      as: .receiver, on: threads, logger: options.logger, reportsEachFile: options.reportsEachFile, listener
    ) { monitor in
      // Before connecting, so that what cannot be used is known before the sender begins.
      try destination.check()
      var codecs = codecs
      if files.needChecksumsDigest { try codecs.keepOnly(digest: DeliveryLog.checksumsDigest) }
      let opening = SessionOpening(
        rendezvous: try point.rendezvous(
          codecs: codecs,
          settings: RendezvousSettings(
            role: .receiver, transferProtocol: .two, peerTypes: HandshakeMessage.peerTypes,
            peerTimeout: options.peerTimeout, transportOptions: options.transport),
          monitor: monitor),
        code: code, role: .receiver, codecs: codecs, stepTimeout: options.stepTimeout,
        silenceLimit: options.silenceLimit,
        retryDuration: options.retryDuration ?? ReceiveOptions.defaultRetryDuration,
        successorDelay: destination.canBeginAgain ? options.successorDelay : nil, monitor: monitor)
      let makeLog = { @Sendable () throws(P2PCopyError) in
        try DeliveryLog(files, outputPath: destination.outputPath)
      }
      let firstLog = try makeLog()
      let limits = ReceivingLimits(options)
      return [
        { [codecs] in
          var nextLog: DeliveryLog? = firstLog
          try await opening.run { peers, lane, dialing in
            let log: DeliveryLog
            if let next = nextLog.take() {
              log = next
            } else {
              log = try makeLog()
              destination.beginAgain()
            }
            let session = ReceivingSession(
              options: options, destination: destination, codecs: codecs, monitor: monitor, log: log,
              limits: limits)
            try await session.run(in: peers, over: lane, dialing)
          }
        }
      ]
    }
  }
}
