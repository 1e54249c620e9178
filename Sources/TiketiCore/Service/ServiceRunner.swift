// Runs a service from its environment to its exit code: configuration, pools, routes, server, signals, drain. Nothing outside stops it
// early.

import Glibc
import Logging
import TiketiNet

/// The life of a process.
///
///     @main struct Program {
///         static func main() async { await ServiceRunner.run(.ticket, TicketApp.make) }
///     }
public enum ServiceRunner {
    /// Never returns: 0 after a drain, 1 when the settings or the port cannot be used.
    /// - Parameters:
    ///   - uses: The stores that the service cannot work without.
    ///   - compose: Makes the service of its settings, which are all usable.
    public static func run<Config: ServiceConfig>(
        _ service: ServiceName, uses: ServiceDependencies = .stores, environment: [String: String] = EnvironmentReader.process(),
        _ compose: (ServiceRuntime, Config) -> ServiceApp
    ) async -> Never {
        let name = service.rawValue
        do throws(SideCommand.Unknown) {
            let port = environment["PORT"].flatMap { Int($0) } ?? service.defaultPort
            if let command = try SideCommand.parse(Array(CommandLine.arguments.dropFirst())) { exit(command.run(port: port)) }
        } catch {
            fail(name, [SideCommand.usage])
        }
        let signals = TerminationSignal.install()
        var reader = EnvironmentReader(environment)
        let config = CommonConfig(&reader, service: service, uses: uses)
        let own = Config(&reader)
        do { try reader.finish() } catch { fail(name, error.problems) }
        LoggingSystem.bootstrap { _ in JSONLogHandler(service: name, level: config.logLevel) }
        let runtime = ServiceRuntime(service, config: config, uses: uses)
        let app = compose(runtime, own)
        let process = ServiceProcess(runtime: runtime, app: app)
        do {
            let bound = try await process.start()
            runtime.logger.info("listening", metadata: ["port": .stringConvertible(bound), "workers": .stringConvertible(config.workers)])
        } catch {
            fail(name, ["PORT: cannot listen on \(config.host):\(config.port): \(error)"])
        }
        await signals.wait()
        runtime.logger.info("draining", metadata: ["graceSeconds": .stringConvertible(config.shutdownGrace.wholeSeconds)])
        // Whatever hangs, the process ends: a supervisor's SIGKILL would come next and say less.
        let logger = runtime.logger
        SystemThread.start("deadline", after: config.shutdownGrace + .seconds(1)) {
            logger.warning("drain did not finish in time")
            LogSink.standardOutput.flush()
            exit(0)
        }
        await process.stop(grace: config.shutdownGrace)
        runtime.logger.info("stopped")
        LogSink.standardOutput.flush()
        exit(0)
    }

    /// One line each on standard error, and exit code 1.
    private static func fail(_ name: String, _ problems: [String]) -> Never {
        LogSink.standardOutput.flush()
        for problem in problems {
            let line = Array("\(name): \(problem)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
        }
        exit(1)
    }
}
