public import ArgumentParser
public import P2PCopy

extension LinkPolicy: ExpressibleByArgument {}
