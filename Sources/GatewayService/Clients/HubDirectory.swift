// Which hub a Socket.IO session lives on: the number of its hub begins every session's id, and each hub tells its own.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

/// The hubs by number, asked for when an unknown one turns up. Hubs come and go; nothing has to be configured but where they can be.
final class HubDirectory: Sendable {
    private struct State {
        var hubs: [UInt16: ServiceInstances] = [:]
        var search: Task<Void, Never>?
        var searchedAt: UInt64 = 0
    }

    private let instances: ServiceInstances
    private let http: HTTPClient
    private let authorization: String
    private let state = Locked(State())
    private static let askTimeout: UInt64 = 1_000_000_000
    /// Ids of no hub cost a round of questions at most this often, for all of them together; those who ask meanwhile wait for the next one.
    private static let searchInterval: UInt64 = 200_000_000

    init(_ instances: ServiceInstances, http: HTTPClient, token: String) {
        self.instances = instances
        self.http = http
        authorization = "Bearer \(token)"
    }

    /// The number in a session's id, nil for what no hub gave out.
    static func node(ofSession sid: String) -> UInt16? {
        guard sid.utf8.count == 20, let bytes = Base64.decodeURL(sid), bytes.count >= 2 else { return nil }
        return UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    }

    /// Where hub `node` is; nil when no hub calls itself that. From a task of an event loop.
    func hub(_ node: UInt16) async -> ServiceInstances? {
        if let known = state.withLock({ $0.hubs[node] }) { return known }
        guard let loop = EventLoop.current else { return nil }
        let search = state.withLock { state -> Task<Void, Never> in
            if let running = state.search { return running }
            let due = state.searchedAt &+ Self.searchInterval
            let search = loop.spawn {
                if due > loop.now { try? await loop.sleep(nanoseconds: due - loop.now) }
                await self.searchAll(loop)
            }
            state.search = search
            return search
        }
        await search.value
        return state.withLock { $0.hubs[node] }
    }

    /// The hub turned out to be gone.
    func forget(_ node: UInt16) { _ = state.withLock { $0.hubs.removeValue(forKey: node) } }

    private func searchAll(_ loop: EventLoop) async {
        let urls = await addresses()
        let found = await withTaskGroup(of: (UInt16, ServiceURL)?.self) { group in
            for url in urls { group.addTask { await self.ask(url) } }
            return await group.reduce(into: [UInt16: ServiceInstances]()) { found, hub in
                if let (node, url) = hub { found[node] = ServiceInstances([url]) }
            }
        }
        state.withLock { state in
            state.hubs = found
            state.search = nil
            state.searchedAt = loop.now
        }
    }

    /// Every address of every configured name, each being a hub of its own. With TLS the name is needed, and taken for one hub.
    private func addresses() async -> [ServiceURL] {
        var urls: [ServiceURL] = []
        for url in instances.urls {
            if url.isSecure {
                urls.append(url)
                continue
            }
            for address in (try? await NameCache.shared.addresses(url.host, port: url.port)) ?? [] {
                urls.append(ServiceURL(host: address.host, port: url.port, path: url.path))
            }
        }
        return urls
    }

    private func ask(_ url: ServiceURL) async -> (UInt16, ServiceURL)? {
        var headers = HTTPHeaders(capacity: 128)
        headers.add("Authorization", authorization)
        let request = HTTPClientRequest(
            url: url.parts(target: HubAPI.identity.path()), headers: headers, connectTimeout: Self.askTimeout,
            responseTimeout: Self.askTimeout,
            totalTimeout: Self.askTimeout)
        guard let answer = try? await http.execute(request), answer.status == .ok, let body = try? await answer.body.collect(upTo: 4096),
            let json = try? JSONValue.parse(body), let hub = try? HubAPI.Identity(json)
        else { return nil }
        return (hub.node, url)
    }
}
