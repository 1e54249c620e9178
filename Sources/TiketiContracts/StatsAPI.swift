// The calls that operators and other services make of stats, below /internal.
import TiketiNet

/// Stats' internal API.
public enum StatsAPI {
    /// Recomputes everything from the sources; the numbers stay the same.
    public static let rebuild = Endpoint(.post, "/internal/stats/rebuild")
}
