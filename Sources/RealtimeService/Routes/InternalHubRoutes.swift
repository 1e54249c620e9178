// What gateways ask, to find the hub of a session. Only other services get here.
import TiketiContracts
import TiketiCore
import TiketiNet

struct InternalHubRoutes: Sendable {
    let node: UInt16

    func install(on router: some RouterMethods) {
        router.answer(HubAPI.identity, .quiet) { _ in .success { HubAPI.Identity(node: node).write(to: &$0) } }
    }
}
