// The composition of realtime: its parts, with ticket as it is reached over HTTP.
import TiketiCore

enum RealtimeApp {
    static func make(_ runtime: ServiceRuntime, _ config: RealtimeConfig) -> ServiceApp {
        let client = InternalClient(base: runtime.config.services.ticket, token: runtime.config.internalToken, http: runtime.http)
        let parts = RealtimeParts(runtime, tickets: TicketClient(client), config: config)
        return ServiceApp(router: parts.router(internalAuth: runtime.internalAuth), services: parts.services)
    }
}
