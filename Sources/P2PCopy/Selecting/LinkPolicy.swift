/// What a sender does with symbolic links below the paths it is given. A path that is itself a link is always followed.
public enum LinkPolicy: String, CaseIterable, Sendable {
  /// Send the link as a link.
  case keep

  /// Send what it points to, under the link's name.
  case follow

  /// Leave it out.
  case skip
}
