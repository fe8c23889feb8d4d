"""What planners and teachers see and touch: pages on which a policy is changed and the county answers.

What a page shows is one value, `returnee.dashboard.visitor.place.Place`, and the address in the browser is that value
written out. A page asks with `returnee.dashboard.live.asking.use_answers`; every figure comes from runs of the model
itself (`returnee.dashboard.live.runs`), by a pool of threads that all visitors share (`returnee.dashboard.live.pool`).
What comes out is made into charts, tables and sentences in `returnee.dashboard.content`.
"""
