// The web app: its files, and its page for every path that the app routes by itself.
import TiketiCore
import TiketiNet

struct WebRoutes: Sendable {
    let files: StaticFiles

    func install(on router: Router) {
        router.get("/*path") { context in
            let target = context.request.target
            let path: String
            switch SafePath.inspect(target) {
            case .plain: path = context.request.path
            case .decoded(let resolved): path = resolved
            case .refused: throw APIError.notFound
            }
            guard let file = files.find(path) else { throw APIError.notFound }
            return StaticFiles.response(file, to: context.request)
        }
    }
}
