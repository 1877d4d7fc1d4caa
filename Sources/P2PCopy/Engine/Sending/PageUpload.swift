import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// Sends the data of one page.
///
/// Units are read, digested and compressed by a few tasks side by side; they are sealed and sent in order by the
/// session's task.
struct PageUpload {
  /// How many units are prepared ahead.
  private static let window = 4

  private let page: OutgoingPage
  private let loop: SendingLoop

  init(_ page: OutgoingPage, loop: SendingLoop) {
    self.page = page
    self.loop = loop
  }

  /// Sends everything, up to the page's end.
  ///
  /// - Throws: ``P2PCopyError`` when the session cannot go on.
  func run() async throws {
    page.deliverEntriesWithoutData()
    try await sendFiles()
    for position in page.alone { try await StreamUpload(page, position, loop: loop).run() }
    page.state = .sent
    page.sentByteCount = loop.settings.monitor.sentByteCount
    var record = loop.lane.buffers.takeRecord()
    record.writeInteger(RecordKind.pageEnd.rawValue)
    record.writeInteger(page.firstIndex)
    try await loop.lane.send(consume record)
  }

  private func sendFiles() async throws {
    let preparation = UnitPreparation(
      buffers: loop.lane.buffers, settings: loop.settings, entries: page.entries, firstIndex: page.firstIndex,
      packCompression: loop.packCompression)
    var units = UploadUnits(page, loop.settings)
    try await withThrowingTaskGroup(of: (Int, PreparedUnit).self) { group in
      var started = 0
      var sent = 0
      var isExhausted = false
      var early: [Int: PreparedUnit] = [:]
      while true {
        while !isExhausted, started - sent < Self.window {
          guard let unit = try units.next() else {
            isExhausted = true
            break
          }
          let number = started
          group.addTask { (number, try await preparation.prepare(unit)) }
          started += 1
        }
        if isExhausted, sent == started { break }
        if let unit = early.removeValue(forKey: sent) {
          try await emit(unit)
          sent += 1
          // Answers, receipts and new pages: nothing is to wait for the end of this one.
          try await loop.handlePendingEvents()
        } else if let (number, unit) = try await group.next() {
          early[number] = unit
        }
      }
    }
  }

  private func emit(_ unit: PreparedUnit) async throws {
    switch unit {
    case .pack(let record, let results):
      if let record { try await loop.lane.send(record.take()) }
      for result in results {
        switch result.outcome {
        case .packed(let entry):
          page.outcomes[result.position] = .delivered(entry, isUnchanged: false)
          loop.settings.monitor.send(byteCount: entry.byteCount)
        case .comesAlone: page.alone.append(result.position)
        case .failed(let error): try await loop.fail(page, result.position, error)
        }
      }
    case .chunk(let file, let record, let byteCount, let isLast):
      try await emit(record, of: file, byteCount: byteCount, isLast: isLast)
    case .alone(let position): page.alone.append(position)
    case .failure(let position, let error): try await loop.fail(page, position, error)
    }
  }

  private func emit(_ record: OutgoingMessage?, of file: OutgoingFile, byteCount: Int, isLast: Bool) async throws {
    if let record {
      // The file may have failed at an earlier chunk, and be reported, while this one was read ahead.
      guard !file.isReported else {
        loop.lane.buffers.recycle(record.take())
        return
      }
      try await loop.lane.send(record.take())
      loop.settings.monitor.send(byteCount: byteCount)
    }
    guard isLast || file.error != nil, file.reportOnce() else { return }
    do throws(P2PCopyError) {
      if let error = file.error { throw error }
      try file.source.checkUnchanged { try loop.settings.digest(of: file.source).digest == file.digest }
    } catch {
      guard error.code != .cancelled else { throw error }
      try await loop.fail(page, file.position, error)
      return
    }
    loop.settings.digests.giveBack(file.digestLoan)
    let size = file.source.byteCount
    let metadata = file.source.metadata
    try await sendEnd(
      FileEnd(
        index: file.index, byteCount: size, metadata: loop.settings.keepsMetadata ? metadata : nil,
        digest: file.digest))
    page.outcomes[file.position] = .delivered(
      file.entry.delivered(digest: file.digest, byteCount: size, metadata: metadata), isUnchanged: false)
  }

  private func sendEnd(_ end: FileEnd) async throws {
    var record = loop.lane.buffers.takeRecord()
    end.writeRecord(to: &record)
    try await loop.lane.send(consume record)
  }
}
