/// One option of a codec, declared beside its value so that the command line can list it.
public struct CodecParameter: Hashable, Sendable {
  /// The option's name, such as `level`.
  public var name: String

  /// The value in force.
  public var value: Int

  /// The values that are allowed.
  public var range: ClosedRange<Int>

  /// One line that says what it does and in which unit.
  public var summary: String

  /// Creates a parameter.
  public init(name: String, value: Int, range: ClosedRange<Int>, summary: String) {
    self.name = name
    self.value = value
    self.range = range
    self.summary = summary
  }
}
