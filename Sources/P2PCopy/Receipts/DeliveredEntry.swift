import P2PCopyCore

struct DeliveredEntry: Sendable {
  enum Kind: UInt8, Sendable {
    case file = 0
    case directory = 1
    case symbolicLink = 2
  }
  var path: [UInt8]
  var kind: Kind
  var byteCount: Int64
  var digest: [UInt8]
  var target: [UInt8]
  var metadata: EntryMetadata?
}
