import NIOCore
import WebSocketFraming

/// Takes apart what one client sends, as it comes: headers, pieces of payload (unmasked), control frames.
///
/// It holds no payload except that of a control frame, so it costs the same whatever the size of a frame.
struct ClientFrames {
  /// What came next.
  enum Step {
    /// A data frame begins. `opcode` is that of its message: text or binary.
    case frame(FrameHeader, opcode: Opcode)
    /// A piece of a data frame's payload was appended to the output; every data frame ends with one, maybe empty.
    case payload(byteCount: Int, endsFrame: Bool, endsMessage: Bool)
    /// A whole control frame.
    case control(Opcode, ByteBuffer)
  }

  private struct Frame {
    var header: FrameHeader
    var isText: Bool
    var endsMessage: Bool
    var receivedByteCount = 0

    var leftByteCount: Int { header.payloadByteCount - receivedByteCount }
  }

  private var decoder = FrameHeaderDecoder(masking: .required)
  private var sequence: MessageSequence
  private var textValidator = UTF8Validator()
  private var dataFrame: Frame?
  private var controlFrame: FrameHeader?
  private var controlPayload = ByteBuffer()

  init(maximumMessageByteCount: Int) {
    sequence = MessageSequence(maximumMessageByteCount: maximumMessageByteCount)
  }

  /// Whether a data frame has begun and not ended.
  private(set) var isInsideDataFrame = false

  /// Sets another limit. Only between messages.
  mutating func setLimit(maximumMessageByteCount: Int) {
    sequence = MessageSequence(maximumMessageByteCount: maximumMessageByteCount)
  }

  /// Forgets that a data frame has begun, because whoever got its beginning has not been sent it after all.
  mutating func forgetDataFrame() {
    isInsideDataFrame = false
  }

  /// Takes the next step from the front of `input`.
  ///
  /// - Parameters:
  ///   - input: Received bytes; not written to.
  ///   - output: Gets the payload of data frames, unmasked.
  /// - Returns: `nil` when `input` is used up.
  /// - Throws: What the client did wrong; there is no going on after that.
  mutating func next(from input: inout ByteBuffer, into output: inout ByteBuffer) throws(FramingError) -> Step? {
    if dataFrame != nil { return try takePayload(from: &input, into: &output) }
    if let header = controlFrame { return takeControlPayload(of: header, from: &input) }
    guard let header = try decoder.decode(from: &input) else { return nil }
    switch try sequence.accept(header) {
    case .control:
      controlFrame = header
      controlPayload.clear()
      return takeControlPayload(of: header, from: &input)
    case .data(let opcode, let isFirst, let isLast):
      if isFirst { textValidator = UTF8Validator() }
      dataFrame = Frame(header: header, isText: opcode == .text, endsMessage: isLast)
      isInsideDataFrame = true
      return .frame(header, opcode: opcode)
    }
  }

  private mutating func takePayload(
    from input: inout ByteBuffer, into output: inout ByteBuffer
  ) throws(FramingError) -> Step? {
    guard var frame = dataFrame else { return nil }
    let count = min(frame.leftByteCount, input.readableBytes)
    guard count > 0 || frame.leftByteCount == 0, let piece = input.readSlice(length: count) else { return nil }
    let start = output.writerIndex
    output.writeMasked(piece, key: frame.header.maskingKey, offset: frame.receivedByteCount)
    frame.receivedByteCount += count
    let endsFrame = frame.leftByteCount == 0
    if frame.isText {
      let isValid = output.withUnsafeReadableBytes { bytes in
        textValidator.consume(UnsafeRawBufferPointer(rebasing: bytes.suffix(count)))
      }
      guard isValid, !endsFrame || !frame.endsMessage || textValidator.isComplete else {
        output.moveWriterIndex(to: start)
        throw .invalidUTF8
      }
    }
    dataFrame = endsFrame ? nil : frame
    isInsideDataFrame = !endsFrame
    return .payload(byteCount: count, endsFrame: endsFrame, endsMessage: endsFrame && frame.endsMessage)
  }

  private mutating func takeControlPayload(of header: FrameHeader, from input: inout ByteBuffer) -> Step? {
    let offset = controlPayload.readableBytes
    let count = min(header.payloadByteCount - offset, input.readableBytes)
    if count > 0, let piece = input.readSlice(length: count) {
      controlPayload.writeMasked(piece, key: header.maskingKey, offset: offset)
    }
    guard controlPayload.readableBytes == header.payloadByteCount else { return nil }
    controlFrame = nil
    return .control(header.opcode, controlPayload)
  }
}
