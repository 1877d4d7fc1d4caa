import P2PCopyCore
import P2PCopyWire
import Testing

@Suite("Sums of numbers that others chose")
struct SaturatingCountTests {
  @Test("They stop at the largest number")
  func saturates() {
    var count = SaturatingCount<Int64>()
    for _ in 0..<3 { count += Int64.max }
    #expect(count.value == .max)
    count += UInt64.max
    #expect(count.value == .max)
    #expect(SaturatingCount<Int64>(summing: [.max, 1, .max]).value == .max)
    #expect((count + count).value == .max)
    var unsigned = SaturatingCount<UInt64>(.max - 1)
    unsigned += Int64.max
    #expect(unsigned.value == .max)
    unsigned += -5
    #expect(unsigned.value == .max)
    var negative = SaturatingCount<Int64>(.min)
    negative += -1
    #expect(negative.value == .min)
  }

  @Test("Below that they are sums")
  func sums() {
    var count = SaturatingCount<Int64>(1)
    count += 2
    count += UInt8(3)
    #expect(count.value == 6)
    #expect(count > SaturatingCount(5))
    var totals = SessionTotals()
    totals.bytes = .max - 1
    totals.addFile(byteCount: 1)
    totals.addFile(byteCount: .max)
    #expect(totals.bytes == .max && totals.files == 2 && totals.entries == 2)
  }
}
