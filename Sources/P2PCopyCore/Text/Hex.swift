/// Hexadecimal text, as the control messages use it for bytes.
package enum Hex {
  /// Lower-case hexadecimal digits, two a byte.
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes that hexadecimal text of either case stands for, or `nil` when it is not such text.
  package static func decode(_ text: String) -> [UInt8]? {
    var digits = text.utf8.makeIterator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 2)
    while let high = digits.next() {
      guard let low = digits.next(), let highValue = value(of: high), let lowValue = value(of: low) else { return nil }
      bytes.append(highValue << 4 | lowValue)
    }
    return bytes
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
