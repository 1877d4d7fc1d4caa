import P2PCopyCore
import Synchronization

/// The digest contexts of one session, lent to whichever task digests a file and reused for the next.
final class DigestContexts: Sendable {
  /// A context on loan.
  ///
  /// Safe to pass between tasks although a context is not: it is in the list or with one task at a time, never both.
  final class Loan: @unchecked Sendable {
    let context: any DigestContext
    init(_ context: any DigestContext) { self.context = context }
  }

  let digest: any Digest
  private let idle = Mutex<[Loan]>([])

  init(_ digest: any Digest) {
    self.digest = digest
  }

  /// A context nobody else is using, which has seen no byte.
  func borrow() throws(P2PCopyError) -> Loan {
    if let loan = idle.withLock({ $0.popLast() }) { return loan }
    return Loan(try digest.makeContext())
  }

  /// Gives a context back. It must have been finished.
  func giveBack(_ loan: Loan) {
    idle.withLock { $0.append(loan) }
  }
}
