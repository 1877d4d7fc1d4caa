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
}

extension Codec {
  /// No parameters.
  public var parameters: [CodecParameter] { [] }
}
