public import ArgumentParser
public import P2PCopyCore

extension CodecName: ExpressibleByArgument {
  /// Takes a codec's name from the command line.
  public init?(argument: String) {
    do throws(P2PCopyError) {
      try self.init(validating: argument)
    } catch {
      return nil
    }
  }
}
