// The life of the payment process.
import TiketiCore

/// Runs the service until it is told to stop.
public enum PaymentMain {
    public static func run() async -> Never { await ServiceRunner.run(.payment, PaymentApp.make) }
}
