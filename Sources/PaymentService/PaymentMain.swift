// The life of the payment process.
import TiketiCore

public enum PaymentMain {
    public static func run() async -> Never {
        await ServiceRunner.run(.payment) { runtime, environment in PaymentApp.make(runtime, PaymentConfig(&environment)) }
    }
}
