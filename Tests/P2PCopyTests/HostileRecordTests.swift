import AESGCM
import Foundation
import NIOCore
import P2PCopy
import P2PCopyTesting
import P2PCopyWire
import SPAKE2
import TestSupport
import Testing
import Zstd

/// A sender that knows the code and whose every record is the test's.
@Suite("Hostile sender of protocol 2")
struct HostileRecordTests {
  let rig: HostileSenderRig
  private var folder: TemporaryDirectory { rig.folder }

  init() throws {
    rig = try HostileSenderRig()
  }

  @Test(
    "A name that leads out is refused by name; the others arrive",
    arguments: [
      "../escaped", "/tmp/p2p-copy-escaped", "a/../../escaped", "a//b", "./a", "", "a/", ".x.p2p-copy-partial", "a\0b",
      "..", ".", "/",
    ])
  func names(name: String) async throws {
    let outcome = try await rig.receive { peer in
      try await peer.send(page: [
        rig.entry(name), PageEntry(path: Array(name.utf8), kind: .directory, metadata: nil),
        rig.link(name, to: "good"), rig.entry("good"),
      ])
      let answer = try await peer.receiveAnswer()
      #expect(answer.dispositions.map(\.position) == [0, 1, 2])
      for (_, disposition) in answer.dispositions {
        guard case .refused(.unsafePath, _) = disposition else {
          Issue.record("\(name): \(disposition)")
          continue
        }
      }
      try await peer.send(pack: [(3, [71])])
      try await peer.finishPages(delivering: [.file("good", [71])])
    }
    #expect(outcome.received.errorCode == .unsafePath)
    #expect(try folder.tree("out") == ["good": [71]])
    let made = try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).sorted()
    #expect(made == [".p2p-copy-journal", "good"])
  }

  @Test("Data for a name that was refused ends the session", arguments: ["../escaped", "/tmp/p2p-copy-escaped", ""])
  func dataForRefused(name: String) async throws {
    for isPack in [true, false] {
      let outcome = try await rig.receive { peer in
        try await peer.send(page: [rig.entry(name)])
        _ = try await peer.receive()
        if isPack { try await peer.send(pack: [(0, [66])]) } else { try await peer.send(chunk: [66], of: 0, at: 0) }
      }
      #expect(outcome.received.errorCode == .protocolViolation)
      #expect(outcome.said == .protocolViolation)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).isEmpty)
    }
  }

  @Test(
    "A link that leads out is refused",
    arguments: [("a", "/etc"), ("a", ".."), ("a", "../outside"), ("d/a", "../.."), ("a", "b/../.."), ("a", "")])
  func links(link: (String, String)) async throws {
    let outcome = try await rig.receive { peer in
      try await peer.send(page: [rig.link(link.0, to: link.1)])
      let answer = try await peer.receiveAnswer()
      guard case .refused(.unsafePath, _)? = answer.dispositions.first?.disposition else {
        Issue.record("\(link): \(answer.dispositions)")
        return
      }
      try await peer.finishPages(delivering: [])
    }
    #expect(outcome.received.errorCode == .unsafePath)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).filter { $0 != "d" }.isEmpty)
  }

  @Test("Whoever does not wait for the answer cannot have made what would be refused", arguments: 0...4, [true, false])
  func beforeTheAnswer(kind: Int, sendsData: Bool) async throws {
    // The first entries keep the receiver busy: many directories are made before anything is said.
    let busy = (0..<200).map { number in
      let path = "busy/" + (0..<60).map { "\(number)-\($0)" }.joined(separator: "/")
      return PageEntry(path: Array(path.utf8), kind: .directory, metadata: nil)
    }
    let refused = [
      rig.link("a", to: "/etc"), rig.link("a", to: ".."), rig.entry(".b.p2p-copy-partial"),
      PageEntry(path: Array(".c.p2p-copy-partial".utf8), kind: .directory, metadata: nil), rig.entry("d"),
    ][kind]
    let outcome = try await rig.receive { peer in
      try await peer.send(page: busy + [refused])
      if sendsData { try await peer.send(pack: [(UInt64(busy.count), [66])]) }
      try await peer.sendPageEnd(0)
    }
    #expect(outcome.received.errorCode == .protocolViolation)
    #expect(outcome.said == .protocolViolation)
    // Nothing would refuse the last one: it may be there, if it was decided about before its data were looked at.
    let made = try FileManager.default.contentsOfDirectory(atPath: folder.path("out"))
    #expect(made.allSatisfy { $0 == ".p2p-copy-journal" || $0 == "busy" || kind == 4 && $0 == "d" }, "\(made)")
  }

  @Test("A name that comes twice: the second meets the first, and the policy decides")
  func nameTwice() async throws {
    let outcome = try await rig.receive { peer in
      try await peer.send(page: [rig.entry("x"), rig.entry("x")])
      _ = try await peer.receiveAnswer()
      try await peer.send(pack: [(0, [1]), (1, [2])])
      try await peer.sendPageEnd(0)
      #expect(try await peer.receivePageReceipt().failures.map(\.index) == [1])
      try await peer.sendEnd([.file("x", [1])])
    }
    #expect(outcome.received.errorCode == .destinationExists)
    #expect(try folder.tree("out") == ["x": [1]])
  }

  @Test("Nothing is written through a link that the same transfer brought")
  func throughLink() async throws {
    for isNextPage in [true, false] {
      let outcome = try await rig.receive { peer in
        // To a directory inside, which is allowed; a file below the link is not.
        let link = rig.link("a", to: "real")
        let directory = PageEntry(path: Array("real".utf8), kind: .directory, metadata: nil)
        if isNextPage {
          try await peer.send(page: [directory, link])
          _ = try await peer.receiveAnswer()
          try await peer.sendPageEnd(0)
          _ = try await peer.receive()
          try await peer.send(page: [rig.entry("a/b")], first: 2)
          _ = try await peer.receiveAnswer()
          try await peer.send(pack: [(2, [66])])
          try await peer.sendPageEnd(2)
        } else {
          try await peer.send(page: [directory, link, rig.entry("a/b")])
          _ = try await peer.receiveAnswer()
          try await peer.send(pack: [(2, [66])])
          try await peer.sendPageEnd(0)
        }
        _ = try await peer.receive()
        peer.connection.abort()
      }
      #expect(outcome.received.errorCode != nil)
      #expect(try folder.tree("out/real").isEmpty)
      try FileManager.default.removeItem(atPath: folder.path("out"))
      try folder.makeDirectory("out")
    }
  }

  @Test("Nothing is written through a link that lies in the output directory")
  func plantedLink() async throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/dir"), withDestinationPath: folder.path("outside"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/file"), withDestinationPath: folder.path("victim"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/.large.p2p-copy-partial"), withDestinationPath: folder.path("victim"))
    var transfer = QuickTransfer()
    transfer.receiveOptions.conflictPolicy = .overwrite
    let outcome = try await rig.receive(transfer) { peer in
      try await peer.send(page: [rig.entry("dir/x"), rig.entry("file"), rig.entry("large", size: 3)])
      let answer = try await peer.receiveAnswer()
      // Whatever it says about the first, nothing is told of what the links lead to.
      #expect(!answer.dispositions.contains { $0.position > 0 })
      try await peer.send(pack: [(1, [66])])
      try await peer.send(chunk: [66, 67, 68], of: 2, at: 0)
      try await peer.sendFileEnd(2, [66, 67, 68])
      try await peer.send(pack: [(0, [65])])
      try await peer.sendPageEnd(0)
      _ = try await peer.receive()
      peer.connection.abort()
    }
    #expect(outcome.received.errorCode != nil)
    // The link itself makes room for a directory.
    #expect(folder.read("out/dir/x") == [65])
    #expect(folder.read("out/file") == [66])
    #expect(folder.read("out/large") == [66, 67, 68])
  }

  @Test("A file whose digest is wrong gets no final name, and nothing of it is continued")
  func wrongDigest() async throws {
    let outcome = try await rig.receive { peer in
      try await peer.send(page: [rig.entry("x", size: 3), rig.entry("y", size: 3), rig.entry("good")])
      _ = try await peer.receiveAnswer()
      try await peer.send(chunk: [1, 2, 3], of: 0, at: 0)
      try await peer.sendFileEnd(0, [1, 2, 4])
      try await peer.send(packBody: TestPack.body([(1, [1, 2, 3])], digestOf: [1, 2, 4]))
      try await peer.send(pack: [(2, [7])])
      try await peer.sendPageEnd(0)
      // They may come once more, also after the page's end, and are the same again.
      for index in 0...1 as ClosedRange<UInt64> {
        let list = try await peer.receiveChunkDigests()
        #expect(list.reason == .isDamaged && list.index == index && list.firstChunk == 0 && list.count == 1)
        try await peer.send(chunk: [1, 2, 3], of: index, at: 0)
        try await peer.sendFileEnd(index, [1, 2, 4])
      }
      let receipt = try await peer.receivePageReceipt()
      #expect(receipt.failures.map(\.index) == [0, 1])
      #expect(receipt.failures.allSatisfy { $0.code == .checksumMismatch })
      try await peer.sendEnd([.file("good", [7])])
    }
    #expect(outcome.received.errorCode == .checksumMismatch)
    #expect(try folder.tree("out") == ["good": [7]])
  }

  @Test("A file that never comes is missed; one that is shorter or longer than its end says is refused")
  func missing() async throws {
    let outcome = try await rig.receive { peer in
      try await peer.send(page: [rig.entry("x"), rig.entry("good")])
      _ = try await peer.receiveAnswer()
      try await peer.send(pack: [(1, [7])])
      try await peer.sendPageEnd(0)
      #expect(try await peer.receivePageReceipt().failures.map(\.code) == [.incomplete])
      try await peer.sendEnd([.file("good", [7])])
    }
    #expect(outcome.received.errorCode == .incomplete)
    #expect(try folder.tree("out") == ["good": [7]])
    for size in [Int64(2), 4] {
      let outcome = try await rig.receive { peer in
        try await peer.send(page: [rig.entry("x", size: 3)])
        _ = try await peer.receiveAnswer()
        try await peer.send(chunk: [1, 2, 3], of: 0, at: 0)
        try await peer.sendFileEnd(0, [1, 2, 3], byteCount: size)
      }
      #expect(outcome.received.errorCode == .protocolViolation)
      #expect(folder.read("out/x") == nil)
    }
  }

  // MARK: Equal names

  @Test(
    "What this transfer placed is never replaced, nor left out as if it had been there",
    arguments: [ConflictPolicy.overwrite, .skip], [false, true])
  func equalNames(policy: ConflictPolicy, isThere: Bool) async throws {
    guard policy == .overwrite || !isThere else { return }
    if isThere { try folder.write([9, 9], to: "out/x") }
    var transfer = QuickTransfer()
    transfer.receiveOptions.conflictPolicy = policy
    let outcome = try await rig.receive(transfer) { peer in
      try await peer.send(page: [rig.entry("x"), rig.entry("x"), rig.link("x", to: "y")])
      _ = try await peer.receiveAnswer()
      try await peer.send(pack: [(0, [1]), (1, [2])])
      try await peer.sendPageEnd(0)
      #expect(try await peer.receivePageReceipt().failures.map(\.code) == [.destinationExists, .destinationExists])
      // Planned now that the first one is in place.
      try await peer.send(
        page: [
          rig.entry("x", size: 3), rig.link("x", to: "y"),
          PageEntry(path: Array("x".utf8), kind: .directory, metadata: nil), rig.entry("x/below"),
        ], first: 3)
      let answer = try await peer.receiveAnswer()
      #expect(answer.dispositions.map(\.position) == [0, 1, 2, 3])
      for (_, disposition) in answer.dispositions {
        guard case .refused(.destinationExists, _) = disposition else {
          Issue.record("\(disposition)")
          continue
        }
      }
      try await peer.sendPageEnd(3)
      _ = try await peer.receivePageReceipt()
      try await peer.sendEnd([.file("x", [1])])
    }
    #expect(outcome.received.errorCode == .destinationExists)
    #expect(try folder.tree("out") == ["x": [1]])
  }

  @Test("A thousand equal names each get a number")
  func thousandEqualNames() async throws {
    try folder.write([9], to: "out/x")
    var transfer = QuickTransfer()
    transfer.receiveOptions.conflictPolicy = .rename
    let contents = (0..<1000).map { [UInt8($0 / 256), UInt8($0 % 256)] }
    let outcome = try await rig.receive(transfer) { peer in
      try await peer.send(page: contents.map { _ in rig.entry("x", size: 2) })
      _ = try await peer.receiveAnswer()
      try await peer.send(pack: contents.enumerated().map { (UInt64($0.offset), $0.element) })
      try await peer.finishPages(delivering: contents.map { .file("x", $0) })
    }
    #expect(try outcome.received.get().renamedCount == 1000)
    var expected: [String: [UInt8]] = ["x": [9]]
    for (index, content) in contents.enumerated() { expected["x (\(index + 1))"] = content }
    #expect(try folder.tree("out") == expected)
  }

  @Test("A partial file of a long name is cut between characters")
  func longPartialName() async throws {
    let name = "x" + String(repeating: "é", count: 127)
    _ = try await rig.receive { peer in
      try await peer.send(page: [rig.entry(name, size: 3)])
      _ = try await peer.receiveAnswer()
      try await peer.send(chunk: [1], of: 0, at: 0)
      // An abort takes back what is on its way.
      for _ in 0..<1000 where try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).isEmpty {
        try await Task.sleep(for: .milliseconds(10))
      }
      peer.connection.abort()
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("out"))
    #expect(names.count == 1)
    let partial = try #require(names.first)
    #expect(partial.hasPrefix(".x" + String(repeating: "é", count: 109) + "-"), "\(partial)")
    #expect(partial.hasSuffix(".p2p-copy-partial"))
  }
}
