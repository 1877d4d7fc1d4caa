import P2PCopyCore

/// Room for a codec's output between bytes that it must leave alone: what was there before, and what lies behind.
enum GuardedOutput {
  private static let before: [UInt8] = [0xBE, 0xF0, 0x4E]
  private static let behind = [UInt8](repeating: 0xA5, count: 64)

  /// Calls `body` with an output span that has exactly `room` bytes free, and returns what it appended.
  ///
  /// Bytes before or behind the room that changed are reported, also when `body` throws.
  static func collect(
    room: Int, report: ConformanceReport, _ body: (inout OutputRawSpan) throws(P2PCopyError) -> Void
  ) throws(P2PCopyError) -> [UInt8] {
    let start = before.count
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: start + room + behind.count, alignment: 16)
    defer { memory.deallocate() }
    memory.copyBytes(from: before)
    UnsafeMutableRawBufferPointer(rebasing: memory[(start + room)...]).copyBytes(from: behind)
    defer {
      report.require(memory[..<start].elementsEqual(before), "bytes that were in the output before have changed")
      report.require(memory[(start + room)...].elementsEqual(behind), "bytes beyond the room were written")
    }
    let usable = UnsafeMutableRawBufferPointer(rebasing: memory[..<(start + room)])
    var output = OutputRawSpan(buffer: usable, initializedCount: start)
    do throws(P2PCopyError) {
      try body(&output)
    } catch {
      _ = output.finalize(for: usable)
      throw error
    }
    let end = output.finalize(for: usable)
    guard end >= start else {
      report.fail("bytes that were in the output before were removed")
      return []
    }
    return Array(memory[start..<end])
  }
}
