// The built web app: its files, and its page for every path that the app routes by itself.
import TiketiCore
import TiketiNet

/// What the gateway serves beside the API.
final class WebApp: Sendable {
    private struct State {
        var files: [String: WebFile]
        var page: WebPage?
        var revision: Int?
        var checkedAt: UInt64 = 0
    }

    private let store: WebFileStore
    /// A development copy shows a new build without a restart; elsewhere the files never change.
    private let reloads: Bool
    private let state: Locked<State>
    private static let checkInterval: UInt64 = 500_000_000

    init(store: WebFileStore, reloads: Bool) {
        self.store = store
        self.reloads = reloads
        state = Locked(Self.load(store))
    }

    /// The file of exactly this path, which is resolved already; pages have no path of their own.
    func file(_ path: String, now: UInt64) -> WebFile? {
        if path == "/" || path == "/index.html" { return nil }
        return current(now) { $0.files[path] }
    }

    /// The page, for a path that the app itself routes: what has no extension is a page.
    func page(for path: String, now: UInt64) -> WebPage? {
        let last = path == "/index.html" ? "" : path.split(separator: "/").last ?? ""
        return last.contains(".") ? nil : current(now) { $0.page }
    }

    private func current<Result>(_ now: UInt64, _ body: (State) -> Result) -> Result {
        state.withLock { state in
            if reloads, now &- state.checkedAt > Self.checkInterval {
                if store.revision() != state.revision { state = Self.load(store) }
                state.checkedAt = now
            }
            return body(state)
        }
    }

    private static func load(_ store: WebFileStore) -> State {
        let revision = store.revision()
        let files = store.load()
        return State(files: files, page: files["/index.html"].map { WebPage($0.bytes) }, revision: revision)
    }
}
