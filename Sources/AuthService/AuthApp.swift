// The composition of auth: what depends on what, from the pools to the routes.
import TiketiCore
import TiketiNet
import TiketiStore

enum AuthApp {
    static func make(_ runtime: ServiceRuntime, _ config: AuthConfig) -> ServiceApp {
        let users = PostgresUserStore(pool: runtime.postgres)
        let counter = SharedFailureTally(redis: runtime.redis, fallback: MemoryFailureTally())
        let hasher = PasswordHasher(cost: config.bcryptCost, threads: config.bcryptThreads, queueLimit: config.bcryptQueue)
        let accounts = AccountService(
            users: users, hasher: hasher,
            tokens: TokenIssuer(key: HMACKey(Array(runtime.config.jwtSecret.utf8)), lifetimeSeconds: runtime.config.jwtLifetimeSeconds),
            guardian: LoginGuard(counter: counter, limits: config.limits), google: google(runtime, config), adminEmail: config.adminEmail)
        runtime.metrics.gauge("tiketi_password_queue", "Passwords that wait for a hashing thread.") { Double(hasher.waiting) }

        let router = Router()
        router.use(runtime.authentication)
        AuthRoutes(accounts: accounts, addresses: ClientAddressReader(trusted: config.trustedProxies)).install(on: router)
        InternalUserRoutes(accounts: accounts).install(on: router, with: runtime.internalAuth)
        let bootstrap = AdminBootstrap(
            users: users, hasher: hasher, email: config.adminEmail, password: config.adminPassword, logger: runtime.logger)
        return ServiceApp(router: router, services: [bootstrap])
    }

    private static func google(_ runtime: ServiceRuntime, _ config: AuthConfig) -> GoogleVerifier? {
        guard let clientID = config.googleClientID else { return nil }
        let source = KeySource(url: config.googleKeys, client: HTTPClient(configuration: HTTPClientConfiguration()))
        return GoogleVerifier(clientID: clientID, keys: GoogleKeys { try await source.fetch() })
    }
}
