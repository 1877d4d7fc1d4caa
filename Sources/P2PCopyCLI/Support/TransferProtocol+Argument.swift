public import ArgumentParser
public import P2PCopy

extension TransferProtocol: ExpressibleByArgument {}
