import P2PCopy
import P2PCopyWire
import Testing

/// The pages that a receiver has between their coming and their receipt.
@Suite("The ledger of pages")
struct IncomingPageLedgerTests {
  private let ledger = IncomingPageLedger()

  private func announce(_ paths: [String], from firstIndex: UInt64 = 0) throws {
    let entries = paths.map { PageEntry(path: Array($0.utf8), kind: .file(byteCount: 1), metadata: nil) }
    #expect(try ledger.announce(ManifestPage(firstIndex: firstIndex, entries: entries)).entries.count == paths.count)
  }

  private func want(_ indexes: UInt64...) throws {
    let place = PlannedPlace(try RelativePath(validating: [120]))
    for index in indexes { try ledger.decide(.whole(place), about: index) }
  }

  private func deliver(_ index: UInt64) throws {
    try ledger.deliver(DeliveredEntry(path: [120], kind: .file, byteCount: 1), as: index)
  }

  private func expectViolation(
    _ comment: Comment, location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) {
    #expect(
      comment, sourceLocation: location, performing: body, throws: { ($0 as? P2PCopyError)?.code == .protocolViolation }
    )
  }

  @Test("A page must follow the one before")
  func order() throws {
    expectViolation("a gap at the beginning") { try announce(["a"], from: 1) }
    try announce(["a", "b"])
    for index in [UInt64(0), 1, 3, .max] { expectViolation("from \(index)") { try announce(["c"], from: index) } }
    try announce(["c"], from: 2)
  }

  @Test("No more pages than the window has, until the oldest one is taken out")
  func window() throws {
    for index in 0..<UInt64(ManifestPage.window) { try announce(["x"], from: index) }
    expectViolation("too many") { try announce(["x"], from: UInt64(ManifestPage.window)) }
    try ledger.decide(.skipped, about: 0)
    try ledger.end(pageFrom: 0)
    #expect(ledger.takeEndedPage()?.firstIndex == 0)
    try announce(["x"], from: UInt64(ManifestPage.window))
  }

  @Test("A page ends in turn, and only when everything of it is decided")
  func ends() throws {
    try announce(["a", "b"])
    try announce(["c"], from: 2)
    try want(0, 2)
    expectViolation("one is undecided") { try ledger.end(pageFrom: 0) }
    expectViolation("another page's turn") { try ledger.end(pageFrom: 2) }
    expectViolation("pages are open") { try ledger.endAll() }
    try want(1)
    try ledger.end(pageFrom: 0)
    expectViolation("it has ended") { try ledger.end(pageFrom: 0) }
    expectViolation("one page is open") { try ledger.endAll() }
    try ledger.end(pageFrom: 2)
    try ledger.endAll()
  }

  @Test("What arrived damaged comes once more, also after its page's end; the page waits for it, and those behind it")
  func damage() throws {
    try announce(["a", "b"])
    try announce(["c"], from: 2)
    try want(0, 1, 2)
    _ = try ledger.begin(0)
    try ledger.end(0)
    try ledger.end(pageFrom: 0)
    _ = try ledger.arrive(1)
    try ledger.end(pageFrom: 2)
    let place = PlannedPlace(try RelativePath(validating: Array("a".utf8)))
    #expect(try ledger.doubt(0, place, nil))
    try deliver(1)
    #expect(ledger.takeEndedPage() == nil)
    expectViolation("something is in doubt") { try ledger.endAll() }
    expectViolation("not what is in doubt") { _ = try ledger.begin(1) }
    _ = try ledger.begin(0)
    try ledger.end(0)
    #expect(ledger.takeEndedPage() == nil)
    #expect(try !ledger.doubt(0, place, nil))
    try deliver(0)
    try ledger.endAll()
    #expect(ledger.takeEndedPage()?.firstIndex == 0)
    #expect(ledger.takeEndedPage()?.firstIndex == 2)
    #expect(ledger.takeEndedPage() == nil)
  }

  @Test("After a page's end nothing more of it comes; what came before is stored all the same")
  func afterTheEnd() throws {
    try announce(["a", "b", "c"])
    try want(0, 1, 2)
    #expect(try ledger.begin(0).entry.shown == "a")
    try ledger.end(0)
    try ledger.end(pageFrom: 0)
    expectViolation("a chunk") { _ = try ledger.begin(1) }
    expectViolation("a failure") { _ = try ledger.withdraw(1) }
    // A pack waits to be stored when its page's end is read.
    #expect(try ledger.arrive(1).entry.shown == "b")
    try deliver(0)
    try ledger.fail(1, P2PCopyError(.destinationUnwritable, "no", scope: .entry))
    let outcomes = try #require(ledger.takeEndedPage()).entries.map { entry -> String in
      switch entry.outcome {
      case .delivered: "delivered"
      case .failed(let error): "\(error.code.name)"
      default: "other"
      }
    }
    #expect(outcomes == ["delivered", "destination-unwritable", "incomplete"])
    expectViolation("the page is gone") { _ = try ledger.arrive(2) }
  }

  @Test("What is in no open page is nobody's")
  func unknown() throws {
    try announce(["a"])
    for index in [UInt64(1), .max] {
      expectViolation("begin") { _ = try ledger.begin(index) }
      expectViolation("arrive") { _ = try ledger.arrive(index) }
      expectViolation("withdraw") { _ = try ledger.withdraw(index) }
      expectViolation("digest") { _ = try ledger.takeDigest(of: index) }
    }
  }

  @Test("All digests that were asked for must come")
  func digests() throws {
    try announce(["a", "b", "c"])
    try ledger.decide(.check, about: 0)
    try ledger.decide(.check, about: 1)
    try want(2)
    #expect(try ledger.withdraw(1).shown == "b")
    expectViolation("nobody asked") { _ = try ledger.takeDigest(of: 2) }
    #expect(try ledger.takeDigest(of: 0))
    expectViolation("twice") { _ = try ledger.takeDigest(of: 0) }
    expectViolation("one is missing") { try ledger.checkNoDigestIsMissing(inPageFrom: 0) }
    #expect(try !ledger.takeDigest(of: 1))
    try ledger.checkNoDigestIsMissing(inPageFrom: 0)
  }
}
