/// Something the tests rely on did not work.
struct ToolFailure: Error, CustomStringConvertible {
  let description: String
}
