// swift-tools-version: 6.2
// One settings array for every target; each module imports only floors below it (scripts/check-floors).
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
    // Exclusive access is checked at run time in debug builds, which the tests run in; they show in profiles of the request path.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A Swift library with the house settings.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A thin executable: `Sources/<folder>/main type`, everything testable lives in the library it starts.
func program(_ name: String, _ dependencies: [Target.Dependency], path: String) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let service: [Target.Dependency] = ["TiketiCore", "TiketiContracts", "TiketiJSON", "TiketiStore", "TiketiNet", log]

let package = Package(
    name: "tiketi",
    products: [
        .executable(name: "gateway", targets: ["gateway"]),
        .executable(name: "auth", targets: ["auth"]),
        .executable(name: "ticket", targets: ["ticket"]),
        .executable(name: "payment", targets: ["payment"]),
        .executable(name: "stats", targets: ["stats"]),
        .executable(name: "realtime", targets: ["realtime"]),
        .executable(name: "tiketi", targets: ["tiketi"]),
        .executable(name: "toss-simulator", targets: ["toss-simulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    ],
    targets: [
        // Floor 0: C
        .target(name: "CLinux", linkerSettings: [.linkedLibrary("crypt")]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CMark", pkgConfig: "libcmark", providers: [.apt(["libcmark-dev"])]),
        // Floor 0 in Swift: identifiers, instants, bytes as text
        module("TiketiBase", ["CLinux"]),
        // Floor 1: sockets, HTTP, WebSocket; JSON and MessagePack
        module("TiketiNet", ["TiketiBase", "CLinux", "COpenSSL", "CZlib", collections]),
        module("TiketiJSON", ["TiketiBase"]),
        // Floor 2: PostgreSQL and Redis
        module("TiketiStore", ["TiketiNet", "CPostgres", "COpenSSL", log, collections]),
        // Floor 3: what services share
        module("TiketiContracts", ["TiketiNet", "TiketiJSON"]),
        module("TiketiCore", ["TiketiNet", "TiketiJSON", "TiketiStore", "CLinux", "COpenSSL", log]),
        module("TiketiRealtime", ["TiketiNet", "TiketiJSON", "TiketiStore", log, collections]),
        // Floor 4: services
        module("GatewayService", service + ["CMark"]),
        module("AuthService", service + ["CLinux", "COpenSSL"]),
        module("TicketService", service + ["TiketiRealtime", "CZlib", collections]),
        module("PaymentService", service + ["TiketiRealtime"]),
        module("StatsService", service),
        module("RealtimeService", service + ["TiketiRealtime"]),
        module("TossSimulator", service),
        module("TiketiCLI", service + [arguments]),
        // Programs
        program("gateway", ["GatewayService"], path: "Sources/Programs/gateway"),
        program("auth", ["AuthService"], path: "Sources/Programs/auth"),
        program("ticket", ["TicketService"], path: "Sources/Programs/ticket"),
        program("payment", ["PaymentService"], path: "Sources/Programs/payment"),
        program("stats", ["StatsService"], path: "Sources/Programs/stats"),
        program("realtime", ["RealtimeService"], path: "Sources/Programs/realtime"),
        program("tiketi", ["TiketiCLI"], path: "Sources/Programs/tiketi"),
        program("toss-simulator", ["TossSimulator"], path: "Sources/Programs/toss-simulator"),
        // Tests
        module("TiketiTesting", ["TiketiNet", "TiketiJSON", "TiketiStore", "TiketiCore", "TiketiContracts", log]),
        tests("ExecutorContractTests", ["TiketiNet"]),
        tests("TiketiNetTests", ["TiketiNet", "TiketiTesting", "CLinux"]),
        tests("TiketiJSONTests", ["TiketiJSON", "TiketiTesting"]),
        tests("TiketiContractsTests", ["TiketiContracts", "TiketiTesting"]),
        tests("TiketiStoreTests", ["TiketiStore", "TiketiTesting"]),
        tests("TiketiCoreTests", ["TiketiCore", "TiketiTesting"]),
        tests("TiketiRealtimeTests", ["TiketiRealtime", "TiketiTesting"]),
        tests("AuthServiceTests", ["AuthService", "TiketiTesting", log]),
        tests("GatewayServiceTests", ["GatewayService", "TiketiCLI", "TiketiTesting"]),
        tests("TicketServiceTests", ["TicketService", "TiketiTesting", "TiketiRealtime", "CZlib", log]),
        tests("PaymentServiceTests", ["PaymentService", "TossSimulator", "TiketiTesting"]),
        tests("TiketiCLITests", ["TiketiCLI", "TiketiTesting"]),
        tests("StatsServiceTests", ["StatsService", "TiketiTesting"]),
        tests("RealtimeServiceTests", ["RealtimeService", "TiketiTesting"]),
    ]
)

// TIKETI_ONLY=TiketiStoreTests narrows the package to one target and what it needs, for a quick edit-build loop.
if let only = Context.environment["TIKETI_ONLY"], !only.isEmpty {
    var kept = Set(only.split(separator: ",").map(String.init))
    var grew = true
    while grew {
        grew = false
        for target in package.targets where kept.contains(target.name) {
            for case .byNameItem(let name, _) in target.dependencies where kept.insert(name).inserted { grew = true }
        }
    }
    package.targets.removeAll { !kept.contains($0.name) }
    let names = Set(package.targets.map(\.name))
    package.products.removeAll { !names.contains($0.name) }
}
