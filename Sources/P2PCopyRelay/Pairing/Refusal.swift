import WebSocketFraming

/// Why a peer that is not paired is sent away: what its Close says and, to a peer of protocol 2, the message before it.
struct Refusal {
  /// A short name that stays as it is, for programs.
  let code: String
  /// For a person.
  let message: String
  /// The Close, which is all that a peer of protocol 1 gets.
  let close: ClosePayload

  /// The first message is not a hello.
  static func badHello(_ reason: String) -> Refusal {
    Refusal(
      code: "bad-hello", message: "the relay did not understand the first message: \(reason)",
      close: ClosePayload(status: 1002, reason: reason))
  }

  /// Somebody of the same role waits already. The reason in the Close is that of p2p-copy 0.1.
  static func duplicateRole(_ role: Hello.Role) -> Refusal {
    Refusal(
      code: "duplicate-role", message: "another \(role.rawValue) with this code is waiting already",
      close: ClosePayload(status: 1013, reason: "Duplicate role for code"))
  }

  /// The peer that waits speaks the other protocol.
  static func protocolMismatch(waiting hello: Hello) -> Refusal {
    let number = hello.speaksProtocol2 ? 2 : 1
    return Refusal(
      code: "protocol-mismatch",
      message: "the \(hello.role.rawValue) with this code speaks protocol \(number); both sides must use the same one",
      close: ClosePayload(status: 1002, reason: "The other peer speaks protocol \(number)"))
  }

  /// The relay ends.
  static let shuttingDown = Refusal(
    code: "shutting-down", message: "the relay is shutting down; try again in a while", close: .goingAway)

  /// The peer broke the rules of RFC 6455 or of size.
  static func badFrame(_ error: FramingError) -> Refusal {
    Refusal(code: "bad-frame", message: error.message, close: ClosePayload(error))
  }

  /// The peer sent more than is held for it before the other one came, of protocol 2 anything at all.
  static let sentTooMuch = Refusal(
    code: "sent-too-much", message: "too much was sent before the other peer came",
    close: ClosePayload(status: 1009, reason: "too much was sent before the other peer came"))

  /// What others sent before their partners came fills all the room there is.
  static let noRoom = Refusal(
    code: "no-room",
    message: "the relay has no room for what is sent before the other peer comes; try again in a while",
    close: ClosePayload(status: 1013, reason: "no room for what is sent before the other peer comes"))

  /// Nobody came in the time that the relay grants.
  static func waitedTooLong(_ limit: Duration) -> Refusal {
    let reason = "nobody came within \(limit.components.seconds) seconds, the longest wait here"
    return Refusal(code: "waited-too-long", message: reason, close: ClosePayload(status: 4004, reason: reason))
  }
}

extension ClosePayload {
  /// What everybody gets who is there when the relay ends.
  static let goingAway = ClosePayload(status: 1001, reason: "the relay is shutting down")
}
