import P2PCopyCore

/// A fresh code for protocol 1: 64 random bits as four proquints, pronounceable words of five letters (Wilkerson, "A
/// Proposal for Proquints", 2009), such as `lusab-babad-gutih-tugad`.
///
/// 64 bits behind Argon2id: in protocol 1 the relay sees a hash of the code and could try guesses at leisure.
package enum GeneratedCode {
  private static let consonants = Array("bdfghjklmnprstvz")
  private static let vowels = Array("aiou")

  /// Makes a code from the system's random numbers.
  package static func make() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in proquint(UInt16.random(in: .min ... .max, using: &generator)) }.joined(separator: "-")
  }

  /// The word for 16 bits.
  package static func proquint(_ bits: UInt16) -> String {
    let value = Int(bits)
    return String([
      consonants[value >> 12 & 15], vowels[value >> 10 & 3], consonants[value >> 6 & 15], vowels[value >> 4 & 3],
      consonants[value & 15],
    ])
  }
}
