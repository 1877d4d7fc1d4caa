import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer

/// One receiver's session of protocol 1 over one connection.
struct Protocol1ReceivingSession: Sendable {
  let rendezvous: SessionRendezvous
  let outputPath: LocalPath
  let takenNames: TakenNames
  /// Whether files are completed that have their final names already.
  let completesFiles: Bool
  let claimedPaths: ClaimedPaths

  /// Runs the session to its end.
  ///
  /// - Throws: ``P2PCopyError`` when the session as a whole failed; files that failed by themselves are told to the
  ///   monitor.
  func run() async throws {
    let (connection, firstMessage) = try await rendezvous.findPeer()
    let failures = EntryFailures(rendezvous.monitor)
    try await Goodbye.onFailure(connection.transportConnection, role: .receiver) {
      let incoming = try IncomingFiles(
        connection: connection, output: OutputDirectory(path: outputPath), takenNames: takenNames,
        completesFiles: completesFiles, codecs: rendezvous.codecs, claimedPaths: claimedPaths,
        monitor: rendezvous.monitor, failures: failures)
      var message: TransportMessage
      if let firstMessage { message = firstMessage } else { message = try await connection.receive() }
      while try await incoming.take(message) {
        try Task.checkCancellation()
        message = try await connection.receive()
      }
      try incoming.settle()
      await farewell(connection, failureCount: failures.ownCount)
    }
  }

  /// Tells the sender how it went. All files are in place by now, so nothing that happens here can undo success.
  private func farewell(_ connection: Protocol1Connection, failureCount: UInt64) async {
    let closure =
      failureCount == 0
      ? TransportClosure.normal
      : TransportClosure(
        .failed(.receiver),
        text: failureCount == 1 ? "1 file failed" : "\(failureCount) files failed")
    let transportConnection = connection.transportConnection
    _ = try? await withDeadline(.seconds(30), orThrow: P2PCopyError(.peerLeft, "no close from the sender")) {
      try await transportConnection.finish(closure)
    }
    transportConnection.abort()
  }
}
