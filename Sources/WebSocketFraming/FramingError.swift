/// The other side broke RFC 6455, or sent more than is accepted.
package struct FramingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The status to close the connection with (RFC 6455, section 7.4.1).
  package var status: UInt16

  /// What was wrong, for the close reason and the log; nothing in it comes from the other side.
  package var message: String

  package init(status: UInt16, message: String) {
    self.status = status
    self.message = message
  }

  /// Status 1002.
  package static func protocolError(_ message: String) -> FramingError { FramingError(status: 1002, message: message) }

  /// Status 1007.
  package static let invalidUTF8 = FramingError(status: 1007, message: "text is not valid UTF-8")

  /// Status 1009.
  package static func tooBig(limit: Int) -> FramingError {
    FramingError(status: 1009, message: "a message of more than \(limit) bytes")
  }

  package var description: String { message }
}
