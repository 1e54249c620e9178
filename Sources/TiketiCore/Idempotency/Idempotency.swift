// The `Idempotency-Key` of spec §3 and §10: one user's key names one request for 24 hours, and its first answer below 500 is its answer.

import Logging
import TiketiNet

/// Middleware for a service whose POSTs create or pay. Add it after `Authentication` and after whatever else may refuse the caller: who
/// may not do the work takes no key, and no body of theirs is read. It acts only on POST under `/api` with the field and a caller.
public struct Idempotency: Middleware {
    private let store: any IdempotencyStore
    /// POSTs without side effects worth a row, and those with streamed bodies.
    private let excluded: [String]
    private let patience: Duration
    private let authorize: Authorization?

    /// Throws when the caller may not do what the request asks for.
    public typealias Authorization = @Sendable (RequestContext) async throws -> Void

    /// - Parameters:
    ///   - excluding: Prefixes of paths whose POSTs are not remembered.
    ///   - patience: How long a repetition waits for the first request.
    ///   - authorize: Asked before a key is taken, for rights that the handler would check too late.
    public init(
        _ store: any IdempotencyStore, excluding: [String] = ["/api/auth/", "/api/queue", "/api/image/"], patience: Duration = .seconds(10),
        authorize: Authorization? = nil
    ) {
        self.store = store
        excluded = excluding
        self.patience = patience
        self.authorize = authorize
    }

    public func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        guard context.method == .post, let key = context.request.headers["Idempotency-Key"], applies(to: context.request.target),
            let user = context.principal?.userID
        else { return try await next(context) }
        // RFC 9110 §5.5 visible characters only; the same text goes into a unique column.
        guard (1...200).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw APIError.validation("Idempotency-Key", "must have 1 to 200 visible ASCII characters")
        }
        try await authorize?(context)
        // The body is read here and kept for the handler; it is hashed where it lies.
        let digest = SHA256()
        digest.update(Array("\(context.method) \(context.request.path)\n".utf8))
        digest.update(try await context.body())
        let hash = digest.finish()
        guard let token = try await take(user, key, hash, context) else { throw inProgress }
        switch token {
        case .answer(let answer): return replay(answer)
        case .token(let token): return await run(context, user, key, token, next)
        }
    }

    private enum Taken { case token(Timestamp), answer(StoredAnswer) }

    /// Waits for a running first request; nil when it takes too long.
    private func take(_ user: UUID, _ key: String, _ hash: [UInt8], _ context: RequestContext) async throws -> Taken? {
        let deadline = context.loop.now + patience.nanoseconds
        var backoff = Backoff(.milliseconds(25)...(.milliseconds(400)))
        while true {
            switch try await store.begin(user: user, key: key, requestHash: hash) {
            case .started(let token): return .token(token)
            case .answered(let answer): return .answer(answer)
            case .mismatch: throw APIError.conflict("IDEMPOTENCY_MISMATCH", "This Idempotency-Key was used for another request")
            case .running:
                guard context.loop.now < deadline else { return nil }
                try await context.loop.sleep(for: backoff.next())
            }
        }
    }

    private func run(
        _ context: RequestContext, _ user: UUID, _ key: String, _ token: Timestamp, _ next: (RequestContext) async throws -> HTTPResponse
    ) async -> HTTPResponse {
        let response: HTTPResponse
        do { response = try await next(context) } catch { response = ErrorEnvelope.response(for: error, context) }
        do {
            if let answer = storable(response) {
                try await store.finish(user: user, key: key, token: token, answer: answer)
            } else {
                try await store.abandon(user: user, key: key, token: token)
            }
        } catch {
            // The work is done and its answer stands; a repetition then meets the domain's own rules.
            context.logger.warning("answer not kept for its idempotency key", metadata: ["reason": "\(error)"])
        }
        return response
    }

    private func storable(_ response: HTTPResponse) -> StoredAnswer? {
        // Who the caller is and how often they asked was said of that moment, not of the work.
        guard response.status.code < 500, ![401, 429].contains(response.status.code) else { return nil }
        switch response.body {
        case .bytes(let bytes): return StoredAnswer(status: response.status.code, body: bytes)
        case .none: return StoredAnswer(status: response.status.code, body: [])
        case .stream, .upgrade: return nil
        }
    }

    private func replay(_ answer: StoredAnswer) -> HTTPResponse {
        var response = HTTPResponse.json(HTTPStatus(answer.status), bytes: answer.body)
        if answer.body.isEmpty { response.body = .none }
        response.headers.add("Idempotency-Replayed", "true")
        return response
    }

    private var inProgress: APIError {
        .conflict("IDEMPOTENCY_IN_PROGRESS", "The first request with this Idempotency-Key is still running")
    }

    private func applies(to target: String) -> Bool {
        target.hasPrefix("/api/") && !excluded.contains { target.hasPrefix($0) }
    }
}
