import NIOCore
import NIOHTTP1
import NIOPosix
import P2PCopyCore
import TestSupport
import Testing
import WebSocketFraming
import WebSocketTransport

/// Getting a connection, and being told clearly why there is none.
@Suite struct ConnectTests {
  private func options(_ change: (inout TransportOptions) -> Void = { _ in }) -> TransportOptions {
    var options = TransportOptions()
    change(&options)
    return options
  }

  /// Requires that connecting fails with `relayUnreachable` in one line, and gives the line back.
  private func refusal(
    _ address: RelayAddress, options: TransportOptions = TransportOptions(), remedy: P2PCopyError.Remedy? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async -> String {
    do {
      let connection = try await WebSocketClientTransport().connect(to: address.endpoint, options: options)
      connection.abort()
      Issue.record("connected", sourceLocation: sourceLocation)
      return ""
    } catch {
      let error = error as? P2PCopyError
      #expect(error?.code == .relayUnreachable, sourceLocation: sourceLocation)
      #expect(error?.remedy == remedy, sourceLocation: sourceLocation)
      #expect(error?.message.contains("\n") == false, sourceLocation: sourceLocation)
      return error?.message ?? ""
    }
  }

  @Test("Bytes right behind the answer are not lost")
  func bytesRightBehindTheAnswerAreNotLost() async throws {
    let greeting: [Frame] = [.text("welcome"), .ping("1"), .binary([UInt8](repeating: 3, count: 100_000))]
    let server = try await TestServer.start(greeting: greeting.flatMap { $0.encoded() })
    for _ in 0..<20 {
      let connection = try await WebSocketClientTransport().connect(to: .loopback(server.port), options: options())
      let peer = try await server.accept()
      #expect(try await connection.receive() == .text("welcome"))
      #expect(try await connection.receive() == .binary(ByteBuffer(repeating: 3, count: 100_000)))
      #expect(await peer.next() == .pong("1"))
      connection.abort()
    }
  }

  @Test("By name")
  func byName() async throws {
    let server = try await TestServer.start()
    let connection = try await WebSocketClientTransport().connect(
      to: .loopback(server.port, host: "localhost", target: "/path?rendezvous=1"), options: options())
    try await connection.send(.text("hello"))
    #expect(try await server.accept().next() == .text("hello"))
  }

  @Test("On threads of the caller")
  func onThreadsOfTheCaller() async throws {
    let server = try await TestServer.start()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let connection = try await WebSocketClientTransport(eventLoopGroup: group).connect(
      to: .loopback(server.port), options: options())
    let peer = try await server.accept()
    try await connection.send(.text("hello"))
    #expect(await peer.next() == .text("hello"))
    connection.abort()
    #expect(await peer.next() == nil)
    try await group.shutdownGracefully()
  }

  @Test("Another scheme is a mistake")
  func anotherSchemeIsAMistake() async throws {
    await #expect {
      try await WebSocketClientTransport().connect(
        to: Endpoint(scheme: "http", address: "127.0.0.1:1"), options: options())
    } throws: { ($0 as? P2PCopyError)?.code == .usage }
  }

  // MARK: No server, or no relay

  @Test("Refused connections")
  func refusedConnections() async throws {
    let port = try RefusingPort()
    let message = await refusal(try .loopback(port.number))
    #expect(message == "ws://127.0.0.1:\(port.number) refused the connection; does a relay run there, on that port?")
  }

  @Test("Unknown names")
  func unknownNames() async throws {
    let message = await refusal(try RelayAddress("ws://no-such-host.invalid:8765"))
    #expect(message.contains("no-such-host.invalid"))
  }

  @Test("Answers other than a switch", arguments: [200, 301, 404, 426, 503])
  func answersOtherThanASwitch(status: Int)
    async throws
  {
    let server = try await TestServer.answering(
      "HTTP/1.1 \(status) \u{1B}[31mWhatever\r\nContent-Length: 5\r\n\r\nhello")
    let message = await refusal(try .loopback(server.port))
    #expect(message == "the server at ws://127.0.0.1:\(server.port) answered \(status); is it a p2p-copy relay?")
  }

  @Test(
    "Answers that are not HTTP",
    arguments: [
      "SSH-2.0-OpenSSH_9.6\r\n", "\u{0}\u{1}\u{2}", "HTTP/1.1 abc\r\n\r\n",
    ]) func answersThatAreNotHTTP(answer: String) async throws
  {
    let server = try await TestServer.answering(answer, closes: true)
    let message = await refusal(try .loopback(server.port))
    #expect(message.contains("is it a p2p-copy relay"))
    #expect(message.contains("127.0.0.1:\(server.port)"))
  }

