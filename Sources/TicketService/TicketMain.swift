// The life of the ticket process.
import TiketiCore

public enum TicketMain {
    public static func run() async -> Never {
        await ServiceRunner.run(.ticket, uses: [.stores, .queue]) { runtime, environment in
            TicketApp.make(runtime, TicketConfig(&environment))
        }
    }
}
