// The life of the auth process.
import TiketiCore

public enum AuthMain {
    public static func run() async -> Never {
        await ServiceRunner.run(.auth) { runtime, environment in AuthApp.make(runtime, AuthConfig(&environment)) }
    }
}
