import P2PCopy
import P2PCopyRelay
import StandardCodecs

let codecs = CodecRegistry(plugins: StandardCodecs.plugins)

func send(_ paths: [String], relay: String, code: String) async throws {
  let sender = try Sender(relay: relay, code: code, codecs: codecs)
  try await sender.send(paths) { events in
    for await event in events { print(event) }
  }
}

func receive(into directory: String, relay: String, code: String) async throws {
  let receiver = try Receiver(relay: relay, code: code, codecs: codecs)
  let summary = try await receiver.receive(into: directory)
  print("\(summary.completeFileCount) files are in place")
}

func runRelay() async throws {
  let relay = try await RelayServer.start(configuration: RelayConfiguration(host: "localhost", port: 8765))
  await relay.waitUntilClosed()
}
