package import P2PCopyCore
import P2PCopyFiles
package import P2PCopyTransfer
import P2PCopyWire

/// A piece of work that becomes one record, as a description: a unit whose record was lost is prepared again from it.
package enum Unit: Sendable {
  /// Small files of one page.
  package struct Pack: Sendable {
    let page: SourcePages.Page
    let positions: [Int]

    package init(page: SourcePages.Page, positions: [Int]) {
      self.page = page
      self.positions = positions
    }
  }

  /// A piece of a file; an empty one when the file has nothing more to send.
  package struct Chunk: Sendable {
    let file: OutgoingFile
    /// Which of the file's units it is, from 0.
    let number: Int
    let offset: Int64
    let byteCount: Int
    let isLast: Bool
    /// What the digest of this piece is at the receiver, if it has it: it is sent only when it is another one here.
    let present: [UInt8]?

    package init(
      file: OutgoingFile, number: Int, offset: Int64, byteCount: Int, isLast: Bool, present: [UInt8]? = nil
    ) {
      self.file = file
      self.number = number
      self.offset = offset
      self.byteCount = byteCount
      self.isLast = isLast
      self.present = present
    }
  }

  case pack(Pack)
  case chunk(Chunk)
}

/// What preparing a ``Unit`` gave.
package enum PreparedUnit: Sendable {
  /// What became of one file of a pack.
  package enum PackOutcome: Sendable {
    /// It is in the pack.
    case packed(DeliveredEntry)
    /// It is more than there is room for: it has to come by itself, read to its end.
    case comesAlone
    /// It could not be read.
    case failed(P2PCopyError)
  }

  /// A pack; no record when none of its files could be read.
  case pack(OutgoingMessage?, [(position: Int, outcome: PackOutcome)])
  /// A piece of a file; no record when there is nothing to send, since the receiver has it or the file failed.
  case chunk(OutgoingMessage?, Unit.Chunk)
}
