public import ArgumentParser
public import Logging
public import P2PCopy
public import P2PCopyCore

extension LocalPath: ExpressibleByArgument {
  /// Takes a path from the command line, with the bytes it had there.
  public init?(argument: String) {
    // A name that looks like a code was taken out before: here it is a path.
    self.init(CommandLineTool.arguments.bytes(for: argument))
  }

  /// Files.
  public static var defaultCompletionKind: CompletionKind { .file() }
}

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

extension ConnectionCount: ExpressibleByArgument {
  /// Takes `auto` or a number from the command line.
  public init?(argument: String) {
    if argument == "auto" {
      self = .automatic
    } else if let count = Int(argument), (1...Self.maximum).contains(count) {
      self = .exactly(count)
    } else {
      return nil
    }
  }

  /// What the help text says is used unless it is given.
  public var defaultValueDescription: String {
    switch self {
    case .automatic: "auto"
    case .exactly(let count): "\(count)"
    }
  }
}

extension CompressionMode: ExpressibleByArgument {}

extension ConflictPolicy: ExpressibleByArgument {}

extension LinkPolicy: ExpressibleByArgument {}

extension TransferProtocol: ExpressibleByArgument {}

extension Logger.Level: @retroactive ExpressibleByArgument {}
