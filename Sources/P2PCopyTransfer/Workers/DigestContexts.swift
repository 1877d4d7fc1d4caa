package import P2PCopyCore
import Synchronization

/// The digest contexts of one session, lent to whichever task digests a file and reused for the next.
package final class DigestContexts: Sendable {
  /// A context on loan.
  ///
  /// Safe to pass between tasks although a context is not: it is in the list or with one task at a time, never both.
  package final class Loan: @unchecked Sendable {
    package let context: any DigestContext
    package init(_ context: any DigestContext) { self.context = context }
  }

  package let digest: any Digest
  private let idle = Mutex<[Loan]>([])

  package init(_ digest: any Digest) {
    self.digest = digest
  }

  /// A context nobody else is using, which has seen no byte.
  package func borrow() throws(P2PCopyError) -> Loan {
    if let loan = idle.withLock({ $0.popLast() }) { return loan }
    return Loan(try digest.makeContext())
  }

  /// Gives a context back. It must have been finished.
  package func giveBack(_ loan: Loan) {
    idle.withLock { $0.append(loan) }
  }
}
