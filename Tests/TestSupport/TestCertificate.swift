import P2PCopyPlatform

/// A fresh self-signed certificate that nobody trusts unless told to, made by the `openssl` command.
package final class TestCertificate: Sendable {
  private let folder: TemporaryDirectory

  package var certificateFile: String { folder.path("certificate.pem") }
  package var keyFile: String { folder.path("key.pem") }

  /// - Parameter names: What the certificate is for, such as `DNS:localhost` or `IP:127.0.0.1`.
  /// - Throws: When `openssl` cannot be run or fails; what it says is on standard error.
  package init(names: String = "DNS:localhost") throws {
    folder = try TemporaryDirectory()
    let words = [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-batch", "-days",
      "2",
      "-subj", "/CN=p2p-copy test", "-addext", "subjectAltName=\(names)",
      "-keyout", folder.path("key.pem"), "-out", folder.path("certificate.pem"),
    ]
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // It prints dots while it makes a key.
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, folder.path("errors"), O_WRONLY | O_CREAT, 0o600)
    var identifier = pid_t()
    let result = posix_spawnp(&identifier, words[0], &actions, nil, &arguments, nil)
    guard result == 0 else { throw SystemCallError("cannot run openssl", result) }
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 {
      guard errno == EINTR else { throw SystemCallError("cannot wait for openssl") }
    }
    guard status == 0 else {
      let errors = folder.read("errors").map { String(decoding: $0, as: UTF8.self) } ?? ""
      throw SystemCallError("openssl failed: \(errors)", 0)
    }
  }
}
