"""The company itself: who works there, who is away, what it sells, what it sends to many."""

from dataclasses import dataclass
from typing import Any

from api.simulation import names
from api.simulation.clock import DAY, HOUR, JAKARTA, LEBARAN, OPENS, day_date, day_of, stamp
from api.simulation.dice import Dice
from api.simulation.journal import CATALOGUE, HR, Journal

# category, code, name, price in IDR
PRODUCTS: tuple[tuple[str, str, str, int], ...] = (
    ("groceries", "GR-101", "beras Pandan Wangi 10 kg", 165_000),
    ("groceries", "GR-102", "minyak goreng 5 liter", 98_000),
    ("groceries", "GR-103", "kopi Toraja 1 kg", 210_000),
    ("groceries", "GR-104", "paket sembako keluarga", 450_000),
    ("household", "RT-201", "penanak nasi 1,8 liter", 625_000),
    ("household", "RT-202", "kipas angin berdiri", 385_000),
    ("household", "RT-203", "dispenser air galon bawah", 1_950_000),
    ("household", "RT-204", "mesin cuci dua tabung", 2_450_000),
    ("household", "RT-205", "kulkas dua pintu", 5_200_000),
    ("household", "RT-206", "pendingin ruangan 1 PK", 4_850_000),
    ("electronics", "EL-301", "telepon genggam Nusa 5", 3_299_000),
    ("electronics", "EL-302", "laptop kerja 14 inci", 9_750_000),
    ("electronics", "EL-303", "televisi 43 inci", 4_150_000),
    ("electronics", "EL-304", "pelantang suara kecil", 349_000),
    ("electronics", "EL-305", "pencetak multifungsi", 2_875_000),
    ("electronics", "EL-306", "tablet belajar anak", 2_199_000),
    ("fashion", "FS-401", "kemeja batik tulis", 875_000),
    ("fashion", "FS-402", "sepatu kulit kerja", 650_000),
    ("fashion", "FS-403", "mukena katun Jepang", 320_000),
    ("fashion", "FS-404", "kebaya brokat", 1_250_000),
    ("baby", "BY-501", "popok isi 60", 139_000),
    ("baby", "BY-502", "kereta dorong bayi", 1_750_000),
    ("baby", "BY-503", "susu formula 800 g", 285_000),
    ("health", "KS-601", "tensimeter digital", 425_000),
    ("health", "KS-602", "vitamin keluarga 3 bulan", 275_000),
    ("health", "KS-603", "kursi roda lipat", 1_450_000),
    ("sport", "OR-701", "sepeda lipat 20 inci", 3_950_000),
    ("sport", "OR-702", "raket bulu tangkis", 540_000),
    ("books", "BK-801", "paket buku pelajaran SD", 390_000),
    ("books", "BK-802", "novel Bumi Manusia", 132_000),
)
HOLDINGS: tuple[tuple[str, str, str, int], ...] = (
    ("savings", "TB-01", "Tabungan Sejahtera", 5_000_000),
    ("deposit", "DP-06", "Deposito 6 bulan", 25_000_000),
    ("insurance", "AS-11", "Asuransi Keluarga Sehat", 350_000),
    ("subscription", "LG-21", "Langganan Air dan Sembako", 275_000),
    ("credit-card", "KK-31", "Kartu Kredit Nusantara", 15_000_000),
    ("instalment", "CC-41", "Cicilan Elektronik", 4_200_000),
)
RETIRED = (
    ("electronics", "EL-300", "telepon genggam Nusa 4", 2_799_000),
    ("sport", "OR-700", "papan seluncur", 480_000),
)
LANGUAGES = (("id",), ("id", "jv"), ("id", "en"), ("id", "su"), ("id", "en", "zh"))


@dataclass(frozen=True, slots=True)
class Absence:
    """Away from `at` until `until`, with somebody to cover."""

    staff: str
    cover: str
    at: int
    until: int
    reason: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """Something sent to many at one minute."""

    code: str
    channel: str
    purpose: str
    at: int


