package import Logging
import P2PCopyCore
import P2PCopyFiles

extension Logger {
  /// What logs nothing: the logger of whoever sets none.
  package static let none = Logger(label: "p2p-copy") { _ in SwiftLogNoOpLogHandler() }

  /// Logs an event of a transfer. Names are as the event has them, which is escaped; there is no code in any event.
  package func log(_ event: TransferEvent) {
    switch event {
    case .waitingForPeer(let endpoint):
      info("connected, waiting for the other side", metadata: ["relay": "\(endpoint)"])
    case .paired:
      info("the other side is there and has the same code")
    case .negotiated(let terms):
      info(
        "agreed",
        metadata: [
          "cipher": "\(terms.cipher)", "compressor": "\(terms.compressor ?? .none)",
          "digest": "\(terms.digest)", "chunk-bytes": "\(terms.chunkByteCount)",
          "resumes": "\(terms.resumes)", "connections": "\(terms.connectionCount)",
        ])
    case .connectionLost(let reason, let patience):
      warning("the connection is lost, dialling again", metadata: ["reason": "\(reason)", "patience": "\(patience)"])
    case .reconnected(let duration):
      info("the connection is there again", metadata: ["after": "\(duration)"])
    case .startedAgain:
      warning("the other side was started again, the transfer goes on from what is there")
    case .started(let progress):
      debug(
        "the size is known",
        metadata: ["files": "\(progress.totalFileCount)", "bytes": "\(progress.totalByteCount)"])
    case .checking(let path):
      debug("reading what is there", metadata: ["path": "\(path)"])
    case .progress(let progress):
      trace("progress", metadata: ["files": "\(progress.fileCount)", "bytes": "\(progress.byteCount)"])
    case .fileStarted(let path, let byteCount):
      debug(
        "a file begins", metadata: ["path": "\(path)", "bytes": "\(byteCount.map(String.init) ?? "unknown")"])
    case .fileFinished(let path, let byteCount):
      debug("a file is complete", metadata: ["path": "\(path)", "bytes": "\(byteCount)"])
    case .renamed(let path, let newPath):
      debug("an entry has another name", metadata: ["path": "\(path)", "new-path": "\(newPath)"])
    case .fileSkipped(let path, let reason):
      debug("a file was left alone", metadata: ["path": "\(path)", "reason": "\(reason)"])
    case .fileRepeated(_, let reason):
      notice("\(reason)")
    case .fileFailed(let failure):
      warning(
        "an entry failed",
        metadata: [
          "path": "\(failure.path)", "code": "\(failure.error.code.name)", "error": "\(failure.error.message)",
        ])
    case .notice(let text):
      notice("\(text)")
    case .finished(let summary):
      info(
        "the transfer is over",
        metadata: [
          "complete-files": "\(summary.completeFileCount)", "failures": "\(summary.failureCount)",
          "bytes": "\(summary.transferredByteCount)", "resumed-bytes": "\(summary.resumedByteCount)",
        ])
    }
  }
}
