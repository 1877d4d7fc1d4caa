import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer

/// What was negotiated, and what a receiver was asked for: the same for all files of a session.
struct ReceiveSettings: Sendable {
  let compressor: (any Compressor)?
  let digests: DigestContexts
  let chunkByteCount: Int
  let wantsResume: Bool
  let takenNames: TakenNames
  let keepsMetadata: Bool
  let keepsSetID: Bool
  let acknowledgementInterval: Duration
  let monitor: TransferMonitor
  let failures: EntryFailures
}
