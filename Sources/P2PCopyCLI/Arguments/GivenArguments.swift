import P2PCopyCore

/// The arguments of a run as the parser takes them, with a placeholder for each code that was among them.
package struct GivenArguments: Sendable {
  /// Without the program's name; see ``ArgumentText``.
  package let texts: [String]

  private let codes: [ConcealedCode]

  package init() {
    texts = []
    codes = []
  }

  /// Takes the codes out of arguments that are text, for a run inside a program.
  package init(_ arguments: [String]) {
    let copies = arguments.map { text in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
      copy.copyBytes(from: text.utf8)
      return copy
    }
    defer { for copy in copies { copy.deallocate() } }
    let readable = copies.map { UnsafeRawBufferPointer($0) }
    self.init(
      readable, concealing: CodeSearch(arguments: readable, isCodeGiven: false, isRelayGiven: false).ranges())
  }

  /// Takes the codes out of arguments.
  ///
  /// - Parameters:
  ///   - arguments: Without the program's name.
  ///   - ranges: Where the codes stand, from ``CodeSearch``.
  init(_ arguments: [UnsafeRawBufferPointer], concealing ranges: [Int: Range<Int>]) {
    var codes: [ConcealedCode] = []
    texts = arguments.enumerated().map { index, argument in
      guard var range = ranges[index] else { return ArgumentText.encode(argument) }
      // Of what is no option all is taken: `P2P_COPY_CODE=…` among the paths is none.
      if argument.first != UInt8(ascii: "-") { range = 0..<argument.count }
      codes.append(ConcealedCode(copying: UnsafeRawBufferPointer(rebasing: argument[range])))
      return ArgumentText.encode(argument[..<range.lowerBound]) + ArgumentText.placeholder(codes.count - 1)
        + ArgumentText.encode(argument[range.upperBound...])
    }
    self.codes = codes
  }

  /// The bytes of a value that is no code, though it may look like one.
  func bytes(for text: some StringProtocol) -> [UInt8] {
    code(for: String(text))?.path.bytes ?? ArgumentText.decode(text)
  }

  /// The code that a text from the parser stands for; `nil` for a text that is none.
  func code(for text: String) -> ConcealedCode? {
    guard let index = ArgumentText.placeholderIndex(text), codes.indices.contains(index) else { return nil }
    return codes[index]
  }
}
