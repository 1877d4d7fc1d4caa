import Foundation
import Testing

/// Where the two tools are.
struct Installation: Sendable {
  /// The command of this package.
  let swift: String
  /// The command of the Python tool.
  let python: String
  /// The Python that it runs in.
  let interpreter: String

  /// Finds both tools: ours beside the test bundle or where `P2P_COPY_BINARY` says, the Python one in
  /// `P2P_COPY_INTEROP_PYTHON` or in what `make venv` made.
  init() throws {
    let environment = ProcessInfo.processInfo.environment
    swift =
      try environment["P2P_COPY_BINARY"]
      ?? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe").parentPath + "/p2p-copy"
    let scripts = environment["P2P_COPY_INTEROP_PYTHON"] ?? Self.packageRoot + "/.venv-interop/bin"
    python = scripts + "/p2p-copy"
    interpreter = scripts + "/python"
    try #require(FileManager.default.isExecutableFile(atPath: swift), "there is no command at \(swift): build it")
    try #require(
      FileManager.default.isExecutableFile(atPath: python), "there is no Python tool at \(python): run 'make venv'")
  }

  /// The executable of a tool.
  func executable(_ tool: Tool) -> String {
    switch tool {
    case .swift: swift
    case .python: python
    }
  }

  private static let packageRoot = #filePath.parentPath.parentPath.parentPath.parentPath
}

/// The two tools that must understand each other.
enum Tool: String, CaseIterable, Sendable {
  case swift
  case python
}
