// The life of the auth process.
import TiketiCore

/// Runs the service until it is told to stop.
public enum AuthMain {
    public static func run() async -> Never { await ServiceRunner.run(.auth, AuthApp.make) }
}
