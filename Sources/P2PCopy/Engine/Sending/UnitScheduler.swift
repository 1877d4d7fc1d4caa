import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// Decides what the workers do next, and puts in order what they have done.
///
/// Files of a page are divided into units: small ones go together into packs, others into chunks. A few units are prepared
/// ahead of what is being sent, a few large files are opened ahead of that, and the files that the receiver may have already
/// are digested beside it all. Used by the pump alone.
final class UnitScheduler {
  /// How many units are prepared ahead.
  private static let window = 4

  /// How many files are opened ahead, each with what the receiver has of it compared.
  private static let openingWindow = 4

  /// How many files and bytes are digested in one go.
  private static let digestBatch = (fileCount: 256, byteCount: Int64(8 << 20))

  /// What a worker is to do.
  enum Work: Sendable {
    /// Digest files that the receiver may have already.
    case digest([Int], of: SourcePages.Page)
    /// Open a file, and see whether it begins as what the receiver has.
    case open(Int, of: SourcePages.Page, FilePrefix?)
    /// Prepare a unit.
    case prepare(Unit, number: Int)
  }

  /// What is sent, or said, next.
  enum Step {
    /// A record of data.
    case unit(PreparedUnit)
    /// A file could not be opened.
    case failure(Int, P2PCopyError)
    /// A file is to come by itself, after the page's others.
    case comesAlone(Int)
    /// There is nothing more of the page, but for what comes by itself.
    case pageEnd
  }

  private let ledger: OutgoingPageLedger
  private let settings: SendSettings

  /// The page that is being divided, and how far that is.
  private var page: OutgoingPage?
  private var position = 0
  private var file: DividedFile?

  /// A file that is being divided: first what the receiver has nothing of, then what it has, as it says the digests.
  private struct DividedFile {
    let file: OutgoingFile
    var number = 0
    var offset: Int64
    var comparedByteCount: Int64 = 0

    init(_ file: OutgoingFile) {
      self.file = file
      offset = file.startOffset
    }

    var isComplete: Bool { offset >= file.content.byteCount && comparedByteCount >= file.startOffset }
  }

  /// Files of the page that are being opened, or wait for their turn; by position.
  private var openings: [Int: FilePreparation.Opened?] = [:]
  private var openingPosition = 0

  /// Steps are numbered: so many have begun, and so many have been taken.
  private var begun = 0
  private var taken = 0
  private var steps: [Int: Step] = [:]
  /// The page of each step that has begun, oldest first.
  private var stepPages: [OutgoingPage] = []

  private var digests: [(positions: ArraySlice<Int>, page: SourcePages.Page)] = []
  private var runningDigestCount = 0
  private let digestLimit: Int

  /// - Parameters:
  ///   - ledger: Says which pages can be sent.
  ///   - settings: What was agreed.
  ///   - digestLimit: How many workers may digest at a time.
  init(_ ledger: OutgoingPageLedger, _ settings: SendSettings, digestLimit: Int) {
    self.ledger = ledger
    self.settings = settings
    self.digestLimit = digestLimit
  }

  // MARK: Work

  /// The next thing that a worker can begin now; `nil` when there is none.
  func nextWork() -> Work? {
    if let work = nextDigest() ?? nextUnit() { return work }
    // After the units, which may have come to another page.
    return nextOpening()
  }

  /// The receiver asks for digests.
  func digest(_ positions: [Int], of page: OutgoingPage) {
    digests.append((positions[...], page.content))
  }

  /// A worker is done with digests.
  func digested() {
    runningDigestCount -= 1
  }

  /// A worker has opened a file.
  func opened(_ position: Int, of firstIndex: UInt64, _ opened: FilePreparation.Opened) {
    // Only files of the page that is being divided are opened, and it is kept until all of them have had their turn.
    guard page?.firstIndex == firstIndex else { return }
    openings[position] = .some(opened)
  }

  /// A worker has prepared a unit.
  func prepared(_ unit: PreparedUnit, number: Int) {
    steps[number] = .unit(unit)
  }

  /// The next step, once everything before it is done.
  func nextStep() -> (step: Step, page: OutgoingPage)? {
    guard let step = steps.removeValue(forKey: taken) else { return nil }
    taken += 1
    return (step, stepPages.removeFirst())
  }

