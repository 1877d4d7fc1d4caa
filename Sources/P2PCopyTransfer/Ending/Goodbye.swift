package import P2PCopyCore

/// Tells the other side, as far as that is still possible, that this one stops before the end.
package enum Goodbye {
  /// How long to try. Who was stopped has not much time.
  package static var patience: Duration { StopRequest.current?.error == nil ? .seconds(3) : .milliseconds(600) }

  /// Runs a session's body; when it fails, closes the connection with a reason that says so.
  package static func onFailure<Result: Sendable>(
    _ connection: any TransportConnection, role: PeerRole, _ body: () async throws -> Result
  ) async throws -> Result {
    do {
      return try await body()
    } catch {
      await say(error, over: connection, role: role)
      throw error
    }
  }

  /// Closes the connection with a reason that says that this side fails. Its text names only the error's code: it
  /// passes the relay in the clear.
  package static func say(_ error: any Error, over connection: any TransportConnection, role: PeerRole) async {
    let error = StopRequest.explain(error)
    let code = (error as? P2PCopyError)?.code ?? (error is CancellationError ? .cancelled : .internalError)
    await say(TransportClosure(.failed(role), text: code.name), over: connection)
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
