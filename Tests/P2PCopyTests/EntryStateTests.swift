import P2PCopy
import P2PCopyWire
import TestSupport
import Testing
import XXH128

/// What may happen to an entry at the receiver, and what may not.
@Suite("One life of an entry")
struct EntryStateTests {
  private enum Step: CaseIterable, CustomTestStringConvertible {
    case takeDigest, begin, end, beginAgain, arrive, withdraw, deliver, fail

    var testDescription: String { "\(self)" }
  }

  private static let path = "some/x"

  private static func announced(_ kind: PageEntry.Kind = .file(byteCount: 3)) -> EntryState {
    EntryState(IncomingEntry(PageEntry(path: Array(path.utf8), kind: kind, metadata: nil)))
  }

  private static func place() throws -> PlannedPlace { PlannedPlace(try RelativePath(validating: Array(path.utf8))) }

  private static func decided(
    _ kind: PageEntry.Kind = .file(byteCount: 3), _ decision: EntryDecision? = nil
  ) throws -> EntryState {
    var state = announced(kind)
    try state.decide(decision ?? .whole(place()))
    return state
  }

  private static var delivered: DeliveredEntry { DeliveredEntry(path: Array(path.utf8), kind: .file, byteCount: 3) }

  private static let failure = P2PCopyError(.destinationUnwritable, "no", scope: .entry)

  private func take(_ step: Step, _ state: inout EntryState) throws(P2PCopyError) {
    switch step {
    case .takeDigest: _ = try state.takeDigest()
    case .begin: _ = try state.begin()
    case .end: try state.end()
    case .beginAgain: try state.beginAgain()
    case .arrive: _ = try state.arrive()
    case .withdraw: try state.withdraw()
    case .deliver: try state.deliver(Self.delivered)
    case .fail: try state.fail(Self.failure)
    }
  }

  /// Takes each step on a state of its own, and expects that only some are legal; the others change nothing.
  private func expectLegal(
    _ legal: Set<Step>, in state: EntryState, _ comment: Comment, location: SourceLocation = #_sourceLocation
  ) {
    for step in Step.allCases {
      var tried = state
      do throws(P2PCopyError) {
        try take(step, &tried)
        #expect(legal.contains(step), "\(comment): \(step)", sourceLocation: location)
      } catch {
        #expect(!legal.contains(step), "\(comment): \(step)", sourceLocation: location)
        #expect(error.code == .protocolViolation, "\(comment): \(step)", sourceLocation: location)
        #expect("\(tried)" == "\(state)", "\(comment): \(step)", sourceLocation: location)
      }
    }
  }

  @Test("Nothing may come for what nobody has looked at")
  func undecided() {
    let state = Self.announced()
    expectLegal([], in: state, "announced")
    #expect(!state.isDecided)
  }

