// Which seat map of an event is the latest.

/// The identity of the latest map, as ticket announces it.
struct SeatMapStamp: Sendable {
    /// What `ETag` says of it.
    let etag: String
}
