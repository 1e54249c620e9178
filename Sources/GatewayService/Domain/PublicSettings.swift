// Settings that every visitor may know.

/// The body of `/api/config` without the clock.
struct PublicSettings: Sendable {
    /// nil: payments go to the stand-in page.
    var tossClientKey: String?
    /// nil: no sign-in with Google.
    var googleClientID: String?
    var maxSeatsPerUser: Int
    var hold: Duration
}