  @Test("A file that is wanted comes in chunks or in a pack, once")
  func wanted() throws {
    var state = try Self.decided()
    #expect(state.isDecided)
    expectLegal([.begin, .arrive, .withdraw], in: state, "wanted")
    var packed = state
    #expect(try packed.arrive().rest == nil)
    expectLegal([.deliver, .fail], in: packed, "arrived in a pack")
    #expect(try state.begin().place.path.description == Self.path)
    expectLegal([.end, .beginAgain, .withdraw], in: state, "arriving")
    try state.end()
    expectLegal([.deliver, .fail], in: state, "arrived")
    var failed = state
    try failed.fail(Self.failure)
    expectLegal([], in: failed, "failed")
    guard case .failed(let error) = failed.outcome else { return #expect(Bool(false), "\(failed.outcome)") }
    #expect(error.code == .destinationUnwritable)
    try state.deliver(Self.delivered)
    expectLegal([], in: state, "delivered")
    guard case .delivered(_, isUnchanged: false) = state.outcome else {
      return #expect(Bool(false), "\(state.outcome)")
    }
  }

  @Test("A file may come once more, for the same place and as a whole; a stream may not")
  func again() throws {
    var state = try Self.decided()
    _ = try state.begin()
    try state.beginAgain()
    #expect(state.isDecided)
    expectLegal([.begin, .arrive, .withdraw], in: state, "wanted once more")
    guard case .failed(let error) = state.outcome else { return #expect(Bool(false), "\(state.outcome)") }
    #expect(error.code == .incomplete)
    #expect(try state.begin().place.path.description == Self.path)
    expectLegal([.end, .withdraw], in: state, "arriving once more")
    var stream = try Self.decided(.stream)
    _ = try stream.begin()
    expectLegal([.end, .withdraw], in: stream, "a stream that arrives")
  }

  @Test("A file that was wanted and never came has failed")
  func missing() throws {
    guard case .failed(let error) = try Self.decided().outcome else { return #expect(Bool(false)) }
    #expect(error.code == .incomplete)
    #expect(error.scope == .entry)
  }

  @Test("The rest of a file comes in chunks only")
  func rest() throws {
    let folder = try TemporaryDirectory()
    try folder.write([1, 2], to: "partial")
    let status = try FileStatus(of: Array(folder.path("partial").utf8), followLinks: false)
    let start = PartialStart(name: Array("partial".utf8), version: status.version)
    let content = PartialContent(start: start, byteCount: 2, table: ChunkTable(digestByteCount: 16))
    var state = try Self.decided(.file(byteCount: 3), .rest(Self.place(), content))
    expectLegal([.begin, .withdraw], in: state, "the rest is wanted")
    let arrival = try state.begin()
    #expect(arrival.rest?.start == start)
    #expect(arrival.rest?.table === content.table)
  }

  @Test("What arrived damaged may come once more, also after its page's end; a stream may not")
  func damage() throws {
    var state = try Self.decided()
    _ = try state.begin()
    try state.end()
    #expect(!state.isInDoubt)
    #expect(try state.doubt(Self.place(), nil))
    #expect(state.isInDoubt)
    expectLegal([.begin, .arrive, .withdraw], in: state, "damaged")
    _ = try state.begin()
    try state.end()
    #expect(state.isInDoubt)
    #expect(try !state.doubt(Self.place(), nil))
    try state.fail(Self.failure)
    #expect(!state.isInDoubt)
    var stream = try Self.decided(.stream)
    _ = try stream.begin()
    try stream.end()
    #expect(try !stream.doubt(Self.place(), nil))
  }

  @Test("A check waits for the sender's digest, also of a file that the sender cannot send")
  func check() throws {
    var state = try Self.decided(.file(byteCount: 3), .check)
    #expect(state.awaitsDigest)
    #expect(!state.isDecided)
    expectLegal([.takeDigest, .withdraw], in: state, "awaiting a digest")
    var withdrawn = state
    try withdrawn.withdraw()
    #expect(withdrawn.awaitsDigest)
    #expect(!withdrawn.isDecided)
    expectLegal([.takeDigest], in: withdrawn, "withdrawn, owing a digest")
    #expect(try !withdrawn.takeDigest())
    #expect(withdrawn.isDecided)
    expectLegal([], in: withdrawn, "withdrawn")
    guard case .settled = withdrawn.outcome else { return #expect(Bool(false)) }
    #expect(try state.takeDigest())
    #expect(!state.awaitsDigest)
    #expect(!state.isDecided)
    expectLegal([], in: state, "comparing")
    var same = state
    try same.decide(.unchanged(Self.delivered))
    expectLegal([], in: same, "unchanged")
    guard case .delivered(_, isUnchanged: true) = same.outcome else { return #expect(Bool(false)) }
    try state.decide(.whole(Self.place()))
    expectLegal([.begin, .arrive, .withdraw], in: state, "wanted after a check")
  }

  @Test("Directories and links have no data; a stream is in no pack")
  func kinds() throws {
    let path = try Self.place().path
    let directory = try Self.decided(.directory, .made(path, .made))
    expectLegal([], in: directory, "a directory")
    guard case .directory(path, .made) = directory.outcome else { return #expect(Bool(false)) }
    let link = try Self.decided(.symbolicLink(target: [46]))
    expectLegal([.withdraw], in: link, "a link")
    guard case .link(_, target: [46]) = link.outcome else { return #expect(Bool(false)) }
    expectLegal([.begin, .withdraw], in: try Self.decided(.stream), "a stream")
  }

  @Test("No data may come for what is left alone or refused")
  func settled() throws {
    for decision in [EntryDecision.skipped, .refused(Self.failure)] {
      var state = try Self.decided(.file(byteCount: 3), decision)
      expectLegal([.withdraw], in: state, "settled")
      #expect(state.isDecided)
      guard case .settled = state.outcome else { return #expect(Bool(false)) }
      try state.withdraw()
      expectLegal([], in: state, "settled and withdrawn")
    }
  }

  @Test("Nobody decides twice")
  func twice() throws {
    var state = try Self.decided()
    #expect(performing: { try state.decide(.skipped) }, throws: { ($0 as? P2PCopyError)?.code == .internalError })
  }
}
