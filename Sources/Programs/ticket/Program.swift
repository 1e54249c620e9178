// The executable `ticket`: everything it does is in its library, where tests reach it.
import TicketService

@main
struct Program {
    static func main() async { await TicketMain.run() }
}
