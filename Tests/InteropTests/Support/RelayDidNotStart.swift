/// A relay that never listened.
struct RelayDidNotStart: Error, CustomStringConvertible {
  let description: String
}
