"""What stops a contact, in words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from domain.facts import DAY
from projections.explaining.telling import Code, Line, Moment
from projections.explaining.tongue import Tongue
from projections.permission import Stop

SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "stop.ended": "The relationship was ended.",
            "stop.provisional": "It is not certain who they are.",
            "stop.refused-channel": "They refused to be contacted on this channel.",
            "stop.refused-purpose": "They withdrew their consent.",
            "stop.no-consent": "This needs their consent, and they never gave it.",
            "stop.consent-ended": "Their consent ended {ended}.",
            "stop.unwished-staff": "They wish to be contacted by {wished} alone.",
            "stop.unwished-staff.lacking": "They ask for it, or their care takes it, and this person lacks it: {lacking}.",
            "stop.no-selling-stage": "Nothing is sold in the stage {stage}.",
            "stop.rest": "They asked to be left in peace until {until}.",
            "stop.complaint-open": "A complaint of theirs is open.",
            "stop.complaint-just-resolved": "A complaint was resolved only lately; nothing is sold until {until}.",
            "stop.unfit": "The benefit {benefit} does not fit tier {tier}.",
            "stop.no-contact-point": "No contact point is known for this channel.",
            "stop.limit": "Contacts within {days} days: {count}, and at most {at_most} are allowed; one more from {until}.",
            "stop.limit-channel": "Contacts on this channel within {days} days: {count}, and at most {at_most} are allowed; "
            "one more from {until}.",
            "stop.limit-selling": "Contacts to sell within {days} days: {count}, and at most {at_most} are allowed; "
            "one more from {until}.",
            "stop.limit-wish": "They wish to hear from us {at_most} times a {per}, and did; again from {until}.",
            "stop.ratio": "One more contact to sell needs {needed} for the relationship, and there were {relationship}.",
            "stop.quiet-hours": "These are quiet hours, until {until}.",
            "stop.outside-window": "It is outside of the times that they stated; the next begins {until}.",
            "stop.outside-window.never": "It is outside of the times that they stated.",
            "stop.holiday": "It is a holiday, until {until}.",
            "stop.failed-attempts": "Attempts that failed in a row on this channel: {count}; another one may do better.",
        },
        "id": {
            "stop.ended": "Hubungan telah diakhiri.",
            "stop.provisional": "Belum pasti siapa pelanggan ini.",
            "stop.refused-channel": "Pelanggan menolak dihubungi lewat saluran ini.",
            "stop.refused-purpose": "Pelanggan mencabut persetujuannya.",
            "stop.no-consent": "Ini memerlukan persetujuan pelanggan, dan belum pernah diberikan.",
            "stop.consent-ended": "Persetujuan pelanggan berakhir {ended}.",
            "stop.unwished-staff": "Pelanggan hanya ingin dihubungi oleh {wished}.",
            "stop.unwished-staff.lacking": "Diminta pelanggan atau diperlukan, dan petugas ini tidak memilikinya: {lacking}.",
            "stop.no-selling-stage": "Tidak ada penjualan pada tahap {stage}.",
            "stop.rest": "Pelanggan minta tidak diganggu sampai {until}.",
            "stop.complaint-open": "Ada keluhan pelanggan yang masih terbuka.",
            "stop.complaint-just-resolved": "Keluhan baru saja diselesaikan; tidak ada penjualan sampai {until}.",
            "stop.unfit": "Manfaat {benefit} tidak cocok untuk golongan {tier}.",
            "stop.no-contact-point": "Tidak ada alamat kontak untuk saluran ini.",
            "stop.limit": "Kontak dalam {days} hari: {count}, dan paling banyak {at_most} yang boleh; satu lagi mulai {until}.",
            "stop.limit-channel": "Kontak lewat saluran ini dalam {days} hari: {count}, dan paling banyak {at_most} yang boleh; "
            "satu lagi mulai {until}.",
            "stop.limit-selling": "Kontak penjualan dalam {days} hari: {count}, dan paling banyak {at_most} yang boleh; "
            "satu lagi mulai {until}.",
            "stop.limit-wish": "Pelanggan ingin dihubungi {at_most} kali per {per}, dan sudah; lagi mulai {until}.",
            "stop.ratio": "Satu kontak penjualan lagi memerlukan {needed} demi hubungan, dan baru ada {relationship}.",
            "stop.quiet-hours": "Ini jam tenang, sampai {until}.",
            "stop.outside-window": "Ini di luar waktu yang diminta pelanggan; berikutnya mulai {until}.",
            "stop.outside-window.never": "Ini di luar waktu yang diminta pelanggan.",
            "stop.holiday": "Ini hari libur, sampai {until}.",
            "stop.failed-attempts": "Percobaan yang gagal berturut-turut lewat saluran ini: {count}; saluran lain mungkin "
            "lebih baik.",
        },
    }
)

TERMS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "refused-channel": "they refused this channel", "refused-purpose": "they withdrew their consent",
            "consent-ended": "their consent ended", "no-selling-stage": "nothing is sold in this stage",
            "unwished-staff": "they wish for other staff", "unfit": "the benefit does not fit",
            "limit-day": "they were contacted a day ago or less", "limit-month": "they were contacted often enough",
            "limit-channel": "they were contacted often enough on this channel",
            "limit-selling": "they were offered enough lately", "limit-wish": "they were contacted as often as they wish",
            "ratio": "too few contacts for the relationship", "quiet-hours": "quiet hours",
            "outside-window": "outside of the times that they stated", "holiday": "a holiday",
            "failed-attempts": "attempts failed",
        },
        "id": {
            "refused-channel": "pelanggan menolak saluran ini", "refused-purpose": "pelanggan mencabut persetujuannya",
            "consent-ended": "persetujuannya berakhir", "no-selling-stage": "tidak ada penjualan pada tahap ini",
            "unwished-staff": "pelanggan menginginkan petugas lain", "unfit": "manfaatnya tidak cocok",
            "limit-day": "baru saja dihubungi", "limit-month": "sudah cukup sering dihubungi",
            "limit-channel": "sudah cukup sering dihubungi lewat saluran ini",
            "limit-selling": "sudah cukup sering ditawari", "limit-wish": "sudah dihubungi sesering yang diinginkan",
            "ratio": "terlalu sedikit kontak demi hubungan", "quiet-hours": "jam tenang",
            "outside-window": "di luar waktu yang diminta", "holiday": "hari libur", "failed-attempts": "percobaan gagal",
            "month": "bulan", "quarter": "triwulan", "year": "tahun",
        },
    }
)  # fmt: skip

_CODES = frozenset({"stage", "tier", "per"})


def told(stop: Stop, tongue: Tongue, zone: ZoneInfo) -> str:
    """A stop as a sentence; dates are in this zone."""
    values = {name: _value(name, value) for name, value in stop.detail.items()}
    if "within" in stop.detail:
        values["days"] = round(stop.detail["within"] / DAY, 2)
    key = "stop.limit" if stop.reason in ("limit-day", "limit-month") else f"stop.{stop.reason}"
    if "lacking" in stop.detail:
        key = f"{key}.lacking"
    if stop.until is not None:
        values["until"] = Moment(stop.until)
    elif f"{key}.never" in tongue.sentences:
        key = f"{key}.never"
    return tongue.say(Line(key, values), zone)


def _value(name: str, value: Any) -> Any:
    if name in _CODES:
        return Code(value)
    if name == "ended":
        return Moment(value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType] - of text


__all__ = ["SENTENCES", "TERMS", "told"]
