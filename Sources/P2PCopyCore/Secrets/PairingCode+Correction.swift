extension PairingCode {
  /// What was different in a generated code as it was given, by pasting or typing. More cases may come: have a `default`.
  package enum Correction: Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Blanks or line ends around it.
    case blanks
    /// Quotation marks around it.
    case quotationMarks
    /// A full stop behind it.
    case fullStop
    /// Capital letters.
    case capitals
    /// Dashes other than `-`.
    case dashes

    /// What was done about it, behind "the code was read", safe to show.
    package var description: String {
      switch self {
      case .blanks: "without the blanks around it"
      case .quotationMarks: "without the quotation marks"
      case .fullStop: "without the full stop at its end"
      case .capitals: "in small letters"
      case .dashes: "with '-' for other dashes"
      }
    }
  }
}
