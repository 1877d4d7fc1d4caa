public import ArgumentParser
public import P2PCopyCore

extension LocalPath: ExpressibleByArgument {
  /// Takes a path from the command line, with the bytes it had there.
  public init?(argument: String) {
    self.init(ArgumentText.decode(argument))
  }
}
