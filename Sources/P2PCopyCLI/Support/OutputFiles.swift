import P2PCopyCore
import P2PCopyPlatform

/// The files that a run writes besides what it receives.
enum OutputFiles {
  /// Refuses one that would replace a file that is read.
  ///
  /// - Parameters:
  ///   - outputs: What is written.
  ///   - inputs: What is read.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  static func check(_ outputs: [LocalPath?], apartFrom inputs: [LocalPath?]) throws(P2PCopyError) {
    for output in outputs.compactMap(\.self) {
      for input in inputs.compactMap(\.self) where input != "-" {
        var (written, read) = (stat(), stat())
        guard output.withCString({ lstat($0, &written) }) == 0, input.withCString({ stat($0, &read) }) == 0,
          written.st_dev == read.st_dev, written.st_ino == read.st_ino
        else { continue }
        throw P2PCopyError(
          .usage, "'\(output)' would be replaced, and it is read here as '\(input)'; give another place for the output")
      }
    }
  }
}
