/// The two tools that must understand each other.
enum Tool: String, CaseIterable, Sendable {
  case swift
  case python
}
