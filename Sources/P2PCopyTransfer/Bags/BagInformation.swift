public import P2PCopyCore

/// What `bag-info.txt` has (RFC 8493, section 2.2.2).
public struct BagInformation: Sendable, Hashable {
  /// A label and its value.
  public struct Element: Sendable, Hashable {
    /// What it says something about, such as `Source-Organization`.
    public let label: String
    /// What it says.
    public let value: String
  }

  /// What is said, in order, besides what is found out: date, software, size.
  public private(set) var elements: [Element] = []

  /// The name and version of the program that makes the bag.
  public var softwareAgent: String

  /// Nothing but what is found out.
  ///
  /// - Parameter softwareAgent: The name and version of the program.
  public init(softwareAgent: String = "p2p-copy") {
    self.softwareAgent = softwareAgent
  }

  /// Adds an element.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when the label cannot be one, or is that of something
  ///   that is found out, or the value has a line end.
  public mutating func add(_ label: String, _ value: String) throws(P2PCopyError) {
    let isLabel =
      !label.isEmpty && !label.contains(":") && label.unicodeScalars.allSatisfy { $0.value >= 0x20 }
      && label.first?.isWhitespace == false && label.last?.isWhitespace == false
    guard isLabel else {
      throw P2PCopyError(.usage, "'\(DisplayText.escaped(label))' cannot be a label of a bag's information")
    }
    guard !["payload-oxum", "bagging-date", "bag-software-agent"].contains(label.lowercased()) else {
      throw P2PCopyError(.usage, "'\(label)' of a bag is found out: leave it out")
    }
    guard !value.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) else {
      throw P2PCopyError(.usage, "the value of '\(DisplayText.escaped(label))' has more than one line")
    }
    elements.append(Element(label: label, value: value))
  }
}
