import P2PCopyCore
import SHA256Sum

/// SHA-256 with a parameter that has one fault.
struct BrokenParameters: Digest {
  enum Fault: CaseIterable {
    case nameOfTwoWords, defaultOutside, settingChangesNothing, takesAnything, choiceWithABlank, noHelp
    case lowestIsRefused, highestIsTakenForLess, onlyOneChoice, onlyOff, changesAnother, takesOneTooMany

    /// What the kit must say about it.
    var finding: String {
      switch self {
      case .nameOfTwoWords: "has a name of other characters than a-z 0-9 -"
      case .defaultOutside: "the default of rounds is 30, which is not a number from 1 to 20"
      case .settingChangesNothing: "rounds is not 20 after it was set to it"
      case .takesAnything: "a parameter that is not declared was accepted"
      case .choiceWithABlank: "a choice of rounds has blanks, or nothing"
      case .noHelp: "the help of rounds is not one line"
      case .lowestIsRefused: "setting rounds to 1: unexpected error"
      case .highestIsTakenForLess: "rounds is not 20 after it was set to it"
      case .onlyOneChoice: "setting rounds to many: unexpected error"
      case .onlyOff: "rounds is not on after it was set to it"
      case .changesAnother: "another parameter changed when rounds was set to 1"
      case .takesOneTooMany: "rounds set to 21 was accepted"
      }
    }
  }

  var fault: Fault
  var rounds = 5
  var others = 0

  init(fault: Fault) {
    self.fault = fault
  }

  var name: CodecName { "broken@example.org" }
  var summary: String { "SHA-256 with a parameter that has a fault" }
  var byteCount: Int { 32 }

  var parameters: [CodecParameter] {
    switch fault {
    case .nameOfTwoWords: [.flag("rounds.of it", false, default: false, help: "how often")]
    case .onlyOneChoice: [.choice("rounds", "one", default: "one", of: ["one", "many"], help: "how often")]
    case .onlyOff: [.flag("rounds", false, default: false, help: "whether at all")]
    case .choiceWithABlank: [.choice("rounds", "one", default: "one", of: ["one", "as many"], help: "how often")]
    default:
      [
        .integer(
          "rounds", rounds, default: fault == .defaultOutside ? 30 : 3, in: 1...20,
          help: fault == .noHelp ? "" : "how often"),
        .integer("others", others, default: 0, in: 0...20, help: "how often the others"),
      ]
    }
  }

  func setting(_ parameter: String, to value: CodecParameter.Value) throws(P2PCopyError) -> BrokenParameters {
    var changed = self
    switch (fault, parameter, value) {
    case (.takesAnything, _, _), (.settingChangesNothing, "rounds", _): break
    case (.onlyOneChoice, "rounds", .choice("one")), (.onlyOff, "rounds", .flag): break
    case (.lowestIsRefused, "rounds", .integer(1)): throw refusal(of: value, for: parameter)
    case (.highestIsTakenForLess, "rounds", .integer(20)): changed.rounds = 19
    case (.takesOneTooMany, "rounds", .integer(21)): changed.rounds = 21
    case (.changesAnother, "rounds", .integer(let rounds)) where 1...20 ~= rounds:
      changed.rounds = rounds
      changed.others = rounds
    case (_, "others", .integer(let others)) where 0...20 ~= others: changed.others = others
    case (_, "rounds", .integer(let rounds)) where 1...20 ~= rounds: changed.rounds = rounds
    default: throw refusal(of: value, for: parameter)
    }
    return changed
  }

  func makeContext() throws(P2PCopyError) -> any DigestContext { try SHA256Digest().makeContext() }
}
