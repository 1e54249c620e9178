import TiketiCLI

@main
struct Program {
    static func main() async {
        await TiketiCommand.main()
    }
}
