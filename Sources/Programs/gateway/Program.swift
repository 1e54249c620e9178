// The executable `gateway`: everything it does is in its library, where tests reach it.
import GatewayService

@main
struct Program {
    static func main() async { await GatewayMain.run() }
}
