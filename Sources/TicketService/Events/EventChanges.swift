// A partial change of an event, already checked for form.
import TiketiNet

/// A partial change; an outer nil leaves the field alone, an inner nil clears it.
struct EventChanges: Sendable {
    var title: String?
    var description: String??
    var venue: String?
    var address: String??
    var eventDate: Timestamp?
    var saleStartDate: Timestamp?
    var saleEndDate: Timestamp?
    var posterImageURL: String??
    var artistName: String??
    var queueEnabled: Bool?
}
