// Revalidations of seat maps answered at the edge: most who look at a map again have the latest already.
import TiketiCore
import TiketiNet

/// Judges whether what a client has is the latest map.
struct SeatMapRevalidation: Sendable {
    let stamps: SeatMapStamps

    /// The latest map's tag when the client named it; nil when ticket must be asked.
    /// - Parameter known: the request's `If-None-Match`.
    func current(_ known: String, event: UUID) async -> String? {
        guard let stamp = await stamps.stamp(of: event) else { return nil }
        return known == stamp.etag || EntityTag.matches(known, stamp.etag) ? stamp.etag : nil
    }
}
