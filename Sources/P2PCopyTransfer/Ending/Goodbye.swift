package import P2PCopyCore

/// Tells the other side, as far as that is still possible, that this one stops before the end.
package enum Goodbye {
  /// How long to try.
  package static let patience = Duration.seconds(3)

  /// Runs a session's body; when it fails, closes the connection with a reason that says so.
  ///
  /// Its text names only the error's code: it passes the relay in the clear.
  package static func onFailure(
    _ connection: any TransportConnection, role: PeerRole, _ body: () async throws -> Void
  ) async throws {
    do {
      try await body()
    } catch {
      let code = (error as? P2PCopyError)?.code ?? (error is CancellationError ? .cancelled : .internalError)
      await say(TransportClosure(.failed(role), text: code.name), over: connection)
      throw error
    }
  }

  private static func say(_ closure: TransportClosure, over connection: any TransportConnection) async {
    // Its own task: the session's may be cancelled already, and the other side should hear of it all the same.
    let farewell = Task {
      try await withDeadline(patience, orThrow: P2PCopyError(.peerLeft, "no answer to the close")) {
        try await connection.finish(closure)
      }
    }
    _ = await farewell.result
    connection.abort()
  }
}
