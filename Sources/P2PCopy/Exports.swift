// Who imports P2PCopy gets the types that its API is made of: registry, addresses, codes, errors; options, events, receipts.
@_exported public import P2PCopyCore
@_exported public import P2PCopyFiles
@_exported public import P2PCopyTransfer
