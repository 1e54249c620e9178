// Pages of the list of events in Redis, each bound to the generation of all lists: one write makes every older page unusable.
import TiketiCore
import TiketiNet
import TiketiStore

/// The cached pages of the public list. Without Redis nothing is found and nothing is kept.
struct EventListCache: Sendable {
    let redis: RedisClient

    /// What Redis has of a page.
    enum Lookup: Sendable {
        /// The page, and the generation in which it was made.
        case hit(EventListTemplate, generation: String)
        /// Nothing that counts; a page made from now on may be stored under this generation.
        case miss(generation: String)
        case unavailable
    }

    /// A generation is a UUID in text.
    private static let generationLength = 36
    /// Before the generation: pages of versions that kept descriptions in them are not ours, nor ours theirs.
    private static let mark = UInt8(ascii: "T")

    /// The key of one page: short plain queries stay readable in it, all others are hashed.
    static func key(_ page: Page, status: EventStatus?, search: SearchTerms?) -> String {
        CacheKey.list(status, page: page.page, limit: page.limit, query: search.map { keyPart($0.canonical) } ?? "")
    }

    func look(_ key: String) async -> Lookup {
        do throws(RedisError) {
            let found = try await redis.get([CacheKey.listGeneration, key])
            if let generation = found[0], generation.count == Self.generationLength {
                let name = String(decoding: generation, as: UTF8.self)
                let head = [Self.mark] + generation
                if let page = found[1], page.count > head.count, page.starts(with: head) {
                    return .hit(EventListTemplate(Array(page[head.count...])), generation: name)
                }
                return .miss(generation: name)
            }
            // Whoever comes first makes the generation; the next reader finds it.
            _ = try await redis.set(CacheKey.listGeneration, Array(UUID().description.utf8), onlyIfAbsent: true)
            guard let generation = try await redis.get(CacheKey.listGeneration) else { return .unavailable }
            return .miss(generation: String(decoding: generation, as: UTF8.self))
        } catch { return .unavailable }
    }

    /// Keeps a page made after `look` had named `generation`; one that Redis does not take is made again by the next reader.
    func store(_ key: String, _ page: [UInt8], generation: String, life: Duration) async {
        let milliseconds = Int(life / .milliseconds(1))
        guard milliseconds > 0 else { return }
        let bytes = [Self.mark] + Array(generation.utf8) + page
        _ = try? await redis.send(["SET", RedisArgument(key), RedisArgument(bytes), "PX", RedisArgument(milliseconds)])
    }

    private static func keyPart(_ query: String) -> String {
        let isPlain =
            query.utf8.count <= 64
            && query.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0.value == 32 || (48...57).contains($0.value) }
        return isPlain ? query : "sha256-" + Hex.encode(Crypto.sha256(query))
    }
}
