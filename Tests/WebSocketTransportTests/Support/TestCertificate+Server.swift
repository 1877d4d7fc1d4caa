import NIOSSL
import P2PCopyRelay
import TestSupport

extension TestCertificate {
  /// The certificate as a relay takes it.
  var relayFiles: RelayTLSFiles { RelayTLSFiles(certificateFile: certificateFile, privateKeyFile: keyFile) }

  /// What a server shows.
  func serverContext() throws -> NIOSSLContext {
    try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) },
        privateKey: .privateKey(NIOSSLPrivateKey(file: keyFile, format: .pem))))
  }
}
