import Foundation
import NIOSSL
import P2PCopyRelay

/// A self-signed certificate in a temporary folder, made by the `openssl` command.
final class TestCertificate: Sendable {
  struct CommandFailed: Error {
    var status: Int32
  }

  private let folder: URL

  var certificateFile: String { folder.appendingPathComponent("certificate.pem").path }
  var keyFile: String { folder.appendingPathComponent("key.pem").path }
  var relayFiles: RelayTLSFiles { RelayTLSFiles(certificateFile: certificateFile, privateKeyFile: keyFile) }

  /// - Parameter names: What the certificate is for, such as `DNS:localhost` or `IP:127.0.0.1`.
  /// - Throws: When `openssl` cannot be run or fails.
  init(names: String) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("p2p-copy-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=p2p-copy test", "-addext", "subjectAltName=\(names)", "-keyout", keyFile, "-out", certificateFile,
    ]
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CommandFailed(status: process.terminationStatus) }
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// What a server shows.
  func serverContext() throws -> NIOSSLContext {
    try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) },
        privateKey: .privateKey(NIOSSLPrivateKey(file: keyFile, format: .pem))))
  }
}
