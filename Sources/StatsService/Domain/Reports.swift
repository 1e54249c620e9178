// The numbers as they are shown. Money is in hundredths of a won, as the database's DECIMAL(…, 2) has it.
import TiketiCore
import TiketiJSON
import TiketiNet

struct Totals: Sendable, Equatable {
    var events: Int
    var reservations: Int
    var revenue: Int
    var todayReservations: Int
    var todayRevenue: Int

    func write(to json: inout JSONWriter) {
        json.member("totalEvents", events)
        json.member("totalReservations", reservations)
        json.key("totalRevenue")
        json.money(hundredths: Int64(revenue))
        json.member("todayReservations", todayReservations)
        json.key("todayRevenue")
        json.money(hundredths: Int64(todayRevenue))
    }
}

struct EventStats: Sendable, Equatable {
    var id: UUID
    var title: String
    var reservations: Int
    var revenue: Int
    var available: Int
    /// One decimal.
    var soldPercentage: Double

    func write(to json: inout JSONWriter) {
        json.member("eventId", id)
        json.member("eventTitle", title)
        json.member("totalReservations", reservations)
        json.key("totalRevenue")
        json.money(hundredths: Int64(revenue))
        json.member("availableSeats", available)
        json.member("soldOutPercentage", soldPercentage)
    }
}

enum RevenueGroup: String, Sendable, CaseIterable { case day, month }

struct RevenueDay: Sendable, Equatable {
    var date: String
    var revenue: Int

    func write(to json: inout JSONWriter) {
        json.member("date", date)
        json.key("revenue")
        json.money(hundredths: Int64(revenue))
    }
}

/// How payments ended: every outcome, also those that never happened.
struct PaymentOutcomes: Sendable, Equatable {
    static let names = ["confirmed", "failed", "cancelled", "refunded", "abandoned"]

    struct Sum: Sendable, Equatable {
        var payments = 0
        var amount = 0
    }

    var sums: [String: Sum] = [:]

    func write(to json: inout JSONWriter) {
        for name in Self.names {
            let sum = sums[name] ?? Sum()
            json.key(name)
            json.object {
                $0.member("payments", sum.payments)
                $0.key("amount")
                $0.money(hundredths: Int64(sum.amount))
            }
        }
    }
}

struct RecentReservation: Sendable {
    var id: UUID
    var number: String
    var eventID: UUID
    var eventTitle: String
    var userName: String?
    var amount: Int
    var status: String
    var paymentStatus: String
    var createdAt: Timestamp

    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("reservationNumber", number)
        json.member("eventId", eventID)
        json.member("eventTitle", eventTitle)
        json.member("userName", userName)
        json.key("totalAmount")
        json.money(hundredths: Int64(amount))
        json.member("status", status)
        json.member("paymentStatus", paymentStatus)
        json.member("createdAt", createdAt)
    }
}
