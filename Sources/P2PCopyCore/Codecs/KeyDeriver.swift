/// A password hash: turns a code a person can remember into key bytes, at a cost that slows down guessing.
///
/// `P2PCopyTesting.checkKeyDeriver` checks an implementation against this contract.
public protocol KeyDeriver: Codec {
  /// What a cost of this deriver is made of: the name of each factor, of `a-z 0-9 -`, and the numbers it may be.
  ///
  /// ```swift
  /// var costFactors: [String: ClosedRange<Int>] { ["rounds": 4...31] }
  /// ```
  var costFactors: [String: ClosedRange<Int>] { get }

  /// Derives bytes from a secret.
  ///
  /// Deterministic: the same arguments always give the same bytes, on every machine.
  ///
  /// - Parameters:
  ///   - secret: The code as UTF-8; borrowed for the call.
  ///   - salt: At least 8 bytes.
  ///   - cost: How hard to work: a number for each of ``costFactors`` and nothing else, which ``require(_:)`` checks. Each
  ///     matters for the result. It is part of the protocol: both sides use the same.
  ///   - byteCount: How many bytes to derive, 16 … 64.
  /// - Returns: `byteCount` bytes.
  /// - Throws: ``P2PCopyError`` when an argument is outside what the function allows or memory is short.
  func deriveKey(
    from secret: borrowing SecretBytes, salt: RawSpan, cost: KeyDerivationCost, byteCount: Int
  ) throws(P2PCopyError) -> SecretBytes
}

extension KeyDeriver {
  /// Checks that a cost is one of this deriver: it has all of ``costFactors`` in their ranges, and no others.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/internalError``: a cost comes from a protocol, not a person.
  public func require(_ cost: KeyDerivationCost) throws(P2PCopyError) {
    for (factor, range) in costFactors.sorted(by: { $0.key < $1.key }) {
      guard let number = cost.factors[factor] else {
        throw P2PCopyError(.internalError, "\(name) was given a cost without '\(factor)': \(cost.text)")
      }
      guard range.contains(number) else {
        throw P2PCopyError(
          .internalError,
          "\(name) was asked for \(factor)=\(number), and \(range.lowerBound) to \(range.upperBound) is what it allows")
      }
    }
    guard cost.factors.count == costFactors.count else {
      let known = costFactors.keys.sorted().joined(separator: ", ")
      throw P2PCopyError(
        .internalError, "\(name) was given a cost of other factors than it has (\(known)): \(cost.text)")
    }
  }
}

/// How hard one key derivation is to work: whole numbers by name. Which there are is the deriver's to say
/// (``KeyDeriver/costFactors``), which numbers they are is the protocol's.
///
/// ```swift
/// let cost: KeyDerivationCost = ["iterations": 3, "memory-kibibytes": 65536, "parallelism": 4]
/// ```
public struct KeyDerivationCost: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  package var factors: [String: Int]

  /// Creates a cost. Traps when a factor is named twice: that is a slip in the program.
  public init(dictionaryLiteral factors: (String, Int)...) {
    self.factors = Dictionary(uniqueKeysWithValues: factors)
  }

  /// The number of a factor; 0 for one that is not there, which ``KeyDeriver/require(_:)`` refuses.
  public subscript(factor: String) -> Int { factors[factor, default: 0] }
}

extension KeyDerivationCost {
  /// The factors in alphabetical order, for messages: `iterations=3, parallelism=4`.
  fileprivate var text: String {
    factors.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
  }
}
