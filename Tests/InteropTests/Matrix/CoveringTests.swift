import Testing

/// The selection of combinations keeps its promise.
@Suite struct CoveringTests {
  @Test("Covers every triple and every base")
  func coversEveryTripleAndEveryBase() {
    var missing = Set<[Int?]>()
    for combination in CoveringCombinations.all {
      missing.formUnion(CoveringCombinations.requirements(of: combination))
    }
    // 7 bases × 2 × 3 are among them; without any, the rest would show nothing.
    let bases = missing.count { part in part.count { $0 != nil } == 5 }
    #expect(bases == 42)
    for combination in CoveringCombinations.selected {
      missing.subtract(CoveringCombinations.requirements(of: combination))
    }
    #expect(missing.isEmpty)
  }

  @Test("Leaves out what has nothing of ours")
  func leavesOutWhatHasNothingOfOurs() {
    #expect(CoveringCombinations.selected.allSatisfy { $0.isOurs })
    #expect(Set(CoveringCombinations.selected).count == CoveringCombinations.selected.count)
    #expect(CoveringCombinations.selected.count < 80, "so many would take too long")
  }
}
