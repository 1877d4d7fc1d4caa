import Testing

/// Our tool and the Python tool p2p-copy 0.1.2 on the same wire, in every role.
@Suite("With p2p-copy 0.1.2 (Python)", SurroundingsTrait()) struct PythonInterop {}
