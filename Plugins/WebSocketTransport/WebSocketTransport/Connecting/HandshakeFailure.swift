import NIOCore
import NIOHTTP1
import NIOSSL
import P2PCopyCore
import P2PCopyPlatform

/// Says in one line why there is no WebSocket on a TCP connection to a relay, and what to do about it.
struct HandshakeFailure: Sendable {
  let address: RelayAddress

  private func unreachable(
    _ message: String, remedy: P2PCopyError.Remedy? = nil, cause: (any Error)? = nil
  ) -> P2PCopyError {
    P2PCopyError(.relayUnreachable, message, remedy: remedy, cause: cause)
  }

  /// The server answered, but did not switch to WebSocket.
  func refusal(_ head: HTTPResponseHead) -> P2PCopyError {
    // Only the number: the reason phrase is the server's to choose.
    unreachable("the server at \(address) answered \(head.status.code); is it a p2p-copy relay?")
  }

  /// TLS or the WebSocket handshake failed on an established TCP connection.
  func handshake(_ error: any Error) -> P2PCopyError {
    switch error {
    case let error as P2PCopyError:
      error
    case NIOSSLError.handshakeFailed(let reason):
      tls(reason, cause: error)
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
      wrongName
    case NIOSSLError.unableToValidateCertificate:
      wrongName
    case NIOSSLError.uncleanShutdown:
      closedEarly
    case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
      unreachable("TLS with \(address) failed", cause: error)
    case HTTPParserError.invalidEOFState:
      closedEarly
    case is HTTPParserError:
      unreachable("\(address) did not answer in HTTP; is it a p2p-copy relay, and is \(address.scheme):// right?")
    case is NIOHTTPClientUpgradeError:
      unreachable("\(address) did not accept the WebSocket handshake as it must; is it a p2p-copy relay?")
    case let error as IOError where error.errnoCode == ECONNRESET || error.errnoCode == EPIPE:
      closedEarly
    case is ChannelError:
      closedEarly
    default:
      unreachable("the WebSocket handshake with \(address) failed", cause: error)
    }
  }

  private var wrongName: P2PCopyError {
    unreachable(
      "the certificate of \(address) is for another name than '\(address.host)'; use the name it was made for")
  }

  private var closedEarly: P2PCopyError {
    unreachable(
      "\(address) closed the connection before it answered; is it a p2p-copy relay, and is \(address.scheme):// right?")
  }

  private func tls(_ reason: BoringSSLError, cause: any Error) -> P2PCopyError {
    // BoringSSL's reasons are only told apart by their names in the description.
    let text = String(describing: reason)
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return unreachable(
        "the certificate of \(address) is not trusted: it is self-signed, expired or from an unknown authority",
        remedy: .giveCertificateAuthorities)
    }
    if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
      return unreachable("\(address) does not speak TLS; a relay without TLS is reached by ws:// instead of wss://")
    }
    if text.contains("EOF during handshake") {
      return unreachable("\(address) closed the connection during the TLS handshake; is it a p2p-copy relay?")
    }
    return unreachable("the TLS handshake with \(address) failed", cause: cause)
  }
}
