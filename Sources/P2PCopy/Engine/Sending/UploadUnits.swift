import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// Divides the files of one page into units, in order: small ones into packs, others into chunks.
///
/// Files are opened when their turn comes, a few ahead of what is being sent.
struct UploadUnits {
  let page: OutgoingPage
  let settings: SendSettings
  private var position = 0
  private var current: (file: OutgoingFile, number: Int, offset: Int64)?

  init(_ page: OutgoingPage, _ settings: SendSettings) {
    self.page = page
    self.settings = settings
  }

  /// The next unit, or `nil` after the last.
  mutating func next() throws -> UploadUnit? {
    if let unit = nextChunk() { return unit }
    while position < page.entries.count {
      guard case .awaited(let prefix) = page.outcomes[position] else {
        position += 1
        continue
      }
      switch page.entries[position].kind {
      case .directory, .symbolicLink: position += 1
      case .stream:
        position += 1
        return .alone(position: position - 1)
      case .file(let byteCount):
        if prefix == nil, byteCount <= settings.largestPackedByteCount { return pack() }
        let position = position
        self.position += 1
        do throws(P2PCopyError) {
          guard let file = try open(position, prefix) else { return .alone(position: position) }
          current = (file, 0, file.startOffset)
        } catch {
          return .failure(position: position, error)
        }
        return nextChunk()
      }
    }
    return nil
  }

  private mutating func nextChunk() -> UploadUnit? {
    guard let (file, number, offset) = current else { return nil }
    let byteCount = Int(min(Int64(settings.chunkByteCount), file.source.byteCount - offset))
    let end = offset + Int64(byteCount)
    let isLast = end >= file.source.byteCount || file.error != nil
    current = isLast ? nil : (file, number + 1, end)
    return .chunk(file, number: number, offset: offset, byteCount: byteCount, isLast: isLast)
  }

  /// As many of the small files that follow as fit into one chunk.
  private mutating func pack() -> UploadUnit {
    var positions: [Int] = []
    var byteCount = 0
    while position < page.entries.count {
      if case .awaited(let prefix) = page.outcomes[position], case .file(let size) = page.entries[position].kind {
        guard prefix == nil, size <= settings.largestPackedByteCount,
          byteCount + Int(size) + FileEnd.maximumByteCount <= settings.chunkByteCount
        else { break }
        positions.append(position)
        byteCount += Int(size) + FileEnd.maximumByteCount
      }
      position += 1
    }
    return .pack(positions)
  }

  /// Opens a file and finds out where to begin.
  ///
  /// - Returns: The file; `nil` when nobody knows where it will end.
  private func open(
    _ position: Int, _ prefix: (byteCount: Int64, digest: [UInt8])?
  ) throws(P2PCopyError) -> OutgoingFile? {
    let entry = page.entries[position]
    let source = try OpenSourceFile(opening: entry)
    guard try source.hasReliableSize() else { return nil }
    let loan = try settings.digests.borrow()
    var startOffset: Int64 = 0
    if let prefix, prefix.byteCount <= source.byteCount {
      settings.monitor.emit(.checking(path: entry.path.description))
      let matches = try Self.matches(prefix, source, loan)
      // What does not fit is forgotten, and the digest begins anew.
      if matches { startOffset = prefix.byteCount } else { _ = try loan.context.finish() }
    }
    settings.monitor.beginFile(entry.path, resumedByteCount: startOffset)
    return OutgoingFile(
      position: position, index: page.index(of: position), entry: entry, source: source, startOffset: startOffset,
      digestLoan: loan, compression: FileCompression(settings.compressionMode))
  }

  /// Whether the receiver's part is how the file begins. The digest context has seen just that part afterwards.
  private static func matches(
    _ prefix: (byteCount: Int64, digest: [UInt8]), _ source: OpenSourceFile, _ loan: DigestContexts.Loan
  ) throws(P2PCopyError) -> Bool {
    do {
      let byteCount = try FileDigest.update(loan.context, over: source.descriptor, byteCount: prefix.byteCount)
      // A copy ends for the comparison; the context itself goes on.
      return try byteCount == prefix.byteCount && loan.context.copy().finish() == prefix.digest
    } catch let error as P2PCopyError {
      throw error
    } catch let error as SystemError {
      throw OpenSourceFile.explain(error, source.source)
    } catch {
      throw P2PCopyError(.cancelled, "interrupted", cause: error)
    }
  }
}
