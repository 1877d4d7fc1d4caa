import ArgumentParser
package import P2PCopyCore

/// An argument that is no option: a relay, a code, or something to send.
package enum PositionalArgument: Sendable {
  /// What may be shown.
  case plain(LocalPath)
  /// A code, or what may be one.
  case concealed(ConcealedCode)
}

extension PositionalArgument: ExpressibleByArgument {
  package init?(argument: String) {
    self =
      CommandLineTool.arguments.code(for: argument).map { .concealed($0) }
      ?? .plain(LocalPath(ArgumentText.decode(argument)))
  }
}
