package import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer

/// What a worker finds out about a file before anything of it is sent.
package struct FilePreparation: Sendable {
  /// What opening a file gave.
  package enum Opened: Sendable {
    /// A file that travels in chunks.
    case file(OutgoingFile)
    /// A file whose size is known at its end only.
    case comesAlone
    /// A file that could not be opened.
    case failed(P2PCopyError)
  }

  private let settings: SendSettings

  package init(_ settings: SendSettings) {
    self.settings = settings
  }

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - position: The file's position in the page.
  ///   - page: The page.
  ///   - prefix: What the receiver has of it.
  /// - Returns: What it is.
  /// - Throws: ``P2PCopyError`` when the session cannot go on, or `CancellationError`.
  package func open(
    _ position: Int, of page: SourcePages.Page, _ prefix: FilePrefix?
  ) async throws -> Opened {
    let entry = page.entries[position]
    guard entry.kind != .stream else { return .comesAlone }
    var opened = open(entry)
    if case .failure(let error) = opened, error.isSourceChange {
      try await Task.sleep(for: P2PCopyError.sourceChangePause)
      opened = open(entry)
    }
    let content: any SourceContent
    switch opened {
    case .success(let opened?): content = opened
    case .success(nil): return .comesAlone
    case .failure(let error): return .failed(error)
    }
    return .file(
      try OutgoingFile(
        position: position, index: page.index(of: position), entry: entry, content: content, prefix: prefix, settings))
  }

  /// - Returns: The content; `nil` when its size says nothing.
  private func open(_ entry: SourceEntry) -> Result<(any SourceContent)?, P2PCopyError> {
    Result { () throws(P2PCopyError) in
      let content = try settings.source.open(entry)
      return try content.hasReliableSize() ? content : nil
    }
  }

  /// Digests files that the receiver may have already, once more those that change meanwhile.
  ///
  /// - Parameters:
  ///   - positions: Their positions in the page.
  ///   - page: The page.
  /// - Returns: Each file with its digest, or why it cannot be read.
  /// - Throws: ``P2PCopyError`` when the session cannot go on, or `CancellationError`.
  func digest(
    _ positions: [Int], of page: SourcePages.Page
  ) async throws -> [(position: Int, result: Result<DeliveredEntry, P2PCopyError>)] {
    var results: [(position: Int, result: Result<DeliveredEntry, P2PCopyError>)] = []
    var changed: [Int] = []
    for position in positions {
      let entry = page.entries[position]
      settings.monitor.emit(.checking(path: EntryPath(entry.path)))
      let result = try await digest(entry)
      if case .failure(let error) = result, error.isSourceChange {
        changed.append(position)
      } else {
        results.append((position, result))
      }
    }
    if !changed.isEmpty { try await Task.sleep(for: P2PCopyError.sourceChangePause) }
    for position in changed { results.append((position, try await digest(page.entries[position]))) }
    return results
  }

  private func digest(_ entry: SourceEntry) async throws -> Result<DeliveredEntry, P2PCopyError> {
    do {
      let content = try settings.source.open(entry)
      let loan = try settings.digests.borrow()
      // More than it said is what it has; less is so only where sizes mean nothing.
      let byteCount = try await content.feedInPieces(loan.context, byteCount: .max)
      let digest = try loan.context.finish()
      settings.digests.giveBack(loan)
      if byteCount < content.byteCount, try !content.maySayTooMuch() { throw content.changed }
      try content.checkUnchanged { try settings.digest(of: content).digest == digest }
      return .success(entry.delivered(digest: digest, byteCount: byteCount, metadata: content.metadata))
    } catch let error as P2PCopyError where error.scope == .entry {
      return .failure(error)
    }
  }
}
