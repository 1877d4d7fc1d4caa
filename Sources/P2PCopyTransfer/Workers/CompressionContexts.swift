package import P2PCopyCore
import Synchronization

/// The compression contexts of one session, lent to whichever task compresses a chunk and reused by the next.
package final class CompressionContexts: Sendable {
  /// A context on loan.
  ///
  /// Safe to pass between tasks although a context is not: it is in the list or with one task, never both.
  private final class Loan: @unchecked Sendable {
    let context: any CompressionContext
    init(_ context: any CompressionContext) { self.context = context }
  }

  package let compressor: any Compressor
  private let idle = Mutex<[Loan]>([])

  package init(_ compressor: any Compressor) {
    self.compressor = compressor
  }

  /// Calls `body` with a context nobody else is using.
  package func withContext<Result>(_ body: (any CompressionContext) throws -> Result) throws -> Result {
    let loan = try idle.withLock { $0.popLast() } ?? Loan(compressor.makeCompressionContext())
    defer { idle.withLock { $0.append(loan) } }
    return try body(loan.context)
  }
}
