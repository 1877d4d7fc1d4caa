import NIOCore
import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import P2PCopyTransfer
import P2PCopyWire

/// Sends a file whose size is known at its end only: standard input, or one whose size says nothing.
struct StreamUpload {
  /// What has come is sent when nothing more comes for this time, in milliseconds.
  private static let patience: Int32 = 100

  private let page: OutgoingPage
  private let position: Int
  private let loop: SendingLoop

  init(_ page: OutgoingPage, _ position: Int, loop: SendingLoop) {
    self.page = page
    self.position = position
    self.loop = loop
  }

  /// Reads to the end.
  func run() async throws {
    guard case .awaited = page.outcomes[position] else { return }
    let entry = page.entries[position]
    let index = page.index(of: position)
    var file: OpenSourceFile?
    do throws(P2PCopyError) {
      if entry.kind != .stream { file = try OpenSourceFile(opening: entry) }
    } catch {
      try await loop.fail(page, position, error)
      return
    }
    let loan = try loop.settings.digests.borrow()
    let compression = FileCompression(loop.settings.compressionMode)
    loop.settings.monitor.beginFile(entry.path)
    var offset: UInt64 = 0
    do {
      while true {
        var record = loop.lane.buffers.takeBulkRecord()
        let byteCount = if let file { try read(file, into: &record) } else { try await read(into: &record) }
        if byteCount == 0 {
          loop.lane.buffers.recycle(record)
          break
        }
        try record.withBulkData { (data) throws(P2PCopyError) in try loan.context.update(data) }
        var isCompressed = false
        if let compressor = loop.settings.compression, compression.isCompressing {
          (record, isCompressed) = try compressor.compress(record, below: compression.worthwhileRatio)
          compression.record(isFirst: offset == 0, paid: isCompressed)
        }
        BulkHeader(kind: .chunk, isCompressed: isCompressed, rawByteCount: byteCount, index: index, offset: offset)
          .write(to: &record, at: record.readerIndex + RecordHeader.byteCount)
        try await loop.lane.send(consume record)
        loop.settings.monitor.send(byteCount: byteCount)
        offset += UInt64(byteCount)
        try await loop.handlePendingEvents()
      }
    } catch let error as SystemError {
      let failure =
        file.map { OpenSourceFile.explain(error, $0.source) }
        ?? P2PCopyError(.sourceUnreadable, "cannot read standard input: \(error)", scope: .entry, cause: error)
      try await loop.fail(page, position, failure)
      return
    }
    let digest = try loan.context.finish()
    loop.settings.digests.giveBack(loan)
    do throws(P2PCopyError) {
      if let file { try check(file, sent: digest, Int64(offset)) }
    } catch {
      guard error.code != .cancelled else { throw error }
      try await loop.fail(page, position, error)
      return
    }
    var record = loop.lane.buffers.takeRecord()
    FileEnd(
      index: index, byteCount: Int64(offset), metadata: loop.settings.keepsMetadata ? file?.metadata : nil,
      digest: digest
    ).writeRecord(to: &record)
    try await loop.lane.send(consume record)
    page.outcomes[position] = .delivered(
      entry.delivered(digest: digest, byteCount: Int64(offset), metadata: file?.metadata), isUnchanged: false)
  }

  /// Sees to it that a file was sent whole and as it was.
  private func check(_ file: OpenSourceFile, sent digest: [UInt8], _ byteCount: Int64) throws(P2PCopyError) {
    if byteCount < file.byteCount, try !file.maySayTooMuch() { throw file.changed }
    try file.checkUnchanged { try loop.settings.digest(of: file).digest == digest }
  }

  /// Fills a chunk with what comes next of a file.
  ///
  /// - Returns: How many bytes came; 0 at the end.
  private func read(_ file: OpenSourceFile, into record: inout ByteBuffer) throws -> Int {
    try Task.checkCancellation()
    let wanted = loop.settings.chunkByteCount
    var failure: SystemError?
    let count = record.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { memory in
      do throws(SystemError) {
        return try file.descriptor.readNext(into: UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted]))
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return count
  }

  /// Fills a chunk, or takes what there is when nothing more comes for a moment.
  ///
  /// - Returns: How many bytes came; 0 at the end.
  private func read(into record: inout ByteBuffer) async throws -> Int {
    var count = 0
    while count < loop.settings.chunkByteCount {
      try Task.checkCancellation()
      var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let ready = poll(&descriptor, 1, Self.patience)
      if ready < 0 {
        let error = SystemError.last
        if error.number == EINTR { continue }
        throw error
      }
      if ready == 0 {
        if count > 0 { break }
        // Others have work to do on this thread's pool while nothing comes.
        await Task.yield()
        continue
      }
      let wanted = loop.settings.chunkByteCount - count
      var failure: SystemError?
      let result = record.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { memory in
        let result = Glibc.read(STDIN_FILENO, memory.baseAddress, wanted)
        if result < 0 { failure = .last }
        return max(0, result)
      }
      if let failure {
        if failure.number == EINTR || failure.number == EAGAIN { continue }
        throw failure
      }
      if result == 0 { break }
      count += result
    }
    return count
  }
}
