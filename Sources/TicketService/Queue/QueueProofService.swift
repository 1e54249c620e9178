// Proofs of draws for everybody who asks: made once, kept compressed, and looked after once a second at most, however many ask.
import TiketiCore
import TiketiNet

/// Answers `GET /api/queue/:eventId/proof`.
final class QueueProofService: Sendable {
    private struct Key: Hashable, Sendable {
        var event: UUID
        var page: Int
    }

    private struct Kept: Sendable {
        var answer: QueueProofAnswer
        /// On the loops' clock: when it was known to be right.
        var checked: UInt64
    }

    private let store: QueueStore
    private let kept = Locked<[Key: Kept]>([:])
    private let loads = Coalescer<Key, QueueProofAnswer, any Error>(.callUnderWay)
    /// Pages that are kept; each has at most about 600 kB.
    private static let most = 32
    private static let trust: UInt64 = 1_000_000_000

    init(store: QueueStore) { self.store = store }

    /// One page, counted from 1; 404 when there is no such event or page.
    func answer(_ event: UUID, page: Int) async throws -> QueueProofAnswer {
        let key = Key(event: event, page: page)
        // Before the draw the answer is short and may change at any moment.
        if let found = kept.withLock({ $0[key] }), found.answer.isFinal, found.checked + Self.trust > (EventLoop.current?.now ?? .max / 2) {
            return found.answer
        }
        return try await loads.value(key) { try await self.load(key) }
    }

    private func load(_ key: Key) async throws -> QueueProofAnswer {
        guard let proof = try await store.proof(key.event), key.page <= proof.pages else { throw TicketError.eventNotFound }
        let etag = proof.etag(page: key.page)
        var answer = kept.withLock { $0[key]?.answer }
        if answer?.etag != etag || answer?.isFinal != true {
            let start = (key.page - 1) * QueueProof.pageSize
            let range = start..<min(start + QueueProof.pageSize, proof.entryCount)
            var entries: [UUID] = []
            if let commitment = proof.commitment { entries = try await store.entries(key.event, commitment: commitment, range) }
            let plain = proof.answer(page: key.page, entries: entries)
            answer = QueueProofAnswer(
                etag: etag, isFinal: proof.seed != nil, plain: plain, gzip: entries.count > 20 ? GzipFile.of(plain) : nil)
        }
        guard let answer else { throw TicketError.busy }
        kept.withLock { kept in
            if kept.count >= Self.most, kept[key] == nil, let oldest = kept.min(by: { $0.value.checked < $1.value.checked })?.key {
                kept[oldest] = nil
            }
            kept[key] = Kept(answer: answer, checked: EventLoop.current?.now ?? 0)
        }
        return answer
    }
}
