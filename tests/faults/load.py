"""What the writers of the trials send: the same number always stands for the same event, so that it can be sent again."""

from typing import Any

PEOPLE = 40  # customers that all writers write about, so that they meet
TYPES = ("call.made", "visit.made", "note.added", "customer.identified", "complaint.opened", "customer.profile-changed")


def event(writer: str, number: int) -> dict[str, Any]:
    """The `number`-th event of a writer."""
    mix = number * 7919 + len(writer) * 31 + sum(map(ord, writer))
    cloud: dict[str, Any] = {
        "specversion": "1.0",
        "type": TYPES[mix % len(TYPES)],
        "source": f"urn:faults:{writer}",
        "id": str(number),
        "time": f"2026-0{1 + mix % 5}-{1 + mix % 28:02}T{mix % 24:02}:{number % 60:02}:00+07:00",
        "subject": f"crm:F-{mix % PEOPLE}",
        "sequence": f"{number:06}",
    }
    match cloud["type"]:
        case "note.added":
            data = {"text": f"note {number} of {writer}"}
        case "customer.identified":
            data = {"kind": "phone", "value": f"0812{mix % 10_000_000:08}"}
        case "complaint.opened":
            data = {"complaint": f"{writer}-{number}", "description": "it broke " * 9}
        case "customer.profile-changed":
            data = {"name": f"Raden {writer} {number}"}
        case _:
            data = {"direction": "inbound", "staff": "ani", "summary": "asked about it " * 9}
            if number % 5 == 0:  # somebody of whom only a number is known, in a number that several writers meet first
                data["contact_point"] = f"0813{mix % 60:08}"
                del cloud["subject"]
    return cloud | {"data": data}
