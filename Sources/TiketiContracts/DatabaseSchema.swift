// The schemas of the product's database: who owns which, and in what order their migrations run.

/// One service's part of the database. The raw value is the folder of its migrations (docs/migrations.md).
public enum DatabaseSchema: String, CaseIterable, Sendable {
    // In the order in which migrations are applied: later ones may use what earlier ones made.
    case `public`, auth, ticket, payment, stats

    /// The schema's name.
    public var schema: String { self == .public ? rawValue : rawValue + "_schema" }

    /// The service that owns it.
    public var service: String { self == .public ? "gateway" : rawValue }

    /// The login role of that service.
    public var role: String { "tiketi_" + service }
}
