/// A set of bytes.
struct ByteSet: Hashable {
  /// What `?` stands for.
  static let allButSlash: ByteSet = {
    var set = ByteSet()
    set.invert()
    set.remove(UInt8(ascii: "/"))
    return set
  }()

  private var words: SIMD4<UInt64> = .zero

  package init() {}

  package init(_ byte: UInt8) {
    insert(byte)
  }

  package func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }

  package mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

  package mutating func remove(_ byte: UInt8) { words[Int(byte >> 6)] &= ~(1 << UInt64(byte & 63)) }

  package mutating func invert() { words = ~words }

  /// Adds the members of a POSIX character class, those of the C locale.
  ///
  /// - Parameter name: Such as `digit`.
  /// - Returns: Whether there is such a class.
  package mutating func insert(class name: ArraySlice<UInt8>) -> Bool {
    let ranges: [ClosedRange<UInt8>]
    switch String(decoding: name, as: UTF8.self) {
    case "alnum": ranges = [0x30...0x39, 0x41...0x5A, 0x61...0x7A]
    case "alpha": ranges = [0x41...0x5A, 0x61...0x7A]
    case "blank": ranges = [0x09...0x09, 0x20...0x20]
    case "cntrl": ranges = [0x00...0x1F, 0x7F...0x7F]
    case "digit": ranges = [0x30...0x39]
    case "graph": ranges = [0x21...0x7E]
    case "lower": ranges = [0x61...0x7A]
    case "print": ranges = [0x20...0x7E]
    case "punct": ranges = [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]
    case "space": ranges = [0x09...0x0D, 0x20...0x20]
    case "upper": ranges = [0x41...0x5A]
    case "xdigit": ranges = [0x30...0x39, 0x41...0x46, 0x61...0x66]
    default: return false
    }
    for range in ranges { for byte in range { insert(byte) } }
    return true
  }
}