  private func nextDigest() -> Work? {
    guard runningDigestCount < digestLimit, let first = digests.first else { return nil }
    var positions = first.positions
    var batch: [Int] = []
    var byteCount: Int64 = 0
    while let position = positions.first, batch.count < Self.digestBatch.fileCount,
      byteCount < Self.digestBatch.byteCount
    {
      positions.removeFirst()
      batch.append(position)
      byteCount += min(first.page.entries[position].listedByteCount, Self.digestBatch.byteCount)
    }
    if positions.isEmpty { digests.removeFirst() } else { digests[0].positions = positions }
    runningDigestCount += 1
    return .digest(batch, of: first.page)
  }

  /// The next large file that nobody has opened yet.
  private func nextOpening() -> Work? {
    guard let page, openings.count < Self.openingWindow else { return nil }
    openingPosition = max(openingPosition, position)
    while openingPosition < page.entries.count {
      let position = openingPosition
      openingPosition += 1
      guard let prefix = page.wanted(position), case .file(let byteCount) = page.entries[position].kind,
        !isPacked(byteCount, prefix)
      else { continue }
      openings.updateValue(nil, forKey: position)
      return .open(position, of: page.content, prefix)
    }
    return nil
  }

  // MARK: Units

  private func nextUnit() -> Work? {
    while begun - taken < Self.window {
      if let page, file != nil {
        // The receiver may not have said yet what it has of the file.
        return nextChunk().map { begin(.chunk($0), page) }
      }
      guard let page = page ?? ledger.takeReadyPage() else { return nil }
      if self.page == nil { divide(page) }
      guard position < page.entries.count else {
        add(.pageEnd, page)
        self.page = nil
        continue
      }
      guard let prefix = page.wanted(position) else {
        position += 1
        continue
      }
      switch page.entries[position].kind {
      case .directory, .symbolicLink: position += 1
      case .stream:
        add(.comesAlone(position), page)
        position += 1
      case .file(let byteCount):
        if isPacked(byteCount, prefix) { return begin(.pack(nextPack(of: page)), page) }
        guard let opened = openings[position] ?? nil else { return nil }
        openings.removeValue(forKey: position)
        switch opened {
        case .file(let opened): file = DividedFile(opened)
        case .comesAlone: add(.comesAlone(position), page)
        case .failed(let error): add(.failure(position, error), page)
        }
        position += 1
      }
    }
    return nil
  }

  private func divide(_ page: OutgoingPage) {
    self.page = page
    position = 0
    openingPosition = 0
  }

  private func isPacked(_ byteCount: Int64, _ prefix: FilePrefix?) -> Bool {
    prefix == nil && byteCount <= settings.largestPackedByteCount
  }

  private func begin(_ unit: Unit, _ page: OutgoingPage) -> Work {
    stepPages.append(page)
    begun += 1
    return .prepare(unit, number: begun - 1)
  }

  private func add(_ step: Step, _ page: OutgoingPage) {
    stepPages.append(page)
    steps[begun] = step
    begun += 1
  }

  private func nextChunk() -> Unit.Chunk? {
    guard var divided = file else { return nil }
    let file = divided.file
    let chunkByteCount = Int64(settings.chunkByteCount)
    let isMissing = divided.offset < file.content.byteCount
    let offset = isMissing ? divided.offset : divided.comparedByteCount
    let end = isMissing ? file.content.byteCount : file.startOffset
    let byteCount = min(chunkByteCount, end - offset)
    var present: [UInt8]?
    if !isMissing, byteCount > 0, file.error == nil {
      present = file.prefix?.digest(ofChunk: offset / chunkByteCount)
      if present == nil { return nil }
    }
    if isMissing { divided.offset += byteCount } else { divided.comparedByteCount += byteCount }
    let isLast = divided.isComplete || file.error != nil
    let number = divided.number
    divided.number += 1
    self.file = isLast ? nil : divided
    return Unit.Chunk(
      file: file, number: number, offset: offset, byteCount: Int(byteCount), isLast: isLast, present: present)
  }

  /// As many of the small files that follow as fit into one chunk.
  private func nextPack(of page: OutgoingPage) -> Unit.Pack {
    var positions: [Int] = []
    var byteCount = 0
    while position < page.entries.count {
      if let prefix = page.wanted(position) {
        guard case .file(let size) = page.entries[position].kind, isPacked(size, prefix),
          byteCount + Int(size) + FileEnd.maximumByteCount <= settings.chunkByteCount
        else { break }
        positions.append(position)
        byteCount += Int(size) + FileEnd.maximumByteCount
      }
      position += 1
    }
    return Unit.Pack(page: page.content, positions: positions)
  }
}
