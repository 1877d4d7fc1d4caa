/// What every kind of codec has in common: a small `Sendable` value that describes itself.
///
/// A codec value holds options and makes contexts; it holds no state of a transfer. Contexts do the work, belong to one
/// worker at a time and are therefore not `Sendable`.
public protocol Codec: Sendable {
  /// The name peers negotiate by. Two codecs of one kind in a registry must differ in it.
  var name: CodecName { get }

  /// One line for `p2p-copy codecs`.
  var summary: String { get }

  /// The options in force, for `p2p-copy codecs` and for the offer.
  var parameters: [CodecParameter] { get }

  /// The same codec with another value of one of its ``parameters``.
  ///
  /// - Parameters:
  ///   - parameter: The parameter's name, such as `level`.
  ///   - value: The new value.
  /// - Returns: The changed codec.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when there is no such parameter, or the value is
  ///   outside its range.
  func setting(_ parameter: String, to value: Int) throws(P2PCopyError) -> Self
}

extension Codec {
  /// No parameters.
  public var parameters: [CodecParameter] { [] }

  /// Refuses every parameter: for codecs without.
  public func setting(_ parameter: String, to value: Int) throws(P2PCopyError) -> Self {
    throw P2PCopyError(.usage, "\(name) has no '\(DisplayText.escaped(parameter))' to set")
  }

  /// Looks a parameter up and checks a value against its range.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage``.
  public func check(_ value: Int, for parameter: String) throws(P2PCopyError) {
    guard let known = parameters.first(where: { $0.name == parameter }) else {
      throw P2PCopyError(.usage, "\(name) has no '\(DisplayText.escaped(parameter))' to set")
    }
    guard known.range.contains(value) else {
      throw P2PCopyError(
        .usage,
        "the \(parameter) of \(name) is a number from \(known.range.lowerBound) to \(known.range.upperBound), not \(value)"
      )
    }
  }
}
