import P2PCopyCore
import P2PCopyPlatform
import P2PCopyTransfer
import TestSupport
import Testing

/// Receipts that are signed, against the real `ssh-keygen`.
@Suite struct SigningTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// Runs a command.
  ///
  /// - Returns: Its exit status.
  private func run(_ words: String...) throws -> Int32 {
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var identifier = pid_t()
    let result = posix_spawnp(&identifier, words[0], &actions, nil, &arguments, nil)
    guard result == 0 else { throw SystemCallError("cannot run \(words[0])", result) }
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 {
      guard errno == EINTR else { throw SystemCallError("cannot wait for \(words[0])") }
    }
    return status >> 8 & 0xFF
  }

  private func makeKey(_ name: String, kind: String = "ed25519", passphrase: String = "") throws -> LocalPath {
    let path = directory.path(name)
    #expect(try run("ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", path) == 0)
    return LocalPath(path)
  }

  private func sign(with key: LocalPath) throws -> ReceiptTree {
    let tree = try ReceiptTree.sample()
    let writer = try ReceiptWriter(file: LocalPath(tree.receipt), signingKey: SSHSigningKey(file: key))
    writer.begin(role: .receiver, digest: "sha256")
    for entry in tree.entries { writer.append(entry) }
    try writer.finish(tree.totals)
    return tree
  }

  private func checkSignature(of tree: ReceiptTree, by signers: LocalPath) throws {
    try ReceiptVerification(receiptFile: tree.receipt, codecs: TestDigest.registry).checkSignature(by: signers)
  }

  @Test("ssh-keygen takes the signature, and this package takes that of ssh-keygen")
  func bothWays() throws {
    let key = try makeKey("key")
    let publicKey = LocalPath(directory.path("key.pub"))
    let tree = try sign(with: key)
    let line = "somebody@example.org " + String(decoding: directory.read("key.pub") ?? [], as: UTF8.self)
    let signers = try directory.write(Array(line.utf8), to: "signers")
    let verify =
      "exec ssh-keygen -Y verify -f \"$1\" -I somebody@example.org -n p2p-copy -s \"$2.sig\" <\"$2\""
    #expect(try run("sh", "-c", verify, "sh", signers, tree.receipt) == 0)
    try checkSignature(of: tree, by: publicKey)
    try checkSignature(of: tree, by: LocalPath(signers))

    #expect(unlink(tree.receipt + ".sig") == 0)
    #expect(
      try run("ssh-keygen", "-q", "-Y", "sign", "-n", "p2p-copy", "-f", directory.path("key"), tree.receipt) == 0)
    try checkSignature(of: tree, by: publicKey)
  }

  @Test("A receipt that was changed, another key, another purpose, and none are refused")
  func refusals() throws {
    let key = try makeKey("key")
    let publicKey = LocalPath(directory.path("key.pub"))
    _ = try makeKey("other")
    let tree = try sign(with: key)
    let other = #expect(throws: P2PCopyError.self) {
      try checkSignature(of: tree, by: LocalPath(directory.path("other.pub")))
    }
    #expect(other?.code == .checksumMismatch)

    let file = try #require(fopen(tree.receipt, "a"))
    fputs(" ", file)
    fclose(file)
    let changed = #expect(throws: P2PCopyError.self) { try checkSignature(of: tree, by: publicKey) }
    #expect(changed?.code == .checksumMismatch)

    #expect(unlink(tree.receipt + ".sig") == 0)
    let missing = #expect(throws: P2PCopyError.self) { try checkSignature(of: tree, by: publicKey) }
    #expect(missing?.code == .usage)
    #expect(try run("ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", directory.path("key"), tree.receipt) == 0)
    let purpose = #expect(throws: P2PCopyError.self) { try checkSignature(of: tree, by: publicKey) }
    #expect(purpose?.code == .checksumMismatch)
  }

  @Test("A key of another kind, one with a passphrase, and what is no key are refused, each with its reason")
  func keys() throws {
    for (path, word) in [
      (try makeKey("ecdsa", kind: "ecdsa"), "another kind"),
      (try makeKey("locked", passphrase: "secret"), "passphrase"),
      (LocalPath(try directory.write(Array("hello".utf8), to: "text")), "not a private key"),
      (LocalPath(directory.path("missing")), "cannot read"),
    ] {
      let error = #expect(throws: P2PCopyError.self) { try SSHSigningKey(file: path) }
      #expect(error?.code == .usage && error?.message.contains(word) == true, "\(String(describing: error))")
    }
  }

  @Test("A damaged key is refused wherever it is cut")
  func cutKeys() throws {
    let key = try makeKey("key")
    let text = try #require(directory.read("key"))
    #expect(throws: Never.self) { try SSHSigningKey(file: key) }
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    let body = try #require(Base64.decode(lines.dropFirst().dropLast().joined().utf8))
    for count in stride(from: 0, to: body.count - 70, by: 3) {
      let cut = ([lines[0]] + [Substring(Base64.encode(Array(body.prefix(count))))] + [lines[lines.count - 1]])
        .joined(separator: "\n")
      let path = try directory.write(Array(cut.utf8), to: "cut\(count)")
      let error = #expect(throws: P2PCopyError.self) { try SSHSigningKey(file: LocalPath(path)) }
      #expect(error?.code == .usage)
    }
  }
}
