import Testing

/// One way to run a transfer: a value for everything that may make a difference.
struct Combination: Hashable, Sendable, CustomTestStringConvertible {
  /// How many values each dimension has: sender, receiver, relay, encryption, compression, resumption, connections,
  /// scheme.
  static let levels = [
    Tool.allCases.count, Tool.allCases.count, Tool.allCases.count, 2, Compression.allCases.count,
    Resumption.allCases.count, 2, Scheme.allCases.count,
  ]

  /// The index of the value of each dimension.
  let indices: [Int]

  var sender: Tool { Tool.allCases[indices[0]] }
  var receiver: Tool { Tool.allCases[indices[1]] }
  var relay: Tool { Tool.allCases[indices[2]] }
  var isEncrypted: Bool { indices[3] == 1 }
  var compression: Compression { Compression.allCases[indices[4]] }
  var resumption: Resumption { Resumption.allCases[indices[5]] }
  var connections: Int { indices[6] == 1 ? 3 : 1 }
  var scheme: Scheme { Scheme.allCases[indices[7]] }

  /// Whether anything of ours takes part.
  var isOurs: Bool { [sender, receiver, relay].contains(.swift) }

  var testDescription: String {
    "\(sender) to \(receiver) over \(relay) \(scheme), \(isEncrypted ? "encrypted" : "plain"), compress \(compression),"
      + " resume \(resumption), \(connections) connection\(connections == 1 ? "" : "s")"
  }
}

/// The sender's `--compress`.
enum Compression: String, CaseIterable, Sendable {
  case auto
  case on
  case off
}
