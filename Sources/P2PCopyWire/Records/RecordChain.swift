import Crypto

/// The chain over the tags of one direction: `chain(i) = SHA-256(chain(i-1) || tag(i))` from an empty seed.
///
/// Every link stands for all records up to it, so a receipt can quote the last one for the whole session.
struct RecordChain: Sendable {
  /// The newest link, 32 bytes; empty before the first record.
  package private(set) var current: [UInt8] = []

  package mutating func update(tag: UnsafeRawBufferPointer) {
    var hash = SHA256()
    hash.update(data: current)
    hash.update(bufferPointer: tag)
    current = Array(hash.finalize())
  }
}
