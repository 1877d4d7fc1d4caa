import NIOCore
import NIOSSL

extension NIOSSLContext {
  /// Reads certificate and key of a relay.
  ///
  /// - Throws: ``RelayError`` with code ``RelayError/Code/unusableCertificate``, naming the file.
  convenience init(relayFiles files: RelayTLSFiles) throws(RelayError) {
    let certificates: [NIOSSLCertificate]
    do {
      certificates = try NIOSSLCertificate.fromPEMFile(files.certificateFile)
    } catch {
      throw Self.unusable("certificate", files.certificateFile, error, "one or more PEM certificates")
    }
    let key: NIOSSLPrivateKey
    do {
      key = try NIOSSLPrivateKey(file: files.privateKeyFile, format: .pem)
    } catch {
      throw Self.unusable("private key", files.privateKeyFile, error, "a PEM private key without a passphrase")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    // A peer that does not say goodbye properly is not waited for.
    configuration.shutdownTimeout = .seconds(2)
    do {
      try self.init(configuration: configuration)
    } catch {
      throw RelayError(
        .unusableCertificate,
        "the private key in \(LogText.escaped(files.privateKeyFile)) does not belong to the first certificate in "
          + "\(LogText.escaped(files.certificateFile)): give the two files that were made together")
    }
  }

  private static func unusable(
    _ what: String, _ file: String, _ error: any Error, _ expected: String
  ) -> RelayError {
    let name = LogText.escaped(file)
    guard let error = error as? IOError else {
      return RelayError(.unusableCertificate, "there is no usable \(what) in \(name): it has to hold \(expected)")
    }
    return RelayError(
      .unusableCertificate,
      "cannot read the \(what) file \(name): \(error.systemMessage); check the path and who may read it")
  }
}
