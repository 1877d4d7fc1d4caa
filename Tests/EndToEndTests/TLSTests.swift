import Foundation
import TestSupport
import Testing

/// Relays that speak TLS.
@Suite(.serialized) struct TLSTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.file("src/file", TestContent.random(2_500_000))
  }

  /// Starts a relay with a certificate nobody knows.
  private func relay(certifiedName: String = "IP:127.0.0.1") async throws -> Relay {
    let certificate = try TestCertificate(names: certifiedName)
    try FileManager.default.copyItem(atPath: certificate.certificateFile, toPath: workspace["cert.pem"])
    try FileManager.default.copyItem(atPath: certificate.keyFile, toPath: workspace["key.pem"])
    let relay = try await workspace.relay(["--certfile", "cert.pem", "--keyfile", "key.pem"])
    #expect(relay.url.hasPrefix("wss://"))
    return relay
  }

  @Test("A certificate nobody knows is status 3")
  func aCertificateNobodyKnowsIsStatus3() async throws {
    let relay = try await relay()
    for arguments in [["send", relay.url, "4821-lusab-babad", "src"], ["receive", relay.url, "4821-lusab-babad"]] {
      let result = try await workspace.run(arguments)
      #expect(result.status == 3 && result.errorLines.count == 1, "\(result)")
      #expect(result.errors.contains("--ca-file"), "\(result)")
    }
  }

  @Test("With the certificate files arrive", arguments: Dialect.allCases)
  func withTheCertificateFilesArrive(
    dialect: Dialect
  ) async throws {
    let relay = try await relay()
    let pair = try await workspace.transfer(
      ["src"], relay: relay, sending: ["--ca-file", "cert.pem"] + dialect.options,
      receiving: ["--ca-file", "cert.pem"] + dialect.options)
    #expect(pair.sent.status == 0 && pair.received.status == 0, "\(pair)")
    try Content.expectSame(workspace["src"], workspace["out/src"])
  }

  @Test("The environment can name the certificate")
  func theEnvironmentCanNameTheCertificate() async throws {
    let relay = try await relay()
    let environment = ["SSL_CERT_FILE": workspace["cert.pem"]]
    let receiver = try workspace.start(
      ["receive", relay.url, "4821-lusab-babad", "--out", "out"], environment: environment)
    let sent = try await workspace.run(["send", relay.url, "4821-lusab-babad", "src"], environment: environment)
    let received = await receiver.result()
    #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
  }

  @Test("The name must fit", arguments: ["DNS:localhost", "DNS:relay.example.org", "IP:127.0.0.2"])
  func theNameMustFit(certifiedName: String) async throws {
    let relay = try await relay(certifiedName: certifiedName)
    let result = try await workspace.run(["receive", relay.url, "4821-lusab-babad", "--ca-file", "cert.pem"])
    #expect(result.status == 3 && result.errorLines.count == 1, "\(result)")
  }

  @Test("A mix-up of schemes is status 3")
  func aMixUpOfSchemesIsStatus3() async throws {
    let secure = try await relay()
    let plain = try await workspace.relay()
    for url in ["ws://127.0.0.1:\(secure.port)", "wss://127.0.0.1:\(plain.port)"] {
      let result = try await workspace.run(["receive", url, "4821-lusab-babad"])
      #expect(result.status == 3 && result.errorLines.count == 1, "\(result)")
    }
  }

  @Test("A file of authorities that is none is named", arguments: ["missing.pem", "src/file"])
  func aFileOfAuthoritiesThatIsNoneIsNamed(file: String) async throws {
    let relay = try await relay()
    let result = try await workspace.run(["receive", relay.url, "4821-lusab-babad", "--ca-file", file])
    #expect([2, 3].contains(result.status) && result.errors.contains(file), "\(result)")
    #expect(result.errorLines.count == 1, "\(result)")
  }
}
