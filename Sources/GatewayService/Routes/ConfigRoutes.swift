// What the web app has to know before it asks anything else.
import TiketiCore
import TiketiNet

/// `/api/config`.
struct ConfigRoutes: Sendable {
    let settings: PublicSettings

    func install(on router: some RouterMethods) {
        router.get("/api/config") { _ in
            var response = HTTPResponse.success { json in
                json.member("tossClientKey", settings.tossClientKey)
                json.member("googleClientId", settings.googleClientID)
                json.member("maxSeatsPerUser", settings.maxSeatsPerUser)
                json.member("holdSeconds", settings.hold.wholeSeconds)
                json.array("languages", ["ko", "en"]) { $0.value($1) }
                json.member("serverTime", Timestamp.now())
            }
            // A browser reads its own clock's error from `serverTime`: a stored answer would lie.
            response.headers.add("Cache-Control", "no-store")
            return response
        }
    }
}
