package import P2PCopyCore

extension P2PCopyError {
  /// What it means for a peer that the connection was closed while it still expected something.
  package init(_ closure: TransportClosure, as role: PeerRole) {
    let text = DisplayText.escaped(String(closure.text.prefix(123)))
    let said = text.isEmpty ? "" : " (\(text))"
    switch closure.reason {
    case .unavailable:
      self.init(
        .relayRefused, "the relay refused this connection\(said); another \(role) uses the code, or the relay is full",
        cause: closure)
    case .refused:
      self.init(.relayRefused, "the relay or the \(role.other) refused what was sent\(said)", cause: closure)
    // Said by the other role each of these makes no sense, and is taken for what it is: somebody left.
    // A receiver that lost this side has not failed: the way between is what failed.
    case .failed(.receiver) where role == .sender && text == P2PCopyError.Code.peerLeft.name:
      self.init(.peerLeft, "the receiver heard nothing more from this side\(said)", remedy: .resume, cause: closure)
    case .failed(.receiver) where role == .sender && closure.isStop:
      self.init(.peerLeft, "the receiver stopped before the end\(said)", remedy: .resume, cause: closure)
    case .failed(.receiver) where role == .sender:
      self.init(.peerFailed, "the receiver ended with a failure\(said)", remedy: .seeOtherSide, cause: closure)
    case .failed(.sender) where role == .receiver:
      self.init(.peerLeft, "the sender stopped before the end\(said)", remedy: .resume, cause: closure)
    case .waitedTooLong: self.init(nobodyCameTo: role, said: text, cause: closure)
    case .goingAway:
      self.init(.peerLeft, "the relay went away before the end\(said)", remedy: .resume, cause: closure)
    case .normal, .peerVanished, .failed, .other:
      self.init(.peerLeft, "the \(role.other) left before the end\(said)", remedy: .resume, cause: closure)
    }
  }

  /// What it means when the relay ends the waiting. `reason` is in the relay's words and safe to show.
  package init(nobodyCameTo role: PeerRole, said reason: String, cause: (any Error)? = nil) {
    self.init(
      .peerNeverCame,
      "no \(role.other) with the same code came as long as the relay lets anybody wait (\(reason))",
      remedy: .compareSettings, cause: cause)
  }

  /// What a transport's error means to a paired peer: a lost connection can be made good, and whatever ends the
  /// connection of a task that is cancelled anyway is not what a person wants to hear about.
  package static func translating(_ error: any Error, as role: PeerRole) -> any Error {
    if Task.isCancelled { return CancellationError() }
    switch error {
    case let closure as TransportClosure: return P2PCopyError(closure, as: role)
    case var error as P2PCopyError where error.code == .peerLeft:
      error.remedy = .resume
      return error
    // Nobody asked for it, since this task is not cancelled: a connection that ended is what it looks like from here.
    case let error as P2PCopyError where error.code == .cancelled:
      return P2PCopyError(.peerLeft, error.message, remedy: .resume, cause: error.cause)
    default: return error
    }
  }
}

extension TransportClosure {
  /// Whether the other side was stopped, to be run again.
  package var isStop: Bool {
    guard case .failed = reason else { return false }
    return text == P2PCopyError.Code.stopped.name
  }
}

extension TransportConnection {
  /// Sends a message to a peer.
  ///
  /// - Parameters:
  ///   - text: The message.
  ///   - role: What this side is.
  /// - Throws: What a failure means to a peer.
  package func send(_ text: String, as role: PeerRole) async throws {
    do {
      try await send(.text(text))
    } catch {
      throw P2PCopyError.translating(error, as: role)
    }
  }

  /// Waits for a message that has to come.
  ///
  /// - Parameter role: What this side is.
  /// - Returns: The message.
  /// - Throws: What a failure means to a peer, also when the other side has ended the connection in good order.
  package func nextMessage(as role: PeerRole) async throws -> TransportMessage {
    let message: TransportMessage?
    do {
      message = try await receive()
    } catch {
      throw P2PCopyError.translating(error, as: role)
    }
    guard let message else { throw P2PCopyError.translating(TransportClosure.normal, as: role) }
    return message
  }
}
