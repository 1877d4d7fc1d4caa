/// A selection out of all combinations: each sender × receiver × relay × encryption × compression, and each combination of
/// the values of any three dimensions, at least once.
struct CoveringCombinations: Sendable {
  /// The values of some dimensions.
  private typealias Part = [Int?]

  /// Every combination that something of ours takes part in.
  static let all: [Combination] = {
    var rows: [[Int]] = [[]]
    for count in Combination.levels {
      rows = rows.flatMap { row in (0..<count).map { row + [$0] } }
    }
    return rows.map(Combination.init).filter(\.isOurs)
  }()

  /// The selection, the same in every run.
  ///
  /// Greedy: again and again the combination with the most parts that none before has, the first five dimensions in one
  /// piece before anything else.
  static let selected: [Combination] = {
    let parts = all.map { (combination: $0, base: base(of: $0), triples: triples(of: $0)) }
    var missingBases = Set(parts.map(\.base))
    var missingTriples = Set(parts.flatMap(\.triples))
    var selected: [Combination] = []
    while !missingBases.isEmpty || !missingTriples.isEmpty {
      let best = parts.max { score($0.base, $0.triples) < score($1.base, $1.triples) }
      guard let best else { break }
      selected.append(best.combination)
      missingBases.remove(best.base)
      missingTriples.subtract(best.triples)
    }
    func score(_ base: Part, _ parts: [Part]) -> Int {
      parts.count { missingTriples.contains($0) } + (missingBases.contains(base) ? 1_000 : 0)
    }
    return selected
  }()

  /// The parts that must each be covered.
  static func requirements(of combination: Combination) -> Set<[Int?]> {
    Set(triples(of: combination)).union([base(of: combination)])
  }

  private static func base(of combination: Combination) -> Part {
    part(of: combination, [0, 1, 2, 3, 4])
  }

  private static func triples(of combination: Combination) -> [Part] {
    let dimensions = combination.indices.indices
    return dimensions.flatMap { first in
      dimensions.filter { $0 > first }.flatMap { second in
        dimensions.filter { $0 > second }.map { part(of: combination, [first, second, $0]) }
      }
    }
  }

  private static func part(of combination: Combination, _ dimensions: Set<Int>) -> Part {
    combination.indices.enumerated().map { dimensions.contains($0) ? $1 : nil }
  }
}
