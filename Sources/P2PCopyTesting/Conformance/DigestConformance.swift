import P2PCopyCore

/// The parts of ``checkDigest(_:vectors:sourceLocation:)``.
struct DigestConformance: Sendable {
  let digest: any Digest
  let report: ConformanceReport

  func checkVectors(_ vectors: [DigestVector]) throws {
    report.require(!vectors.isEmpty, "there is no known answer")
    for vector in vectors {
      report.require(try whole(vector.input) == vector.digest, "the digest differs from \(vector.source)")
      report.require(
        try pieces(of: vector.input, count: 7, with: digest.makeContext()) == vector.digest,
        "the digest in pieces differs from \(vector.source)")
    }
  }

  func checkPieces() throws {
    let context = try digest.makeContext()
    for byteCount in SampleData.byteCounts {
      let input = SampleData.text(byteCount)
      let expected = try whole(input)
      report.require(
        expected.count == digest.byteCount, "a digest has \(expected.count) bytes instead of \(digest.byteCount)")
      report.require(try whole(input) == expected, "the same \(byteCount) bytes give different digests")
      // Sizes around the blocks of common digests; single bytes only where that does not take long.
      for count in [1, 3, 63, 64, 65, 255, 256, 257, 1024, 4095, 65_536] where byteCount / count <= 70_000 {
        report.require(
          try pieces(of: input, count: count, with: context) == expected,
          "\(byteCount) bytes in pieces of \(count) give another digest")
      }
    }
  }

  func checkReuse() throws {
    let context = try digest.makeContext()
    let first = SampleData.random(1000, seed: 31)
    let second = SampleData.random(300, seed: 32)
    let nothing = try whole([])
    report.require(try context.finish() == nothing, "a new context and an empty input give different digests")
    try context.update(first.span.bytes)
    report.require(try context.finish() == whole(first), "a digest after an empty one is wrong")
    report.require(try context.finish() == nothing, "a context does not start anew when it has finished")
    try context.update(second.span.bytes)
    report.require(try context.finish() == whole(second), "a context used again gives another digest")
    try context.update([UInt8]().span.bytes)
    try context.update(second.span.bytes)
    try context.update([UInt8]().span.bytes)
    report.require(try context.finish() == whole(second), "empty pieces change the digest")
  }

  func checkOtherInputs() throws {
    let input = SampleData.random(600, seed: 33)
    let expected = try whole(input)
    for bit in 0..<(input.count * 8) {
      var changed = input
      changed[bit / 8] ^= 1 << (bit % 8)
      report.require(try whole(changed) != expected, "bit \(bit) of the input does not matter")
    }
    report.require(try whole(input + [0]) != expected, "a zero byte at the end does not matter")
    report.require(try whole([0] + input) != expected, "a zero byte in front does not matter")
    report.require(try whole(input.dropLast()) != expected, "the last byte does not matter")
    let zeros = try (0...300).map { count in try whole([UInt8](repeating: 0, count: count)) }
    report.require(Set(zeros).count == zeros.count, "two counts of zeros give the same digest")
    for byteCount in [0, 1, 17, 256, 65_537] {
      let digest = try whole(SampleData.text(byteCount))
      report.require(Set(digest).count > 1, "the digest of \(byteCount) bytes is one byte repeated")
    }
  }

  func checkManyContexts() throws {
    let inputs = (0..<64).map { SampleData.random(500 + $0, seed: 100 + UInt64($0)) }
    let expected = try inputs.map { try whole($0) }
    let contexts = try inputs.map { _ in try digest.makeContext() }
    // In turns, a piece each.
    for offset in stride(from: 0, to: 600, by: 100) {
      for (context, input) in zip(contexts, inputs) {
        let piece = Array(input.dropFirst(offset).prefix(100))
        try context.update(piece.span.bytes)
      }
    }
    for (context, expected) in zip(contexts, expected) {
      report.require(try context.finish() == expected, "two contexts in turns disturb each other")
    }
  }

  func checkParallelContexts() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          let context = try digest.makeContext()
          for round in 0..<20 {
            let input = SampleData.random(10_000 + round, seed: UInt64(200 + worker))
            let expected = try whole(input)
            report.require(
              try pieces(of: input, count: 999, with: context) == expected,
              "two contexts in parallel disturb each other")
          }
        }
      }
      try await group.waitForAll()
    }
  }

  // MARK: - Helpers

  /// The digest of everything in one update, by a context of its own.
  private func whole(_ input: some Sequence<UInt8>) throws(P2PCopyError) -> [UInt8] {
    let context = try digest.makeContext()
    let input = Array(input)
    try context.update(input.span.bytes)
    return try context.finish()
  }

  private func pieces(
    of input: [UInt8], count: Int, with context: any DigestContext
  ) throws(P2PCopyError) -> [UInt8] {
    let bytes = input.span.bytes
    var offset = 0
    while offset < input.count {
      let end = min(offset + count, input.count)
      try context.update(bytes.extracting(offset..<end))
      offset = end
    }
    return try context.finish()
  }
}
