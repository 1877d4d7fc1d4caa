import NIOCore
import P2PCopyCore

/// What an ``InMemoryRelay`` guards with its lock. The documentation there has the state machine.
///
/// A task that must wait leaves a continuation, and every change that concerns its connection wakes it to look again.
struct InMemoryRelayState {
  /// What a waiting task is doing; one task of each kind may wait at a connection.
  enum Waiter: Hashable {
    case send
    case receive
    case finish
  }

  /// The result of receiving: a message, or the end.
  struct Received: Sendable {
    var message: TransportMessage?
  }

  private struct Endpoint {
    var hello: InMemoryHello?
    var peer: Int?
    /// What the relay itself says to this connection.
    var notices = CircularBuffer<TransportMessage>()
    /// What this connection sent and its peer has not read.
    var unread = CircularBuffer<TransportMessage>()
    var unreadByteCount = 0
    /// Whether the peer ended before it had read everything.
    var isUnreadDropped = false
    /// Why the relay refused the connection.
    var refusal: TransportClosure?
    /// What the connection said with `finish`.
    var closure: TransportClosure?
    var isAborted = false
    /// Whether nobody holds the connection any more.
    var isReleased = false
    /// Counts changes, so that a wake-up between looking and waiting is not lost.
    var version = 0
    var waiters: [Waiter: CheckedContinuation<Void, Never>] = [:]
  }

  private static let vanished = TransportClosure(.peerVanished, text: "Peer vanished")

  /// Whether the relay knows protocol 2.
  private let speaksProtocol2: Bool
  private var endpoints: [Int: Endpoint] = [:]
  private var opened = 0
  /// Those who are to look again.
  private var woken: [CheckedContinuation<Void, Never>] = []

  init(speaksProtocol2: Bool) {
    self.speaksProtocol2 = speaksProtocol2
  }

  // MARK: - Opening and ending

  mutating func open() -> Int {
    opened += 1
    endpoints[opened] = Endpoint()
    return opened
  }

  /// Ends a connection without a word. What it said with `finish` before stays said.
  mutating func abort(_ identifier: Int) {
    guard endpoints[identifier]?.isAborted == false else { return }
    endpoints[identifier]?.isAborted = true
    dropUnread(for: identifier)
    wake(identifier)
    wake(endpoints[identifier]?.peer)
  }

  /// Aborts, and forgets the pair once nobody holds either end.
  mutating func release(_ identifier: Int) {
    abort(identifier)
    endpoints[identifier]?.isReleased = true
    guard let peer = endpoints[identifier]?.peer else {
      endpoints[identifier] = nil
      return
    }
    if endpoints[peer]?.isReleased != false {
      endpoints[identifier] = nil
      endpoints[peer] = nil
    }
  }

  mutating func finish(_ identifier: Int, saying closure: TransportClosure) throws {
    try checkOpen(identifier)
    guard endpoints[identifier]?.closure == nil else { return }
    endpoints[identifier]?.closure = closure
    dropUnread(for: identifier)
    wake(endpoints[identifier]?.peer)
  }

  /// What the other side said at the end; `nil` while it has said nothing. Without a peer the relay itself answers.
  func answer(to identifier: Int) throws -> TransportClosure? {
    try checkOpen(identifier)
    guard let endpoint = endpoints[identifier] else { return nil }
    if let refusal = endpoint.refusal { return refusal }
    guard let peer = endpoint.peer.flatMap({ endpoints[$0] }) else { return .normal }
    if let closure = peer.closure { return closure }
    if peer.isAborted { throw Self.vanished }
    return nil
  }

  // MARK: - Sending

  /// Which way messages of a connection go, or `nil` before its hello.
  ///
  /// - Throws: When it can send no more.
  func direction(ofMessagesFrom identifier: Int) throws -> InMemoryRelay.Direction? {
    try checkSendable(identifier)
    return switch endpoints[identifier]?.hello?.role {
    case .sender: .senderToReceiver
    case .receiver: .receiverToSender
    case nil: nil
    }
  }

  mutating func enqueue(_ messages: [TransportMessage], from identifier: Int) throws {
    try checkSendable(identifier)
    let peer = endpoints[identifier]?.peer
    for message in messages {
      endpoints[identifier]?.unread.append(message)
      endpoints[identifier]?.unreadByteCount += message.byteCount
    }
    wake(peer)
  }

  /// Whether a sender may go on.
  ///
  /// - Throws: When the peer ended without reading what was sent. A peer that read all of it and then ended is no
  ///   reason for the last `send` to fail.
  func hasRoom(at identifier: Int) throws -> Bool {
    guard let endpoint = endpoints[identifier] else { return true }
    if endpoint.isUnreadDropped || endpoint.unreadByteCount > InMemoryRelay.byteLimit { try checkSendable(identifier) }
    return endpoint.unreadByteCount <= InMemoryRelay.byteLimit
  }

