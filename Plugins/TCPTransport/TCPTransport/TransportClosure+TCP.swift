import NIOCore
import P2PCopyCore

// The numbers that stand for reasons on the wire of this transport: known here and nowhere above.

extension TransportClosure {
  /// The longest payload of a Close: the reason and its text.
  static let maximumTCPByteCount = 124

  private static let numbers: [(UInt8, Reason)] = [
    (0, .normal), (1, .peerVanished), (2, .failed(.sender)), (3, .failed(.receiver)), (4, .waitedTooLong),
    (5, .unavailable), (6, .refused), (7, .goingAway), (8, .other),
  ]

  /// - Returns: `nil` when the text is not UTF-8. A reason of a later version is ``Reason/other``.
  init?(decodingTCP payload: ByteBuffer) {
    var payload = payload
    guard let number = payload.readInteger(as: UInt8.self),
      let text = String(validating: payload.readableBytesView, as: UTF8.self)
    else { return nil }
    self.init(Self.numbers.first { $0.0 == number }?.1 ?? .other, text: text)
  }

  /// The payload of a Close; a longer text is cut between two scalars.
  func encodedForTCP() -> ByteBuffer {
    let number = Self.numbers.first { $0.1 == reason }?.0 ?? 8
    var payload = ByteBuffer()
    payload.reserveCapacity(Self.maximumTCPByteCount)
    payload.writeInteger(number)
    var room = Self.maximumTCPByteCount - 1
    for scalar in text.unicodeScalars {
      let bytes = UTF8.encode(scalar)
      guard let bytes, bytes.count <= room else { break }
      payload.writeBytes(bytes)
      room -= bytes.count
    }
    return payload
  }
}
