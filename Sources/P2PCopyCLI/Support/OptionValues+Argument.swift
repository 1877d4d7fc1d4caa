public import ArgumentParser
public import Logging
public import P2PCopy

extension CompressionMode: ExpressibleByArgument {}
extension ConflictPolicy: ExpressibleByArgument {}
extension LinkPolicy: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
extension TransferProtocol: ExpressibleByArgument {}
