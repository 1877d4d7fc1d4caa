import NIOCore
import NIOSSL
import P2PCopyPlatform
import SystemPackage

/// The system's `read`, which a method of the same name hides.
private func readBytes(_ descriptor: Int32, _ memory: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, memory, count)
}

extension FilePath {
  /// The path as it goes to a system call, without a NUL.
  fileprivate var bytes: [UInt8] {
    withPlatformString { start in
      var bytes: [UInt8] = []
      while start[bytes.count] != 0 { bytes.append(UInt8(bitPattern: start[bytes.count])) }
      return bytes
    }
  }
}

extension NIOSSLContext {
  /// The most that a file may have: far more than a chain of certificates needs.
  private static let maximumFileByteCount = 1 << 20

  /// Reads certificate and key of a relay.
  ///
  /// - Throws: ``RelayError`` with code ``RelayError/Code/unusableCertificate``, naming the file.
  convenience init(relayFiles files: RelayTLSFiles) throws(RelayError) {
    let certificateBytes = try Self.read("certificate", files.certificateFile)
    var keyBytes = try Self.read("private key", files.privateKeyFile)
    defer {
      keyBytes.withUnsafeMutableBytes { memory in
        if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
      }
    }
    let certificates: [NIOSSLCertificate]
    do {
      certificates = try NIOSSLCertificate.fromPEMBytes(certificateBytes)
    } catch {
      throw Self.unusable("certificate", files.certificateFile, expected: "one or more PEM certificates")
    }
    let key: NIOSSLPrivateKey
    do {
      key = try NIOSSLPrivateKey(bytes: keyBytes, format: .pem)
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
        "the private key in \(LogText.escaped(files.privateKeyFile.bytes)) does not belong to the first certificate in "
          + "\(LogText.escaped(files.certificateFile.bytes)): give the two files that were made together")
    }
  }

  /// What goes wrong with the file itself is said in the system's words; the TLS library has none for it.
  private static func read(_ what: String, _ file: FilePath) throws(RelayError) -> [UInt8] {
    func fail(_ why: String) -> RelayError {
      RelayError(
        .unusableCertificate,
        "cannot read the \(what) file \(LogText.escaped(file.bytes)): \(why); check the path and who may read it")
    }
    let descriptor = file.withPlatformString { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw fail(IOError(errnoCode: errno, reason: "open").systemMessage) }
    defer { close(descriptor) }
    // Of one size from the start: a growing array would leave copies of a key behind.
    var bytes = [UInt8](repeating: 0, count: maximumFileByteCount + 1)
    var count = 0
    while count < bytes.count {
      let result = bytes.withUnsafeMutableBytes { memory in
        memory.baseAddress.map { readBytes(descriptor, $0 + count, memory.count - count) } ?? 0
      }
      if result < 0, errno == EINTR { continue }
      guard result >= 0 else { throw fail(IOError(errnoCode: errno, reason: "read").systemMessage) }
      if result == 0 { break }
      count += result
    }
    guard count <= maximumFileByteCount else { throw fail("it is larger than \(maximumFileByteCount) bytes") }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  private static func unusable(_ what: String, _ file: FilePath, expected: String) -> RelayError {
    RelayError(
      .unusableCertificate,
      "there is no usable \(what) in \(LogText.escaped(file.bytes)): it has to hold \(expected)")
  }
}
