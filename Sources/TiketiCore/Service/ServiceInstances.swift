// Where a service runs: at one address, or at several, of which each request takes the next one that works.

import Synchronization
import TiketiNet

/// The instances of one service, shared by everything in the process that calls it.
///
/// Whoever can't be reached rests for a while and is then tried by one request. A request goes on to another instance only when the first
/// certainly did not work on it, or when doing it twice does no harm. With one address there is nothing to choose.
public final class ServiceInstances: Sendable {
    /// Most instances of one service that can be listed.
    static let limit = 64

    /// At least one.
    public let urls: [ServiceURL]
    private let rests: [Rest]
    private let turn = Atomic<UInt>(0)

    /// - Parameter urls: at least one, at most `limit`.
    public init(_ urls: [ServiceURL]) {
        precondition((1...Self.limit).contains(urls.count), "a service has 1 to \(Self.limit) instances")
        self.urls = urls
        rests = urls.map { _ in Rest() }
    }

    /// The one to name where a single address is wanted.
    public var first: ServiceURL { urls[0] }

    /// Each instance with a name for people: the service's own, or numbered when there are several.
    public func named(_ service: String) -> [(name: String, url: ServiceURL)] {
        if urls.count == 1 { return [(service, first)] }
        return urls.enumerated().map { ("\(service)-\($0.offset + 1)", $0.element) }
    }

    /// Sends the request to an instance; its URL is set here from `target` (path and query), with several instances at least.
    public func execute(
        _ request: HTTPClientRequest, target: String, with client: HTTPClient
    ) async throws(HTTPClientError) -> HTTPClientResponse {
        if urls.count == 1 { return try await execute(request, with: client) }
        var request = request
        var tried: UInt64 = 0
        while true {
            guard let loop = EventLoop.current else { preconditionFailure("instances are called from a task of an event loop") }
            let index = next(loop.now, tried)
            tried |= 1 << UInt64(index)
            request.url = urls[index].parts(target: target)
            do throws(HTTPClientError) {
                let response = try await client.execute(request)
                note(index, isThere: true)
                if response.wasNotLookedAt, request.hasLastingBody, tried.nonzeroBitCount < urls.count {
                    rests[index].begin(at: loop.now, failed: true)
                    continue
                }
                // Closing a connection behind a good answer is how a server that drains sends its clients away.
                if response.status.code < 400, response.closes {
                    rests[index].begin(at: loop.now, failed: false)
                } else {
                    rests[index].end()
                }
                return response
            } catch {
                // Given up by the caller: that says nothing about the instance.
                if request.abort?.isAborted == true { throw error }
                let isAway = Self.isAway(error)
                if isAway { rests[index].begin(at: loop.now, failed: true) }
                if error.code == .connect { note(index, isThere: false) }
                guard isAway || error.code == .overloaded, tried.nonzeroBitCount < urls.count else { throw error }
                guard !error.requestSent || request.isReplayable else { throw error }
            }
        }
    }

    /// The only one: nothing to choose, but whether it is there is remembered.
    private func execute(_ request: HTTPClientRequest, with client: HTTPClient) async throws(HTTPClientError) -> HTTPClientResponse {
        do throws(HTTPClientError) {
            let response = try await client.execute(request)
            note(0, isThere: true)
            return response
        } catch {
            if error.code == .connect { note(0, isThere: false) }
            throw error
        }
    }

    /// Says what became of a question to one instance that was not asked through this, such as a probe.
    public func note(_ url: ServiceURL, isThere: Bool) {
        if let index = urls.firstIndex(of: url) { note(index, isThere: isThere) }
    }

    private func note(_ index: Int, isThere: Bool) { rests[index].isAbsent = !isThere }

    /// Whether each instance was there when it was last asked, under its name for people.
    func presence(_ service: String) -> [(name: String, isThere: Bool)] {
        zip(named(service), rests).map { ($0.name, !$1.isAbsent) }
    }

    /// Nobody is there, or whoever was there has gone. An answer that is late or bad says nothing of the sort.
    private static func isAway(_ error: HTTPClientError) -> Bool {
        error.code == .connect || error.code == .closed || (error.code == .timeout && !error.requestSent)
    }

    /// The next in turn that does not rest, or else the next in turn that was not tried yet: when all seem away, one must be asked anyway.
    private func next(_ now: UInt64, _ tried: UInt64) -> Int {
        let count = UInt(urls.count)
        let start = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        var resting: Int?
        for offset in 0..<count {
            let index = Int((start &+ offset) % count)
            if tried & (1 << UInt64(index)) != 0 { continue }
            if rests[index].isOver(at: now) { return index }
            if resting == nil { resting = index }
        }
        return resting ?? 0
    }
}

/// How long an instance is left alone.
private final class Rest: Sendable {
    private static let shortest: UInt64 = 500_000_000
    private static let longest: UInt64 = 8_000_000_000

    /// On the loops' clock; 0: it works.
    private let until = Atomic<UInt64>(0)
    private let failures = Atomic<UInt64>(0)
    private let absent = Atomic<Bool>(false)

    /// Nobody listened there when it was last asked.
    var isAbsent: Bool {
        get { absent.load(ordering: .relaxed) }
        // Nearly always nothing changes, and a load leaves the line of the cache to every core.
        set { if absent.load(ordering: .relaxed) != newValue { absent.store(newValue, ordering: .relaxed) } }
    }

    func begin(at now: UInt64, failed: Bool) {
        let before = failed ? failures.wrappingAdd(1, ordering: .relaxed).oldValue : 0
        until.store(now &+ min(Self.longest, Self.shortest << min(before, 4)), ordering: .relaxed)
    }

    func end() {
        guard until.load(ordering: .relaxed) != 0 else { return }
        until.store(0, ordering: .relaxed)
        failures.store(0, ordering: .relaxed)
    }

    /// Whether a request may go there; the first to ask after a rest tries for all others.
    func isOver(at now: UInt64) -> Bool {
        let until = self.until.load(ordering: .relaxed)
        if until == 0 { return true }
        if until > now { return false }
        return self.until.compareExchange(expected: until, desired: now &+ Self.shortest, ordering: .relaxed).exchanged
    }
}
