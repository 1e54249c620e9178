// The executable `tiketi`, the operator's commands: everything it does is in its library, where tests reach it.
import TiketiCLI

@main
struct Program {
    static func main() async {
        await TiketiCommand.main()
    }
}
