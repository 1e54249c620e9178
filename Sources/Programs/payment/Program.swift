import PaymentService

@main
struct Program {
    static func main() async { await PaymentMain.run() }
}
