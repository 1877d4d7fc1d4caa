import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// Tells the sender what is wanted of each page, and compares the digests of what is there already.
///
/// Used by the answering task alone.
final class PageAnswering {
  private let lane: Lane
  private let settings: ReceiveSettings
  private let decision: EntryDecision
  private var pages: [IncomingPage] = []

  init(lane: Lane, settings: ReceiveSettings, output: OutputDirectory?) {
    self.lane = lane
    self.settings = settings
    decision = EntryDecision(settings: settings, output: output)
  }

  /// Answers until there are no more questions.
  func run(_ items: BoundedQueue<AnswerItem>) async throws {
    while let item = try await items.next() {
      switch item {
      case .page(let page): try await answer(page)
      case .checks(let checks): try await compare(checks)
      }
    }
  }

  private func answer(_ page: IncomingPage) async throws {
    var answer = PageAnswer(firstIndex: page.firstIndex)
    for position in page.entries.indices {
      do throws(P2PCopyError) {
        let plan = try decision.plan(for: page.entries[position])
        if let disposition = disposition(plan, page, position) { answer.dispositions.append((position, disposition)) }
      } catch {
        guard error.scope == .entry else { throw error }
        answer.dispositions.append((position, refuse(page, position, error)))
      }
    }
    if answer.dispositions.contains(where: { $0.disposition == .check }) { pages.append(page) }
    var record = lane.buffers.takeRecord()
    answer.write(as: .answer, to: &record)
    try await lane.send(consume record)
  }

  private func compare(_ checks: PageChecks) async throws {
    guard let index = pages.firstIndex(where: { $0.firstIndex == checks.firstIndex }) else {
      throw P2PCopyError(.protocolViolation, "the sender sent digests that were not asked for")
    }
    let page = pages.remove(at: index)
    var verdict = PageAnswer(firstIndex: page.firstIndex)
    for check in checks.checks {
      guard check.position < page.entries.count, case .awaitingCheck = page[check.position] else {
        throw P2PCopyError(.protocolViolation, "the sender sent a digest that was not asked for")
      }
      do throws(P2PCopyError) {
        let plan = try decision.plan(for: page.entries[check.position], comparing: check.digest)
        if let disposition = disposition(plan, page, check.position) {
          verdict.dispositions.append((check.position, disposition))
        }
      } catch {
        guard error.scope == .entry else { throw error }
        verdict.dispositions.append((check.position, refuse(page, check.position, error)))
      }
    }
    for position in page.entries.indices {
      if case .awaitingCheck = page[position] {
        throw P2PCopyError(.protocolViolation, "the sender left out a digest that it was asked for")
      }
    }
    var record = lane.buffers.takeRecord()
    verdict.write(as: .verdict, to: &record)
    try await lane.send(consume record)
  }

  /// Takes a plan into the page.
  ///
  /// - Returns: What to tell the sender; `nil` when it is to send all of it.
  private func disposition(
    _ plan: EntryDecision.Plan, _ page: IncomingPage, _ position: Int
  ) -> EntryDisposition? {
    switch plan {
    case .expected(let destination):
      page[position] = .expected(destination)
      return nil
    case .continues(let destination, let start, let digest, let loan):
      page[position] = .continues(destination, start, loan)
      return .continues(at: start.version.byteCount, digest: digest)
    case .check:
      page[position] = .awaitingCheck
      return .check
    case .made(let path, let origin):
      page[position] = .made(path, origin)
      return nil
    case .unchanged(let entry):
      page[position] = .unchanged(entry)
      return .unchanged
    case .skipped:
      page[position] = .settled
      if let path = page.entries[position].path { settings.monitor.skipExisting(path) }
      return .skipped
    }
  }

  private func refuse(_ page: IncomingPage, _ position: Int, _ error: P2PCopyError) -> EntryDisposition {
    page[position] = .settled
    return settings.failures.refusal(of: EntryFailure(path: page.entries[position].shown, error: error))
  }
}
