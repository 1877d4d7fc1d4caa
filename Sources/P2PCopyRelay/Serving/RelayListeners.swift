import NIOCore
import NIOPosix
import P2PCopyPlatform

/// Opens the sockets a relay listens on.
enum RelayListeners {
  /// How often a port that is free on 127.0.0.1 but not on ::1 is thrown back, when any will do.
  private static let maximumAttempts = 16

  /// Listens where the configuration says.
  static func open(_ bootstrap: ServerBootstrap, host: String, port: Int) async throws(RelayError) -> [any Channel] {
    guard host.lowercased() == "localhost" else {
      return [try await listen(bootstrap, host: host, port: port)]
    }
    // Not by way of the resolver: what it says about localhost is a matter of the machine's configuration.
    for _ in 1..<maximumAttempts {
      if let listeners = try await openLoopback(bootstrap, port: port, acceptsCollision: port == 0) {
        return listeners
      }
    }
    return try await openLoopback(bootstrap, port: port, acceptsCollision: false) ?? []
  }

  /// - Returns: `nil` when the port is taken on one of the two addresses and another one will do.
  private static func openLoopback(
    _ bootstrap: ServerBootstrap, port: Int, acceptsCollision: Bool
  ) async throws(RelayError) -> [any Channel]? {
    let first = try await listen(bootstrap, host: "127.0.0.1", port: port)
    do {
      return [first, try await listen(bootstrap, host: "::1", port: first.localAddress?.port ?? port)]
    } catch  where error.code == .addressInUse {
      try? await first.close()
      if acceptsCollision { return nil }
      throw error
    } catch {
      // A machine without IPv6.
      return [first]
    }
  }

  private static func listen(
    _ bootstrap: ServerBootstrap, host: String, port: Int
  ) async throws(RelayError) -> any Channel {
    do {
      // The resolver blocks, for seconds when a name server does not answer.
      let address = try await NIOThreadPool.singleton.runIfActive {
        try SocketAddress.makeAddressResolvingHost(host, port: port)
      }
      return try await bootstrap.bind(to: address).get()
    } catch {
      throw RelayError(listeningOn: host, port: port, error)
    }
  }
}

extension RelayError {
  /// Says what to do about a failed bind.
  fileprivate init(listeningOn host: String, port: Int, _ error: any Error) {
    let shown = LogText.escaped(host)
    let address = host.contains(":") ? "[\(shown)]:\(port)" : "\(shown):\(port)"
    guard let error = error as? IOError else {
      self.init(
        .addressUnavailable,
        "cannot listen on \(address): the host is unknown; give an address of this machine, or localhost")
      return
    }
    switch error.errnoCode {
    case EADDRINUSE:
      self.init(
        .addressInUse,
        "cannot listen on \(address): the port is in use; stop the program that uses it or choose another port")
    case EACCES, EPERM:
      self.init(
        .notPermitted,
        "cannot listen on \(address): not permitted; ports below 1024 need root or the capability "
          + "CAP_NET_BIND_SERVICE, other ports do not")
    case EADDRNOTAVAIL, EAFNOSUPPORT:
      self.init(
        .addressUnavailable,
        "cannot listen on \(address): not an address of this machine; give one of its own, or 0.0.0.0 for all")
    default:
      self.init(.cannotListen, "cannot listen on \(address): \(error.systemMessage)")
    }
  }
}
