/// What a test waited for did not come.
struct NeverHappened: Error, CustomStringConvertible {
  let description: String
}
