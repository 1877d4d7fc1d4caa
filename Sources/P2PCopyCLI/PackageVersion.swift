/// The version of this package, as `--version` shows it.
enum PackageVersion {
  static let text = "0.2.0"
}
