"""Commands on promises: make, keep, break, release."""

from domain import events as e
from domain.commands.checks import ahead, complaint_of, here, said, unstopped
from domain.commands.command import Command, Situation, free
from domain.commands.refusals import AlreadyPromised
from domain.facts import Customer, Promise, micros


def _promises(c: Customer) -> dict[str, Promise]:
    return c.promises


def _make(wish: e.PromiseMade, s: Situation) -> None:
    """A promise is a service; on a channel that they refused it would be broken already."""
    promise = s.facts.promises.get(wish.promise)
    if promise is not None:
        raise AlreadyPromised(
            f"this was promised for {said(promise.due)} and is open; keep, break or release it first",
            pointer="/promise",
            members={"due": promise.due, "events": [promise.id]},
        )
    ahead(wish.due, s, "/due")
    here(wish.staff, s, "/staff")
    complaint_of(wish.complaint, s)
    unstopped(s, wish.channel, "service", micros(wish.due), reasons=("refused-channel", "refused-purpose"))


def _on(name: str, event: type[e.Event], says: str) -> Command:
    return Command(name, event, says, free, about="promise", among=_promises)


COMMANDS = (
    Command("make-promise", e.PromiseMade, "Tell them that we will", _make, by="staff", new="promise"),
    _on("keep-promise", e.PromiseKept, "We did"),
    _on("break-promise", e.PromiseBroken, "We did not"),
    _on("release-promise", e.PromiseReleased, "They no longer expect it"),
)
