// Google's signing keys, kept as long as their Cache-Control says; an unknown key id fetches them anew, but not more than once a minute,
// so that made-up ids can't turn this service into a load on Google.
import TiketiCore
import TiketiJSON
import TiketiNet

final class GoogleKeys: Sendable {
    private struct State: Sendable {
        var keys: [String: RSAPublicKey] = [:]
        var freshUntil: Int64 = 0
        var lastMiss: Int64 = 0
        var fetch: Task<Bool, Never>?
    }

    private let source: @Sendable () async throws -> (body: [UInt8], maxAgeSeconds: Int)
    private let state = Locked(State())

    init(source: @escaping @Sendable () async throws -> (body: [UInt8], maxAgeSeconds: Int)) { self.source = source }

    /// nil when Google does not know the id; throws when its keys can't be had at all.
    func key(_ id: String) async throws -> RSAPublicKey? {
        let now = Timestamp.now().microseconds
        let (known, fresh) = state.withLock { ($0.keys[id], $0.freshUntil > now) }
        if let known, fresh { return known }
        if fresh {
            let allowed = state.withLock { state in
                guard now - state.lastMiss >= 60_000_000 else { return false }
                state.lastMiss = now
                return true
            }
            guard allowed else { return nil }
        }
        if await refetch() { return state.withLock { $0.keys[id] } }
        // Google is away: yesterday's key is better than nobody signing in.
        guard let known else { throw AuthError.googleUnavailable }
        return known
    }

    /// One fetch for everyone who waits.
    private func refetch() async -> Bool {
        let task = state.withLock { state in
            if let running = state.fetch { return running }
            // The client works on event loops, and a plain task would not inherit this one.
            let task = Task(executorPreference: EventLoop.current) { await self.fetch() }
            state.fetch = task
            return task
        }
        return await task.value
    }

    private func fetch() async -> Bool {
        defer { state.withLock { $0.fetch = nil } }
        guard let answer = try? await source(), let keys = Self.read(answer.body) else { return false }
        let end = Timestamp.now().microseconds + Int64(min(max(answer.maxAgeSeconds, 60), 86_400)) * 1_000_000
        state.withLock { state in
            state.keys = keys
            state.freshUntil = end
        }
        return true
    }

    static func read(_ body: [UInt8]) -> [String: RSAPublicKey]? {
        guard let set = try? JSONValue.parse(body), case .array(let list)? = set["keys"] else { return nil }
        var keys: [String: RSAPublicKey] = [:]
        for entry in list where entry["kty"]?.stringValue == "RSA" && (entry["use"]?.stringValue ?? "sig") == "sig" {
            guard (entry["alg"]?.stringValue ?? "RS256") == "RS256", let id = entry["kid"]?.stringValue,
                let modulus = entry["n"]?.stringValue.flatMap(Base64.decodeURL),
                let exponent = entry["e"]?.stringValue.flatMap(Base64.decodeURL)
            else { continue }
            keys[id] = RSAPublicKey(modulus: modulus, exponent: exponent)
        }
        return keys.isEmpty ? nil : keys
    }
}
