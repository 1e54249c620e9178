import TicketService

@main
struct Program {
    static func main() async { await TicketMain.run() }
}
