public import ArgumentParser
public import P2PCopyCore

extension LocalPath: ExpressibleByArgument {
  /// Takes a path from the command line, with the bytes it had there.
  public init?(argument: String) {
    // A name that looks like a code was taken out before: here it is a path.
    self.init(CommandLineTool.arguments.bytes(for: argument))
  }
}
