"""What other counties do to one: factors on its rules, year by year; none where counties are taken apart."""

from __future__ import annotations

from returnee.scenarios.schema.fields import Group, lever

# fmt: off


class Others(Group):
    """What a year's changes in other counties do to one: each multiplies a rule; 1 is as things are."""

    price: float = lever(
        1, unit="×", within=(0.1, 10), en="Prices beyond the county", zh="县外价格",
        help=("Factor on what firms earn beyond the county: it falls with the supply of all counties.",
              "企业在县外销售所得价格的倍数；各县供给增加则下降。"))
    city_wage: float = lever(
        1, unit="×", within=(0.1, 10), en="City wages", zh="城市工资",
        help=("Factor on city wages: they rise as fewer are away.",
              "城市工资的倍数；在外人数减少则上升。"))
    city_jobs: float = lever(
        1, unit="×", within=(0.1, 10), en="Finding a city job", zh="城市找工作难易",
        help=("Factor on how fast a job in the city is found.", "在城市找到工作快慢的倍数。"))
    returning: float = lever(
        1, unit="×", within=(0.1, 10), en="Returning here", zh="返回本县",
        help=("Factor on the chance to return: below 1 some go to a neighbouring county instead, above 1 "
              "some come from there.",
              "返乡概率的倍数；小于1时有人改去邻县，大于1时有人从邻县来。"))


# fmt: on
