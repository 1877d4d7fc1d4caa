package import P2PCopyCore
package import P2PCopyFiles
import Synchronization

/// Writes a list of checksums in the format of `sha256sum`, so that `sha256sum -c` checks what arrived without this tool.
///
/// Files only. The list appears under its name when it is complete; errors wait until ``finish()``.
package final class ChecksumListWriter: Sendable {
  private let file: Mutex<ReplacementFile>

  /// Makes the file under a temporary name.
  ///
  /// - Parameter file: Where the list shall be; a regular file there is replaced at the end.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` or ``P2PCopyError/Code/destinationUnwritable``.
  package init(file: LocalPath) throws(P2PCopyError) {
    self.file = Mutex(try ReplacementFile(path: file))
  }

  /// Adds where the file is and shall be.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationUnwritable``.
  package func add(to ownFiles: inout OwnFiles) throws(P2PCopyError) {
    try file.withLock { (file) throws(P2PCopyError) in try file.add(to: &ownFiles) }
  }

  /// Adds an entry; anything but a file is left out. Files have been read, since the list's digest was agreed on.
  package func append(_ entry: DeliveredEntry) {
    guard entry.kind == .file else { return }
    let line = Self.line(entry)
    file.withLock { $0.write(line) }
  }

  /// Gives the file its name.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/destinationExists`` when something has come there meanwhile,
  ///   otherwise ``P2PCopyError/Code/destinationUnwritable``; there is no file then.
  package func finish() throws(P2PCopyError) {
    try file.withLock { (file) throws(P2PCopyError) in try file.finish() }
  }

  /// The line for a file. A name with a backslash, newline or carriage return has these escaped, which a backslash in
  /// front of the line says.
  private static func line(_ entry: DeliveredEntry) -> [UInt8] {
    let digest = Hex.encode(entry.digest).utf8
    var name: [UInt8] = []
    var isEscaped = false
    for byte in entry.placedPath ?? entry.path {
      let letter: Character? =
        switch byte {
        case UInt8(ascii: "\\"): "\\"
        case UInt8(ascii: "\n"): "n"
        case UInt8(ascii: "\r"): "r"
        default: nil
        }
      if let letter {
        isEscaped = true
        name.append(contentsOf: "\\\(letter)".utf8)
      } else {
        name.append(byte)
      }
    }
    return (isEscaped ? [UInt8(ascii: "\\")] : []) + digest + "  ".utf8 + name + "\n".utf8
  }
}
