// How a service says what it can be told by its environment: one struct of plain values, read in one initialiser.

/// The settings of one service beyond ``CommonConfig``; every variable stands in docs/configuration.md with its type and default.
///
/// An initialiser reads each variable once, with its default and its range. What can't be used is noted in the reader, which refuses the
/// start after everything was read; the values made of it are never used.
public protocol ServiceConfig: Sendable {
    /// Reads every setting; problems stay in `environment`.
    init(_ environment: inout EnvironmentReader)
}

extension ServiceConfig {
    /// What holds in an empty environment: the defaults.
    public init() {
        var nothing = EnvironmentReader([:])
        self.init(&nothing)
    }
}
