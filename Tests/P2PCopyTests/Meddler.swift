import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import Synchronization

/// Whoever runs a relay: sees which messages travel over one connection, and delivers them where and as often as it likes.
///
/// It reads what a relay can read: who says hello by which id, and the texts of the exchange over a new lane, which name lane
/// and epoch.
final class Meddler: Sendable {
  /// Where a message is delivered: to whoever is at the other end of a line.
  struct Delivery: Sendable {
    var message: TransportMessage
    var line: Line
  }

  /// What becomes of a message that a peer sends over a line.
  ///
  /// It is asked for one message of a line after the other; again after a moment when it returns `nil`, which lets the line
  /// stand still.
  typealias Rule = @Sendable (Meddler, Line, TransportMessage) -> [Delivery]?

  private struct State {
    var lines: [Line] = []
    var addresses: [String: LaneAddress] = [:]
  }

  private let rule: Rule
  private let renaming: @Sendable (Line) -> (identifier: String, role: PeerRole)?
  private let state = Mutex(State())

  /// - Parameters:
  ///   - renaming: By which id and in which role a line is to say hello in place of its own; `nil` for its own.
  ///   - rule: What becomes of messages.
  init(
    renaming: @escaping @Sendable (Line) -> (identifier: String, role: PeerRole)? = { _ in nil }, rule: @escaping Rule
  ) {
    self.renaming = renaming
    self.rule = rule
  }

  /// All connections on which somebody said hello, in their order.
  var lines: [Line] { state.withLock { $0.lines } }

  /// Those of one lane's end at one peer.
  func lines(_ party: Int = 0, _ role: PeerRole, lane: UInt32) -> [Line] {
    lines.filter { $0.party == party && $0.role == role && $0.address?.number == lane }
  }

  /// The other end of a line, once somebody is there.
  func partner(of line: Line) -> Line? {
    state.withLock { state in
      state.lines.last { $0 !== line && $0.meetsAt == line.meetsAt && $0.meetsAs != line.meetsAs && !$0.hasEnded }
    }
  }

  /// Ends a connection at both its ends without a word.
  func cut(_ line: Line) {
    partner(of: line)?.connection.abort()
    line.connection.abort()
  }

  fileprivate func address(of line: Line) -> LaneAddress? { state.withLock { $0.addresses[line.identifier] } }

  /// - Returns: The hello as it goes on.
  fileprivate func greet(_ line: Line, _ text: String) throws -> TransportMessage {
    guard case .hello(let identifier, let role, let number) = try RendezvousMessage(decoding: text) else {
      return .text(text)
    }
    line.greet(identifier, role)
    let name = renaming(line)
    line.rename(name?.identifier ?? identifier, name?.role ?? role)
    state.withLock { state in
      // Each peer's first connection is the one that the handshake goes over.
      if !state.lines.contains(where: { $0.party == line.party && $0.role == role }) {
        state.addresses[identifier] = LaneAddress(number: 0, epoch: 0)
      }
      state.lines.append(line)
    }
    return .text(
      RendezvousMessage.hello(identifier: line.meetsAt, role: line.meetsAs, protocolNumber: number).encoded())
  }

  fileprivate func deliveries(of message: TransportMessage, from line: Line) -> [Delivery]? {
    if case .laneOffer(let offer)? = message.handshakeMessage {
      state.withLock { $0.addresses[line.identifier] = LaneAddress(number: offer.lane, epoch: offer.epoch) }
    }
    return rule(self, line, message)
  }

  // MARK: Lines

  /// One peer's connection to the relay.
  final class Line: Sendable {
    private struct State {
      var identifier = ""
      var role = PeerRole.sender
      var meetsAt = ""
      var meetsAs = PeerRole.sender
      var recordCount = 0
      var isConfirmed = false
      var isInUse = false
      var hasEnded = false
    }

    /// Whose it is, where several sessions use one relay.
    let party: Int
    let connection: any TransportConnection
    private let meddler: Meddler
    private let state = Mutex(State())

    fileprivate init(party: Int, connection: any TransportConnection, meddler: Meddler) {
      self.party = party
      self.connection = connection
      self.meddler = meddler
    }

