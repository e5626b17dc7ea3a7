"""People, places and contact points of the simulated customers; all invented, spelt the new way and the old."""

from api.simulation.dice import Dice


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MEN = _words(
    "Agus Ahmad Andi Arif Bambang Bayu Budi Dedi Dian Djoko Doddy Eko Fajar Gunawan Hadi Hendra Made Iwan Joko "
    "Ketut Lukman Moeljono Muhammad Nyoman Oetomo Pandu Rachmat Rizky Rudi Slamet Soedjono Soekarno Soerjo "
    "Sutrisno Teguh Tjahjono Tjokro Wahyu Wayan Yohanes Yusuf Zulkifli"
)
WOMEN = _words(
    "Anisa Ayu Bunga Citra Dewi Dian Endang Fitri Halimah Indah Kartika Ketut Lestari Lilis Maria Mega Luh Nining "
    "Noer Nur Puspita Putri Ratna Rina Rini Roekmini Siti Soelastri Soetinah Sri Tini Tjitra Tuti Wati Wulan "
    "Yanti Yuliana Yuni Zahra"
)
FAMILIES = _words(
    "Aritonang Atmadja Budiman Chandra Djajadi Djatmiko Ginting Gunadi Hakim Halim Harahap Hartono Hidayat "
    "Hoetomo Kusuma Kurniawan Lesmana Lubis Mahendra Manurung Nasution Nugroho Oetami Pangestu Pertiwi Poernomo "
    "Pranata Prasetyo Rahayu Rahmawati Ramadhan Santoso Saputra Saragih Setiawan Sihombing Simanjuntak Siregar "
    "Soebroto Soedirdjo Soegiarto Soehardjo Soemantri Soerjadi Suharto Sukarno Suryadi Sutanto Tanudjaja Tjahjadi "
    "Tjandra Tjokroaminoto Utomo Wibowo Widjaja Widodo Wijaya Yudhoyono Zainuddin"
)
TITLES = ("dr.", "Ir.", "Drs.", "H.", "Hj.")
DEGREES = (", S.E.", ", S.H.", ", M.M.", ", S.Pd.")
FIRMS = (
    "PT Maju Bersama",
    "PT Samudra Niaga",
    "CV Tjahaja Abadi",
    "Toko Oetama",
    "Koperasi Sumber Rejeki",
    "PT Bina Usaha Mandiri",
    "Yayasan Pelita Bangsa",
    "UD Karya Djaja",
    "PT Mitra Tani Lestari",
    "RS Kasih Bunda",
    "CV Batik Kentjana",
    "PT Logistik Timur Raya",
)

# city, post code, zone, offset in minutes; more often the larger
CITIES = (
    ("Jakarta Selatan", "12190", "Asia/Jakarta", 420),
    ("Jakarta Barat", "11480", "Asia/Jakarta", 420),
    ("Bandung", "40115", "Asia/Jakarta", 420),
    ("Surabaya", "60271", "Asia/Jakarta", 420),
    ("Semarang", "50241", "Asia/Jakarta", 420),
    ("Yogyakarta", "55223", "Asia/Jakarta", 420),
    ("Jakarta Selatan", "12560", "Asia/Jakarta", 420),
    ("Medan", "20152", "Asia/Jakarta", 420),
    ("Palembang", "30126", "Asia/Jakarta", 420),
    ("Bogor", "16143", "Asia/Jakarta", 420),
    ("Malang", "65112", "Asia/Jakarta", 420),
    ("Surakarta", "57132", "Asia/Jakarta", 420),
    ("Padang", "25116", "Asia/Jakarta", 420),
    ("Denpasar", "80235", "Asia/Makassar", 480),
    ("Makassar", "90125", "Asia/Makassar", 480),
    ("Balikpapan", "76114", "Asia/Makassar", 480),
    ("Manado", "95114", "Asia/Makassar", 480),
    ("Jayapura", "99112", "Asia/Jayapura", 540),
    ("Ambon", "97124", "Asia/Jayapura", 540),
    ("Singapore", "238801", "Asia/Singapore", 480),
)
STREETS = (
    "Jl. Diponegoro",
    "Jl. Jenderal Sudirman",
    "Jl. Gajah Mada",
    "Jl. Melati",
    "Jl. Kenanga",
    "Jl. Ahmad Yani",
    "Jl. Merdeka",
    "Gang Mawar",
    "Jl. Raya Darmo",
    "Jl. Cempaka Putih",
    "Jl. Teuku Umar",
    "Perum Griya Asri Blok C",
    "Jl. Pahlawan",
    "Jl. Imam Bonjol",
    "Jl. Kaliurang Km",
)
PREFIXES = ("811", "812", "813", "821", "822", "852", "853", "856", "857", "858", "877", "878", "881", "895", "896")
PUNCTUATION = ("+62 {} {} {}", "+62{}{}{}", "+62-{}-{}-{}", "+62 {} {}{}")
DOMAINS = ("example.com", "example.org", "example.net")


def person(dice: Dice) -> tuple[str, str]:
    """A full name, and how one speaks to them: ("Soekarno Widjaja, S.E.", "Pak Soekarno")."""
    man = dice.chance(50)
    first = dice.pick(MEN if man else WOMEN)
    name = first if dice.chance(6) else f"{first} {dice.pick(FAMILIES)}"
    if dice.chance(30):
        name = f"{first} {dice.pick(MEN if man else WOMEN)} {dice.pick(FAMILIES)}"
    if dice.chance(6):
        name = f"{dice.pick(TITLES)} {name}"
    elif dice.chance(6):
        name += dice.pick(DEGREES)
    return name, f"{'Pak' if man else 'Bu'} {first}"


def firm(dice: Dice, city: str) -> tuple[str, str]:
    """A firm's name, and the person one speaks to there."""
    return f"{dice.pick(FIRMS)} {city}", person(dice)[1]


def address(dice: Dice, city: str, post: str) -> str:
    """Street, number, neighbourhood, city."""
    rt, rw = dice.between(1, 12), dice.between(1, 9)
    return f"{dice.pick(STREETS)} No. {dice.between(1, 180)}, RT {rt:02d}/RW {rw:02d}, {city} {post}"


def phone(number: int, which: int = 0) -> str:
    """A customer's number (which: 0 first, 1 next, …), never another's for less than 22 million customers."""
    digits = 10_000_000 + (number * 4 + which) * 7_654_321 % 89_999_999
    text = str(digits)
    prefix = PREFIXES[number % len(PREFIXES)]
    return PUNCTUATION[number % len(PUNCTUATION)].format(prefix, text[:4], text[4:])


def email(name: str, number: int) -> str:
    """An address in a domain that is kept free for examples."""
    letters = "".join(c for c in name.lower() if "a" <= c <= "z" or c == " ")
    return f"{'.'.join(letters.split()[:2])}{number}@{DOMAINS[number % 3]}"
