import NIOCore
import P2PCopyCore

/// What has to hold for a listener and the connections that it gives.
struct ListenerConformance: Sendable {
  let transport: any Transport
  let endpoint: Endpoint
  let options: TransportOptions
  let report: ConformanceReport

  func check() async {
    await checkConnectingFirst()
    await checkSeveral()
    await checkCancellation()
    await checkStranger()
    await checkClosing()
  }

  /// Two connections of which the first one was accepted.
  @Sendable func makePair(
    _ first: TransportOptions, _ second: TransportOptions
  ) async throws -> (first: any TransportConnection, second: any TransportConnection) {
    let listener = try await transport.listen(at: endpoint, options: first)
    defer { listener.close() }
    async let accepted = listener.accept()
    let connection = try await transport.connect(to: listener.endpoint, options: second)
    return (try await accepted, connection)
  }

  private func withListener(
    _ name: String, _ body: (_ listener: any TransportListener) async throws -> Void
  ) async {
    await report.section(name) {
      let listener = try await transport.listen(at: endpoint, options: options)
      defer { listener.close() }
      report.require(
        transport.schemes.contains(listener.endpoint.scheme),
        "the listener's scheme \(listener.endpoint.scheme) is not among its schemes")
      try await body(listener)
    }
  }

  private func connect(to listener: any TransportListener) async throws -> any TransportConnection {
    try await transport.connect(to: listener.endpoint, options: options)
  }

  /// Who connects before anybody accepts is kept.
  private func checkConnectingFirst() async {
    await withListener("connecting first") { listener in
      let connection = try await connect(to: listener)
      defer { connection.abort() }
      try await connection.send(.text("early"))
      let accepted = try await listener.accept()
      defer { accepted.abort() }
      report.require(try await accepted.receive() == .text("early"), "what was sent before accepting came changed")
    }
  }

  private func checkSeveral() async {
    await withListener("several connections") { listener in
      var connections: [any TransportConnection] = []
      var said: Set<String> = []
      defer { for connection in connections { connection.abort() } }
      for number in 0..<5 {
        let connection = try await connect(to: listener)
        connections.append(connection)
        try await connection.send(.text("connection \(number)"))
      }
      for _ in 0..<5 {
        let accepted = try await listener.accept()
        connections.append(accepted)
        if case .text(let text)? = try await accepted.receive() { said.insert(text) }
      }
      report.require(said.count == 5, "of 5 connections \(said.count) were given")
    }
  }

  private func checkCancellation() async {
    await withListener("cancelling accept") { listener in
      for isWaiting in [false, true] {
        await report.requireCancellation("accept", isWaiting: isWaiting) { _ = try await listener.accept() }
      }
      let connection = try await connect(to: listener)
      defer { connection.abort() }
      let accepted = try await listener.accept()
      defer { accepted.abort() }
      try await connection.send(.text("after"))
      report.require(
        try await accepted.receive() == .text("after"), "no connection was given after accept was cancelled")
    }
  }

  /// Whoever connects and leaves keeps nobody out.
  private func checkStranger() async {
    await withListener("somebody who leaves at once") { listener in
      try await connect(to: listener).abort()
      let connection = try await connect(to: listener)
      defer { connection.abort() }
      try await connection.send(.text("here"))
      for _ in 0..<2 {
        let accepted = try await listener.accept()
        defer { accepted.abort() }
        // Of the one who left the end is seen, as an error.
        let message = try? await accepted.receive()
        if message == .text("here") { return }
      }
      report.fail("who came behind somebody who left at once was not given")
    }
  }

  private func checkClosing() async {
    await withListener("closing") { listener in
      let connection = try await connect(to: listener)
      defer { connection.abort() }
      let accepted = try await listener.accept()
      defer { accepted.abort() }
      let waiting = Task { try await listener.accept() }
      for _ in 0..<100 { await Task.yield() }
      listener.close()
      listener.close()
      await requireFailure("an accept that waited while the listener was closed") { _ = try await waiting.value }
      await requireFailure("accept of a closed listener") { _ = try await listener.accept() }
      try await connection.send(.text("still"))
      report.require(
        try await accepted.receive() == .text("still"), "a connection did not outlive the listener that gave it")
    }
  }

  private func requireFailure(_ what: String, _ body: () async throws -> Void) async {
    do {
      try await body()
      report.fail("\(what) did not throw")
    } catch {}
  }
}
