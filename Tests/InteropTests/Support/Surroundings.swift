import TestSupport
import Testing

/// What all interop tests share: both tools, a relay of each kind, and the files to send.
struct Surroundings: Sendable {
  @TaskLocal static var current: Surroundings?

  let installation: Installation
  let certificate: TestCertificate
  /// Where ``SampleFiles`` lie; nobody writes there.
  let source: String
  private let directory: TemporaryDirectory
  private let relays: [RelayChoice: RelayProcess]

  /// Starts the relays and writes the files.
  init() async throws {
    installation = try Installation()
    directory = try TemporaryDirectory(isInMemory: false)
    source = try directory.makeDirectory("source")
    try SampleFiles.tree.write(below: source)
    certificate = try TestCertificate()
    var relays: [RelayChoice: RelayProcess] = [:]
    for tool in Tool.allCases {
      for scheme in Scheme.allCases {
        relays[RelayChoice(tool: tool, scheme: scheme)] = try await RelayProcess(
          tool, certificate: scheme == .wss ? certificate : nil, installation: installation)
      }
    }
    self.relays = relays
  }

  /// The relay of a tool.
  func relay(_ tool: Tool, _ scheme: Scheme = .ws) throws -> RelayProcess {
    try #require(relays[RelayChoice(tool: tool, scheme: scheme)])
  }

  /// Stops the relays, and makes sure that nobody changed what was sent.
  func stop() async throws {
    for relay in relays.values { await relay.stop() }
    #expect(try SampleFiles.tree.differences(to: FileTree(readingFrom: source)).isEmpty)
  }
}

/// Makes the ``Surroundings`` once for a suite and everything in it.
struct SurroundingsTrait: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let surroundings = try await Surroundings()
    let result: Result<Void, any Error>
    do {
      result = .success(try await Surroundings.$current.withValue(surroundings, operation: function))
    } catch {
      result = .failure(error)
    }
    try await surroundings.stop()
    try result.get()
  }
}