class Company:
    """Staff, absences, campaigns and catalogue of one seed between two instants (seconds)."""

    def __init__(self, customers: int, seed: int, start: int, end: int) -> None:
        self.start, self.end = start, end
        self._dice = Dice(seed, 0)
        self.journal = Journal(0, self._dice, end)
        tens = 1 + customers // 4000
        self.managers = [f"rm-{i:02d}" for i in range(1, 6 * tens + 1)]
        self.handlers = [f"cs-{i:02d}" for i in range(1, 3 * tens + 1)]
        self.leads = [f"lead-{i:02d}" for i in range(1, tens + 1)]
        self.leaver = self.managers[-1]
        self.leaves_at = start + (end - start) * 6 // 10
        self.absences = self._absences()
        self.campaigns = self._campaigns()
        self._report()

    def manager_of(self, number: int, at: int) -> str:
        """Who owns the relationship; the leaver's book goes over to the others."""
        manager = self.managers[number % len(self.managers)]
        if manager == self.leaver and at >= self.leaves_at:
            return self.managers[number // len(self.managers) % (len(self.managers) - 1)]
        return manager

    def acting(self, staff: str, at: int) -> str:
        """Who does the work: the person, or whoever covers for them."""
        for away in self.absences:
            if away.staff == staff and away.at <= at < away.until:
                return away.cover
        return staff

    def _absences(self) -> list[Absence]:
        everybody = self.managers + self.handlers
        found: list[Absence] = []
        for i, staff in enumerate(everybody):
            at = self.start + self._dice.between(10, 120) * DAY
            while at < self.end - 15 * DAY:
                day = day_of(at)
                days = self._dice.pick((1, 1, 2, 3, 5, 5, 10, 12))
                first = day * DAY - JAKARTA + OPENS
                cover = everybody[(i + self._dice.between(1, 2)) % len(everybody)]
                found.append(Absence(staff, cover, first, first + days * DAY, "sick" if days < 3 else "leave"))
                at += self._dice.between(60, 200) * DAY
        today = self.end - self.end % HOUR
        a, b, c = everybody[0], everybody[1], everybody[2]  # somebody is away now, and so is the one to cover: a chain
        found += [
            Absence(a, b, today - 3 * DAY, today + 4 * DAY, "leave"),
            Absence(b, c, today - DAY, today + 2 * DAY, "sick"),
        ]
        return found

    def _campaigns(self) -> list[Campaign]:
        found: list[Campaign] = []
        for day in range(day_of(self.start), day_of(self.end)):
            date = day_date(day)
            at = day * DAY - JAKARTA
            if date.month % 3 == 2 and date.day == 8:
                found.append(Campaign(f"kabar-{date.year}-{date.month:02d}", "email", "information", at + 10 * HOUR))
            if (date.month, date.day) in ((11, 11), (12, 12)):
                found.append(Campaign(f"harbolnas-{date.year}-{date.month}", "whatsapp", "selling", at + 8 * HOUR))
            if LEBARAN.get(date.year) == date.month * 100 + date.day:
                found.append(Campaign(f"lebaran-{date.year}", "whatsapp", "relationship", at + 7 * HOUR))
            if (date.month, date.day) == (8, 16):
                found.append(Campaign(f"merdeka-{date.year}", "sms", "information", at + 9 * HOUR))
        return found

    def _report(self) -> None:
        add, before = self.journal.add, self.start - 30 * DAY
        for i, (category, code, name, price) in enumerate(RETIRED + PRODUCTS + HOLDINGS):
            data = {
                "product": code,
                "category": category,
                "name": name,
                "price": {"amount": str(price), "currency": "IDR"},
            }
            new = category == "books"  # taken up later than the rest
            add(self.start + 90 * DAY if new else before + i * 60, "product.listed", CATALOGUE, data)
        for i, (_, code, _, _) in enumerate(RETIRED):
            add(self.start + (self.end - self.start) * (i + 1) // 4, "product.retired", CATALOGUE, {"product": code})
        for i, staff in enumerate(self.managers + self.handlers + self.leads):
            self._hire(before + 3 * HOUR + i * 300, staff)
        add(self.leaves_at, "staff.changed", HR, {"staff": self.leaver, "active": False, "capacity": 0})
        add(
            self.leaves_at,
            "staff.changed",
            HR,
            {"staff": self.managers[0], "capacity": 700, "traits": {"level": "senior"}},
        )
        for away in self.absences:
            data = {"staff": away.staff, "until": stamp(away.until), "cover": away.cover, "reason": away.reason}
            add(away.at, "staff.absent", HR, data)

    def _hire(self, at: int, staff: str) -> None:
        dice = self._dice
        name, spoken = names.person(dice)
        team = {"rm": "relationship", "cs": "complaints"}.get(staff[:2], "lead")
        data: dict[str, Any] = {
            "staff": staff,
            "team": team,
            "languages": dice.pick(LANGUAGES),
            "capacity": dice.between(5, 12) * 50,
            "minutes_a_day": 360,
            "gender": "male" if spoken[:3] == "Pak" else "female",
            "skills": [skill := dice.pick(("advice", "insurance", "technical"))],
            "hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "08:00", "end": "17:00"}],
            "timezone": "Asia/Jakarta",
            "name": name,
            "email": f"{staff}@example.com",
        }
        if skill == "insurance":  # a licence, to be renewed while the story goes on
            data["qualifications"] = {"aaji": str(day_date(day_of(self.start) + 500))}
        self.journal.add(at, "staff.registered", HR, data)
