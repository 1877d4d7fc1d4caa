/// How long to wait before something that failed is tried again: the longer the oftener it failed, and not all at the same
/// moment who lost the same thing.
package struct BackOff: Sendable {
  private let first: Duration
  private let limit: Duration

  /// - Parameters:
  ///   - first: The longest wait before the first repetition; doubled with each further one.
  ///   - limit: The longest wait of all.
  package init(first: Duration, limit: Duration) {
    self.first = first
    self.limit = limit
  }

  /// Waits between half of the longest time and all of it.
  ///
  /// - Parameter repetition: Which repetition comes next, from 1; nothing is waited for before that.
  /// - Throws: `CancellationError`.
  package func wait(before repetition: Int) async throws {
    guard repetition > 0 else { return }
    let longest = min(first * (1 << min(repetition - 1, 20)), limit)
    try await Task.sleep(for: longest * Double.random(in: 0.5...1))
  }
}
