/// What a frame carries (RFC 6455, section 5.2).
package enum Opcode: UInt8, Sendable, Hashable {
  /// More of the message that is in progress.
  case continuation = 0
  /// The start of a text message.
  case text = 1
  /// The start of a binary message.
  case binary = 2
  /// The end of the connection.
  case close = 8
  /// Are you there?
  case ping = 9
  /// Yes, or an unasked sign of life.
  case pong = 10

  /// Whether it is a control frame: these are never fragmented and may come in the middle of a message.
  package var isControl: Bool { rawValue >= Opcode.close.rawValue }
}
