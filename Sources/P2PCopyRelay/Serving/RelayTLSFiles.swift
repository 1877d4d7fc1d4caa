public import SystemPackage

/// Where the relay finds what it needs for TLS.
public struct RelayTLSFiles: Hashable, Sendable {
  /// A PEM file with the server's certificate first, followed by the intermediate ones.
  public var certificateFile: FilePath

  /// A PEM file with the private key of that certificate, without a passphrase.
  public var privateKeyFile: FilePath

  /// Names the two files; they are read when the relay starts.
  public init(certificateFile: FilePath, privateKeyFile: FilePath) {
    self.certificateFile = certificateFile
    self.privateKeyFile = privateKeyFile
  }

  /// The same with paths as text.
  public init(certificateFile: String, privateKeyFile: String) {
    self.init(certificateFile: FilePath(certificateFile), privateKeyFile: FilePath(privateKeyFile))
  }
}
