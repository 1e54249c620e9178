// The composition of auth: what depends on what, from the pools to the routes.
import CLinux
import TiketiCore
import TiketiNet
import TiketiStore

enum AuthApp {
    static func make(_ runtime: ServiceRuntime, _ config: AuthConfig) -> ServiceApp {
        let users = PostgresUserStore(pool: runtime.postgres)
        let store = AccountSessionStore(pool: runtime.postgres, lifetime: config.sessionLifetime)
        let counter = SharedFailureTally(redis: runtime.redis, fallback: MemoryFailureTally())
        let hasher = PasswordHasher(cost: config.bcryptCost, threads: config.bcryptThreads, queueLimit: config.bcryptQueue)
        let sessions = SessionService(
            users: users, sessions: store,
            tokens: TokenIssuer(
                key: HMACKey(Array(runtime.config.jwtSecret.utf8)), lifetime: runtime.config.jwtLifetime,
                adminsNeedSecondFactor: config.adminsNeedSecondFactor),
            announcements: SessionStore(postgres: runtime.postgres, redis: runtime.redis))
        let passwords = PasswordCheck(hasher: hasher, guardian: LoginGuard(counter: counter, limits: config.limits))
        let factors = SecondFactorService(
            store: SecondFactorStore(pool: runtime.postgres), sessions: sessions, passwords: passwords,
            adminsNeedOne: config.adminsNeedSecondFactor)
        let accounts = AccountService(
            users: users, hasher: hasher, sessions: sessions, factors: factors, passwords: passwords, google: google(runtime, config),
            adminEmail: config.adminEmail)
        runtime.metrics.gauge(.passwordQueue) { Double(hasher.waiting) }

        let callers = CallerReader(
            addresses: ClientAddressReader(trusted: config.trustedProxies),
            marks: DeviceMarks(secret: runtime.config.jwtSecret, isSecure: runtime.config.environment != .development),
            verifier: runtime.verifier)
        let router = Router()
        router.use(runtime.authentication)
        AuthRoutes(accounts: accounts, callers: callers).install(on: router)
        SessionRoutes(accounts: accounts, callers: callers).install(on: router)
        SecondFactorRoutes(factors: factors, callers: callers).install(on: router)
        InternalUserRoutes(accounts: accounts).install(on: router.group(use: runtime.internalAuth))
        let bootstrap = AdminBootstrap(
            users: users, hasher: hasher, email: config.adminEmail, password: config.adminPassword, logger: runtime.logger,
            sessionsToEnd: config.adminsNeedSecondFactor ? store : nil)
        let keeper = SessionKeeper(sessions: sessions, store: store)
        let job = Job("sessions", loop: runtime.group.next(), logger: runtime.logger, metrics: runtime.metrics) {
            try await keeper.tick(now: clinux_monotonic_ns())
        }
        return ServiceApp(router: router, services: [bootstrap, job])
    }

    private static func google(_ runtime: ServiceRuntime, _ config: AuthConfig) -> GoogleVerifier? {
        guard let clientID = config.googleClientID else { return nil }
        let source = KeySource(url: config.googleKeys, client: HTTPClient(configuration: HTTPClientConfiguration()))
        return GoogleVerifier(clientID: clientID, keys: GoogleKeys { try await source.fetch() })
    }
}
