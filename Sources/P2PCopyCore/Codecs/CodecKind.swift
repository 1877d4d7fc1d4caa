/// The kinds of codec a registry holds.
public enum CodecKind: String, CaseIterable, Sendable {
  case transport
  case cipher
  case compressor
  case digest
  case keyDeriver = "key-deriver"
  case keyExchange = "key-exchange"
}
