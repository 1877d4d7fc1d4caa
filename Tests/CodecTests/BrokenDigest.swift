import P2PCopyCore
import SHA256Sum
import Synchronization

/// SHA-256 with one fault.
struct BrokenDigest: Digest {
  enum Fault: CaseIterable {
    case goesOnAfterTheEnd, digestsThePieces, ignoresZerosAtTheEnd, isShorterThanItSays, sharesItsState, wrongAnswers

    /// What the kit must say about it.
    var finding: String {
      switch self {
      case .goesOnAfterTheEnd: "a context does not start anew"
      case .digestsThePieces: "in pieces of 3 give another digest"
      case .ignoresZerosAtTheEnd: "a zero byte at the end does not matter"
      case .isShorterThanItSays: "a digest has 31 bytes instead of 32"
      case .sharesItsState: "two contexts in turns disturb each other"
      case .wrongAnswers: "the digest differs from FIPS 180-4"
      }
    }
  }

  private final class Shared: Sendable {
    let bytes = Mutex<[UInt8]>([])
  }

  var fault: Fault
  private let shared = Shared()

  init(fault: Fault) {
    self.fault = fault
  }

  var name: CodecName { "broken@example.org" }
  var summary: String { "SHA-256 with a fault" }
  var byteCount: Int { 32 }

  func makeContext() throws(P2PCopyError) -> any DigestContext {
    Context(fault: fault, shared: fault == .sharesItsState ? shared : Shared())
  }

  /// Collects its input.
  private final class Context: DigestContext {
    let fault: Fault
    let shared: Shared

    init(fault: Fault, shared: Shared) {
      self.fault = fault
      self.shared = shared
    }

    func update(_ bytes: RawSpan) throws(P2PCopyError) {
      let piece = bytes.withUnsafeBytes { Array($0) }
      if fault == .digestsThePieces, !piece.isEmpty {
        let digest = try digest(of: piece)
        shared.bytes.withLock { $0 += digest }
      } else {
        shared.bytes.withLock { $0 += piece }
      }
    }

    func finish() throws(P2PCopyError) -> [UInt8] {
      var bytes = shared.bytes.withLock { bytes in
        defer { if fault != .goesOnAfterTheEnd { bytes = [] } }
        return bytes
      }
      if fault == .ignoresZerosAtTheEnd { while bytes.last == 0 { bytes.removeLast() } }
      if fault == .wrongAnswers { bytes.insert(1, at: 0) }
      let digest = try digest(of: bytes)
      return fault == .isShorterThanItSays ? Array(digest.dropLast()) : digest
    }

    private func digest(of bytes: [UInt8]) throws(P2PCopyError) -> [UInt8] {
      let context = try SHA256Digest().makeContext()
      try context.update(bytes.span.bytes)
      return try context.finish()
    }
  }
}
