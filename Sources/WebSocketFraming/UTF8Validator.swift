/// Checks UTF-8 that comes in pieces, split anywhere (RFC 3629; RFC 6455, section 8.1).
package struct UTF8Validator: Sendable {
  private enum State: Sendable {
    /// Between two scalars.
    case start
    /// Inside a scalar: `left` more bytes, the next of them in `range`.
    case inside(left: Int, range: ClosedRange<UInt8>)
    case failed
  }

  private static let continuation: ClosedRange<UInt8> = 0x80...0xBF

  private var state = State.start

  package init() {}

  /// Whether everything so far is valid and ends between two scalars.
  package var isComplete: Bool {
    if case .start = state { true } else { false }
  }

  /// Takes the next piece.
  ///
  /// - Returns: `false` as soon as a byte cannot be part of valid UTF-8, and from then on.
  package mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index < bytes.count {
      if case .start = state {
        index += Self.asciiPrefixCount(bytes, from: index)
        guard index < bytes.count else { return true }
      }
      state = Self.next(state, bytes[index])
      if case .failed = state { return false }
      index += 1
    }
    if case .failed = state { return false }
    return true
  }

  private static func asciiPrefixCount(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start
    while bytes.count - index >= 8,
      bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    {
      index += 8
    }
    while index < bytes.count, bytes[index] < 0x80 { index += 1 }
    return index - start
  }

  /// The table of RFC 3629, section 4: overlong forms, surrogates and what lies beyond U+10FFFF fall out by the range
  /// of the second byte.
  private static func next(_ state: State, _ byte: UInt8) -> State {
    switch state {
    case .start:
      switch byte {
      case 0x00...0x7F: .start
      case 0xC2...0xDF: .inside(left: 1, range: continuation)
      case 0xE0: .inside(left: 2, range: 0xA0...0xBF)
      case 0xE1...0xEC, 0xEE...0xEF: .inside(left: 2, range: continuation)
      case 0xED: .inside(left: 2, range: 0x80...0x9F)
      case 0xF0: .inside(left: 3, range: 0x90...0xBF)
      case 0xF1...0xF3: .inside(left: 3, range: continuation)
      case 0xF4: .inside(left: 3, range: 0x80...0x8F)
      default: .failed
      }
    case .inside(let left, let range):
      if !range.contains(byte) {
        .failed
      } else {
        left > 1 ? .inside(left: left - 1, range: continuation) : .start
      }
    case .failed: .failed
    }
  }
}
