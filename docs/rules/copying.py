"""What if people copied their neighbours?

Where most of one's ties are, one goes or stays: the more so, the larger the lever ``copying``. At 0 the
model is as it was.
"""

from returnee.simulation.people.returning import home_pull as usual

LEVERS = {
    "copying": (1.0, 0.0, 3.0, "how much people copy where their ties are", "人们随亲友去留的程度"),
}


def home_pull(worker, share_home, behaviour, month, copying):
    """Log odds of home: as usual, and up where most ties are at home, down where most are away."""
    return usual(worker, share_home, behaviour, month) + copying * (2.0 * share_home - 1.0)
