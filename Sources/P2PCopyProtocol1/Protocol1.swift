package import P2PCopyCore
import P2PCopyFiles
package import P2PCopyTransfer

/// The wire protocol of p2p-copy 0.1 (Python), from its two ends. Nothing else uses anything of this module.
package enum Protocol1 {
  /// The sessions that send some files; a code that begins `n=N=n` makes several.
  ///
  /// - Parameters:
  ///   - paths: What to send.
  ///   - point: Where the peers meet.
  ///   - code: The code both peers share.
  ///   - codecs: The codecs to use.
  ///   - options: How to send.
  ///   - monitor: Hears about the transfer.
  /// - Returns: The sessions, to be run side by side.
  /// - Throws: ``P2PCopyError`` when something is wrong that is known before anybody is met.
  package static func sessions(
    sending paths: [LocalPath], at point: RendezvousPoint, code: PairingCode, codecs: CodecRegistry,
    options: SendOptions, monitor: TransferMonitor
  ) throws -> [Transfer.Session] {
    try options.check()
    let tree = try SourceTree(listing: paths)
    for notice in tree.notices { monitor.notice(notice) }
    let failures = EntryFailures(monitor)
    for failure in tree.failures { failures.takeUntold(failure) }
    let codes = try SessionCodes.codes(for: code)
    let groups = tree.groups(codes.count)
    for group in groups { try checkManifest(of: group, options) }
    let rendezvous = try point.rendezvous(
      codecs: codecs,
      settings: settings(
        as: .sender, peerTimeout: options.peerTimeout, transportOptions: options.transport,
        rateLimit: options.rateLimit),
      monitor: monitor)
    return zip(codes, groups).map { code, files in
      let session = Protocol1SendingSession(
        rendezvous: SessionRendezvous(
          rendezvous: rendezvous, code: code, role: .sender, encrypt: options.encrypt, codecs: codecs, monitor: monitor),
        files: files, compression: options.compression, resume: options.resume ?? false,
        failures: failures)
      return { try await session.run() }
    }
  }

  /// The sessions that receive into a directory. It is made before anybody connects, so that a directory that cannot be
  /// used is known before the sender begins.
  ///
  /// - Parameters:
  ///   - directory: Where to put what comes.
  ///   - point: Where the peers meet.
  ///   - code: The code both peers share.
  ///   - codecs: The codecs to use.
  ///   - options: How to receive.
  ///   - monitor: Hears about the transfer.
  /// - Returns: The sessions, to be run side by side.
  /// - Throws: ``P2PCopyError`` when something is wrong that is known before anybody is met.
  package static func sessions(
    receivingInto directory: LocalPath, at point: RendezvousPoint, code: PairingCode, codecs: CodecRegistry,
    options: ReceiveOptions, monitor: TransferMonitor
  ) throws -> [Transfer.Session] {
    try options.check()
    let output = try OutputDirectory(path: directory)
    let claimedPaths = ClaimedPaths()
    let takenNames = TakenNames(options.conflictPolicy, in: output)
    let completesFiles = options.completesFiles || options.conflictPolicy == .overwrite
    let rendezvous = try point.rendezvous(
      codecs: codecs,
      settings: settings(as: .receiver, peerTimeout: options.peerTimeout, transportOptions: options.transport),
      monitor: monitor)
    return try SessionCodes.codes(for: code).map { code in
      let session = Protocol1ReceivingSession(
        rendezvous: SessionRendezvous(
          rendezvous: rendezvous, code: code, role: .receiver, encrypt: options.encrypt, codecs: codecs,
          monitor: monitor),
        outputPath: directory, takenNames: takenNames, completesFiles: completesFiles, claimedPaths: claimedPaths)
      return { try await session.run() }
    }
  }

  private static func settings(
    as role: PeerRole, peerTimeout: Duration, transportOptions: TransportOptions, rateLimit: Int64? = nil
  ) -> RendezvousSettings {
    RendezvousSettings(
      role: role, transferProtocol: .one, peerTypes: ControlMessage.types, peerTimeout: peerTimeout,
      transportOptions: transportOptions, rateLimit: rateLimit)
  }

  private static func checkManifest(of files: [SourceFile], _ options: SendOptions) throws(P2PCopyError) {
    let manifest = Protocol1SendingSession.manifest(of: files, resume: options.resume ?? false)
    let plainByteCount = manifest.encoded().utf8.count
    // Sealed, it travels as hexadecimal digits with a nonce and a tag.
    let byteCount = options.encrypt ? 2 * plainByteCount + 256 : plainByteCount
    guard byteCount <= Protocol1Suite.maximumMessageByteCount else {
      throw P2PCopyError(
        .usage,
        "\(files.count) files are too many for one manifest of protocol 1 (\(byteCount) bytes, 2 MiB at most);"
          + " send in several runs, or spread them with a code that begins n=4=n (or more)")
    }
  }
}
