/// A fresh code for protocol 2, such as `482137-lusab-babad`: six random digits that the relay sees, then 32 random bits
/// as two proquints that it does not.
///
/// 32 bits are enough: in protocol 2 nobody can test a guess but by trying it on a peer, who stops after the first.
package enum GeneratedChannelCode {
  /// Makes a code from the system's random numbers.
  package static func make() -> String {
    var generator = SystemRandomNumberGenerator()
    return make(using: &generator)
  }

  /// Makes a code from random numbers.
  package static func make(using generator: inout some RandomNumberGenerator) -> String {
    let digits = (0..<6).map { _ in String(Int.random(in: 0...9, using: &generator)) }.joined()
    let words = (0..<2).map { _ in GeneratedCode.proquint(UInt16.random(in: .min ... .max, using: &generator)) }
    return ([digits] + words).joined(separator: "-")
  }
}
