// Who imports P2PCopy gets the types that its API is made of: registry, addresses, codes, errors.
@_exported public import P2PCopyCore
