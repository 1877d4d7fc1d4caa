import P2PCopyCore
import Testing

@Suite("What a C function writes into an output span")
struct AppendBytesTests {
  /// What a span of 8 bytes that holds 1, 2 has after `body`.
  private func bytes(after body: (inout OutputRawSpan) throws -> Void) throws -> [UInt8] {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 1)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    var span = OutputRawSpan(buffer: memory, initializedCount: 0)
    span.append(1, as: UInt8.self)
    span.append(2, as: UInt8.self)
    try body(&span)
    let count = span.byteCount
    return Array(memory[..<count])
  }

  @Test("It stands behind what was there")
  func appends() throws {
    let input: [UInt8] = [7, 8, 9]
    let result = try bytes { output in
      try output.appendBytes(from: input.span.bytes) { source, room in
        #expect(room.count == 6)
        room.copyMemory(from: source)
        return source.count
      }
      try output.appendBytes { room in
        #expect(room.count == 3)
        room[0] = 5
        return 1
      }
      try output.appendBytes { _ in 0 }
    }
    #expect(result == [1, 2, 7, 8, 9, 5])
  }

  @Test("A failure appends nothing, and its error arrives")
  func failure() throws {
    let result = try bytes { output in
      do throws(P2PCopyError) {
        try output.appendBytes { room throws(P2PCopyError) in
          room[0] = 9
          throw P2PCopyError(.corruptData, "damaged")
        }
        Issue.record("nothing was thrown")
      } catch {
        #expect(error.code == .corruptData)
      }
    }
    #expect(result == [1, 2])
  }

  @Test("Who claims more than the room, or less than nothing, is refused", arguments: [7, -1, Int.max, Int.min])
  func claims(count: Int) throws {
    let result = try bytes { output in
      do throws(P2PCopyError) {
        try output.appendBytes { _ in count }
        Issue.record("\(count) bytes were accepted")
      } catch {
        #expect(error.code == .internalError)
      }
    }
    #expect(result == [1, 2])
  }
}