  /// Takes the first message of a connection and pairs it. A refusal is seen by its next `receive`.
  mutating func greet(with message: TransportMessage, from identifier: Int) throws {
    try checkSendable(identifier)
    guard case .text(let text) = message, let hello = InMemoryHello(text) else {
      if case .text(let text) = message, InMemoryHello.speaksProtocol2(text) {
        explain("bad-hello", "the relay did not understand the first message", to: identifier)
      }
      refuse(identifier, TransportClosure(.refused, text: "Expected hello"))
      return
    }
    let waiting = endpoints.filter { _, other in
      other.hello?.codeHash == hello.codeHash && other.peer == nil && !other.isAborted && other.closure == nil
    }
    guard !waiting.contains(where: { $0.value.hello?.role == hello.role }) else {
      if hello.speaksProtocol2 {
        explain("duplicate-role", "another \(hello.role) with this code is waiting already", to: identifier)
      }
      refuse(identifier, TransportClosure(.unavailable, text: "Duplicate role for code"))
      return
    }
    guard let peer = waiting.first, let peerHello = peer.value.hello else {
      endpoints[identifier]?.hello = hello
      if speaksProtocol2, hello.speaksProtocol2 { tell(identifier, #"{"type":"waiting"}"#) }
      return
    }
    guard !speaksProtocol2 || peerHello.speaksProtocol2 == hello.speaksProtocol2 else {
      let number = peerHello.speaksProtocol2 ? 2 : 1
      if hello.speaksProtocol2 {
        explain(
          "protocol-mismatch", "the \(peerHello.role) with this code speaks protocol \(number)", to: identifier)
      }
      refuse(identifier, TransportClosure(.refused, text: "The other peer speaks protocol \(number)"))
      return
    }
    endpoints[identifier]?.hello = hello
    endpoints[identifier]?.peer = peer.key
    endpoints[peer.key]?.peer = identifier
    if speaksProtocol2, hello.speaksProtocol2 {
      tell(identifier, #"{"type":"ready","protocol":2}"#)
      tell(peer.key, #"{"type":"ready","protocol":2}"#)
    } else {
      tell(hello.role == .sender ? identifier : peer.key, #"{"type":"ready"}"#)
    }
    wake(identifier)
    wake(peer.key)
  }

  /// Says something in the relay's own name.
  private mutating func tell(_ identifier: Int, _ text: String) {
    endpoints[identifier]?.notices.append(.text(text))
    wake(identifier)
  }

  /// Tells a peer of protocol 2 why it is about to be refused.
  private mutating func explain(_ code: String, _ message: String, to identifier: Int) {
    guard speaksProtocol2 else { return }
    tell(identifier, #"{"type":"error","code":"\#(code)","message":"\#(message)"}"#)
  }

  private mutating func refuse(_ identifier: Int, _ closure: TransportClosure) {
    endpoints[identifier]?.refusal = closure
    wake(identifier)
  }

  // MARK: - Receiving

  /// The next message or the end for a connection; `nil` while there is neither.
  mutating func next(at identifier: Int) throws -> Received? {
    try checkOpen(identifier)
    if let notice = endpoints[identifier]?.notices.popFirst() { return Received(message: notice) }
    if let refusal = endpoints[identifier]?.refusal { throw refusal }
    guard let peer = endpoints[identifier]?.peer, let other = endpoints[peer] else { return nil }
    if let message = endpoints[peer]?.unread.popFirst() {
      endpoints[peer]?.unreadByteCount -= message.byteCount
      wake(peer)
      return Received(message: message)
    }
    if let closure = other.closure {
      guard closure.isNormal else { throw closure }
      return Received(message: nil)
    }
    if other.isAborted { throw Self.vanished }
    return nil
  }

  // MARK: - Waiting

  func version(of identifier: Int) -> Int {
    endpoints[identifier]?.version ?? 0
  }

  /// - Throws: When a task waits there already: each direction belongs to one task at a time.
  func checkVacant(_ waiter: Waiter, at identifier: Int) throws {
    guard endpoints[identifier]?.waiters[waiter] == nil else {
      throw P2PCopyError(.internalError, "two tasks wait to \(waiter) on one connection; use one task a direction")
    }
  }

  /// Those who are to look again once nobody holds the state any more.
  mutating func takeWoken() -> [CheckedContinuation<Void, Never>] {
    defer { woken = [] }
    return woken
  }

  /// Keeps a continuation until the next change, or wakes it when there was one since `version`.
  mutating func park(
    _ continuation: CheckedContinuation<Void, Never>, at identifier: Int, as waiter: Waiter,
    unlessNewerThan version: Int
  ) {
    guard let endpoint = endpoints[identifier], endpoint.version == version, endpoint.waiters[waiter] == nil else {
      woken.append(continuation)
      return
    }
    endpoints[identifier]?.waiters[waiter] = continuation
  }

  /// Makes the tasks that wait at a connection look again.
  mutating func interrupt(_ identifier: Int) {
    wake(identifier)
  }

  private mutating func wake(_ identifier: Int?) {
    guard let identifier, let waiters = endpoints[identifier]?.waiters else { return }
    endpoints[identifier]?.version += 1
    endpoints[identifier]?.waiters = [:]
    woken += waiters.values
  }

  // MARK: - Checks

  private func checkOpen(_ identifier: Int) throws {
    guard endpoints[identifier]?.isAborted == false else {
      throw P2PCopyError(.cancelled, "the connection was aborted on this side; connect again")
    }
  }

  private func checkSendable(_ identifier: Int) throws {
    try checkOpen(identifier)
    guard let endpoint = endpoints[identifier] else { return }
    if let refusal = endpoint.refusal { throw refusal }
    guard endpoint.closure == nil else {
      throw P2PCopyError(.internalError, "a message was sent after finish")
    }
    guard let peer = endpoint.peer.flatMap({ endpoints[$0] }) else { return }
    if let closure = peer.closure { throw closure }
    if peer.isAborted { throw Self.vanished }
  }

  /// Lets go of what a connection will not read any more.
  private mutating func dropUnread(for identifier: Int) {
    guard let peer = endpoints[identifier]?.peer, endpoints[peer]?.unread.isEmpty == false else { return }
    endpoints[peer]?.isUnreadDropped = true
    endpoints[peer]?.unread.removeAll()
    endpoints[peer]?.unreadByteCount = 0
  }
}