  @Test("A switch with the wrong key")
  func aSwitchWithTheWrongKey() async throws {
    let server = try await TestServer.answering(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: bm90IHRoZSByaWdodCBvbmU=\r\n\r\n")
    #expect(await refusal(try .loopback(server.port)).contains("did not accept the WebSocket handshake"))
  }

  @Test("A switch to something else")
  func aSwitchToSomethingElse() async throws {
    let server = try await TestServer.answering(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
    #expect(await refusal(try .loopback(server.port)).contains("did not accept the WebSocket handshake"))
  }

  @Test(
    "A switch with something nobody offered",
    arguments: ["Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Protocol: chat"])
  func aSwitchWithSomethingNobodyOffered(header: String) async throws {
    let (name, value) = (String(header.prefix { $0 != ":" }), String(header.drop { $0 != " " }.dropFirst()))
    let server = try await TestServer.start(headers: [name: value])
    #expect(await refusal(try .loopback(server.port)).contains("did not accept the WebSocket handshake"))
  }

  @Test("A server that closes at once")
  func aServerThatClosesAtOnce() async throws {
    let server = try await TestServer.answering("", closes: true)
    #expect(await refusal(try .loopback(server.port)).contains("closed the connection before it answered"))
  }

  @Test("A server that says nothing")
  func aServerThatSaysNothing() async throws {
    let server = try await TestServer.answering("")
    let message = await refusal(
      try .loopback(server.port), options: options { $0.connectTimeout = .milliseconds(1500) })
    #expect(
      message == "ws://127.0.0.1:\(server.port) took the connection, but did not answer within 1.5 s; "
        + "is it a p2p-copy relay?")
    // The connection does not stay behind.
    try await server.accept().channel.closeFuture.get()
  }

  @Test("Connecting can be cancelled")
  func connectingCanBeCancelled() async throws {
    let server = try await TestServer.answering("")
    let task = Task { try await WebSocketClientTransport().connect(to: .loopback(server.port), options: options()) }
    let peer = try await server.accept()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await peer.channel.closeFuture.get()
  }

  @Test("A cancelled task does not connect")
  func aCancelledTaskDoesNotConnect() async throws {
    let server = try await TestServer.start()
    let port = server.port
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await WebSocketClientTransport().connect(to: .loopback(port), options: options())
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  // MARK: TLS

  @Test("TLS with a trusted certificate")
  func tlsWithATrustedCertificate() async throws {
    let certificate = try TestCertificate(names: "DNS:localhost,IP:127.0.0.1")
    let server = try await TestServer.start(tls: certificate.serverContext(), greeting: Frame.text("hi").encoded())
    for host in ["localhost", "127.0.0.1"] {
      let connection = try await WebSocketClientTransport().connect(
        to: .loopback(server.port, scheme: "wss", host: host),
        options: options { $0.trustRootsFile = LocalPath(certificate.certificateFile) })
      #expect(try await connection.receive() == .text("hi"))
      let peer = try await server.accept()
      try await connection.send(.binary(ByteBuffer(repeating: 1, count: 300_000)))
      #expect(await peer.next() == .binary([UInt8](repeating: 1, count: 300_000)))
    }
  }

  @Test("TLS with a certificate nobody trusts")
  func tlsWithACertificateNobodyTrusts() async throws {
    let certificate = try TestCertificate(names: "DNS:localhost,IP:127.0.0.1")
    let server = try await TestServer.start(tls: certificate.serverContext())
    let message = await refusal(try .loopback(server.port, scheme: "wss"), remedy: .giveCertificateAuthorities)
    #expect(message.contains("wss://127.0.0.1:\(server.port) is not trusted"))
  }

  @Test("TLS with a certificate for another name", arguments: ["localhost", "127.0.0.1"])
  func tlsWithACertificateForAnotherName(host: String) async throws {
    let certificate = try TestCertificate(names: "DNS:relay.example.org,IP:192.0.2.1")
    let server = try await TestServer.start(tls: certificate.serverContext())
    let message = await refusal(
      try .loopback(server.port, scheme: "wss", host: host),
      options: options { $0.trustRootsFile = LocalPath(certificate.certificateFile) })
    #expect(message.contains("is for another name than '\(host)'"))
  }

  @Test("TLS to a plain server")
  func tlsToAPlainServer() async throws {
    let server = try await TestServer.answering("HTTP/1.1 400 Bad Request\r\n\r\n", closes: true)
    let message = await refusal(try .loopback(server.port, scheme: "wss"))
    #expect(message.contains("does not speak TLS"))
    #expect(message.contains("ws://"))
  }

  @Test("Plain to a TLS server")
  func plainToATLSServer() async throws {
    let certificate = try TestCertificate(names: "IP:127.0.0.1")
    let server = try await TestServer.start(tls: certificate.serverContext())
    #expect(await refusal(try .loopback(server.port)).contains("is ws:// right?"))
  }

  @Test("Certificate authorities that cannot be read")
  func certificateAuthoritiesThatCannotBeRead() async throws {
    for file in ["/nonexistent/roots.pem", "/dev/null"] {
      let message = await refusal(
        try RelayAddress("wss://127.0.0.1:1"), options: options { $0.trustRootsFile = LocalPath(file) },
        remedy: .giveCertificateAuthorities)
      #expect(message.contains("'\(file)' cannot be used"), "\(message)")
    }
  }
}
