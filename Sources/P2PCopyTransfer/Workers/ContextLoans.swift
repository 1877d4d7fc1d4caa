package import P2PCopyCore
import Synchronization

/// Contexts of one codec, lent to whichever task needs one and reused by the next.
package final class ContextLoans<Context>: Sendable {
  /// A context on loan.
  ///
  /// Safe to pass between tasks although a context is not: it is in the list or with one task at a time, never both.
  package final class Loan: @unchecked Sendable {
    package let context: Context
    fileprivate init(_ context: Context) { self.context = context }
  }

  private let idle = Mutex<[Loan]>([])
  private let make: @Sendable () throws(P2PCopyError) -> Context

  /// - Parameter make: Makes a context; none is made before it is needed.
  package init(_ make: @escaping @Sendable () throws(P2PCopyError) -> Context) {
    self.make = make
  }

  /// A context nobody else is using.
  ///
  /// - Throws: ``P2PCopyError`` when none can be made.
  package func borrow() throws(P2PCopyError) -> Loan {
    if let loan = idle.withLock({ $0.popLast() }) { return loan }
    return Loan(try make())
  }

  /// Gives a context back, for the next to use.
  package func giveBack(_ loan: Loan) {
    idle.withLock { $0.append(loan) }
  }
}
