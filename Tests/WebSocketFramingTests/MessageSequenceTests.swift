import NIOCore
import Testing
import WebSocketFraming

@Suite struct MessageSequenceTests {
  private func frame(_ opcode: Opcode, _ count: Int = 1, final: Bool = true) -> FrameHeader {
    FrameHeader(opcode: opcode, isFinal: final, payloadByteCount: count)
  }

  @Test("Follows a fragmented message with a ping inside")
  func followsAFragmentedMessageWithAPingInside() throws {
    var sequence = MessageSequence()
    #expect(
      try sequence.accept(frame(.text, 3, final: false)) == .data(opcode: .text, isFirst: true, isLast: false))
    #expect(sequence.opcode == .text)
    #expect(try sequence.accept(frame(.ping)) == .control)
    #expect(
      try sequence.accept(frame(.continuation, 4, final: false)) == .data(opcode: .text, isFirst: false, isLast: false))
    #expect(sequence.byteCount == 7)
    #expect(try sequence.accept(frame(.pong)) == .control)
    #expect(
      try sequence.accept(frame(.continuation, 0)) == .data(opcode: .text, isFirst: false, isLast: true))
    #expect(sequence.opcode == nil)
    #expect(sequence.byteCount == 0)
    #expect(try sequence.accept(frame(.binary)) == .data(opcode: .binary, isFirst: true, isLast: true))
  }

  @Test("Refuses a continuation of nothing")
  func refusesAContinuationOfNothing() throws {
    var sequence = MessageSequence()
    #expect(throws: FramingError.protocolError("a continuation frame without a message to continue")) {
      try sequence.accept(frame(.continuation))
    }
    var later = MessageSequence()
    _ = try later.accept(frame(.binary))
    #expect(throws: FramingError.self) { try later.accept(frame(.continuation)) }
  }

  @Test("Refuses a message inside another", arguments: [Opcode.text, .binary])
  func refusesAMessageInsideAnother(
    opcode: Opcode
  ) throws {
    var sequence = MessageSequence()
    _ = try sequence.accept(frame(.binary, final: false))
    #expect(throws: FramingError.protocolError("a new message begins inside another")) {
      try sequence.accept(frame(opcode))
    }
  }

  @Test("Bounds the message not the frame")
  func boundsTheMessageNotTheFrame() throws {
    var sequence = MessageSequence(maximumMessageByteCount: 10)
    _ = try sequence.accept(frame(.binary, 10))
    _ = try sequence.accept(frame(.binary, 6, final: false))
    _ = try sequence.accept(frame(.continuation, 4, final: false))
    _ = try sequence.accept(frame(.continuation, 0, final: false))
    #expect(throws: FramingError.tooBig(limit: 10)) { try sequence.accept(frame(.continuation, 1)) }

    var single = MessageSequence(maximumMessageByteCount: 10)
    #expect(throws: FramingError.tooBig(limit: 10)) { try single.accept(frame(.text, 11)) }
    #expect(throws: FramingError.tooBig(limit: 10)) { try single.accept(frame(.text, .max)) }
  }

  @Test("The sum of lengths cannot overflow")
  func theSumOfLengthsCannotOverflow() throws {
    var sequence = MessageSequence(maximumMessageByteCount: .max)
    _ = try sequence.accept(frame(.binary, .max, final: false))
    #expect(throws: FramingError.self) { try sequence.accept(frame(.continuation, 1)) }
  }
}
