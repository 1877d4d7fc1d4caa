/// Which of the relays.
struct RelayChoice: Hashable, Sendable {
  let tool: Tool
  let scheme: Scheme
}
