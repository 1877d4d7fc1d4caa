/// Text that compresses about as well as prose does; the same in every run.
struct SampleText {
  private static let syllables = ["ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo"]

  private var state: UInt64 = 1

  /// Some more words, some of them rarer than others, in lines.
  mutating func next(wordCount: Int) -> String {
    var text = ""
    for number in 1...wordCount {
      for _ in 0...(number % 3) {
        // The smaller of two numbers: the first syllables are the frequent ones.
        text += Self.syllables[min(random(Self.syllables.count), random(Self.syllables.count))]
      }
      text += number % 12 == 0 ? "\n" : " "
    }
    return text
  }

  /// A linear congruential generator with Knuth's constants.
  private mutating func random(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }
}
