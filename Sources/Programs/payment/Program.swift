// The executable `payment`: everything it does is in its library, where tests reach it.
import PaymentService

@main
struct Program {
    static func main() async { await PaymentMain.run() }
}
