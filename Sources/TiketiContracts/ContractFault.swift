// Why the body of an internal call was not understood.

/// A member that is missing or of the wrong kind: the caller and the service that answers do not speak the same version.
public struct ContractFault: Error, Sendable, Equatable {
    /// The member's name.
    public let field: String
    /// What is wrong, for the answer's `details`: it names the rule, never the value.
    public let message: String

    init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}
