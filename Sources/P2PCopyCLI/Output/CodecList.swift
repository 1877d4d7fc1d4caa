package import P2PCopyCore

/// The text that `p2p-copy codecs` prints.
package enum CodecList {
  package static func text(for registry: CodecRegistry) -> String {
    let names = CodecKind.allCases.flatMap { registry.codecs(of: $0).map(\.name.description.count) }
    let width = names.max() ?? 0
    return CodecKind.allCases.map { kind in
      let codecs = registry.codecs(of: kind)
      var lines = ["\(kind.rawValue)s"]
      if codecs.isEmpty { lines.append("  none") }
      for codec in codecs {
        lines.append("  \(codec.name.description.padded(to: width))  \(codec.summary)")
        for parameter in codec.parameters {
          lines.append(
            "  \("".padded(to: width))    \(parameter.name) = \(parameter.value)"
              + " (\(parameter.range.lowerBound) … \(parameter.range.upperBound)): \(parameter.summary)")
        }
      }
      return lines.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

extension String {
  /// The text with spaces behind it up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
