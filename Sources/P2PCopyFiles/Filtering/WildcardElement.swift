/// One element of a pattern with wildcards.
enum WildcardElement: Hashable {
  /// One byte of a set.
  case oneOf(ByteSet)

  /// Any number of bytes, `/` among them or not.
  case anything(crossesSlash: Bool)

  /// Takes a pattern apart as rsync does (`dowild` in its `wildmatch.c`).
  ///
  /// - Parameter pattern: The pattern.
  /// - Returns: Its elements, no two `anything` side by side, or `nil` when it is malformed: rsync then matches nothing.
  static func parse(_ pattern: ArraySlice<UInt8>) -> [WildcardElement]? {
    var elements: [WildcardElement] = []
    var rest = pattern
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"):
        let further = rest.prefix { $0 == UInt8(ascii: "*") }.count
        rest.removeFirst(further)
        elements.append(.anything(crossesSlash: further > 0))
      case UInt8(ascii: "?"):
        elements.append(.oneOf(.allButSlash))
      case UInt8(ascii: "["):
        guard let set = parseSet(&rest) else { return nil }
        elements.append(.oneOf(set))
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        elements.append(.oneOf(ByteSet(escaped)))
      default:
        elements.append(.oneOf(ByteSet(byte)))
      }
    }
    return elements
  }

  /// What follows a `[`, up to its `]`.
  private static func parseSet(_ rest: inout ArraySlice<UInt8>) -> ByteSet? {
    let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
    if isNegated { rest.removeFirst() }
    var set = ByteSet()
    // The byte that a `-` after it makes the beginning of a range.
    var rangeStart: UInt8?
    var isFirst = true
    while let byte = rest.popFirst() {
      // A `]` right at the beginning is a member.
      if byte == UInt8(ascii: "]"), !isFirst {
        if isNegated { set.invert() }
        set.remove(UInt8(ascii: "/"))
        return set
      }
      isFirst = false
      if byte == UInt8(ascii: "\\") {
        guard let escaped = rest.popFirst() else { return nil }
        set.insert(escaped)
        rangeStart = escaped
      } else if byte == UInt8(ascii: "-"), let start = rangeStart, let next = rest.first, next != UInt8(ascii: "]") {
        rest.removeFirst()
        var end = next
        if next == UInt8(ascii: "\\") {
          guard let escaped = rest.popFirst() else { return nil }
          end = escaped
        }
        if start <= end { for member in start...end { set.insert(member) } }
        rangeStart = nil
      } else if byte == UInt8(ascii: "["), rest.first == UInt8(ascii: ":") {
        guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return nil }
        let between = rest[(rest.startIndex + 1)..<end]
        if between.last == UInt8(ascii: ":") {
          guard set.insert(class: between.dropLast()) else { return nil }
          rest = rest[(end + 1)...]
          rangeStart = nil
        } else {
          // Not a class after all: an ordinary bracket.
          set.insert(byte)
          rangeStart = byte
        }
      } else {
        set.insert(byte)
        rangeStart = byte
      }
    }
    return nil
  }
}
