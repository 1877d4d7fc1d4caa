import Foundation

/// Where the command under test lies.
enum BinaryLocation {
  /// `P2P_COPY_BINARY` if it is set, otherwise the product beside the running test bundle.
  static let path: String = {
    if let path = ProcessInfo.processInfo.environment["P2P_COPY_BINARY"] { return path }
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("p2p-copy").path
  }()

  /// The environment of the tests without what the command reads.
  static let environment: [String: String] = {
    var environment = ProcessInfo.processInfo.environment.filter { name, _ in
      !name.hasPrefix("P2P_COPY_") && !name.hasPrefix("SSL_")
    }
    environment["LC_ALL"] = "C.UTF-8"
    return environment
  }()
}
