/// What every kind of codec has in common: a small `Sendable` value that describes itself.
///
/// A codec value holds options and makes contexts; it holds no state of a transfer. Contexts do the work, belong to one
/// worker at a time and are therefore not `Sendable`.
public protocol Codec: Sendable {
  /// The name peers negotiate by. Two codecs of one kind in a registry must differ in it.
  var name: CodecName { get }

  /// One line for `p2p-copy codecs`.
  var summary: String { get }

  /// The library that it stands on, with its version, for `p2p-copy --version`; `nil` when there is none.
  var library: String? { get }

  /// The options in force, for `p2p-copy codecs` and for the offer.
  var parameters: [CodecParameter] { get }

  /// The same codec with another value of one of its ``parameters``.
  ///
  /// ```swift
  /// switch (parameter, value) {
  /// case ("level", .integer(let level)): try MyCompressor(level: level)
  /// default: throw refusal(of: value, for: parameter)
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - parameter: The parameter's name, such as `level`.
  ///   - value: The new value. A registry asks only for parameters that are declared and values that are allowed.
  /// - Returns: The changed codec.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when there is no such parameter, or the value is
  ///   not allowed.
  func setting(_ parameter: String, to value: CodecParameter.Value) throws(P2PCopyError) -> Self
}

extension Codec {
  /// No library.
  public var library: String? { nil }

  /// No parameters.
  public var parameters: [CodecParameter] { [] }

  /// Refuses every parameter: for codecs without.
  public func setting(_ parameter: String, to value: CodecParameter.Value) throws(P2PCopyError) -> Self {
    throw refusal(of: value, for: parameter)
  }

  /// Why a parameter cannot be set: the codec has none of that name, or the value is not allowed. The message says what is.
  ///
  /// - Returns: An error with code ``P2PCopyError/Code/usage``.
  public func refusal(of value: CodecParameter.Value, for parameter: String) -> P2PCopyError {
    refusal(ofText: value.description, for: parameter)
  }

  /// The same for a value that came as text.
  package func refusal(ofText value: String, for parameter: String) -> P2PCopyError {
    guard let known = parameters.first(where: { $0.name == parameter }) else {
      let others = parameters.map { "\(name).\($0.name) (\($0.domain.phrase))" }
      return P2PCopyError(
        .usage,
        "\(name) has no parameter '\(DisplayText.escaped(parameter))'; "
          + (others.isEmpty ? "it has none at all" : "it has \(others.joined(separator: ", "))"))
    }
    return P2PCopyError(
      .usage, "\(name).\(known.name) takes \(known.domain.phrase), not '\(DisplayText.escaped(value))'")
  }
}
