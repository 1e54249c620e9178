/// Runs a service from its environment to its exit code: configuration, pools, routes, server, signals, drain. Nothing outside stops it early.

import Glibc
import Logging
import TiketiNet

/// The life of a process.
///
///     @main struct Program {
///         static func main() async { await ServiceRunner.run(.ticket) { runtime, environment in try TicketApp.make(runtime, &environment) } }
///     }
public enum ServiceRunner {
    public typealias Compose = (ServiceRuntime, inout EnvironmentReader) async throws -> ServiceApp

    public static func run(_ name: ServiceName, uses: ServiceDependencies = .stores, _ compose: Compose) async -> Never {
        await run(name: name.rawValue, port: name.defaultPort, uses: uses, compose)
    }

    /// Never returns: 0 after a drain, 1 when the settings or the port cannot be used.
    public static func run(
        name: String, port: Int? = nil, uses: ServiceDependencies = .stores, environment: [String: String] = EnvironmentReader.process(),
        _ compose: Compose
    ) async -> Never {
        let fallback = port ?? ServiceName(rawValue: name)?.defaultPort ?? 0
        do throws(SideCommand.Unknown) {
            let port = environment["PORT"].flatMap { Int($0) } ?? fallback
            if let command = try SideCommand.parse(Array(CommandLine.arguments.dropFirst())) { exit(command.run(port: port)) }
        } catch {
            fail(name, [SideCommand.usage])
        }
        let signals = TerminationSignal.install()
        var reader = EnvironmentReader(environment)
        let config = CommonConfig.read(&reader, service: name, port: fallback, uses: uses)
        refuse(name, reader)
        LoggingSystem.bootstrap { _ in JSONLogHandler(service: name, level: config.logLevel) }
        let runtime = ServiceRuntime(name: name, config: config, uses: uses)
        let app: ServiceApp
        do {
            app = try await compose(runtime, &reader)
            try reader.finish()
        } catch let error as ConfigurationError {
            fail(name, error.problems)
        } catch {
            fail(name, ["cannot start: \(error)"])
        }
        let process = ServiceProcess(runtime: runtime, app: app)
        do {
            let bound = try await process.start()
            runtime.logger.info("listening", metadata: ["port": .stringConvertible(bound), "workers": .stringConvertible(config.workers)])
        } catch {
            fail(name, ["PORT: cannot listen on \(config.host):\(config.port): \(error)"])
        }
        await signals.wait()
        runtime.logger.info("draining", metadata: ["graceSeconds": .stringConvertible(config.shutdownGraceSeconds)])
        // Whatever hangs, the process ends: a supervisor's SIGKILL would come next and say less.
        let logger = runtime.logger
        SystemThread.start("deadline", afterSeconds: config.shutdownGraceSeconds + 1) {
            logger.warning("drain did not finish in time")
            LogSink.standardOutput.flush()
            exit(0)
        }
        await process.stop(graceSeconds: config.shutdownGraceSeconds)
        runtime.logger.info("stopped")
        LogSink.standardOutput.flush()
        exit(0)
    }

    private static func refuse(_ name: String, _ reader: EnvironmentReader) {
        do { try reader.finish() } catch { fail(name, error.problems) }
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
