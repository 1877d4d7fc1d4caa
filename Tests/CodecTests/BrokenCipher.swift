import AESGCM
import P2PCopyCore

/// AES-256-GCM with one fault.
struct BrokenCipher: Cipher {
  enum Fault: CaseIterable {
    case ignoresAssociatedData, ignoresTheTag, ignoresTheKey, ignoresTheEndOfTheNonce, takesAnyNonce, wrongAnswers

    /// What the kit must say about it.
    var finding: String {
      switch self {
      case .ignoresAssociatedData: "bit 0 of its associated data flipped was accepted"
      case .ignoresTheTag: "bit 0 of its tag flipped was accepted"
      case .ignoresTheKey: "under another key was accepted"
      case .ignoresTheEndOfTheNonce: "of its nonce flipped was accepted"
      case .takesAnyNonce: "sealing with a nonce of 11 bytes was accepted"
      case .wrongAnswers: "the tag differs from nowhere"
      }
    }
  }

  var fault: Fault

  var name: CodecName { "broken@example.org" }
  var summary: String { "AES-256-GCM with a fault" }
  var keyByteCount: Int { 32 }
  var tagByteCount: Int { 16 }
  var nonceByteCounts: [Int] { [12, 32] }

  func makeContext(key: borrowing SecretBytes) throws(P2PCopyError) -> any CipherContext {
    guard key.byteCount == 32 else { throw P2PCopyError(.internalError, "wrong length") }
    // All zero, as in the known answers, so that only the other checks can find it.
    guard fault == .ignoresTheKey else {
      return Context(fault: fault, context: try AESGCMCipher().makeContext(key: key))
    }
    return try AESGCMCipher().makeContext(key: SecretBytes(byteCount: 32) { _ in })
  }

  private final class Context: CipherContext {
    let fault: Fault
    let context: any CipherContext

    init(fault: Fault, context: any CipherContext) {
      self.fault = fault
      self.context = context
    }

    func seal(
      _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: inout OutputRawSpan
    ) throws(P2PCopyError) {
      let nonce = adjusted(nonce)
      let associated = adjusted(associatedData: associatedData)
      try context.seal(
        &bytes, nonce: nonce.span.bytes, authenticating: associated.span.bytes, tag: &tag)
    }

    func open(
      _ bytes: inout MutableRawSpan, nonce: RawSpan, authenticating associatedData: RawSpan, tag: RawSpan
    ) throws(P2PCopyError) {
      let nonce = adjusted(nonce)
      let associated = adjusted(associatedData: associatedData)
      do throws(P2PCopyError) {
        try context.open(
          &bytes, nonce: nonce.span.bytes, authenticating: associated.span.bytes, tag: tag)
      } catch {
        if fault == .ignoresTheTag, error.code == .wrongCode { return }
        throw error
      }
    }

    private func adjusted(_ nonce: RawSpan) -> [UInt8] {
      var bytes = nonce.withUnsafeBytes { Array($0) }
      if fault == .ignoresTheEndOfTheNonce, !bytes.isEmpty { bytes[bytes.count - 1] = 0 }
      if fault == .takesAnyNonce, bytes.count != 12, bytes.count != 32 { bytes = [UInt8](repeating: 0, count: 12) }
      if fault == .wrongAnswers, !bytes.isEmpty { bytes[0] ^= 1 }
      return bytes
    }

    private func adjusted(associatedData: RawSpan) -> [UInt8] {
      fault == .ignoresAssociatedData ? [] : associatedData.withUnsafeBytes { Array($0) }
    }
  }
}
