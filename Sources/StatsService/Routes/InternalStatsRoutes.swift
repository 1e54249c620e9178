// What the operator asks of stats. Only with the internal token.
import TiketiContracts
import TiketiCore
import TiketiNet

struct InternalStatsRoutes: Sendable {
    let rebuilds: RebuildService

    func install(on router: some RouterMethods) {
        router.answer(StatsAPI.rebuild) { _ in
            try await rebuilds.rebuild()
            return .success()
        }
    }
}
