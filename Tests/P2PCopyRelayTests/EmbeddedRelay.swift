import Logging
import NIOCore
import NIOEmbedded
import P2PCopyRelay
import TestSupport

/// A relay without sockets and with a clock that the test moves: every read and write happens when the test says.
struct EmbeddedRelay {
  let loop = EmbeddedEventLoop()
  let switchboard: Switchboard

  init(limits: RelayLimits = RelayLimits()) {
    switchboard = Switchboard(eventLoop: loop, limits: limits, logger: .silent)
  }

  func connect(from address: String? = nil) throws -> EmbeddedPeer {
    let peer = EmbeddedPeer(channel: EmbeddedChannel(loop: loop))
    if let address { peer.channel.remoteAddress = try SocketAddress(ipAddress: address, port: 1) }
    try switchboard.adopt(peer.channel)
    try peer.channel.connect(to: SocketAddress(ipAddress: address ?? "192.0.2.1", port: 1), promise: nil)
    return peer
  }

  /// A sender that has got its ready, and its receiver.
  func connectPair(code: String = "c0de") throws -> (sender: EmbeddedPeer, receiver: EmbeddedPeer) {
    let (sender, receiver) = (try connect(), try connect())
    try receiver.send(ClientFrame.hello(code, "receiver"))
    try sender.send(ClientFrame.hello(code, "sender"))
    _ = try sender.frames()
    return (sender, receiver)
  }
}

final class EmbeddedPeer {
  let channel: EmbeddedChannel
  private var reader = FrameReader(fromClient: false)

  init(channel: EmbeddedChannel) {
    self.channel = channel
  }

  /// Lets the relay read these bytes in one read.
  func send(_ bytes: some Sequence<UInt8>) throws {
    try channel.writeInbound(ByteBuffer(bytes: bytes))
  }

  /// The frames the relay has written since the last call.
  func frames() throws -> [Frame] {
    var frames: [Frame] = []
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) { reader.append(buffer) }
    while let frame = try reader.next() { frames.append(frame) }
    return frames
  }

  /// Whether the relay has ended the TCP connection.
  var isClosed: Bool { !channel.isActive }

  var isInsideFrame: Bool { reader.isInsideFrame }

  /// The peer's TCP connection breaks.
  func vanish() {
    channel.close(promise: nil)
  }

  /// Lets the relay's writes pile up, or flow again.
  func setWritable(_ isWritable: Bool) {
    channel.isWritable = isWritable
    channel.pipeline.fireChannelWritabilityChanged()
  }
}

extension Logger {
  static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}
