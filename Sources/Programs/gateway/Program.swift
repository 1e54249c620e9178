import GatewayService

@main
struct Program {
    static func main() async { await GatewayMain.run() }
}
