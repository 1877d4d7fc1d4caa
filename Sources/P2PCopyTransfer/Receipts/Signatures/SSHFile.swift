import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform

/// How OpenSSH writes bytes (RFC 4251, section 5).
enum SSHWriter {
  static func string(_ bytes: some Collection<UInt8>) -> [UInt8] {
    withUnsafeBytes(of: UInt32(clamping: bytes.count).bigEndian) { Array($0) } + bytes
  }

  static func string(_ text: String) -> [UInt8] { string(text.utf8) }
}

/// How OpenSSH reads them.
struct SSHReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  /// - Returns: `nil` when the bytes do not begin with a text.
  init?(_ bytes: [UInt8], after beginning: String) {
    guard bytes.starts(with: beginning.utf8) else { return nil }
    rest = bytes.dropFirst(beginning.utf8.count)
  }

  mutating func number() -> UInt32? {
    guard rest.count >= 4 else { return nil }
    defer { rest = rest.dropFirst(4) }
    return rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  mutating func string() -> ArraySlice<UInt8>? {
    guard let count = number(), rest.count >= Int(count) else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }
}

/// Small files in the formats of OpenSSH.
enum SSHFile {
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  static func read(_ path: LocalPath, limit: Int) throws(P2PCopyError) -> [UInt8] {
    do throws(SystemError) {
      guard path.canBePath else { throw SystemError(number: ENOENT) }
      let descriptor = try FileDescriptor(opening: path.bytes, flags: O_RDONLY | O_NONBLOCK)
      return try descriptor.contents(atMost: limit)
    } catch {
      throw P2PCopyError(.usage, "cannot read '\(path)': \(error)", cause: error)
    }
  }

  /// The bytes between the lines that begin and end something.
  static func armored(_ text: [UInt8], _ what: String) -> [UInt8]? {
    let text = String(decoding: text, as: UTF8.self)
    guard let start = text.firstRange(of: "-----BEGIN \(what)-----"),
      let end = text[start.upperBound...].firstRange(of: "-----END \(what)-----")
    else { return nil }
    return Base64.decode(text[start.upperBound..<end.lowerBound].utf8)
  }
}
