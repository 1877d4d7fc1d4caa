/// The form `localhost:8765`: a relay whose `ws://` was forgotten, most likely.
enum RelayForm {
  /// Whether bytes are a host, a colon and a port.
  static func isHostAndPort(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else { return false }
    let host = bytes[..<colon]
    let port = bytes[bytes.index(after: colon)...]
    return !host.isEmpty && (1...5).contains(port.count) && port.allSatisfy { 0x30...0x39 ~= $0 }
      && host.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: ".-[]:".utf8.contains(byte)
        }
      }
  }
}
