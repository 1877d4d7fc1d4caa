import Foundation
import P2PCopy
import P2PCopyCore
import TestSupport
import Testing

/// Files are read to their end, whatever their size says: what the kernel makes up says 0, or a page.
@Suite("Sources whose size says nothing")
struct UnreliableSizeTests {
  /// Says 0, small; in packs.
  private static let small = ["/proc/version", "/proc/filesystems", "/proc/sys/kernel/ostype"]
  /// Says 0, and is more than goes into a pack with others.
  private static let large = "/proc/kallsyms"
  /// Says 4096, and is less.
  private static let short = ["/sys/devices/system/cpu/online", "/sys/devices/system/cpu/possible"]

  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  private func size(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  private func check(_ paths: [String], _ transferProtocol: TransferProtocol) async throws {
    let summaries = try await InMemoryTransfer(transferProtocol).succeed(paths, into: folder.path("out"))
    #expect(summaries.received.completeFileCount == paths.count)
    for path in paths {
      let expected = FileManager.default.contents(atPath: path).map { Array($0) }
      // A truth value, since an expectation that fails prints its operands.
      let isSame = folder.read("out/" + (path as NSString).lastPathComponent) == expected
      #expect(isSame && expected?.isEmpty == false, "\(path)")
    }
  }

  @Test("Files that say 0 arrive whole", arguments: TransferProtocol.allCases)
  func empty(transferProtocol: TransferProtocol) async throws {
    for path in Self.small { #expect(size(path) == 0, "\(path)") }
    try await check(Self.small, transferProtocol)
  }

  @Test(
    "A large one, too",
    .enabled(if: (FileManager.default.contents(atPath: large)?.count ?? 0) > 2 << 20, "this kernel shows no symbols"),
    arguments: TransferProtocol.allCases)
  func manyChunks(transferProtocol: TransferProtocol) async throws {
    try await check([Self.large] + Self.small, transferProtocol)
  }

  @Test(
    "Files that are shorter than they say are sent as they are",
    .enabled(if: FileManager.default.fileExists(atPath: short[0]), "there is no sysfs here"),
    arguments: TransferProtocol.allCases)
  func shorter(transferProtocol: TransferProtocol) async throws {
    for path in Self.short { #expect(size(path) == 4096, "\(path)") }
    try await check(Self.short, transferProtocol)
  }

  @Test("An empty file at the receiver is not what a file is that only says it is empty")
  func compared() async throws {
    try folder.write([], to: "out/version")
    let results = try await InMemoryTransfer().run(["/proc/version"], into: folder.path("out"))
    #expect(results.received.errorCode == .destinationExists, "\(results)")
    var transfer = InMemoryTransfer()
    transfer.receiveOptions.conflictPolicy = .overwrite
    try await transfer.succeed(["/proc/version"], into: folder.path("out"))
    #expect(folder.read("out/version")?.isEmpty == false)
  }

  @Test("Empty files stay empty, a shrinking one of a disk is named", arguments: TransferProtocol.allCases)
  func ordinary(transferProtocol: TransferProtocol) async throws {
    for index in 0..<100 { try folder.write([], to: "source/\(index)") }
    try await InMemoryTransfer(transferProtocol).succeed([folder.path("source")], into: folder.path("out"))
    #expect(try folder.tree("out/source").count == 100)
    #expect(try folder.tree("out/source").values.allSatisfy(\.isEmpty))
  }
}
