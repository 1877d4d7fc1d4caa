import P2PCopyCore
import P2PCopyFiles
import P2PCopyTransfer
import P2PCopyWire

/// The sender's pages between their announcement and their receipts, in order. Used by the pump alone.
///
/// Whatever the receiver says out of turn throws ``P2PCopyCore/P2PCopyError`` with code
/// ``P2PCopyCore/P2PCopyError/Code/protocolViolation``.
final class OutgoingPageLedger {
  private let terms: OutgoingPage.Terms
  private var pages: [OutgoingPage] = []

  /// - Parameter terms: What the receiver may answer.
  init(_ terms: OutgoingPage.Terms) {
    self.terms = terms
  }

  /// Whether no page is on its way.
  var isEmpty: Bool { pages.isEmpty }

  /// The page that begins with an entry.
  func page(at firstIndex: UInt64) -> OutgoingPage? { pages.first { $0.firstIndex == firstIndex } }

  /// A page is being announced.
  func announce(_ page: SourcePages.Page) {
    pages.append(OutgoingPage(page, terms))
  }

  /// Takes the receiver's answer to the oldest page that has none.
  func take(_ answer: PageAnswer) throws(P2PCopyError) -> OutgoingPage.Answer {
    guard let page = pages.first(where: \.awaitsAnswer), page.firstIndex == answer.firstIndex else {
      throw P2PCopyError(.protocolViolation, "the receiver answered a page that was not asked about")
    }
    return try page.take(answer)
  }

  /// Takes digests of what the receiver has of a file.
  ///
  /// - Returns: The file, when it arrived damaged and all digests are known.
  func take(_ list: ChunkDigests) throws(P2PCopyError) -> OutgoingPage.Damage? {
    for page in pages {
      if let position = page.position(of: list.index) { return try page.take(list, position) }
    }
    // It may have read on in what it had when the file was complete without.
    guard list.reason == .isContinued else { throw .unaskedDigests }
    return nil
  }

  /// Takes the receiver's answer to the digests of the oldest page that it has some of.
  func takeVerdict(_ verdict: PageAnswer) throws(P2PCopyError) -> OutgoingPage.Answer {
    guard let page = pages.first(where: \.awaitsVerdict), page.firstIndex == verdict.firstIndex else {
      throw P2PCopyError(.protocolViolation, "the receiver gave a verdict about a page that was not checked")
    }
    return try page.takeVerdict(verdict)
  }

  /// The next page whose data can be sent, in order; they are being sent from now on.
  func takeReadyPage() -> OutgoingPage? {
    guard let next = pages.first(where: { !$0.isBegun }), next.isReady else { return nil }
    next.begin()
    return next
  }

  /// Takes the receipt of the oldest page, which is forgotten then.
  func take(_ receipt: PageReceipt) throws(P2PCopyError) -> OutgoingPage.Settlement {
    guard let page = pages.first else { throw .incompletePage }
    let settlement = try page.take(receipt)
    pages.removeFirst()
    return settlement
  }
}
