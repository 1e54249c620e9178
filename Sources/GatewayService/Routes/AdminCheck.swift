// Who may use the admin pages: an administrator of now, in a session that is live; for what can't be undone, one who signed in lately.
import TiketiCore

/// The check of every admin page (`docs/specification.md` §3.1).
struct AdminCheck: Sendable {
    let sessions: SessionCheck
    /// How long ago the password may have been shown for role changes and cancelled events.
    let reauthentication: Duration
}
