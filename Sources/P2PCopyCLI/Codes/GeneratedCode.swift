package import P2PCopy

/// Fresh codes, of pronounceable words of five letters: proquints (Wilkerson, "A Proposal for Proquints", 2009), each of
/// 16 random bits.
package enum GeneratedCode {
  private static let consonants = Array("bdfghjklmnprstvz")
  private static let vowels = Array("aiou")

  /// Makes a code from the system's random numbers.
  ///
  /// - Parameter transferProtocol: The protocol it is for.
  /// - Returns: For protocol 2 a code such as `482137-lusab-babad`: six digits that the relay sees, then 32 bits that it
  ///   does not. These are enough: nobody can test a guess but by trying it on a peer, who stops after the first.
  ///
  ///   For protocol 1 a code such as `lusab-babad-gutih-tugad`: 64 bits behind Argon2id, since there the relay sees a hash
  ///   of the code and could try guesses at leisure.
  package static func make(for transferProtocol: TransferProtocol) -> String {
    var generator = SystemRandomNumberGenerator()
    switch transferProtocol {
    case .one: return words(4, using: &generator).joined(separator: "-")
    case .two:
      let digits = (0..<6).map { _ in String(Int.random(in: 0...9, using: &generator)) }.joined()
      return ([digits] + words(2, using: &generator)).joined(separator: "-")
    }
  }

  /// The word for 16 bits.
  package static func proquint(_ bits: UInt16) -> String {
    let value = Int(bits)
    return String([
      consonants[value >> 12 & 15], vowels[value >> 10 & 3], consonants[value >> 6 & 15], vowels[value >> 4 & 3],
      consonants[value & 15],
    ])
  }

  private static func words(_ count: Int, using generator: inout some RandomNumberGenerator) -> [String] {
    (0..<count).map { _ in proquint(UInt16.random(in: .min ... .max, using: &generator)) }
  }
}
