// How a call between services is named: declared once, matched by the router of the service that answers and filled in by its callers.

/// One call of a service's internal API: its method and its path, in which `:name` stands for a value.
///
///     router.answer(TicketAPI.lease) { … }
///     client.call(TicketAPI.lease.method, TicketAPI.lease.path(reservation), json: request.encoded)
public struct Endpoint: Sendable, Equatable {
    /// The one method of this call.
    public let method: HTTPMethod
    /// What the router matches, such as `/internal/reservations/:id/paying`.
    public let pattern: String

    /// - Parameter pattern: The path, with `:name` where a value stands.
    public init(_ method: HTTPMethod, _ pattern: String) {
        self.method = method
        self.pattern = pattern
    }

    /// The path of one call: each `:name` of the pattern replaced by the id at its place. As many ids as the pattern has names.
    public func path(_ ids: UUID...) -> String {
        var rest = ids[...]
        let parts = pattern.split(separator: "/").map { part in
            part.utf8.first == UInt8(ascii: ":") ? rest.popFirst()?.description ?? "" : String(part)
        }
        assert(rest.isEmpty && !parts.contains(""), "\(pattern) takes another number of ids than \(ids.count)")
        return "/" + parts.joined(separator: "/")
    }
}
