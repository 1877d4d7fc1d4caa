import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

extension SendingLoop {
  /// Takes the receiver's answer to a page.
  func take(_ answer: PageAnswer) async throws {
    guard let page = pages.first(where: { $0.state == .announced }), page.firstIndex == answer.firstIndex else {
      throw P2PCopyError(.protocolViolation, "the receiver answered a page that was not asked about")
    }
    var checks: [Int] = []
    for (position, disposition) in answer.dispositions {
      try apply(disposition, to: page, position)
      if case .check = page.outcomes[position] { checks.append(position) }
    }
    guard !checks.isEmpty else {
      page.state = .ready
      return
    }
    page.state = .checking
    try await send(checks, of: page)
  }

  private func apply(_ disposition: EntryDisposition, to page: OutgoingPage, _ position: Int) throws(P2PCopyError) {
    guard position < page.entries.count else {
      throw P2PCopyError(.protocolViolation, "the receiver answered for an entry that is not in the page")
    }
    let entry = page.entries[position]
    // Nobody may leave out what the user wants sent whole.
    let mayHaveFile = if case .file = entry.kind { settings.resumes } else { false }
    let mayHaveLink = if case .symbolicLink = entry.kind { settings.resumes } else { false }
    switch disposition {
    case .continues(let byteCount, let digest) where mayHaveFile:
      page.outcomes[position] = .awaited(prefix: (byteCount, digest))
    case .check where mayHaveFile: page.outcomes[position] = .check
    case .unchanged where mayHaveLink:
      page.outcomes[position] = .delivered(entry.delivered(digest: [], byteCount: 0), isUnchanged: true)
    case .skipped:
      page.outcomes[position] = .settled
      monitor.skipExisting(entry.path)
    case .refused(_, let message):
      page.outcomes[position] = .settled
      failAtReceiver(
        entry, P2PCopyError(.peerFailed, "the receiver did not take '\(entry.path)': \(message)", scope: .entry))
    case .continues, .check, .unchanged:
      throw P2PCopyError(.protocolViolation, "the receiver's answer about '\(entry.path)' makes no sense")
    }
  }

  /// Takes the receiver's answer to digests.
  func takeVerdict(_ verdict: PageAnswer) throws(P2PCopyError) {
    guard let page = pages.first(where: { $0.state == .checking }), page.firstIndex == verdict.firstIndex else {
      throw P2PCopyError(.protocolViolation, "the receiver gave a verdict about a page that was not checked")
    }
    for (position, disposition) in verdict.dispositions {
      guard position < page.entries.count, case .check = page.outcomes[position] else {
        throw P2PCopyError(.protocolViolation, "the receiver gave a verdict about a file that was not checked")
      }
      switch disposition {
      case .unchanged:
        guard let delivered = page.checked[position] else {
          throw P2PCopyError(.protocolViolation, "the receiver claims to have a file that could not be read here")
        }
        page.outcomes[position] = .delivered(delivered, isUnchanged: true)
      case .skipped, .refused: try apply(disposition, to: page, position)
      case .continues, .check:
        throw P2PCopyError(.protocolViolation, "the receiver's verdict makes no sense")
      }
    }
    for position in page.checked.keys {
      if case .check = page.outcomes[position] { page.outcomes[position] = .awaited(prefix: nil) }
    }
    page.state = .ready
  }

  /// Digests files that the receiver may have already, and sends the digests.
  private func send(_ positions: [Int], of page: OutgoingPage) async throws {
    var checks: [PageChecks.Check] = []
    for position in positions {
      let entry = page.entries[position]
      monitor.emit(.checking(path: entry.path.description))
      do {
        let file = try OpenSourceFile(opening: entry)
        let (digest, byteCount) = try settings.digest(of: file)
        // More than it said is what it has; less is so only where sizes mean nothing.
        if byteCount < file.byteCount, try !file.maySayTooMuch() { throw file.changed }
        try file.checkUnchanged { try settings.digest(of: file).digest == digest }
        page.checked[position] = entry.delivered(digest: digest, byteCount: byteCount, metadata: file.metadata)
        checks.append(PageChecks.Check(position: position, digest: digest))
      } catch let error as P2PCopyError where error.code == .sourceUnreadable {
        try await fail(page, position, error)
        checks.append(PageChecks.Check(position: position, digest: []))
      } catch let error as SystemError {
        try await fail(
          page, position, OpenSourceFile.explain(error, at: entry.location))
        checks.append(PageChecks.Check(position: position, digest: []))
      }
    }
    var record = lane.buffers.takeRecord()
    PageChecks(firstIndex: page.firstIndex, checks: checks).write(to: &record)
    try await lane.send(consume record)
  }
}
