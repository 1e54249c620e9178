// What the hubs ask of ticket: the version of a seat map, whose a place in a queue is, and where it stands.
import TiketiJSON
import TiketiNet

extension TicketAPI {
    /// The version of an event's seat map.
    public struct SeatMapVersion: Sendable, Equatable {
        /// Raised by every change of a seat; never falls.
        public var version: Int64

        /// An answer to send.
        public init(version: Int64) { self.version = version }

        /// Reads an answer; throws when `version` is missing or negative.
        public init(_ json: JSONValue) throws(ContractFault) { version = try json.int("version", in: 0...Int64.max) }

        /// The members of an open object.
        public func write(to writer: inout JSONWriter) { writer.member("version", version) }
    }

    /// A place in a queue, for whoever watches it.
    public struct QueueEntry: Sendable, Equatable {
        /// Whose place it is; nobody else may watch it.
        public var userID: UUID
        /// The event whose queue it is in.
        public var eventID: UUID
        /// `waiting` or `lobby`; nil for a place that is over.
        public var status: String?
        /// From 1; only in the line.
        public var position: Int?
        /// The number in the order of arrival; only in the line.
        public var sequence: Int64?
        /// Which order of arrival: a wiped Redis begins another.
        public var generation: UUID?
        /// Whether it is in the line or the lobby.
        public var isWaiting: Bool { status != nil }

        /// An answer to send; without a status it says that the place is over.
        public init(
            userID: UUID, eventID: UUID, status: String? = nil, position: Int? = nil, sequence: Int64? = nil, generation: UUID? = nil
        ) {
            (self.userID, self.eventID, self.status, self.position) = (userID, eventID, status, position)
            (self.sequence, self.generation) = (sequence, generation)
        }

        /// Reads an answer; only `userId` and `eventId` must be there.
        public init(_ json: JSONValue) throws(ContractFault) {
            userID = try json.uuid("userId")
            eventID = try json.uuid("eventId")
            status = try json.textOrNil("status")
            position = try json.intOrNil("position").map { Int($0) }
            sequence = try json.intOrNil("sequence")
            generation = try json.uuidOrNil("generation")
        }

        /// The members of an open object.
        public func write(to writer: inout JSONWriter) {
            writer.member("userId", userID)
            writer.member("eventId", eventID)
            writer.member("status", status)
            writer.member("position", position)
            writer.member("sequence", sequence)
            writer.member("generation", generation)
        }
    }

    /// Asks for the numbers of places in one event's line.
    public struct QueueNumbersRequest: Sendable, Equatable {
        /// Whose line.
        public var eventID: UUID
        /// The places, at most 1,000; the answer keeps their order.
        public var queueIDs: [UUID]
        /// Places that one call may ask for.
        static let most = 1000

        /// A request to send.
        public init(eventID: UUID, queueIDs: [UUID]) { (self.eventID, self.queueIDs) = (eventID, queueIDs) }

        /// Reads a request; throws for more places than one call may ask for.
        public init(_ json: JSONValue) throws(ContractFault) {
            eventID = try json.uuid("eventId")
            queueIDs = try json.uuids("queueIds", max: Self.most)
        }

        /// The request as JSON.
        public var encoded: [UInt8] {
            JSONWriter.object(capacity: 128 + queueIDs.count * 40) {
                $0.member("eventId", eventID)
                $0.member("queueIds", queueIDs)
            }
        }
    }

    /// Numbers in the order of arrival, one for each place asked for; nil for those that are in no line.
    public struct QueueNumbers: Sendable, Equatable {
        /// Nil when there is no line.
        public var generation: UUID?
        /// Numbers in the order of the request.
        public var sequences: [Int64?]

        /// An answer to send.
        public init(generation: UUID?, sequences: [Int64?]) { (self.generation, self.sequences) = (generation, sequences) }

        /// Reads an answer; throws when `sequences` is no array.
        public init(_ json: JSONValue) throws(ContractFault) {
            generation = try json.uuidOrNil("generation")
            sequences = try json.required("sequences", "an array", \.arrayValue).map(\.int64Value)
        }

        /// The members of an open object.
        public func write(to writer: inout JSONWriter) {
            writer.member("generation", generation)
            writer.array("sequences", sequences) { writer, sequence in
                if let sequence { writer.value(sequence) } else { writer.null() }
            }
        }
    }
}
