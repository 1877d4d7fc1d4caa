public import SystemPackage

/// A path on this machine as somebody gave it: a file to send, a directory to receive into, where a receipt goes.
///
/// Bytes, not text: a file system takes names that are not valid UTF-8, and a `String` would repair them, so that two
/// paths become one and a file is lost. The bytes go to the system call as they came. There is no string interpolation
/// into it for the same reason: what a path shows is escaped and no longer its name.
public struct LocalPath: Hashable, Sendable {
  /// The path's bytes, without a NUL at the end.
  public let bytes: [UInt8]

  /// Takes a path as bytes.
  public init(_ bytes: some Sequence<UInt8>) {
    self.bytes = Array(bytes)
  }

  /// Takes a path that is valid Unicode, as UTF-8.
  public init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// Takes a path of Swift System. It has no slash at its end there, so a link is not followed by adding one.
  public init(_ path: FilePath) {
    bytes = path.withPlatformString { start in
      var bytes: [UInt8] = []
      while start[bytes.count] != 0 { bytes.append(UInt8(bitPattern: start[bytes.count])) }
      return bytes
    }
  }

  /// The same for Swift System, which leaves out slashes at the end and double ones.
  public var filePath: FilePath {
    FilePath(platformString: terminated)
  }

  /// Whether the bytes can be a path at all: at least one, and none of them NUL.
  package var canBePath: Bool { !bytes.isEmpty && !bytes.contains(0) }

  /// Calls `body` with the path as a system call takes it, valid during the call. It ends before a NUL, if there is one.
  package func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    terminated.withUnsafeBufferPointer { buffer in
      // There is at least the terminator, so the address is never nil.
      buffer.baseAddress.map { body($0) } ?? body("")
    }
  }

  private var terminated: [CChar] { bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0] }
}

extension LocalPath: ExpressibleByStringLiteral {
  /// Takes a path that a program has in its source.
  public init(stringLiteral text: String) { self.init(text) }
}

extension LocalPath: CustomStringConvertible {
  /// The path, escaped so that it is safe to show.
  public var description: String { DisplayText.escaped(bytes) }
}
