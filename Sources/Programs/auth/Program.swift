import AuthService

@main
struct Program {
    static func main() async { await AuthMain.run() }
}
