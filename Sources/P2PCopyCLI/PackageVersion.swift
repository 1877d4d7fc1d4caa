import CProcessStart
package import P2PCopyCore

/// The version of this package, as `--version` shows it.
package enum PackageVersion {
  /// The number.
  package static let text = "0.2.0"

  /// The number, the commit that it was built from where the build was told, and the libraries that codecs stand on.
  package static func full(for codecs: CodecRegistry) -> String {
    let commit = String(cString: p2p_copy_build_commit())
    var libraries: [String] = []
    for kind in CodecKind.allCases {
      for library in codecs.codecs(of: kind).compactMap(\.library) where !libraries.contains(library) {
        libraries.append(library)
      }
    }
    return text + (commit.isEmpty ? "" : " (\(commit))")
      + (libraries.isEmpty ? "" : "\n" + libraries.joined(separator: ", "))
  }
}
