import Foundation
import P2PCopyRelay
import TestSupport
import Testing
import WebSocketFraming

@Suite("TLS", .timeLimit(.minutes(2)))
struct TLSTests {
  @Test("A pair talks over TLS, large and small, and a slow receiver still bounds what is held")
  func session() async throws {
    let certificate = try TestCertificate()
    let trusted = certificate.certificateFile
    try await RelayServer.run(tls: certificate.relayFiles) { relay in
      let (sender, receiver) = try await WebSocketPeer.connectPair(port: relay.port, code: "c0de", trusting: trusted)
      try await receiver.setReading(false)
      let payload = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 13) }
      for _ in 0..<48 { sender.send(ClientFrame.bytes(.binary, payload)) }
      sender.send(ClientFrame.close(1000, "done"))
      #expect(await relay.heldByteCountWhenStuck() <= 640 << 10)
      try await receiver.setReading(true)
      for _ in 0..<48 { #expect(try await receiver.frame() == Frame(opcode: .binary, payload: payload)) }
      #expect(try await receiver.frame() == .close(1000, "done"))
      receiver.send(ClientFrame.close(1000))
      #expect(try await sender.frame() == .close(1000, ""))
      #expect(try await sender.frame() == nil)
      await relay.waitUntil { $0 == .none }
    }
  }

  @Test("Somebody who does not speak TLS, or nothing at all, is closed")
  func noHandshake() async throws {
    let certificate = try TestCertificate()
    var limits = RelayLimits.patient
    limits.helloTimeout = .milliseconds(50)
    try await RelayServer.run(tls: certificate.relayFiles, limits: limits) { relay in
      let plain = try await WebSocketPeer.dial(port: relay.port)
      plain.send(Array(WebSocketPeer.upgradeRequest.utf8))
      _ = await plain.rest()
      let silent = try await WebSocketPeer.dial(port: relay.port)
      _ = await silent.rest()
      await relay.waitUntil { $0 == .none }
    }
  }

  @Test("Files that cannot be used are named")
  func badFiles() async throws {
    let (certificate, other) = (try TestCertificate(), try TestCertificate())
    let folder = try TemporaryDirectory()
    let empty = try folder.write(Array("nothing\n".utf8), to: "empty.pem")
    let missing = folder.path("missing.pem")
    let cases: [(RelayTLSFiles, [String])] = [
      (RelayTLSFiles(certificateFile: missing, privateKeyFile: certificate.keyFile), [missing, "No such file"]),
      (RelayTLSFiles(certificateFile: certificate.certificateFile, privateKeyFile: missing), [missing, "private key"]),
      (RelayTLSFiles(certificateFile: empty, privateKeyFile: certificate.keyFile), [empty, "PEM certificates"]),
      (RelayTLSFiles(certificateFile: certificate.certificateFile, privateKeyFile: empty), [empty, "PEM private key"]),
      (
        RelayTLSFiles(certificateFile: certificate.certificateFile, privateKeyFile: other.keyFile),
        [other.keyFile, "does not belong"]
      ),
    ]
    for (files, parts) in cases {
      let error = await #expect(throws: RelayError.self) {
        try await RelayServer.start(configuration: RelayConfiguration(tls: files), logger: .silent)
      }
      #expect(error?.code == .unusableCertificate)
      for part in parts { #expect(error?.message.contains(part) == true, "\(error?.message ?? "")") }
    }
  }
}
