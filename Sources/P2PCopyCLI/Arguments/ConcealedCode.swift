package import P2PCopyCore
import P2PCopyPlatform

/// A code, or what may be one, as it was taken out of the arguments or the environment: bytes that are wiped when nobody
/// needs them any more, and no text.
package final class ConcealedCode: Sendable {
  private let bytes: SecretBytes

  /// Copies the bytes. The caller wipes its own.
  package init(copying bytes: UnsafeRawBufferPointer) {
    self.bytes = SecretBytes(copying: RawSpan(_unsafeBytes: bytes))
  }

  /// The code.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when it is empty or too long.
  package func pairingCode() throws(P2PCopyError) -> PairingCode {
    try PairingCode(bytes.withUnsafeBytes { SecretBytes(copying: RawSpan(_unsafeBytes: $0)) })
  }

  /// Whether there is a file or directory of that name: then it was no code.
  package var namesSomething: Bool { bytes.withUnsafeBytes { FileName.exists($0) } }

  /// The bytes as a path, for what is none.
  package var path: LocalPath { LocalPath(bytes.withUnsafeBytes { Array($0) }) }
}
