/// A sum of numbers that somebody else chose, such as the sizes in a peer's manifest: it stops at the largest number there
/// is instead of wrapping around or trapping.
///
/// Whatever adds up what a peer, a relay or a stranger's file says goes through it.
package struct SaturatingCount<Value: FixedWidthInteger & Sendable>: Hashable, Sendable {
  /// The sum.
  package private(set) var value: Value

  /// A sum that begins with a number.
  package init(_ value: Value = 0) {
    self.value = value
  }

  /// The sum of some numbers.
  package init(summing numbers: some Sequence<Value>) {
    value = 0
    for number in numbers { self += number }
  }

  /// Adds a number.
  package static func += (count: inout SaturatingCount, number: some BinaryInteger) { count.add(number) }

  private mutating func add(_ number: some BinaryInteger) {
    let number = Value(clamping: number)
    let (sum, overflows) = value.addingReportingOverflow(number)
    value = overflows ? (number < 0 ? .min : .max) : sum
  }

  /// The sum of two.
  package static func + (left: SaturatingCount, right: SaturatingCount) -> SaturatingCount {
    var sum = left
    sum += right.value
    return sum
  }
}

extension SaturatingCount: Comparable {
  package static func < (left: SaturatingCount, right: SaturatingCount) -> Bool { left.value < right.value }
}

// What is added up for every small file, compiled for these types: other modules cannot do that with what is generic here.

extension SaturatingCount where Value == Int64 {
  package static func += (count: inout SaturatingCount, number: Int64) { count.add(number) }

  package static func += (count: inout SaturatingCount, number: Int) { count.add(number) }
}

extension SaturatingCount where Value == UInt64 {
  package static func += (count: inout SaturatingCount, number: Int64) { count.add(number) }
}
