"""What a change of rules changes: the rows of two generations beside each other, at one clock.

    pair.py      the two generations, and which customers can be compared at all
    figures.py   how many, how much money, how many working hours: by stage, by tier, by deadline, by queue
    changes.py   one customer after the other: what differs in their rows
    causes.py    which clause or threshold made the difference

Rows are data: they are joined, grouped and subtracted here, and no rule is asked again for them. Only the cause of one
customer's difference is found by folding that customer under both rulebooks, and asking the clauses themselves.
"""

from projections.comparing.causes import explain
from projections.comparing.changes import Change, Difference, differences
from projections.comparing.figures import Figures, figures
from projections.comparing.pair import Pair, Side

__all__ = ["Change", "Difference", "Figures", "Pair", "Side", "differences", "explain", "figures"]
