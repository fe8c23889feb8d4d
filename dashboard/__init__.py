"""What planners and teachers see and touch: pages on which a policy is changed and the county answers.

Every figure comes from runs of the model itself (`returnee.dashboard.live.runs`), by a pool of threads that all
users of a server share (`returnee.dashboard.live.pool`). What a page shows is one value, `returnee.dashboard.visitor.place.Place`,
and the address in the browser is that value written out.
"""
