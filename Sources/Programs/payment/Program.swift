import PaymentService
import TiketiCore

/// The payment service.
@main
struct Program {
    static func main() async {
        await ServiceRunner.run(.payment, uses: .postgres) { runtime, environment in try PaymentApp.make(runtime, &environment) }
    }
}
