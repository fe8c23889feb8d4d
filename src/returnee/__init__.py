"""A county from which many people work away, and the support that may bring them home.

What is here is the documented interface; each name is imported when it is first asked for.

Examples
--------
>>> import returnee as rt
>>> run = rt.simulate("linked", sample=0.002, months=12)
>>> len(run.monthly)
12
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
