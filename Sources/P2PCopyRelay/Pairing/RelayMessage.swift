/// What the relay itself says to a peer, as a text message. Never said to a pair once its ready is out: what comes then is
/// the partner's.
enum RelayMessage {
  /// To a peer of protocol 2: it is registered, the other one has not come.
  case waiting
  /// To the sender of a pair of protocol 1.
  case ready
  /// To both peers of a pair of protocol 2.
  case readyProtocol2
  /// To a peer of protocol 2 that is about to be sent away.
  case error(Refusal)

  /// The message as JSON.
  var text: String {
    switch self {
    case .waiting: #"{"type":"waiting"}"#
    case .ready: #"{"type":"ready"}"#
    case .readyProtocol2: #"{"type":"ready","protocol":2}"#
    case .error(let refusal):
      #"{"type":"error","code":\#(Self.quoted(refusal.code)),"message":\#(Self.quoted(refusal.message))}"#
    }
  }

  /// Text as a JSON string, in ASCII only.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for unit in text.utf16 {
      switch unit {
      case 0x22, 0x5C: result += "\\" + String(UnicodeScalar(UInt8(unit)))
      case 0x20...0x7E: result.unicodeScalars.append(UnicodeScalar(UInt8(unit)))
      default:
        let digits = String(unit, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return result + "\""
  }
}
