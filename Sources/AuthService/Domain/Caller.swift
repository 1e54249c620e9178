// Who asks, as far as limits and logs need it.
import Logging

/// Where an attempt to sign in comes from.
struct Caller: Sendable {
    /// The address, or the /64 of an IPv6 one: what one customer has.
    var network: String
    /// What the browser calls itself.
    var device: String
    /// The mark of a browser that signed in to this account before; nil when it shows none that is ours.
    var mark: String?
    var logger: Logger
}
