extension String {
  /// The path without its last component.
  var parentPath: String {
    String(self[..<(lastIndex(of: "/") ?? startIndex)])
  }
}
