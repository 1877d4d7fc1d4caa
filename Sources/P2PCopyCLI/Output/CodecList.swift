package import P2PCopyCore

/// The text that `p2p-copy codecs` prints.
package enum CodecList {
  package static func text(for registry: CodecRegistry) -> String {
    CodecKind.allCases.map { kind in
      let codecs = registry.codecs(of: kind)
      var lines = ["\(kind.rawValue)s"]
      if codecs.isEmpty { lines.append("  none") }
      for codec in codecs {
        lines.append("  \(codec.name.description.padded(to: 14))  \(codec.summary)")
        for parameter in codec.parameters {
          lines.append(
            "  \("".padded(to: 14))    \(parameter.name) = \(parameter.value)"
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
