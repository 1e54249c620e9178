// The executable `auth`: everything it does is in its library, where tests reach it.
import AuthService

@main
struct Program {
    static func main() async { await AuthMain.run() }
}
