import Crypto
import FoundationEssentials
package import P2PCopyCore
import P2PCopyFiles
import Synchronization

/// What a receiver makes of its output directory besides the payload: a bag (RFC 8493), with the manifest from the transfer's
/// own digests, so that nothing is read a second time.
///
/// The tag files appear when everything has arrived; without them the directory is no bag. Errors wait until
/// ``finish(isComplete:)``.
package final class BagWriter: Sendable {
  /// Where the payload is, below the bag.
  package static let payloadDirectory = "data"

  private struct State {
    let manifest: ReplacementFile
    let information: ReplacementFile
    let declaration: ReplacementFile
    let tagManifest: ReplacementFile
    var fileCount = 0
    var byteCount = SaturatingCount<Int64>()
    var failure: P2PCopyError?
  }

  private let directory: LocalPath
  private let bag: BagInformation
  private let state: Mutex<State>

  /// Makes the tag files under temporary names.
  ///
  /// - Parameters:
  ///   - directory: The bag; it exists.
  ///   - information: What `bag-info.txt` is to have.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` or ``P2PCopyError/Code/destinationUnwritable``.
  package init(directory: LocalPath, information: BagInformation) throws(P2PCopyError) {
    func file(_ name: String) throws(P2PCopyError) -> ReplacementFile {
      let file = try ReplacementFile(path: LocalPath(directory.bytes + "/\(name)".utf8), mode: 0o666)
      file.beginHashing(with: SHA256())
      return file
    }
    self.directory = directory
    bag = information
    state = Mutex(
      State(
        manifest: try file("manifest-sha256.txt"), information: try file("bag-info.txt"),
        declaration: try file("bagit.txt"), tagManifest: try file("tagmanifest-sha256.txt")))
  }

  /// Adds an entry that is in place.
  package func append(_ entry: DeliveredEntry) {
    state.withLock { state in
      guard state.failure == nil else { return }
      let path = EntryPath(entry.placedPath ?? entry.path)
      switch entry.kind {
      case .directory: return
      case .symbolicLink:
        state.failure = P2PCopyError(
          .incomplete,
          "'\(path)' is a symbolic link, which a bag cannot have: everything is in place, but it is no bag",
          remedy: .changeLinkPolicy)
      case .file:
        guard let name = String(validating: path.bytes, as: UTF8.self) else {
          state.failure = P2PCopyError(
            .incomplete,
            "the name '\(path)' is no UTF-8, which a bag cannot have: everything is in place, but it is no bag")
          return
        }
        state.fileCount += 1
        state.byteCount += entry.byteCount
        state.manifest.write("\(Hex.encode(entry.digest))  \(BagPath.encode("\(Self.payloadDirectory)/\(name)"))\n")
      }
    }
  }

  /// Gives the tag files their names, those first that the last ones vouch for.
  ///
  /// - Parameter isComplete: Whether everything arrived; otherwise there are none.
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/incomplete`` when something lies in the payload that did not
  ///   come now, or cannot be in a bag; ``P2PCopyError/Code/destinationUnwritable``.
  package func finish(isComplete: Bool) throws(P2PCopyError) {
    guard isComplete else { return }
    let (fileCount, failure) = state.withLock { ($0.fileCount, $0.failure) }
    if let failure { throw failure }
    try checkPayload(fileCount: fileCount)
    try state.withLock { (state) throws(P2PCopyError) in
      state.declaration.write("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
      let all = [
        ("Bagging-Date", String(Date.now.ISO8601Format().prefix(10))),
        ("Bag-Software-Agent", bag.softwareAgent),
        ("Payload-Oxum", "\(state.byteCount.value).\(state.fileCount)"),
      ]
      for (label, value) in bag.elements.map({ ($0.label, $0.value) }) + all {
        state.information.write("\(label): \(value)\n")
      }
      for file in [state.declaration, state.information, state.manifest] {
        state.tagManifest.write("\(Hex.encode(file.digest()))  \(file.fileName)\n")
      }
      for file in [state.manifest, state.information, state.declaration, state.tagManifest] { try file.finish() }
    }
  }

  /// What lay in the payload before is in no manifest.
  private func checkPayload(fileCount: Int) throws(P2PCopyError) {
    let payload = LocalPath(directory.bytes + "/\(Self.payloadDirectory)/.".utf8)
    var found = 0
    let walk = try SourceWalk([payload], rules: FilterRules(), links: .keep)
    while let element = walk.next() {
      switch element {
      case .entry(let entry):
        if case .directory = entry.kind { continue }
        found += 1
      case .notice, .failure: found += 1
      }
    }
    guard found > fileCount else { return }
    throw P2PCopyError(
      .incomplete,
      "\(found - fileCount) things lie in '\(directory)/\(Self.payloadDirectory)' that this transfer did not bring:"
        + " everything is in place, but it is no bag; receive into an empty directory")
  }
}
