/// What a sender does with symbolic links: the paths it is given, and what lies below them. A path with a slash at its end is
/// followed in any case.
public enum LinkPolicy: String, CaseIterable, Sendable {
  /// Send the link as a link.
  case keep

  /// Send what it points to, under the link's name.
  case follow

  /// Leave it out.
  case skip
}
