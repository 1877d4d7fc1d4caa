import P2PCopyCore
import Synchronization
import TestSupport
import Testing
import WebSocketFraming

/// Somebody between two peers of protocol 1 who changes, drops, repeats and swaps what they say.
@Suite(.serialized) struct TamperTests {
  /// What is done to the data messages of a session.
  enum Fault: String, CaseIterable, Sendable {
    case flipPayload, flipChain, flipSequence, drop, repeatOnce, swap, truncate, cutHeader, empty, cutConnection

    /// What to pass on in place of data message `number`; `held` keeps one back.
    func apply(_ frame: Frame, _ number: Int, _ held: inout Frame?) -> [Frame]? {
      var changed = frame
      switch (self, number) {
      case (.flipPayload, 2): changed.payload[frame.payload.count - 1] ^= 1
      case (.flipChain, 2): changed.payload[20] ^= 0x80
      case (.flipSequence, 2): changed.payload[7] ^= 1
      case (.drop, 2): return []
      case (.repeatOnce, 2): return [frame, frame]
      case (.swap, 2):
        held = frame
        return []
      case (.swap, 3): return [frame] + [held].compactMap { $0 }
      case (.truncate, 2): changed.payload.removeLast(100)
      case (.cutHeader, 2): changed.payload = Array(frame.payload.prefix(39))
      case (.empty, 2): changed.payload = []
      case (.cutConnection, 2): return nil
      default: break
      }
      return [changed]
    }

    /// The receiver's exit status.
    func status(encrypted: Bool) -> Int32 {
      switch self {
      case .cutConnection: 6
      case .cutHeader, .empty: 7
      // In front of the seal, and checked behind it.
      case .flipChain, .flipSequence: 9
      default: encrypted ? 8 : 9
      }
    }
  }

  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try workspace.file("src/first", TestContent.random(5 << 20))
    try workspace.file("src/second", TestContent.random(100))
  }

  @Test("Nothing changed gets a name", arguments: Fault.allCases, [false, true])
  func nothingChangedGetsAName(fault: Fault, encrypted: Bool) async throws {
    let relay = try await workspace.relay()
    let state = Mutex<(number: Int, held: Frame?)>((0, nil))
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      guard isFromPeer, frame.opcode == .binary else { return [frame] }
      return state.withLock { state in
        defer { state.number += 1 }
        return fault.apply(frame, state.number, &state.held)
      }
    }
    let options = (encrypted ? Dialect.encryptedProtocol1 : .plainProtocol1).options
    let pair = try await workspace.transfer(
      ["src"], relay: relay, senderURL: proxy.url, sending: options, receiving: options)
    #expect(pair.received.status == fault.status(encrypted: encrypted), "\(pair)")
    #expect(pair.sent.status == (fault == .cutConnection ? 6 : 17), "\(pair)")
    let arrived = try Content.tree(workspace["out"]).filter { !$0.key.hasSuffix("/") && !$0.key.hasSuffix("-partial") }
    #expect(arrived.isEmpty, "\(arrived.keys)")
    // Two whole chunks were good.
    #expect((Content.size(Content.partial("first", in: workspace["out/src"])) ?? 0) >= 2 << 20)
  }

  /// A control message that is changed, lost or repeated.
  @Test(
    "A lost or repeated control message is noticed", arguments: ["manifest", "file", "file_eof", "eof"], [false, true])
  func aLostOrRepeatedControlMessageIsNoticed(type: String, isLost: Bool) async throws {
    let relay = try await workspace.relay()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      guard isFromPeer, frame.opcode == .text,
        String(decoding: frame.payload, as: UTF8.self).contains("\"type\":\"\(type)\"")
      else { return [frame] }
      return isLost ? [] : [frame, frame]
    }
    let pair = try await workspace.transfer(
      ["src"], relay: relay, senderURL: proxy.url, sending: ["--protocol", "1"], receiving: ["--protocol", "1"])
    if type == "eof" {
      // Without it the end cannot be told from a loss; twice it says nothing new.
      #expect(pair.received.status == (isLost ? 6 : 0), "\(pair)")
    } else {
      #expect(pair.received.status == 7, "\(pair)")
      #expect(pair.sent.status == 17, "\(pair)")
    }
    for name in ["first", "second"] where Content.size(workspace["out/src/\(name)"]) != nil {
      #expect(Content.isSame(workspace["out/src/\(name)"], workspace["src/\(name)"]))
    }
  }

  @Test("A sealed control message that is changed is refused")
  func aSealedControlMessageThatIsChangedIsRefused()
    async throws
  {
    let relay = try await workspace.relay()
    let proxy = try workspace.proxy(to: relay) { frame, isFromPeer in
      var text = String(decoding: frame.payload, as: UTF8.self)
      guard isFromPeer, frame.opcode == .text, text.contains("hidden_file") else { return [frame] }
      let digit = text.index(text.endIndex, offsetBy: -10)
      text.replaceSubrange(digit...digit, with: text[digit] == "0" ? "1" : "0")
      return [Frame(opcode: .text, payload: Array(text.utf8))]
    }
    let pair = try await workspace.transfer(
      ["src"], relay: relay, senderURL: proxy.url, sending: ["--protocol", "1", "--encrypt"],
      receiving: ["--protocol", "1", "--encrypt"])
    #expect(pair.received.status == 8 && pair.sent.status == 17, "\(pair)")
  }
}
