import Foundation
import P2PCopy
import P2PCopyCore
import P2PCopyPlatform
import P2PCopyTesting
import Synchronization
import TestSupport
import Testing

/// What has been listed is what is sent, whatever somebody with rights in the directory puts in its place meanwhile.
@Suite("Sources that are swapped between listing and opening")
struct SwappedSourceTests {
  /// What is swapped for a link to something that the sender may read and whoever swaps may not.
  enum Swap: String, CaseIterable {
    case smallFile, largeFile, parent, parentsParent, argument, fileArgument, comparedFile
  }

  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    for place in ["source/a/b", "outside"] {
      try folder.write([UInt8](repeating: 1, count: 10), to: place + "/small")
      try folder.write([UInt8](repeating: 1, count: 600_000), to: place + "/large")
    }
    // What must not be sent looks like what is to be, and is not.
    try folder.write([UInt8](repeating: 9, count: 10), to: "outside/small")
    try folder.write([UInt8](repeating: 9, count: 600_000), to: "outside/large")
    try folder.makeDirectory("outside/b")
    try folder.makeDirectory("outside/a/b")
    for place in ["outside/b", "outside/a/b"] {
      for name in ["small", "large"] {
        try FileManager.default.copyItem(
          atPath: folder.path("outside/" + name), toPath: folder.path(place + "/" + name))
      }
    }
  }

  /// Puts a link in the place of something, once.
  private static func swap(_ path: String, for target: String) {
    guard rename(path, path + ".was") == 0, symlink(target, path) == 0 else {
      Issue.record("cannot swap \(path)")
      return
    }
  }

  @Test("Nothing of what a link leads to is sent", arguments: Swap.allCases, TransferProtocol.allCases)
  func swapped(swap: Swap, transferProtocol: TransferProtocol) async throws {
    // Protocol 1 compares a file with what is there only after opening it, as it does before sending.
    let place: (name: String, target: String) =
      switch swap {
      case .smallFile, .fileArgument, .comparedFile: ("source/a/b/small", folder.path("outside/small"))
      case .largeFile: ("source/a/b/large", folder.path("outside/large"))
      case .parent: ("source/a/b", folder.path("outside/b"))
      case .parentsParent: ("source/a", folder.path("outside/a"))
      case .argument: ("source", folder.path("outside"))
      }
    let (swapped, target) = (folder.path(place.name), place.target)
    let transfer = Self.transfer(transferProtocol) { Self.swap(swapped, for: target) }
    if swap == .comparedFile {
      try folder.write([UInt8](repeating: 9, count: 10), to: "out/source/a/b/small")
    }
    let argument = swap == .fileArgument ? "source/a/b/small" : "source"
    let results = try await transfer.run([folder.path(argument)], into: folder.path("out"))
    #expect(results.sent.errorCode == .sourceUnreadable, "\(results)")
    for (name, content) in try folder.tree("out") where !(swap == .comparedFile && name.hasSuffix("small")) {
      #expect(!content.contains(9), "\(name)")
    }
    guard case .failure(let error as P2PCopyError) = results.sent else { return }
    #expect(error.message.contains("since it was found"), "\(error.message)")
  }

  @Test("A file that another one has taken the place of is named, not sent", arguments: TransferProtocol.allCases)
  func replaced(transferProtocol: TransferProtocol) async throws {
    let (file, other) = (folder.path("source/a/b/small"), folder.path("outside/small"))
    let transfer = Self.transfer(transferProtocol) { rename(other, file) }
    let results = try await transfer.run([folder.path("source")], into: folder.path("out"))
    #expect(results.sent.errorCode == .sourceUnreadable, "\(results)")
    #expect(folder.read("out/source/a/b/small") == nil)
    #expect(folder.read("out/source/a/b/large")?.count == 600_000)
  }

  @Test("Links that are to be followed are")
  func followed() async throws {
    #expect(symlink("a", folder.path("source/to-a")) == 0)
    #expect(symlink("a/b/large", folder.path("source/to-large")) == 0)
    var transfer = InMemoryTransfer()
    transfer.sendOptions.links = .follow
    try await transfer.succeed([folder.path("source")], into: folder.path("out"))
    #expect(folder.read("out/source/to-a/b/small")?.count == 10)
    #expect(folder.read("out/source/to-large")?.count == 600_000)
  }

  @Test("A walk is not led out either, however fast somebody swaps a directory for a link")
  func walk() throws {
    let (directory, outside) = (folder.path("source/a"), folder.path("outside/a"))
    try folder.write([9], to: "outside/a/secret")
    let isOver = Mutex(false)
    let thread = Thread {
      while !isOver.withLock({ $0 }) {
        rename(directory, directory + ".was")
        symlink(outside, directory)
        unlink(directory)
        rename(directory + ".was", directory)
      }
    }
    thread.start()
    for _ in 0..<2000 {
      let walked = try Walked([folder.path("source")])
      #expect(!walked.names.contains { $0.contains("secret") })
      let listed = try Walked([folder.path("source")], list: ["a/secret", "a/b/small"])
      #expect(!listed.names.contains { $0.contains("secret") })
    }
    isOver.withLock { $0 = true }
    while !thread.isFinished { usleep(1000) }
  }

  @Test("Opening without following links, by the system and a component at a time", arguments: [true, false])
  func withoutLinks(inOneCall: Bool) throws {
    #expect(symlink("a", folder.path("source/link")) == 0)
    #expect(symlink("small", folder.path("source/a/b/link")) == 0)
    let root = open(folder.path("source"), O_RDONLY | O_DIRECTORY)
    defer { close(root) }
    func error(_ path: String) -> Int32? {
      do throws(SystemError) {
        _ = try FileDescriptor(
          openingWithoutLinks: Array(path.utf8), below: root, flags: O_RDONLY, inOneCall: inOneCall)
        return nil
      } catch {
        return error.number
      }
    }
    for path in ["a", "a/b", "a/b/small"] { #expect(error(path) == nil, "\(path)") }
    for path in ["link", "link/b", "link/b/small", "a/b/link"] { #expect(error(path) == ELOOP, "\(path)") }
    #expect(error("a/missing") == ENOENT && error("a/missing/x") == ENOENT && error("a/b/small/x") == ENOTDIR)
  }

  /// A transfer in which something happens between listing and opening: when the receiver's answer comes, in protocol 1
  /// when the manifest is sent.
  private static func transfer(
    _ transferProtocol: TransferProtocol, _ happening: @escaping @Sendable () -> Void
  ) -> InMemoryTransfer {
    let answers = Mutex(0)
    return InMemoryTransfer(transferProtocol) { message, direction in
      switch (message, direction) {
      case (.binary, .receiverToSender):
        // The first is the answer to the offer.
        let count = answers.withLock { count in
          count += 1
          return count
        }
        if transferProtocol == .two, count == 2 { happening() }
      case (.text(let text), .senderToReceiver):
        if transferProtocol == .one, text.contains("\"manifest\"") { happening() }
      default: break
      }
      return [message]
    }
  }
}