    /// The id that its peer said hello by.
    var identifier: String { state.withLock { $0.identifier } }
    /// What its peer is.
    var role: PeerRole { state.withLock { $0.role } }
    /// Which lane it is, once one of both peers has said so.
    var address: LaneAddress? { meddler.address(of: self) }
    /// How many records were delivered that its peer sent.
    var recordCount: Int { state.withLock { $0.recordCount } }
    /// Whether its peer waits for records of a lane that was dialled.
    var isInUse: Bool { state.withLock { $0.isInUse } }
    /// Whether its peer has ended it, in good order or not.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    fileprivate var meetsAt: String { state.withLock { $0.meetsAt } }
    fileprivate var meetsAs: PeerRole { state.withLock { $0.meetsAs } }

    fileprivate func greet(_ identifier: String, _ role: PeerRole) {
      state.withLock { ($0.identifier, $0.role) = (identifier, role) }
    }

    fileprivate func rename(_ identifier: String, _ role: PeerRole) {
      state.withLock { ($0.meetsAt, $0.meetsAs) = (identifier, role) }
    }

    fileprivate func passed(_ message: TransportMessage) {
      switch message {
      case .binary: state.withLock { $0.recordCount += 1 }
      case .text: confirm(message)
      }
    }

    /// The last message of an exchange has come by.
    fileprivate func confirm(_ message: TransportMessage) {
      if case .laneConfirm? = message.handshakeMessage { state.withLock { $0.isConfirmed = true } }
    }

    fileprivate func reads() {
      state.withLock { $0.isInUse = $0.isConfirmed }
    }

    fileprivate func end() {
      state.withLock { $0.hasEnded = true }
    }
  }

  // MARK: Transport

  /// A transport that leads through the meddler's hands.
  func transport(_ inner: any P2PCopyCore.Transport, party: Int = 0) -> any P2PCopyCore.Transport {
    Transport(meddler: self, inner: inner, party: party)
  }

  private struct Transport: P2PCopyCore.Transport {
    let meddler: Meddler
    let inner: any P2PCopyCore.Transport
    let party: Int

    var name: CodecName { inner.name }
    var summary: String { inner.summary }
    var schemes: [String] { inner.schemes }

    func properties(forScheme scheme: String) -> TransportProperties { inner.properties(forScheme: scheme) }

    func connect(to endpoint: Endpoint, options: TransportOptions) async throws -> any TransportConnection {
      let connection = try await inner.connect(to: endpoint, options: options)
      return Connection(Line(party: party, connection: connection, meddler: meddler), meddler)
    }
  }

  private final class Connection: TransportConnection {
    /// How long a line stands still before the rule is asked again.
    private static let pause = Duration.milliseconds(5)

    let line: Line
    let meddler: Meddler
    private let hasGreeted = Mutex(false)

    init(_ line: Line, _ meddler: Meddler) {
      self.line = line
      self.meddler = meddler
    }

    deinit {
      // The meddler holds the line, and the peer does not any more.
      line.end()
      line.connection.abort()
    }

    var buffers: MessageBufferPool { line.connection.buffers }

    func send(_ message: consuming TransportMessage) async throws {
      let message = consume message
      let isHello = hasGreeted.withLock { hasGreeted in
        defer { hasGreeted = true }
        return !hasGreeted
      }
      if isHello, case .text(let text) = message {
        return try await line.connection.send(try meddler.greet(line, text))
      }
      while true {
        guard let deliveries = meddler.deliveries(of: message, from: line) else {
          try await Task.sleep(for: Self.pause)
          continue
        }
        line.passed(message)
        for delivery in deliveries {
          if delivery.line === line {
            try await line.connection.send(delivery.message)
          } else {
            // What happens to another connection is not this one's fault.
            _ = await result { try await delivery.line.connection.send(delivery.message) }
          }
        }
        return
      }
    }

    func receive() async throws -> TransportMessage? {
      line.reads()
      guard let message = try await line.connection.receive() else { return nil }
      line.confirm(message)
      return message
    }

    func finish(_ closure: TransportClosure) async throws -> TransportClosure {
      line.end()
      return try await line.connection.finish(closure)
    }

    func abort() {
      line.end()
      line.connection.abort()
    }
  }
}

extension Meddler.Line {
  /// What is delivered as if it had come over this line.
  func passing(_ messages: TransportMessage...) -> [Meddler.Delivery] {
    messages.map { Meddler.Delivery(message: $0, line: self) }
  }
}

extension TransportMessage {
  /// What it says in an exchange before the first record.
  var handshakeMessage: HandshakeMessage? {
    guard case .text(let text) = self else { return nil }
    return try? HandshakeMessage(decoding: text)
  }

  /// Whether it is a record.
  var isRecord: Bool { if case .binary = self { true } else { false } }
}
