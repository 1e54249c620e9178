// The calls that other services make of ticket, below /internal: payment about reservations, the hubs about queues and versions, the
// gateway for organisers. Each path stands here once, for the router and for every caller.
import TiketiNet

/// Ticket's internal API. Requests and answers that a service reads are the types nested here; what the gateway passes on as it is has
/// none.
public enum TicketAPI {
    // MARK: Events, for organisers

    private static let allEvents = "/internal/events"
    private static let oneEvent = "/internal/events/:id"

    /// `?page&limit&status&search` → `data`, `pagination`.
    public static let events = Endpoint(.get, allEvents)
    /// An organiser's draft → 201 `event`.
    public static let createEvent = Endpoint(.post, allEvents)
    /// → `event`, archived ones included.
    public static let event = Endpoint(.get, oneEvent)
    /// A partial change → `event`.
    public static let updateEvent = Endpoint(.put, oneEvent)
    /// Deletes an event that nobody ever reserved, archives one with history; 409 while somebody has a seat of it.
    public static let deleteEvent = Endpoint(.delete, oneEvent)
    /// → `event`, and how many `refunds` begin.
    public static let cancelEvent = Endpoint(.post, "/internal/events/:id/cancel")
    /// → `SeatMapVersion`.
    public static let eventVersion = Endpoint(.get, "/internal/events/:id/version")

    // MARK: Reservations

    /// `?page&limit&status&eventId&userId&search` → `reservations`, `pagination`.
    public static let reservations = Endpoint(.get, "/internal/reservations")
    /// → `ReservationAnswer`.
    public static let reservation = Endpoint(.get, "/internal/reservations/:id")
    /// `{status: "cancelled"}` → `ReservationAnswer`; 202 while the money is on its way back.
    public static let setReservationStatus = Endpoint(.patch, "/internal/reservations/:id/status")
    /// `LeaseRequest`: a payment begins or goes on. The answer's status says all.
    public static let lease = Endpoint(.post, "/internal/reservations/:id/paying")
    /// `ConfirmRequest`: the money is here. The answer's status says all.
    public static let confirm = Endpoint(.post, "/internal/reservations/:id/confirm")
    /// `OrderReport`: nothing was paid, the reservation ends → `ReservationAnswer`.
    public static let paymentFailed = Endpoint(.post, "/internal/reservations/:id/payment-failed")
    /// `OrderReport`: nothing was paid, the hold lives on → `ReservationAnswer`.
    public static let paymentReleased = Endpoint(.post, "/internal/reservations/:id/payment-released")
    /// `OrderReport`: the money went back → `ReservationAnswer`.
    public static let refunded = Endpoint(.post, "/internal/reservations/:id/refunded")

    // MARK: Queues, for the hubs

    /// → `QueueEntry`.
    public static let queueEntry = Endpoint(.get, "/internal/queue/:queueId")
    /// `QueueNumbersRequest` → `QueueNumbers`.
    public static let queueNumbers = Endpoint(.post, "/internal/queue/sequences")

    /// Amounts of money in these calls: whole won (docs/specification.md §3.8).
    public static let amounts: ClosedRange<Int64> = 0...99_999_999
}
