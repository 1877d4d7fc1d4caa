import NIOCore
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension NIOSSLContext {
  /// Reads certificate and key of a relay.
  ///
  /// - Throws: ``RelayError`` with code ``RelayError/Code/unusableCertificate``, naming the file.
  convenience init(relayFiles files: RelayTLSFiles) throws(RelayError) {
    try Self.checkReadable("certificate", files.certificateFile)
    try Self.checkReadable("private key", files.privateKeyFile)
    let certificates: [NIOSSLCertificate]
    do {
      certificates = try NIOSSLCertificate.fromPEMFile(files.certificateFile)
    } catch {
      throw Self.unusable("certificate", files.certificateFile, expected: "one or more PEM certificates")
    }
    let key: NIOSSLPrivateKey
    do {
      key = try NIOSSLPrivateKey(file: files.privateKeyFile, format: .pem)
    } catch {
      throw Self.unusable("private key", files.privateKeyFile, expected: "a PEM private key without a passphrase")
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

  /// What goes wrong with the file itself is said in the system's words; the TLS library has none for it.
  private static func checkReadable(_ what: String, _ file: String) throws(RelayError) {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor < 0 else {
      close(descriptor)
      return
    }
    let error = IOError(errnoCode: errno, reason: "open")
    throw RelayError(
      .unusableCertificate,
      "cannot read the \(what) file \(LogText.escaped(file)): \(error.systemMessage); check the path and who may read it"
    )
  }

  private static func unusable(_ what: String, _ file: String, expected: String) -> RelayError {
    RelayError(
      .unusableCertificate,
      "there is no usable \(what) in \(LogText.escaped(file)): it has to hold \(expected)")
  }
}
