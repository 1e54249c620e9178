// The states of an event as readers see them: derived from the clock, except `cancelled`.

/// `upcoming → on_sale → ended`, `on_sale ⇄ sold_out`, any → `cancelled`.
enum EventStatus: String, Sendable, CaseIterable {
    case upcoming
    case onSale = "on_sale"
    case soldOut = "sold_out"
    case ended
    case cancelled
}
