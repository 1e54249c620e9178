// The processes of Tiketi, their ports and addresses (spec §1).

/// One executable of the product.
public enum ServiceName: String, Sendable, CaseIterable {
    case gateway, ticket, payment, stats, auth, realtime
    case tossSimulator = "toss-simulator"

    /// The port when `PORT` says nothing (docs/specification.md §1).
    public var defaultPort: Int {
        switch self {
        case .gateway: 3001
        case .ticket: 3002
        case .payment: 3003
        case .stats: 3004
        case .auth: 3005
        case .realtime: 3006
        case .tossSimulator: 4010
        }
    }
}
