/// Matches a pattern with wildcards in one pass over the text, whatever the pattern.
///
/// All ways to match are followed at once: a set of bits says which beginnings of the pattern match the text so far, and
/// each byte of the text moves them all with a few word operations (Baeza-Yates and Gonnet's shift-and). Backtracking,
/// which patterns such as `*a*a*a*b` drive into exponential time, has no place here.
struct WildcardMatcher: Sendable {
  /// How to hold the pattern against a text.
  package struct Options: OptionSet {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// A `/` is thought in front.
    static let slashInFront = Options(rawValue: 1)
    /// A `/` is thought at the end.
    static let slashAtEnd = Options(rawValue: 2)
    /// The match may begin after any `/`, not only at the beginning.
    static let beginsAfterAnySlash = Options(rawValue: 4)
  }

  private static let slash = UInt8(ascii: "/")

  /// Bytes that the pattern cannot tell apart share a class, which keeps the table small.
  private let classOfByte: [UInt8]
  /// How many words hold one bit per element of the pattern, and one more.
  private let wordCount: Int
  /// For each class, the elements that a byte of it satisfies.
  private let satisfied: [UInt64]
  /// The elements `*` and `**`.
  private let stars: [UInt64]
  /// The elements `**`.
  private let doubleStars: [UInt64]
  private let elementCount: Int

  /// Prepares a pattern; `nil` when it is malformed and so matches nothing.
  package init?(_ pattern: ArraySlice<UInt8>) {
    guard let elements = WildcardElement.parse(pattern) else { return nil }
    elementCount = elements.count
    let wordCount = elements.count / 64 + 1
    self.wordCount = wordCount
    var stars = [UInt64](repeating: 0, count: wordCount)
    var doubleStars = stars
    for (index, element) in elements.enumerated() {
      guard case .anything(let crossesSlash) = element else { continue }
      stars[index / 64] |= 1 << (index % 64)
      if crossesSlash { doubleStars[index / 64] |= 1 << (index % 64) }
    }
    var classes: [[UInt64]: UInt8] = [:]
    var classOfByte: [UInt8] = []
    var satisfied: [UInt64] = []
    for byte in UInt8.min...UInt8.max {
      var row = [UInt64](repeating: 0, count: wordCount)
      for (index, element) in elements.enumerated() {
        if case .oneOf(let set) = element, set.contains(byte) { row[index / 64] |= 1 << (index % 64) }
      }
      if let known = classes[row] {
        classOfByte.append(known)
      } else {
        // At most 256 classes, so the number of the last one fits.
        let number = UInt8(classes.count)
        classes[row] = number
        classOfByte.append(number)
        satisfied += row
      }
    }
    self.classOfByte = classOfByte
    self.satisfied = satisfied
    self.stars = stars
    self.doubleStars = doubleStars
  }

  /// Whether all of the text, or all from a `/` on where that is allowed, matches.
  package func matches(_ text: Span<UInt8>, _ options: Options) -> Bool {
    wordCount == 1 ? matchesShort(text, options) : matchesLong(text, options)
  }

  /// For patterns of up to 63 elements, which is nearly all: the set is one word.
  private func matchesShort(_ text: Span<UInt8>, _ options: Options) -> Bool {
    let stars = stars[0]
    let doubleStars = doubleStars[0]
    let restart: UInt64 = options.contains(.beginsAfterAnySlash) ? 1 : 0
    // No two stars are neighbours, so one step passes over all that may stand for nothing.
    var set: UInt64 = 1 | (1 & stars) << 1
    func take(_ byte: UInt8) {
      let isSlash = byte == Self.slash
      let staying = set & (isSlash ? doubleStars : stars)
      set = (set & satisfied[Int(classOfByte[Int(byte)])]) << 1 | staying
      if isSlash { set |= restart }
      set |= (set & stars) << 1
    }
    if options.contains(.slashInFront) { take(Self.slash) }
    for index in text.indices {
      take(text[index])
      if set | restart == 0 { return false }
    }
    if options.contains(.slashAtEnd) { take(Self.slash) }
    return set >> UInt64(elementCount) & 1 == 1
  }

  private func matchesLong(_ text: Span<UInt8>, _ options: Options) -> Bool {
    let restart: UInt64 = options.contains(.beginsAfterAnySlash) ? 1 : 0
    var set = [UInt64](repeating: 0, count: wordCount)
    set[0] = 1 | (1 & stars[0]) << 1
    if options.contains(.slashInFront) { take(Self.slash, restart, &set) }
    for index in text.indices { take(text[index], restart, &set) }
    if options.contains(.slashAtEnd) { take(Self.slash, restart, &set) }
    return set[elementCount / 64] >> UInt64(elementCount % 64) & 1 == 1
  }

  private func take(_ byte: UInt8, _ restart: UInt64, _ set: inout [UInt64]) {
    let isSlash = byte == Self.slash
    let staying = isSlash ? doubleStars : stars
    let row = Int(classOfByte[Int(byte)]) * wordCount
    var movedOut = isSlash ? restart : 0
    var passedOut: UInt64 = 0
    for word in set.indices {
      let moved = set[word] & satisfied[row + word]
      var next = moved << 1 | movedOut | set[word] & staying[word]
      movedOut = moved >> 63
      let passed = next & stars[word]
      next |= passed << 1 | passedOut
      passedOut = passed >> 63
      set[word] = next
    }
  }
}
