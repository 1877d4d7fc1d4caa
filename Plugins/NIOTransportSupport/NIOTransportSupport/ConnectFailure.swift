import NIOCore
import NIOPosix
import P2PCopyCore
import P2PCopyPlatform

/// Where a TCP connection is to lead, and what messages say of it.
package struct ConnectTarget: Sendable {
  package let host: String
  package let port: Int
  /// What messages show of it.
  package let shown: String
  /// What should be there: "relay".
  package let listener: String
  /// What may be the matter when it takes the connection and does not answer, as a question.
  package let doubt: String

  package init(host: String, port: Int, shown: String, listener: String, doubt: String? = nil) {
    self.doubt = doubt ?? "is it a p2p-copy \(listener)?"
    self.host = host
    self.port = port
    self.shown = shown
    self.listener = listener
  }
}

/// Says in one line why there is no TCP connection, and what to do about it.
struct ConnectFailure {
  let target: ConnectTarget

  private func unreachable(_ message: String, cause: (any Error)? = nil) -> P2PCopyError {
    P2PCopyError(.relayUnreachable, message, cause: cause)
  }

  /// The whole attempt took longer than it may.
  func timeout(_ limit: Duration, isConnected: Bool) -> P2PCopyError {
    let shown = limit.formattedSeconds
    return isConnected
      ? unreachable(
        "\(target.shown) took the connection, but did not answer within \(shown); \(target.doubt)")
      : unreachable("\(target.shown) could not be reached within \(shown); check the address and any firewall between")
  }

  /// Name resolution or TCP failed.
  func connecting(_ error: any Error) -> P2PCopyError {
    guard let error = error as? NIOConnectionError else { return tcp(error) }
    if let first = error.connectionErrors.first { return tcp(first.error) }
    guard error.dnsAError != nil || error.dnsAAAAError != nil else {
      return unreachable("\(target.shown) could not be reached; check the address", cause: error)
    }
    return unreachable(
      "the name '\(target.host)' of \(target.shown) was not found; check its spelling and the network")
  }

  private func tcp(_ error: any Error) -> P2PCopyError {
    guard let code = (error as? IOError)?.errnoCode else {
      return unreachable("\(target.shown) could not be reached; check the address", cause: error)
    }
    switch code {
    case ECONNREFUSED:
      return unreachable(
        "\(target.shown) refused the connection; does a \(target.listener) run there, on that port?")
    case ENETUNREACH, EHOSTUNREACH:
      return unreachable("there is no route to \(target.shown); check the network and any firewall between")
    case ETIMEDOUT:
      return unreachable("\(target.shown) did not answer; check the address and any firewall between")
    default:
      return unreachable("\(target.shown) could not be reached", cause: error)
    }
  }
}

extension Duration {
  /// `30 s`, `0.05 s`: for error messages.
  fileprivate var formattedSeconds: String {
    let (seconds, attoseconds) = components
    let thousandths = attoseconds / 1_000_000_000_000_000
    guard thousandths != 0 else { return "\(seconds) s" }
    var fraction = String(1000 + thousandths).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return "\(seconds).\(fraction) s"
  }
}
