// Waiting for a fact instead of for a time.
import Testing
import TiketiNet

/// Asks until the answer is yes; the test fails after ten seconds of no.
func eventually(
    _ comment: Comment = "did not become true", sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let loop = EventLoopGroup.shared.next()
    let deadline = loop.now + 10_000_000_000
    while loop.now < deadline {
        if try await condition() { return }
        try await loop.run { try await loop.sleep(nanoseconds: 20_000_000) }
    }
    Issue.record(comment, sourceLocation: sourceLocation)
}
