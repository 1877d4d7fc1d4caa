import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer

/// One receiver's session of protocol 1 over one connection.
struct ReceiveSession: Sendable {
  let meeting: SessionMeeting
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
    let (channel, firstMessage) = try await meeting.meet()
    let failures = EntryFailures(meeting.monitor)
    try await Goodbye.onFailure(channel.connection, role: .receiver) {
      let intake = try Intake(
        channel: channel, output: OutputDirectory(path: outputPath), takenNames: takenNames,
        completesFiles: completesFiles, codecs: meeting.codecs, claimedPaths: claimedPaths,
        monitor: meeting.monitor, failures: failures)
      var message: TransportMessage
      if let firstMessage { message = firstMessage } else { message = try await channel.receive() }
      while try await intake.take(message) {
        try Task.checkCancellation()
        message = try await channel.receive()
      }
      try intake.settle()
      await farewell(channel, failureCount: failures.ownCount)
    }
  }

  /// Tells the sender how it went. All files are in place by now, so nothing that happens here can undo success.
  private func farewell(_ channel: PeerChannel, failureCount: UInt64) async {
    let closure =
      failureCount == 0
      ? TransportClosure.normal
      : TransportClosure(
        .failed(.receiver),
        text: failureCount == 1 ? "1 file failed" : "\(failureCount) files failed")
    let connection = channel.connection
    _ = try? await withDeadline(.seconds(30), orThrow: P2PCopyError(.peerLeft, "no close from the sender")) {
      try await connection.finish(closure)
    }
    connection.abort()
  }
}
