import CZstd
import P2PCopyCore

/// What is checked of a frame before anything is decompressed (RFC 8878, section 3.1.1).
///
/// The library by itself would also take several frames in a row, skippable frames and the formats that came before
/// the standard. A chunk is exactly one standard frame.
enum ZstdFrameHeader {
  /// The largest window that is accepted: 128 MiB, the library's own limit for streams.
  private static let maximumWindowLog: UInt8 = 27
  private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
  // ZSTD_CONTENTSIZE_UNKNOWN and ZSTD_CONTENTSIZE_ERROR are macros that Swift does not import.
  private static let unknownContentSize = UInt64.max
  private static let contentSizeError = UInt64.max - 1

  /// - Throws: Code `corruptData` when the input is not one whole frame, or says that it does not fit into `room`.
  static func check(_ input: RawSpan, room: Int) throws(P2PCopyError) {
    guard input.byteCount > magic.count + 1,
      magic.indices.allSatisfy({ input.unsafeLoad(fromByteOffset: $0, as: UInt8.self) == magic[$0] })
    else {
      throw refusal("it is not a zstd frame")
    }
    let descriptor = input.unsafeLoad(fromByteOffset: magic.count, as: UInt8.self)
    let isSingleSegment = descriptor & 0x20 != 0
    if !isSingleSegment {
      // Window_Descriptor: five bits of exponent over 1 KiB, three bits of mantissa.
      let exponent = input.unsafeLoad(fromByteOffset: magic.count + 1, as: UInt8.self) >> 3
      guard 10 + exponent <= maximumWindowLog else { throw refusal("its window is too large") }
    }
    let (claimed, frameByteCount) = input.withUnsafeBytes { source in
      (
        ZSTD_getFrameContentSize(source.baseAddress, source.count),
        ZSTD_findFrameCompressedSize(source.baseAddress, source.count)
      )
    }
    guard claimed != contentSizeError else { throw refusal("its header is damaged") }
    guard claimed == unknownContentSize || claimed <= UInt64(room) else {
      throw refusal("it claims \(claimed) bytes where \(room) are allowed")
    }
    guard ZSTD_isError(frameByteCount) == 0 else {
      throw refusal(String(cString: ZSTD_getErrorName(frameByteCount)))
    }
    guard frameByteCount == input.byteCount else { throw refusal("other bytes follow it") }
  }

  static func refusal(_ why: String) -> P2PCopyError {
    P2PCopyError(.corruptData, "a zstd chunk cannot be decompressed: \(why)", remedy: .sendAgain)
  }
}
