import Testing

/// A certificate for `localhost` that nobody trusts unless told to.
struct TestCertificate: Sendable {
  let certificate: String
  let key: String

  /// Has `openssl` make one.
  ///
  /// - Parameter directory: Where both files go.
  /// - Throws: An error with the output of `openssl` when that fails.
  init(in directory: String) async throws {
    certificate = directory + "/certificate.pem"
    key = directory + "/key.pem"
    let openssl = try ChildProcess(
      "/usr/bin/env",
      [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
      ], in: directory)
    let outcome = await openssl.end()
    try #require(outcome.status == 0, "\(outcome)")
  }
}
