import NIOCore
import NIOSSL
import P2PCopyCore
import P2PCopyPlatform

/// How to do TLS with one relay: whom to trust, and which name the certificate has to carry.
struct TLSSettings: Sendable {
  /// Names a file of certificate authorities, as OpenSSL and many other programs do.
  static let trustRootsVariable = "SSL_CERT_FILE"

  private let context: NIOSSLContext
  private let serverName: String?

  /// Reads the certificate authorities.
  ///
  /// - Throws: `P2PCopyError` with code `relayUnreachable` when their file cannot be used.
  init(host: String, options: TransportOptions) throws(P2PCopyError) {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .fullVerification
    let file = options.trustRootsFile ?? Self.trustRootsFromEnvironment()
    // NIOSSL takes text, and a path is bytes: it gets a name for the open file instead.
    let descriptor = file.map { $0.withCString { open($0, O_RDONLY | O_CLOEXEC) } }
    defer { if let descriptor, descriptor >= 0 { close(descriptor) } }
    if let descriptor { configuration.trustRoots = .file("/dev/fd/\(descriptor)") }
    do {
      context = try NIOSSLContext(configuration: configuration)
    } catch {
      guard let file else {
        throw P2PCopyError(
          .relayUnreachable, "the system's certificate authorities cannot be read",
          remedy: .giveCertificateAuthorities, cause: error)
      }
      throw P2PCopyError(
        .relayUnreachable,
        "the certificate authorities in '\(file)' cannot be used: the file has to be readable and hold PEM certificates",
        remedy: .giveCertificateAuthorities)
    }
    // An IP address must not go into SNI; NIOSSL then verifies the certificate against the address connected to.
    serverName = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
  }

  /// A handler for one connection.
  func makeHandler() throws -> NIOSSLClientHandler {
    try NIOSSLClientHandler(context: context, serverHostname: serverName)
  }

  private static func trustRootsFromEnvironment() -> LocalPath? {
    guard let value = getenv(trustRootsVariable) else { return nil }
    let path = LocalPath(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    return path.bytes.isEmpty ? nil : path
  }
}
