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
  /// - Throws: ``P2PCopyError`` when the session cannot go on.
  package func open(
    _ position: Int, of page: SourcePages.Page, _ prefix: FilePrefix?
  ) throws(P2PCopyError) -> Opened {
    let entry = page.entries[position]
    let content: any SourceContent
    do throws(P2PCopyError) {
      guard entry.kind != .stream else { return .comesAlone }
      let opened = try twiceIfChanged { () throws(P2PCopyError) -> (any SourceContent)? in
        let content = try settings.source.open(entry)
        return try content.hasReliableSize() ? content : nil
      }
      guard let opened else { return .comesAlone }
      content = opened
    } catch {
      return .failed(error)
    }
    return .file(
      try OutgoingFile(
        position: position, index: page.index(of: position), entry: entry, content: content, prefix: prefix, settings))
  }

  /// Digests a file that the receiver may have already, once more if it changes meanwhile.
  ///
  /// - Returns: The file with its digest, or why it cannot be read.
  /// - Throws: ``P2PCopyError`` when the session cannot go on, or `CancellationError`.
  func digest(_ entry: SourceEntry) async throws -> Result<DeliveredEntry, P2PCopyError> {
    settings.monitor.emit(.checking(path: entry.path.description))
    let first = try await digestOnce(entry)
    guard case .failure(let error) = first, error.isSourceChange else { return first }
    return try await digestOnce(entry)
  }

  private func digestOnce(_ entry: SourceEntry) async throws -> Result<DeliveredEntry, P2PCopyError> {
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
