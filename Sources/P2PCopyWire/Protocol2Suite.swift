package import P2PCopyCore

/// What protocol 2 fixes.
package enum Protocol2Suite {
  package static let keyExchangeName: CodecName = "spake2-p256"
  package static let keyDeriverName: CodecName = "argon2id"
  /// Seals the two records with which everything else is negotiated.
  package static let bootstrapCipherName: CodecName = "aes-256-gcm"

  package static let identities = KeyExchangeIdentities(
    sender: Array("p2p-copy/2 sender".utf8), receiver: Array("p2p-copy/2 receiver".utf8))

  /// Chunk sizes that a sender offers.
  package static let chunkByteCounts = [1 << 20, 256 << 10, 64 << 10]

  /// Chunk sizes that a sender offers that has a limit: none that takes longer than a twentieth of a second, if there is one.
  package static func chunkByteCounts(forRate bytesPerSecond: Int64?) -> [Int] {
    guard let bytesPerSecond else { return chunkByteCounts }
    let short = chunkByteCounts.filter { Int64($0) <= bytesPerSecond / 20 }
    return short.isEmpty ? chunkByteCounts.suffix(1) : short
  }

  /// A file up to this share of a chunk travels in a pack.
  package static let packedShare = 4

  /// `auto` keeps compressing what shrinks below this share of its size.
  package static let worthwhileRatio = 0.95

  /// After how many chunks in a row that did not shrink enough `auto` stops compressing a file.
  package static let patience = 4

  /// How long the other side may take for one step of the handshake.
  package static let stepTimeout = Duration.seconds(60)

  /// How long a peer dials a lane that was lost before it waits by the code as well, for a process that was started again.
  package static let successorDelay = Duration.seconds(5)

  /// For how long after the last progress a lost connection is made good.
  package static let retryDuration = Duration.seconds(30 * 60)

  /// After this time without sending anything, a peer says that it is still working.
  package static let workingInterval = Duration.seconds(15)

  /// After this time without hearing anything, a peer gives up.
  package static let silenceLimit = Duration.seconds(120)

  /// No more often than this does a receiver say how much it has stored.
  package static let acknowledgementInterval = Duration.milliseconds(250)

  /// The most lanes of a session.
  package static let maximumLaneCount = 8

  /// The largest message on the wire.
  package static let maximumMessageByteCount = 2 << 20
}
