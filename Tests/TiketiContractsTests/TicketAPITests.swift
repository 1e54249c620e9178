// Both ends of ticket's internal API: what one writes, the other reads; what does not fit is named.
import Testing
import TiketiContracts
import TiketiJSON
import TiketiNet

struct TicketAPITests {
    private func written(_ members: (inout JSONWriter) -> Void) throws -> JSONValue {
        var writer = JSONWriter()
        writer.object(members)
        return try JSONValue.parse(writer.finish())
    }

    @Test func pathsComeFromTheirPatterns() {
        let id = UUID()
        #expect(TicketAPI.lease.path(id) == "/internal/reservations/\(id)/paying")
        #expect(TicketAPI.events.path() == "/internal/events")
        #expect(TicketAPI.queueNumbers.path() == TicketAPI.queueNumbers.pattern)
    }

    @Test func requestsReadBack() throws {
        let lease = TicketAPI.LeaseRequest(userID: UUID(), orderID: "ORDER-1", amount: 0, seconds: 60)
        #expect(try TicketAPI.LeaseRequest(JSONValue.parse(lease.encoded)) == lease)
        let sale = TicketAPI.ConfirmRequest(orderID: "ORDER-1", paymentID: nil, amount: 99_999_999)
        #expect(try TicketAPI.ConfirmRequest(JSONValue.parse(sale.encoded)) == sale)
        let report = TicketAPI.OrderReport(orderID: nil, reason: "declined")
        #expect(try TicketAPI.OrderReport(JSONValue.parse(report.encoded)) == report)
        let numbers = TicketAPI.QueueNumbersRequest(eventID: UUID(), queueIDs: [UUID(), UUID()])
        #expect(try TicketAPI.QueueNumbersRequest(JSONValue.parse(numbers.encoded)) == numbers)
    }

    @Test func answersReadBack() throws {
        let entry = TicketAPI.QueueEntry(userID: UUID(), eventID: UUID(), status: "waiting", position: 3, sequence: 7, generation: UUID())
        #expect(try TicketAPI.QueueEntry(written { entry.write(to: &$0) }) == entry)
        let numbers = TicketAPI.QueueNumbers(generation: nil, sequences: [1, nil, -4])
        #expect(try TicketAPI.QueueNumbers(written { numbers.write(to: &$0) }) == numbers)
        let now = Timestamp(seconds: 1_770_000_000)
        let reservation = TicketAPI.Reservation(
            id: UUID(), number: "TKT-20260101-00001", userID: UUID(), eventID: UUID(), eventTitle: "공연", eventDate: now, venue: "홀",
            seatsJSON: Array(#"[{"seatId":"x","seatLabel":"A-1-1","price":1000}]"#.utf8), totalAmount: "1000", status: "cancelled",
            paymentStatus: "failed", cancelReason: "payment_failed", expiresAt: now, cancelledAt: now, createdAt: now)
        let read = try TicketAPI.ReservationAnswer.read(written { TicketAPI.ReservationAnswer.write(reservation, to: &$0) })
        #expect(read == reservation)
        #expect(read.totalWon == 1000)
    }

    @Test(arguments: [
        (#"{"orderId":"O","amount":1,"seconds":60}"#, "userId"), (#"{"userId":"7","orderId":"O","amount":1,"seconds":60}"#, "userId"),
        (#"{"userId":"\#(UUID())","orderId":"","amount":1,"seconds":60}"#, "orderId"),
        (#"{"userId":"\#(UUID())","orderId":"O","amount":-1,"seconds":60}"#, "amount"),
        (#"{"userId":"\#(UUID())","orderId":"O","amount":1.5,"seconds":60}"#, "amount"),
        (#"{"userId":"\#(UUID())","orderId":"O","amount":1,"seconds":0}"#, "seconds"),
    ])
    func whatDoesNotFitIsNamed(body: String, field: String) throws {
        let json = try JSONValue.parse(Array(body.utf8))
        #expect { try TicketAPI.LeaseRequest(json) } throws: { ($0 as? ContractFault)?.field == field }
    }
}
