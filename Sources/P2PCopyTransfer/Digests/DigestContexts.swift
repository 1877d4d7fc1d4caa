package import P2PCopyCore

/// The digest contexts of one session, lent to whichever task digests a file and reused for the next.
package final class DigestContexts: Sendable {
  package typealias Loan = ContextLoans<any DigestContext>.Loan

  package let digest: any Digest
  private let contexts: ContextLoans<any DigestContext>

  package init(_ digest: any Digest) {
    self.digest = digest
    contexts = ContextLoans { () throws(P2PCopyError) in try digest.makeContext() }
  }

  /// A context nobody else is using, which has seen no byte.
  package func borrow() throws(P2PCopyError) -> Loan { try contexts.borrow() }

  /// Gives a context back. It must have been finished.
  package func giveBack(_ loan: Loan) { contexts.giveBack(loan) }
}
