import Foundation
import P2PCopyRelay

/// A folder with a fresh self-signed certificate for `localhost`.
final class Certificate {
  let folder: URL

  var certificateFile: String { folder.appending(path: "cert.pem").path }
  var keyFile: String { folder.appending(path: "key.pem").path }
  var files: RelayTLSFiles { RelayTLSFiles(certificateFile: certificateFile, privateKeyFile: keyFile) }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "p2p-copy-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let openssl = Process()
    openssl.executableURL = URL(filePath: "/usr/bin/env")
    openssl.arguments = [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", keyFile, "-out", certificateFile,
    ]
    openssl.standardError = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    guard openssl.terminationStatus == 0 else { throw CocoaError(.featureUnsupported) }
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }
}
