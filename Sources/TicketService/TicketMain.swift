// The life of the ticket process.
import TiketiCore

/// Runs the service until it is told to stop.
public enum TicketMain {
    public static func run() async -> Never { await ServiceRunner.run(.ticket, uses: [.stores, .queue], TicketApp.make) }
}
