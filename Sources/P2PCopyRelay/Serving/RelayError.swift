/// Why a relay could not start.
public struct RelayError: Error, Sendable {
  /// What kind of failure it is; more may be added.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String {
      case invalidConfiguration
      case unusableCertificate
      case addressInUse
      case notPermitted
      case addressUnavailable
      case cannotListen
    }

    private let value: Value

    /// The configuration contradicts itself.
    public static let invalidConfiguration = Code(value: .invalidConfiguration)

    /// The certificate or the private key is missing, unreadable, or they do not belong together.
    public static let unusableCertificate = Code(value: .unusableCertificate)

    /// Another program listens there.
    public static let addressInUse = Code(value: .addressInUse)

    /// The system does not let this user listen there.
    public static let notPermitted = Code(value: .notPermitted)

    /// The host name is unknown, or the address is not one of this machine.
    public static let addressUnavailable = Code(value: .addressUnavailable)

    /// Listening failed for another reason.
    public static let cannotListen = Code(value: .cannotListen)

    /// The code's name, for logs.
    public var description: String { value.rawValue }
  }

  /// What kind of failure it is.
  public var code: Code

  /// One line for a person: names the thing and says what to do.
  public var message: String

  /// Creates an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension RelayError: CustomStringConvertible {
  /// The message.
  public var description: String { message }
}
