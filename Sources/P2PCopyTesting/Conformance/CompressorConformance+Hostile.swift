import P2PCopyCore

/// The parts of ``checkCompressor(_:sourceLocation:)`` that feed it what a hostile peer might send.
extension CompressorConformance {
  func checkWrongLengths() throws {
    let compression = try compressor.makeCompressionContext()
    let decompression = try compressor.makeDecompressionContext()
    for (kind, bytes) in SampleData.kinds(600) {
      let compressed = try compress(bytes, with: compression)
      for length in 0..<compressed.count {
        report.requireRefusal("\(kind) truncated to \(length) of \(compressed.count) bytes", code: .corruptData) {
          () throws(P2PCopyError) in
          _ = try decompress(Array(compressed[..<length]), room: bytes.count, with: decompression)
        }
      }
      for tail in [[0], [0xFF], Array(repeating: 0, count: 100), compressed] {
        report.requireRefusal("\(kind) followed by \(tail.count) other bytes", code: .corruptData) {
          () throws(P2PCopyError) in
          _ = try decompress(compressed + tail, room: 4 * bytes.count, with: decompression)
        }
      }
      try checkStillUsable(compression, decompression)
    }
  }

  func checkDamage() throws {
    let compression = try compressor.makeCompressionContext()
    let decompression = try compressor.makeDecompressionContext()
    var generator = SeededGenerator(seed: 3)
    for (kind, bytes) in SampleData.kinds(600) + SampleData.kinds(40_000) {
      let compressed = try compress(bytes, with: compression)
      let every = compressed.count <= 1000 ? compressed.count * 8 : 0
      for bit in 0..<every {
        var damaged = compressed
        damaged[bit / 8] ^= 1 << (bit % 8)
        try expectBounded(damaged, room: bytes.count, "\(kind) with bit \(bit) flipped", decompression)
      }
      for round in 0..<500 {
        var damaged = compressed
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
          let index = Int.random(in: damaged.indices, using: &generator)
          damaged[index] = UInt8.random(in: 0...255, using: &generator)
        }
        let room = round.isMultiple(of: 2) ? bytes.count : 2 * bytes.count
        try expectBounded(damaged, room: room, "damaged \(kind)", decompression)
      }
      try checkStillUsable(compression, decompression)
    }
  }

  func checkGarbage() throws {
    let compression = try compressor.makeCompressionContext()
    let decompression = try compressor.makeDecompressionContext()
    let real = try compress(SampleData.text(5000), with: compression)
    var generator = SeededGenerator(seed: 4)
    for round in 0..<4000 {
      // Every second one begins like a real one, to come past the first checks.
      let head = round.isMultiple(of: 2) ? Int.random(in: 0...min(32, real.count), using: &generator) : 0
      let garbage = real[..<head] + generator.bytes(Int.random(in: 0...300, using: &generator))
      try expectBounded(Array(garbage), room: 10_000, "made-up input", decompression)
    }
    for byte: UInt8 in [0, 0x55, 0xFF] {
      try expectBounded(Array(repeating: byte, count: 5000), room: 10_000, "a run of \(byte)", decompression)
    }
    try checkStillUsable(compression, decompression)
  }

  func checkBomb() throws {
    let compression = try compressor.makeCompressionContext()
    let decompression = try compressor.makeDecompressionContext()
    // As much as the compressor takes in one go.
    var byteCount = 64 << 20
    var bomb: [UInt8]?
    while bomb == nil, byteCount > SampleData.chunkByteCount {
      bomb = try? compress([UInt8](repeating: 0, count: byteCount), with: compression)
      if bomb == nil { byteCount /= 2 }
    }
    guard let bomb else {
      report.fail("more than one chunk of zeros cannot be compressed")
      return
    }
    for room in [SampleData.chunkByteCount, byteCount - 1] {
      report.requireRefusal("a bomb of \(byteCount) zeros in \(bomb.count) bytes", code: .corruptData) {
        () throws(P2PCopyError) in
        _ = try decompress(bomb, room: room, with: decompression)
      }
    }
    try checkStillUsable(compression, decompression)
  }

  /// Damage may go unnoticed by a compressor, since others check the bytes; what it must not do is overrun its room,
  /// throw something else or trap.
  private func expectBounded(
    _ input: [UInt8], room: Int, _ what: @autoclosure () -> String, _ context: any DecompressionContext
  ) throws {
    do throws(P2PCopyError) {
      _ = try decompress(input, room: room, with: context)
    } catch {
      report.require(
        error.code == .corruptData, "\(what()) was refused with the code \(error.code) instead of corrupt-data")
    }
  }
}
