// Whoever imports this module has the platform's C library: nothing else imports it by name, so that another platform is
// added here.
#if canImport(Glibc)
  @_exported public import Glibc
#elseif canImport(Musl)
  @_exported public import Musl
#elseif canImport(Darwin)
  @_exported public import Darwin
#endif
