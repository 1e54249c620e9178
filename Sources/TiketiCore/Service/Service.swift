// The long-running parts of a process: each starts after the server listens and stops in reverse order.

import TiketiNet

/// A background job, subscriber or cache that lives as long as the process.
public protocol Service: Sendable {
    /// Begins the work and returns. Thrown errors are logged and `start` is called again with back-off: a database that is not there yet
    /// is no reason to die.
    func start() async throws

    /// The process is about to stop: say goodbye to clients, take on no new work. Requests in flight still run.
    func drain() async

    /// Ends the work and returns when it has ended. Called after the last request, in reverse order of start.
    func stop() async
}

extension Service {
    public func drain() async {}
}

/// What a service consists of: made by its composition root, run by `ServiceRunner`.
public struct ServiceApp {
    /// The routes of the service's own port.
    public var router: Router
    /// Started in this order, stopped in the reverse one.
    public var services: [any Service]
    /// More routes of the operations port, beside `/health`, `/ready` and `/metrics`.
    var operations: Router
    /// Further checks of `/ready`, beside PostgreSQL and Redis.
    var readiness: [(name: String, check: @Sendable () async -> Bool)]

    /// Fields on the answers that the HTTP server gives without asking the router (`HTTPServerConfiguration.ownAnswerFields`).
    public var ownAnswerFields: HTTPHeaders

    /// What a service is made of; `readiness` adds checks to those of the stores it uses.
    public init(
        router: Router, services: [any Service] = [], operations: Router = Router(),
        readiness: [(name: String, check: @Sendable () async -> Bool)] = [], ownAnswerFields: HTTPHeaders = HTTPHeaders()
    ) {
        self.router = router
        self.services = services
        self.operations = operations
        self.readiness = readiness
        self.ownAnswerFields = ownAnswerFields
    }
}
