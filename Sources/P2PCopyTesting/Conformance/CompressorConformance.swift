import P2PCopyCore

/// The parts of ``checkCompressor(_:sourceLocation:)`` that use a compressor as the core does.
struct CompressorConformance: Sendable {
  let compressor: any Compressor
  let report: ConformanceReport

  func checkBound() throws {
    let counts = SampleData.byteCounts + [1 << 24, 1 << 30, (1 << 31) - 1, 1 << 31]
    let bounds = counts.map { compressor.maximumCompressedByteCount(for: $0) }
    report.require(bounds.allSatisfy { $0 >= 0 }, "the bound is negative for a size up to 2 GiB")
    report.require(
      zip(bounds, bounds.dropFirst()).allSatisfy { $0 <= $1 }, "the bound is smaller for an input that is larger")
  }

  func checkRoundTrips() throws {
    let compression = try compressor.makeCompressionContext()
    let decompression = try compressor.makeDecompressionContext()
    for count in SampleData.byteCounts {
      for (kind, bytes) in SampleData.kinds(count) {
        // The room is exactly the bound: an output beyond it fails here.
        let compressed = try compress(bytes, with: compression)
        let raw = try decompress(compressed, room: count, with: decompression)
        report.require(raw == bytes, "\(count) \(kind) came back changed")
        let roomy = try decompress(compressed, room: count + 1000, with: decompression)
        report.require(roomy == bytes, "\(count) \(kind) came back changed when there was more room")
      }
    }
    let text = SampleData.text(SampleData.chunkByteCount)
    let first = try compress(text, with: compression)
    report.require(first.count < text.count, "a chunk of plain text did not become smaller")
    let other = try compress(text, with: try compressor.makeCompressionContext())
    let raw = try decompress(other, room: text.count, with: try compressor.makeDecompressionContext())
    report.require(raw == text, "fresh contexts do not understand each other")
  }

  func checkSmallRooms() throws {
    let compression = try compressor.makeCompressionContext()
    let decompression = try compressor.makeDecompressionContext()
    let random = SampleData.random(SampleData.chunkByteCount)
    for room in [0, 1, random.count / 2] {
      report.requireRefusal("compressing \(random.count) random bytes into \(room)") { () throws(P2PCopyError) in
        _ = try compress(random, room: room, with: compression)
      }
      try checkStillUsable(compression, decompression)
    }
    let compressed = try compress(random, with: compression)
    // With one byte less a compressor may find another form, but not a wrong one.
    if let tight = try? compress(random, room: compressed.count - 1, with: compression) {
      let raw = try decompress(tight, room: random.count, with: decompression)
      report.require(raw == random, "a chunk compressed into a tight room came back changed")
    }
    try checkStillUsable(compression, decompression)

    for (kind, bytes) in SampleData.kinds(SampleData.chunkByteCount) + SampleData.kinds(300) {
      let compressed = try compress(bytes, with: compression)
      for room in [0, 1, bytes.count / 2, bytes.count - 1] {
        report.requireRefusal("decompressing \(bytes.count) \(kind) into \(room)", code: .corruptData) {
          () throws(P2PCopyError) in
          _ = try decompress(compressed, room: room, with: decompression)
        }
      }
      try checkStillUsable(compression, decompression)
    }
  }

  func checkParallelContexts() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          let compression = try compressor.makeCompressionContext()
          let decompression = try compressor.makeDecompressionContext()
          for round in 0..<8 {
            let bytes = SampleData.text(100_000 + worker + round, seed: UInt64(worker * 100 + round))
            let raw = try decompress(compress(bytes, with: compression), room: bytes.count, with: decompression)
            report.require(raw == bytes, "two contexts in parallel disturb each other")
          }
        }
      }
      try await group.waitForAll()
    }
  }

  // MARK: - Helpers

  func compress(
    _ input: [UInt8], room: Int? = nil, with context: any CompressionContext
  ) throws(P2PCopyError) -> [UInt8] {
    let room = room ?? compressor.maximumCompressedByteCount(for: input.count)
    return try GuardedOutput.collect(room: room, report: report) { (output) throws(P2PCopyError) in
      try context.compress(input.span.bytes, into: &output)
    }
  }

  func decompress(
    _ input: [UInt8], room: Int, with context: any DecompressionContext
  ) throws(P2PCopyError) -> [UInt8] {
    try GuardedOutput.collect(room: room, report: report) { (output) throws(P2PCopyError) in
      try context.decompress(input.span.bytes, into: &output)
    }
  }

  /// Contexts must survive what went wrong before.
  func checkStillUsable(
    _ compression: any CompressionContext, _ decompression: any DecompressionContext
  ) throws {
    let bytes = SampleData.text(3000)
    let raw = try decompress(compress(bytes, with: compression), room: bytes.count, with: decompression)
    report.require(raw == bytes, "a context gives wrong results after an error")
  }
}
