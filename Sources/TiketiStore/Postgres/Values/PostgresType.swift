// The object identifiers of built-in types (src/include/catalog/pg_type.dat), which never change between versions.

/// The types whose binary forms are read and written here.
enum PostgresType {
    typealias ID = UInt32

    static let bool: ID = 16
    static let bytea: ID = 17
    static let char: ID = 18
    static let name: ID = 19
    static let int8: ID = 20
    static let int2: ID = 21
    static let int4: ID = 23
    static let text: ID = 25
    static let oid: ID = 26
    static let json: ID = 114
    static let float4: ID = 700
    static let float8: ID = 701
    static let unknown: ID = 705
    static let bpchar: ID = 1042
    static let varchar: ID = 1043
    static let date: ID = 1082
    static let timestamp: ID = 1114
    static let timestamptz: ID = 1184
    static let numeric: ID = 1700
    static let void: ID = 2278
    static let uuid: ID = 2950
    static let jsonb: ID = 3802

    /// Types above this were made by users: enumerations (domains are reported as their base type), whose binary form is their text.
    static let firstUserType: ID = 16384

    static func isText(_ type: ID) -> Bool {
        switch type {
        case text, varchar, bpchar, name, char, unknown, json: true
        default: type >= firstUserType
        }
    }

    /// The element type of the array types that are sent and read in binary.
    static func element(of array: ID) -> ID? {
        switch array {
        case 1000: bool
        case 1003: name
        case 1005: int2
        case 1007: int4
        case 1016: int8
        case 1009: text
        case 1014: bpchar
        case 1015: varchar
        case 1021: float4
        case 1022: float8
        case 1115: timestamp
        case 1185: timestamptz
        case 1231: numeric
        case 2951: uuid
        default: nil
        }
    }
}

/// PostgreSQL counts microseconds from 2000-01-01, Unix from 1970-01-01.
let postgresEpochMicroseconds: Int64 = 946_684_800_000_000
let postgresEpochDays: Int64 = 10957
