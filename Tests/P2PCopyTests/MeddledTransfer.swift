import AESGCM
import Foundation
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import SPAKE2
import Synchronization
import TestSupport
import Testing
import XXH128
import Zstd

/// A transfer through the hands of a ``Meddler``, and what must hold whatever that does.
struct MeddledTransfer {
  typealias Results = (sent: Result<TransferSummary, any Error>, received: Result<TransferSummary, any Error>)

  let folder: TemporaryDirectory
  let meddler: Meddler
  /// Every use of a key, by both peers.
  let record: CountingCipher.Record
  var transfer: QuickTransfer
  private let name: String

  /// - Parameters:
  ///   - folder: Has `tree`, which is sent. What is received lies under a name of its own.
  ///   - laneCount: How many connections there are to be.
  ///   - party: What the meddler knows this session by.
  ///   - relay: Another session's relay; `nil` for one of its own.
  ///   - meddler: Whose hands it goes through.
  ///   - record: Takes note of all uses of keys.
  init(
    in folder: TemporaryDirectory, laneCount: Int = 1, party: Int = 0, at relay: InMemoryRelay? = nil,
    _ meddler: Meddler,
    _ record: CountingCipher.Record = CountingCipher.Record()
  ) {
    self.folder = folder
    self.meddler = meddler
    self.record = record
    name = "out/\(UUID().uuidString)"
    var codecs = CodecRegistry(plugins: [ZstdCompressor.self, XXH128Digest.self, SPAKE2KeyExchange.self])
    codecs.register(QuickKeyDeriver())
    codecs.register(CountingCipher(inner: AESGCMCipher(), record: record))
    transfer = QuickTransfer(codecs: codecs, at: relay) { meddler.transport($0, party: party) }
    transfer.sendOptions.retryDuration = .seconds(120)
    transfer.receiveOptions.retryDuration = .seconds(120)
    transfer.receiveOptions.acknowledgementInterval = ReceiveOptions().acknowledgementInterval
    transfer.sendOptions.connections = .exactly(laneCount)
    // Somebody who is started again is another test's subject.
    transfer.sendOptions.successorDelay = .seconds(3600)
    transfer.receiveOptions.successorDelay = .seconds(3600)
  }

  /// Runs both peers to their ends.
  ///
  /// - Returns: How both ended.
  /// - Throws: When the folder cannot be read.
  func run() async throws -> Results {
    let results = await transfer.run([folder.path("tree")], into: folder.path(name))
    try check([results.sent, results.received])
    return results
  }

  /// Runs both peers until the sender ends, where the receiver cannot know that and would wait for it: it is cancelled.
  ///
  /// - Returns: How the sender ended.
  /// - Throws: When the folder cannot be read.
  func runToSendersEnd() async throws -> Result<TransferSummary, any Error> {
    let receiving = Task { await transfer.receive(into: folder.path(name)) }
    let sent = await transfer.watched { await transfer.send([folder.path("tree")]) }
    receiving.cancel()
    guard case .failure = await receiving.value else {
      Issue.record("the receiver succeeded")
      return sent
    }
    try check([sent])
    return sent
  }

  /// Runs both peers, which must both succeed.
  func succeed() async throws {
    let results = try await run()
    #expect(results.sent.errorCode == nil && results.received.errorCode == nil, "\(results)")
  }

  /// What holds however a transfer ends: nothing in place is wrong, nobody claims a success that is none, no nonce is used
  /// twice with one key.
  private func check(_ results: [Result<TransferSummary, any Error>]) throws {
    let source = try folder.tree("tree")
    let arrived = (try? folder.tree(name + "/tree")) ?? [:]
    for (path, content) in arrived where !path.hasSuffix(".p2p-copy-partial") {
      #expect(content == source[path], "\(path): \(results)")
    }
    for result in results {
      if case .success = result { #expect(arrived == source, "\(results)") }
      #expect(result.errorCode != .internalError && result.errorCode != .cancelled, "\(results)")
    }
    let seals = record.seals
    #expect(Set(seals).count == seals.count, "a nonce was used twice with one key: \(results)")
    try? FileManager.default.removeItem(atPath: folder.path(name))
  }
}

extension CountingCipher.Record {
  /// Whether a message is the record by which a sender says how many lanes there are to be.
  func isLaneCount(_ message: TransportMessage) -> Bool { beginning(of: message)?.first == RecordKind.lanes.rawValue }

  /// Whether a message is a control record of a type.
  func isControl(_ message: TransportMessage, _ type: String) -> Bool {
    guard let beginning = beginning(of: message), beginning.first == RecordKind.control.rawValue else { return false }
    return String(decoding: beginning.dropFirst(), as: UTF8.self).hasPrefix("{\"type\":\"\(type)\"")
  }
}

/// Whether something has happened, or was done.
final class Once: Sendable {
  private let state = Mutex(false)

  /// Whether it was done.
  var isDone: Bool { state.withLock { $0 } }

  /// It is done, whether or not it was before.
  func set() { state.withLock { $0 = true } }

  /// - Returns: `true` the first time.
  func take() -> Bool {
    state.withLock { isDone in
      defer { isDone = true }
      return !isDone
    }
  }
}

/// Messages that a meddler keeps.
final class KeptMessages: Sendable {
  private let messages = Mutex<[TransportMessage]>([])

  var all: [TransportMessage] { messages.withLock { $0 } }

  func keep(_ message: TransportMessage) { messages.withLock { $0.append(message) } }
}
