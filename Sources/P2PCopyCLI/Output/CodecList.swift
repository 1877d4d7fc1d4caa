package import P2PCopyCore

/// The text that `p2p-copy codecs` prints.
package enum CodecList {
  package static func text(for registry: CodecRegistry) -> String {
    let names = CodecKind.allCases.flatMap { registry.codecs(of: $0).map(\.name.description.count) }
    let width = names.max() ?? 0
    func list(_ kind: CodecKind) -> String {
      let codecs = registry.codecs(of: kind)
      var lines = ["\(kind.rawValue)s"]
      if codecs.isEmpty { lines.append("  none") }
      for codec in codecs {
        let library = codec.library.map { ", \($0)" } ?? ""
        lines.append("  \(codec.name.description.padded(to: width))  \(codec.summary)\(library)")
        for parameter in codec.parameters {
          lines.append(
            "  \("".padded(to: width))    \(codec.name).\(parameter.name)=\(parameter.value)"
              + " (\(parameter.domain.summary); default \(parameter.defaultValue)): \(parameter.help)")
        }
      }
      return lines.joined(separator: "\n")
    }
    func group(_ title: String, _ kinds: [CodecKind]) -> String {
      ([title, ""] + kinds.map(list)).joined(separator: "\n")
    }
    let negotiated = CodecKind.allCases.filter(\.isNegotiated)
    let fixed = CodecKind.allCases.filter { !$0.isNegotiated }
    return group("Negotiated with the other side, in order of preference:", negotiated) + "\n\n"
      + group("Not negotiated: the relay's address says which transport, the protocol the others:", fixed)
  }
}

extension String {
  /// The text with spaces behind it up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
