/// A codec, or several, that can be added to a registry by naming a type.
public protocol CodecPlugin {
  /// Registers what the plugin brings, in order of preference.
  static func register(in registry: inout CodecRegistry)
}
