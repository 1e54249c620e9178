// Whether an account is an administrator's now, from the view that auth publishes.
import TiketiNet
import TiketiStore

/// `public.users`.
struct AdminStore: Sendable {
    let pool: PostgresPool

    /// The account's role; nil when there is no such account.
    func role(of id: UUID) async throws -> String? {
        try await pool.read("SELECT role FROM public.users WHERE id = $1", [.uuid(id)]).first?.string("role")
    }
}
