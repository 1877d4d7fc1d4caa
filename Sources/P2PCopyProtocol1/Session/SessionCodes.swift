import P2PCopyCore

/// The codes of the sessions that one code stands for.
///
/// A code that begins `n=N=n`, such as `n=4=nsecret`, opens N independent sessions whose codes are the whole code with
/// `0` … `N-1` in front. Any other code is one session with just that code.
enum SessionCodes {
  /// The most sessions that one code may open.
  package static let maximumCount = 64

  /// The codes, at least one.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when the code asks for more than
  ///   ``maximumCount`` sessions.
  package static func codes(for code: PairingCode) throws(P2PCopyError) -> [PairingCode] {
    let count = try code.withSecret { (secret) throws(P2PCopyError) in
      try secret.withUnsafeBytes { (bytes) throws(P2PCopyError) in try sessionCount(bytes) }
    }
    guard count > 1 else { return [code] }
    var codes: [PairingCode] = []
    for index in 0..<count {
      codes.append(try code.withSecret { (secret) throws(P2PCopyError) in try numbered(secret, index) })
    }
    return codes
  }

  private static func sessionCount(_ code: UnsafeRawBufferPointer) throws(P2PCopyError) -> Int {
    guard code.starts(with: "n=".utf8) else { return 1 }
    let digits = code.dropFirst(2).prefix { $0 != UInt8(ascii: "=") }
    let rest = code.dropFirst(2 + digits.count)
    let isNumber = !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard rest.starts(with: "=n".utf8), isNumber else { return 1 }
    guard let count = Int(String(decoding: digits, as: UTF8.self)), count <= maximumCount else {
      throw P2PCopyError(
        .usage, "the code asks for more than \(maximumCount) connections; use n=\(maximumCount)=n… or less")
    }
    return max(1, count)
  }

  private static func numbered(_ secret: borrowing SecretBytes, _ index: Int) throws(P2PCopyError) -> PairingCode {
    let prefix = Array(String(index).utf8)
    let bytes = secret.withUnsafeBytes { source in
      SecretBytes(byteCount: prefix.count + source.count) { target in
        target.withUnsafeMutableBytes { target in
          target.copyBytes(from: prefix)
          UnsafeMutableRawBufferPointer(rebasing: target[prefix.count...]).copyMemory(from: source)
        }
      }
    }
    return try PairingCode(bytes)
  }
}
