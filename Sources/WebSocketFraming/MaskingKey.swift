/// The four bytes a client's payload is XORed with (RFC 6455, section 5.3).
///
/// Byte `i` of a payload is XORed with byte `i % 4` of the key. Done 64 bytes at a time, which is memory speed; a byte at
/// a time it would be the slowest step of a transfer.
package struct MaskingKey: Hashable, Sendable {
  /// The key, its first byte in the lowest bits.
  private let word: UInt32

  /// The key with these bytes, in the order they have on the wire.
  package init(bytes first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
    word = UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16 | UInt32(fourth) << 24
  }

  /// The key whose first wire byte is the highest byte of `bigEndian`.
  package init(bigEndian: UInt32) { word = bigEndian.byteSwapped }

  /// A fresh key nobody can predict, as RFC 6455, section 10.3 asks for.
  package static func random() -> MaskingKey { MaskingKey(bigEndian: .random(in: .min ... .max)) }

  /// The key as a number whose highest byte is the first on the wire.
  package var bigEndian: UInt32 { word.byteSwapped }

  /// Byte `index % 4` of the key.
  package subscript(index: Int) -> UInt8 { UInt8(truncatingIfNeeded: word >> (8 * UInt32(index & 3))) }

  /// Masks or unmasks in place.
  ///
  /// - Parameters:
  ///   - bytes: A part of a payload.
  ///   - offset: Where in the payload it begins; decides which byte of the key comes first.
  package func apply(to bytes: UnsafeMutableRawBufferPointer, offset: Int = 0) {
    apply(from: UnsafeRawBufferPointer(bytes), to: bytes, offset: offset)
  }

  /// Masks or unmasks while copying.
  ///
  /// For receive buffers, which are shared with the channel: unmasking these in place would copy them first.
  ///
  /// - Parameters:
  ///   - source: A part of a payload.
  ///   - destination: Where the result goes: at least as long as `source`, and either the same memory or apart from it.
  ///   - offset: Where in the payload `source` begins.
  package func apply(
    from source: UnsafeRawBufferPointer, to destination: UnsafeMutableRawBufferPointer, offset: Int = 0
  ) {
    let count = source.count
    precondition(destination.count >= count, "the destination of masking is too small")
    guard count > 0, let from = source.baseAddress, let to = destination.baseAddress else { return }
    let shift = 8 * UInt32(truncatingIfNeeded: offset & 3)
    // `&>>` and `&<<` take the shift modulo 32, so a shift of 0 gives word | word.
    let rotated = word &>> shift | word &<< (32 &- shift)
    // Whatever the byte order of the machine, the lowest byte of `rotated` has to meet the first byte in memory.
    let pattern = UInt64(rotated) | UInt64(rotated) << 32
    let narrow = pattern.littleEndian
    // Words, not bytes: the XOR of a SIMD64<UInt8> is compiled to a call per byte (Swift 6.3), 400 times slower.
    let wide = SIMD8<UInt64>(repeating: narrow)

    var index = 0
    while count &- index >= 64 {
      let block = from.loadUnaligned(fromByteOffset: index, as: SIMD8<UInt64>.self) ^ wide
      to.storeBytes(of: block, toByteOffset: index, as: SIMD8<UInt64>.self)
      index &+= 64
    }
    while count &- index >= 8 {
      let block = from.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ narrow
      to.storeBytes(of: block, toByteOffset: index, as: UInt64.self)
      index &+= 8
    }
    var rest = rotated
    while index < count {
      let byte = from.load(fromByteOffset: index, as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest)
      to.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
      rest = rest &>> 8 | rest &<< 24
      index &+= 1
    }
  }
}
