import Testing

/// Arguments that are not valid UTF-8: their bytes reach the system as they were typed.
@Suite(.serialized) struct ArgumentBytesTests {
  let workspace: Workspace
  let relay: Relay

  init() async throws {
    workspace = try Workspace()
    relay = try await workspace.relay()
    try workspace.file("one", [1])
    try workspace.file("two", [2, 2])
  }

  /// Runs the command with arguments in which `\351` and the like stand for bytes, as `printf` has it.
  private func start(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningCommand {
    let words = arguments.map { "\"$(printf '%b' '\($0)')\"" }.joined(separator: " ")
    return try workspace.start([], environment: environment, wrapper: ["bash", "-c", "exec \"$0\" \(words)"])
  }

  /// Checks something with the shell, in the workspace's folder.
  private func expect(_ script: String) async throws {
    try await workspace.tool(["bash", "-c", script])
  }

  @Test("Directories whose names differ in one byte are two", arguments: Dialect.allCases)
  func directoriesWhoseNamesDifferInOneByteAreTwo(dialect: Dialect) async throws {
    for (file, directory) in [("one", "caf\\0351"), ("two", "caf\\0350")] {
      let receiver = try start(
        ["receive", relay.url, "4821-lusab-babad", "--out", directory] + dialect.options)
      let sent = await (try start(["send", relay.url, "4821-lusab-babad", file] + dialect.options)).result()
      let received = await receiver.result()
      #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
    }
    try await expect("cmp one $'caf\\351/one' && cmp two $'caf\\350/two' && test $(ls -d caf* | wc -l) = 2")
  }

  @Test("Every option that names a file takes bytes")
  func everyOptionThatNamesAFileTakesBytes() async throws {
    try await expect(
      """
      mkdir -p $'src\\351' && cp one $'src\\351/keep\\377' && cp one $'src\\351/drop\\376' && cp two $'src\\351/other'
      printf '4821-so secret a code' >$'code\\351'
      printf 'keep\\377\\ndrop\\376\\n' >$'list\\351'
      """)
    let receiver = try start([
      "receive", "--relay", relay.url, "--code-file", "code\\0351", "--out=out\\0351", "--receipt", "receipt\\0351",
      "--checksums", "sums\\0351", "--digest", "sha256",
    ])
    let sender = try start([
      "send", "--relay", relay.url, "--code-file=code\\0351", "src\\0351", "--files-from", "list\\0351", "--exclude",
      "drop\\0376", "--receipt=sent\\0351",
    ])
    let (sent, received) = (await sender.result(), await receiver.result())
    #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
    try await expect(
      """
      cmp one $'out\\351/keep\\377' && test $(ls $'out\\351' | wc -l) = 1 && test -s $'sent\\351'
      cd $'out\\351' && sha256sum -c $'../sums\\351'
      """)
    let verified = await (try start(["verify", "out\\0351", "receipt\\0351"])).result()
    #expect(verified.status == 0, "\(verified)")
    // Nothing by a repaired name.
    try await expect("! ls | grep -q $'\\xEF\\xBF\\xBD'")
  }

  @Test("Messages have the bytes escaped")
  func messagesHaveTheBytesEscaped() async throws {
    let result = await (try start(["send", relay.url, "4821-lusab-babad", "caf\\0351"])).result()
    #expect(result.status == 2 && result.errors.contains("'caf\\xE9'"), "\(result)")
    let listed = await (try start(["send", "--dry-run", "--frob\\0351", "one"])).result()
    #expect(listed.status == 2 && listed.errors.contains("--frob\\xE9"), "\(listed)")
  }

  @Test("Standard input gets a name in bytes")
  func standardInputGetsANameInBytes() async throws {
    let receiver = try start(["receive", relay.url, "4821-lusab-babad", "--out", "out"])
    let sent = await (try start(["send", relay.url, "4821-lusab-babad", "-", "--stdin-name", "na\\0351"])).result()
    let received = await receiver.result()
    #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
    try await expect("test -f $'out/na\\351'")
  }

  @Test("A code of bytes meets")
  func aCodeOfBytesMeets() async throws {
    let receiver = try start(["receive", relay.url, "4821-caf\\0351 au lait", "--out", "out"])
    let wrapper = ["bash", "-c", "P2P_COPY_CODE=$'4821-caf\\351 au lait' exec \"$0\" \"$@\""]
    let sent = try await workspace.run(["send", relay.url, "one"], wrapper: wrapper)
    let received = await receiver.result()
    #expect(sent.status == 0 && received.status == 0, "\(sent) \(received)")
  }
}
