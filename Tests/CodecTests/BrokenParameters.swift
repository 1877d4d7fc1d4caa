import P2PCopyCore
import SHA256Sum

/// SHA-256 with a parameter that has one fault.
struct BrokenParameters: Digest {
  enum Fault: CaseIterable {
    case nameOfTwoWords, defaultOutside, settingChangesNothing, takesAnything, choiceWithABlank, noHelp

    /// What the kit must say about it.
    var finding: String {
      switch self {
      case .nameOfTwoWords: "has a name of other characters than a-z 0-9 -"
      case .defaultOutside: "the default of rounds is 30, which is not a number from 1 to 20"
      case .settingChangesNothing: "rounds is not 3 after it was set to it"
      case .takesAnything: "a parameter that is not declared was accepted"
      case .choiceWithABlank: "a choice of rounds has blanks, or nothing"
      case .noHelp: "the help of rounds is not one line"
      }
    }
  }

  var fault: Fault
  var rounds = 5

  init(fault: Fault) {
    self.fault = fault
  }

  var name: CodecName { "broken@example.org" }
  var summary: String { "SHA-256 with a parameter that has a fault" }
  var byteCount: Int { 32 }

  var parameters: [CodecParameter] {
    switch fault {
    case .nameOfTwoWords: [.flag("rounds.of it", false, default: false, help: "how often")]
    case .choiceWithABlank: [.choice("rounds", "one", default: "one", of: ["one", "as many"], help: "how often")]
    default:
      [
        .integer(
          "rounds", rounds, default: fault == .defaultOutside ? 30 : 3, in: 1...20,
          help: fault == .noHelp ? "" : "how often")
      ]
    }
  }

  func setting(_ parameter: String, to value: CodecParameter.Value) throws(P2PCopyError) -> BrokenParameters {
    var changed = self
    switch (fault, parameter, value) {
    case (.takesAnything, _, _), (.settingChangesNothing, "rounds", _): break
    case (_, "rounds", .integer(let rounds)) where 1...20 ~= rounds: changed.rounds = rounds
    default: throw refusal(of: value, for: parameter)
    }
    return changed
  }

  func makeContext() throws(P2PCopyError) -> any DigestContext { try SHA256Digest().makeContext() }
}
