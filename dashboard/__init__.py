"""What planners and teachers see and touch: pages on which a policy is changed and the county answers.

Every figure comes from runs of the model itself (`dashboard.runs`), by a pool of threads that all
users of a server share (`dashboard.pool`). What a page shows is one value, `dashboard.place.Place`,
and the address in the browser is that value written out.
"""
