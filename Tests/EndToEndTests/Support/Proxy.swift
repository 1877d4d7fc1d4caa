import Foundation
import Glibc
import Synchronization
import TestSupport
import WebSocketFraming

/// Somebody between a peer and its relay who reads every frame and passes on what it likes.
final class Proxy: Sendable {
  /// Says what to pass on in place of a frame; `nil` cuts the connection. Frames of one direction come in order, and it
  /// may block.
  typealias Intercept = @Sendable (_ frame: Frame, _ isFromPeer: Bool) -> [Frame]?

  /// Where a peer connects to, such as `ws://127.0.0.1:40123`.
  let url: String

  private let listener: TCPSocket
  private let relayPort: UInt16
  private let intercept: Intercept
  private let sockets = Mutex<[TCPSocket]>([])

  init(to relayPort: UInt16, _ intercept: @escaping Intercept) throws {
    listener = try TCPSocket.listening()
    self.relayPort = relayPort
    self.intercept = intercept
    url = "ws://127.0.0.1:\(try listener.port())"
    Thread.detachNewThread { [self] in
      while let peer = listener.accepted() { serve(peer) }
    }
  }

  /// Ends every connection.
  func stop() {
    listener.end()
    cut()
  }

  /// Ends the connections there are.
  func cut() {
    for socket in sockets.withLock({ $0 }) { socket.end() }
  }

  private func serve(_ peer: TCPSocket) {
    guard let relay = try? TCPSocket.connecting(to: relayPort) else {
      peer.end()
      return
    }
    sockets.withLock { $0 += [peer, relay] }
    for (source, target, isFromPeer) in [(peer, relay, true), (relay, peer, false)] {
      Thread.detachNewThread { [self] in
        if !pump(from: source, to: target, isFromPeer: isFromPeer) {
          peer.end()
          relay.end()
        }
        target.end(Int(SHUT_WR))
      }
    }
  }

  /// - Returns: Whether the source ended by itself.
  private func pump(from source: TCPSocket, to target: TCPSocket, isFromPeer: Bool) -> Bool {
    var reader = FrameReader(fromClient: isFromPeer)
    var isHeadSeen = false
    while true {
      let bytes = source.read()
      if bytes.isEmpty { return true }
      reader.append(bytes)
      if !isHeadSeen, let head = reader.take(through: "\r\n\r\n") {
        isHeadSeen = true
        target.write(head)
      }
      while isHeadSeen, let frame = try? reader.next() {
        guard let replacements = intercept(frame, isFromPeer) else { return false }
        for replacement in replacements where !target.write(replacement.encoded(maskedBy: isFromPeer ? .random() : nil))
        { return true }
      }
    }
  }
}

/// Stops a proxy's thread at a certain place until the test has done what it wants to do there.
final class Gate: Sendable {
  private let isOpen = DispatchSemaphore(value: 0)
  private let arrivals: AsyncStream<Void>
  private let arrival: AsyncStream<Void>.Continuation

  init() {
    (arrivals, arrival) = AsyncStream.makeStream()
  }

  /// Says that the place is reached, and waits, no longer than a minute.
  func pass() {
    arrival.finish()
    if isOpen.wait(timeout: .now() + 60) == .success { isOpen.signal() }
  }

  /// Waits until somebody stands there.
  func reached() async {
    for await _ in arrivals {}
  }

  /// Lets everybody through.
  func open() {
    isOpen.signal()
  }
}

/// Counts what happens on several threads.
final class Counter: Sendable {
  private let count = Mutex(0)

  /// The next number, from 0.
  func next() -> Int {
    count.withLock { count in
      defer { count += 1 }
      return count
    }
  }
}
