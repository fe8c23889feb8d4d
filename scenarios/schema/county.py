"""County facts: what is given, and what a county file states.

The defaults here are those of the bundled county; the tables of townships and sectors have none.
"""

from __future__ import annotations

import math
from typing import Any, Self

from pydantic import Field, model_validator

from returnee.scenarios.schema.fields import REQUIRED, Group, group, lever
from returnee.scenarios.schema.priors import (
    BOOKS,
    CALENDAR,
    DECREED,
    DOUBLE,
    NEAR,
    ODDS,
    OWN,
    SCENE,
    SIGN,
    between,
)

REMOTE_KM = 20.0
"""A township farther than this from the county seat is remote unless the county says otherwise."""

# fmt: off


class Township(Group):
    """A township or subdistrict; ``remote`` follows from the distance where it is left out."""

    name: str = Field(strict=True, min_length=1, max_length=100)
    name_zh: str = Field(strict=True, min_length=1, max_length=100)
    weight: float = lever(
        REQUIRED, unit="share", within=(0, 1), en="Share of workers", zh="劳动力占比",
        help=("Share of the labour force registered here.", "户籍劳动力在全县的占比。"))
    distance_km: float = lever(
        REQUIRED, unit="km", within=(0, 500), en="Distance to the seat", zh="距县城",
        help=("Road distance to the county seat.", "到县城的公路距离。"))
    remote: bool = lever(
        REQUIRED, unit="yes/no", en="Remote", zh="偏远",
        help=("Whether the township counts as remote; over 20 km unless stated.",
              "是否为偏远乡镇；未注明时以20公里以上计。"))

    @model_validator(mode="before")
    @classmethod
    def _remote_by_distance(cls, row: Any) -> Any:
        if isinstance(row, dict) and "remote" not in row:
            distance = row.get("distance_km")
            if isinstance(distance, int | float):
                return {**row, "remote": distance > REMOTE_KM}
        return row


class AgeGroup(Group):
    """Five years of age of a pyramid, as a census counts them when the history starts."""

    age: int = lever(
        REQUIRED, unit="years", within=(0, 55), evidence=("L42", "L43"), en="Youngest age", zh="起始年龄",
        help=("Youngest age of the five years.", "该五岁组的起始年龄。"))
    men: float = lever(
        REQUIRED, unit="people", within=(0, 10_000_000), evidence=("L42", "L43"), en="Men", zh="男",
        help=("Men or boys of these ages.", "该年龄组男性人数。"))
    women: float = lever(
        REQUIRED, unit="people", within=(0, 10_000_000), evidence=("L42", "L43"), en="Women", zh="女",
        help=("Women or girls of these ages.", "该年龄组女性人数。"))


class Sector(Group):
    """A sector in which firms can be founded."""

    key: str = Field(strict=True, pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    name: str = Field(strict=True, min_length=1, max_length=100)
    name_zh: str = Field(strict=True, min_length=1, max_length=100)
    labour_share: float = lever(
        REQUIRED, unit="exponent", within=(0.05, 0.9), en="Labour share", zh="劳动份额",
        help=("Exponent of labour in value added.", "增加值中劳动的指数。"))
    capital_share: float = lever(
        REQUIRED, unit="exponent", within=(0.01, 0.9), en="Capital share", zh="资本份额",
        help=("Exponent of capital in value added.", "增加值中资本的指数。"))
    capital_median: float = lever(
        REQUIRED, unit="yuan", within=(1000, 10_000_000), evidence=("BH039", "BH042"), bound=True,
        en="Start-up capital", zh="启动资本",
        help=("Median capital that a founder wants to start with; nearly 70 % of young founders have less than "
              "100,000 (BH039), the mean is 1.38 m (BH042).",
              "创业者期望启动资本的中位数；近70%的青年创业者不足10万元（BH039），均值138万元（BH042）。"))
    capital_sigma: float = lever(
        REQUIRED, unit="log sd", within=(0, 3), en="Spread of capital", zh="资本差异",
        help=("Standard deviation of the log of that capital.", "启动资本对数的标准差。"))
    intermediate: float = lever(
        REQUIRED, unit="share of sales", within=(0, 0.95), en="Inputs", zh="中间投入",
        help=("Share of sales spent on goods and services bought; margins as in BH089.",
              "外购商品和服务占销售额的比例；利润率参照BH089。"))
    local: float = lever(
        REQUIRED, unit="share of sales", within=(0, 1), en="Sold in the county", zh="县内销售",
        help=("Share sold within the county, where the price falls as supply grows.",
              "在县内销售的比例；供给增加则价格下降。"))
    demand: float = lever(
        REQUIRED, unit="yuan/month/home worker", within=(0, 100_000), en="Demand", zh="需求",
        help=("Value added a month per home worker that the county demands.",
              "县内每名在家劳动力每月所需的增加值。"))
    rent: float = lever(
        REQUIRED, unit="yuan/month", within=(0, 100_000), en="Rent", zh="租金",
        help=("Market rent of a usual site.", "一般场地的市场租金。"))
    appeal: float = lever(
        REQUIRED, unit="log weight", within=(-5, 5), en="Appeal", zh="偏好",
        help=("Liking for the sector beyond what it pays.", "收入以外对该行业的偏好。"))
    needs_site: bool = lever(
        REQUIRED, unit="yes/no", en="Needs a site", zh="需要用地",
        help=("Whether firms of this sector need land.", "该行业企业是否需要用地。"))

    @model_validator(mode="after")
    def _span_of_control(self) -> Self:
        if self.labour_share + self.capital_share >= 1:
            raise ValueError(
                f"labour_share + capital_share: found {self.labour_share + self.capital_share:.6g}"
                ", allowed below 1 (span of control)"
            )
        return self


class CitySector(Group):
    """A sector in which migrants work in the cities."""

    name: str = Field(strict=True, min_length=1, max_length=100)
    name_zh: str = Field(strict=True, min_length=1, max_length=100)
    share: float = lever(
        REQUIRED, unit="share", within=(0, 1), evidence=("N51",), en="Share", zh="占比",
        help=("Share of away workers in the sector; the rest is what is left.",
              "在外劳动力中的占比；其他行业为余数。"))
    wage: float = lever(
        REQUIRED, unit="yuan/month", within=(500, 50_000), evidence=("N49", "N47"), en="Wage", zh="工资",
        help=("Mean monthly wage, relative to the other sectors; that of the rest makes the mean of all that "
              "of N47.",
              "平均月工资，用于行业间比较；其他行业的工资使总平均等于N47。"))


class People(Group):
    """The labour force: sex, age, family, schooling and savings."""

    female_away: float = lever(
        0.305, unit="share", within=(0, 1), evidence=("N34",),
        en="Women among away workers", zh="在外女性比例",
        help=("Share of women among workers away.", "在外劳动力中的女性比例。"))
    female_home: float = lever(
        0.43, unit="share", within=(0, 1), evidence=("N34",),
        en="Women among home workers", zh="在家女性比例",
        help=("Share of women among workers at home, where the table residents is not given.",
              "在家劳动力中的女性比例；仅在未给出residents表时使用。"))
    age_away: float = lever(
        39, unit="years", within=(20, 58), evidence=("N30",),
        en="Mean age away", zh="在外平均年龄",
        help=("Mean age of workers away.", "在外劳动力的平均年龄。"))
    age_home: float = lever(
        46.8, unit="years", within=(20, 58), evidence=("N30",),
        en="Mean age at home", zh="在家平均年龄",
        help=("Mean age of workers at home, where the table residents is not given.",
              "在家劳动力的平均年龄；仅在未给出residents表时使用。"))
    married: float = lever(
        0.802, unit="share", within=(0, 1), evidence=("N37",),
        en="Married", zh="已婚比例",
        help=("Share of workers who are married.", "已婚劳动力比例。"))
    child: float = lever(
        0.4, unit="share", within=(0, 1), prior=ODDS,
        en="Child left behind", zh="有留守子女比例",
        help=("Share with a child at home who needs care.", "家中有需照顾子女的比例。"))
    elder: float = lever(
        0.25, unit="share", within=(0, 1), prior=ODDS,
        en="Elder needing care", zh="有老人需照料比例",
        help=("Share with an elder at home who needs care.", "家中有老人需照料的比例。"))
    city_home: float = lever(
        0.15, unit="share", within=(0, 1), prior=ODDS,
        en="Home in the city", zh="城市有房比例",
        help=("Share of away workers who own a home in the city.",
              "在外劳动力中在城市有住房的比例。"))
    out_of_province: float = lever(
        0.134, unit="share", within=(0, 1), evidence=("N25",),
        en="Out of the province", zh="跨省比例",
        help=("Share of away workers outside the province.", "在外劳动力中跨省的比例。"))
    savings_mean: float = lever(
        56_200, unit="yuan", within=(0, 1_000_000), evidence=("H14",),
        en="Mean savings", zh="平均储蓄",
        help=("Mean savings balance of a migrant worker.", "务工者的平均储蓄余额。"))
    savings_sigma: float = lever(
        0.9, unit="log sd", within=(0, 3), prior=DOUBLE,
        en="Spread of savings", zh="储蓄差异",
        help=("Standard deviation of log savings.", "储蓄对数的标准差。"))
    never_away: float = lever(
        0.45, unit="share", within=(0, 1), prior=ODDS,
        en="Never away", zh="从未外出比例",
        help=("Share of home workers who never worked away.",
              "在家劳动力中从未外出者的比例。"))
    age_concentration: float = lever(
        2.2, unit="a + b", within=(0.2, 50), prior=DOUBLE,
        en="Likeness of ages", zh="年龄集中度",
        help=("Sum of the parameters of the beta distribution of ages; the higher, the more alike.",
              "年龄贝塔分布两参数之和，越大年龄越集中。"))
    youth_schooling: float = lever(
        0.4, unit="correlation", within=(0, 0.99), prior=ODDS,
        en="The young have more schooling", zh="年轻与受教育相关",
        help=("Correlation of youth and schooling.", "年轻程度与文化程度的相关系数。"))
    stay: float = lever(
        5, unit="years", within=(0.1, 30), prior=DOUBLE,
        en="Years in the present place", zh="现居地年数",
        help=("Mean years since people came to where they are at the start; H03 has five so far.",
              "期初距来到现居地的平均年数；H03为已居住五年。"))
    known: float = lever(
        0.3, unit="share", within=(0, 1), prior=ODDS,
        en="Support known at first", zh="期初知晓率",
        help=("Share that knows a channel of support when the history starts.",
              "历史期开始时知晓某项扶持渠道的比例。"))
    youngest_parent: float = lever(
        20, unit="years", within=(15, 50),
        prior=between(16, 24, "ages at which first children are usual", "常见初育年龄"),
        en="Youngest parent", zh="父母最小年龄差",
        help=("Least years between somebody who turns 18 and a parent.",
              "将满18岁者与父母的最小年龄差。"))
    oldest_parent: float = lever(
        40, unit="years", within=(15, 60),
        prior=between(35, 50, "ages at which last children are usual", "常见末育年龄"),
        en="Oldest parent", zh="父母最大年龄差",
        help=("Most years between them.", "将满18岁者与父母的最大年龄差。"))
    schooling_none: float = lever(
        0.008, unit="share", within=(0, 1), evidence=("N38",),
        en="Away: no schooling", zh="在外：未上过学",
        help=("Share without schooling among those away and those who will turn 18.",
              "在外者和将满18岁者中未上过学的比例。"))
    schooling_primary: float = lever(
        0.138, unit="share", within=(0, 1), evidence=("N38",),
        en="Away: primary school", zh="在外：小学",
        help=("Share with primary school among them.", "其中小学文化程度的比例。"))
    schooling_junior: float = lever(
        0.521, unit="share", within=(0, 1), evidence=("N38",),
        en="Away: junior middle school", zh="在外：初中",
        help=("Share with junior middle school among them.", "其中初中文化程度的比例。"))
    schooling_senior: float = lever(
        0.175, unit="share", within=(0, 1), evidence=("N38",),
        en="Away: senior middle school", zh="在外：高中",
        help=("Share with senior middle school among them.", "其中高中文化程度的比例。"))
    schooling_college: float = lever(
        0.158, unit="share", within=(0, 1), evidence=("N38",),
        en="Away: college", zh="在外：大专及以上",
        help=("Share with college or more among them.", "其中大专及以上文化程度的比例。"))
    home_schooling_none: float = lever(
        0.076, unit="share", within=(0, 1), evidence=("L45",),
        en="Home: no schooling", zh="在家：未上过学",
        help=("Share without schooling among workers at home.", "在家劳动力中未上过学的比例。"))
    home_schooling_primary: float = lever(
        0.248, unit="share", within=(0, 1), evidence=("L45",),
        en="Home: primary school", zh="在家：小学",
        help=("Share with primary school among them.", "其中小学文化程度的比例。"))
    home_schooling_junior: float = lever(
        0.445, unit="share", within=(0, 1), evidence=("L45",),
        en="Home: junior middle school", zh="在家：初中",
        help=("Share with junior middle school among them.", "其中初中文化程度的比例。"))
    home_schooling_senior: float = lever(
        0.154, unit="share", within=(0, 1), evidence=("L45",),
        en="Home: senior middle school", zh="在家：高中",
        help=("Share with senior middle school among them.", "其中高中文化程度的比例。"))
    home_schooling_college: float = lever(
        0.077, unit="share", within=(0, 1), evidence=("L45",),
        en="Home: college", zh="在家：大专及以上",
        help=("Share with college or more among them.", "其中大专及以上文化程度的比例。"))


class Ties(Group):
    """Who knows whom."""

    villages: int = lever(
        297, unit="villages", within=(1, 5000), evidence=("L06",),
        en="Villages", zh="村（居）数",
        help=("Villages and residents' committees.", "村和居委会数量。"))
    kin: float = lever(
        11, unit="ties", within=(0, 50), evidence=("W01",),
        en="Kin", zh="亲戚",
        help=("Kin households that a worker is in touch with.",
              "一名劳动力来往的亲戚户数。"))
    friends: float = lever(
        7, unit="ties", within=(0, 50), evidence=("W02",),
        en="Friends", zh="朋友",
        help=("Friends and neighbours in the village.", "本村朋友和邻居数。"))
    fellows: float = lever(
        3, unit="ties", within=(0, 50), prior=DOUBLE,
        en="Fellow townspeople", zh="同乡",
        help=("People from the county at the same destination.", "同一务工地的同乡数。"))
    rewiring: float = lever(
        0.1, unit="share", within=(0, 1), prior=ODDS,
        en="Ties beyond the village", zh="村外联系比例",
        help=("Share of friendships that lead out of the village.",
              "跨村的朋友关系比例。"))
    hubs: float = lever(
        0.02, unit="share", within=(0, 0.2), prior=ODDS,
        en="Hubs", zh="人脉广者比例",
        help=("Share of people with many friends.", "朋友众多者的比例。"))
    hub_friends: int = lever(
        20, unit="ties", within=(0, 200), prior=DOUBLE,
        en="Friends of a hub", zh="人脉广者的朋友",
        help=("How many more friends they have.", "其比他人多出的朋友数。"))


class Work(Group):
    """Wages and jobs in the county and in the cities."""

    local_wage: float = lever(
        4291, unit="yuan/month", within=(500, 30_000), evidence=("N47",),
        en="Local wage", zh="本地工资",
        help=("Mean monthly earnings in the county.", "县内平均月收入。"))
    wage_floor: float = lever(
        2000, unit="yuan/month", within=(0, 30_000), prior=DECREED,
        en="Wage floor", zh="最低工资",
        help=("Lowest monthly wage an employer may pay.", "雇主可支付的最低月工资。"))
    farm_income: float = lever(
        1900, unit="yuan/month", within=(0, 30_000), prior=NEAR,
        en="Farm income", zh="务农收入",
        help=("Monthly income of someone who farms the household's land.",
              "耕种自家土地者的月收入。"))
    other_jobs: float = lever(
        0.4, unit="jobs/home worker", within=(0, 1),
        prior=between(0.3, 0.5, "with farming it must leave room for firms: the census counts both", "须与务农一起为企业留出余地：普查两者均有统计"),
        en="Other jobs", zh="其他岗位",
        help=("Jobs with employers outside the model's firms at the start: what the census has in work "
              "outside farming, less firms' owners and staff.",
              "期初模型企业以外的岗位数（每名在家劳动力）：普查非农就业减去企业业主和雇员。"))
    farming: float = lever(
        0.356, unit="share", within=(0, 1), evidence=("L44",),
        en="In farming", zh="务农比例",
        help=("Share of employed residents in farming. At the start it is the share of home workers "
              "who farm; firms hire from the rest.",
              "在业居民中从事农业的比例；期初作为在家劳动力中务农者的比例，企业从其余人中招工。"))
    first_year: int = lever(
        2026, unit="calendar year", within=(1990, 2100), prior=CALENDAR,
        en="First year", zh="起始年份",
        help=("Calendar year of month 1; retirement ages follow the law of the year.",
              "第1个月所在的公历年份；退休年龄按当年法律。"))
    retirement_men: int = lever(
        60, unit="years", within=(50, 70), evidence=("N58",),
        en="Retirement of men", zh="男性退休年龄",
        help=("Age at which men retired before 2025.", "2025年以前的男性退休年龄。"))
    retirement_women: int = lever(
        55, unit="years", within=(45, 70), evidence=("N58",), bound=True,
        free=True, prior=between(50, 55, "N58: 50 for workers, 55 for staff", "N58：工人50岁，干部55岁"),
        en="Retirement of women", zh="女性退休年龄",
        help=("Age at which women retired before 2025: 50 for workers, 55 for staff.", "2025年以前的女性退休年龄：工人50岁，干部55岁。"))
    retirement_rise: int = lever(
        36, unit="months", within=(0, 120), evidence=("N58",),
        en="Rise of retirement ages", zh="退休年龄延迟",
        help=("By how much retirement ages rise from 2025 on, a month every four months: men's from 60 to 63.",
              "2025年起退休年龄逐步延迟的总月数，每四个月延迟一个月；男性由60岁至63岁。"))
    city_wage: float = lever(
        5634, unit="yuan/month", within=(500, 50_000), evidence=("N47",),
        en="City wage", zh="城市工资",
        help=("Mean monthly earnings away.", "在外平均月收入。"))
    wage_sigma: float = lever(
        0.35, unit="log sd", within=(0, 2), prior=NEAR,
        en="Spread of wages", zh="工资差异",
        help=("Standard deviation of log wages.", "工资对数的标准差。"))
    far_pay: float = lever(
        1.1, unit="×", within=(0.5, 3),
        prior=between(1, 1.3, "no less than inside the province, no source for how much more", "不低于省内；高多少无来源"),
        en="Pay outside the province", zh="省外工资倍数",
        help=("City pay outside the province relative to that inside; the mean stays.",
              "省外与省内城市工资之比；平均工资不变。"))
    home_sigma: float = lever(
        0.3, unit="log sd", within=(0, 2), prior=DOUBLE,
        en="Spread of pay at home", zh="本地工资差异",
        help=("Standard deviation of the log of what people could earn in a job at home.",
              "个人在本地就业可得工资对数的标准差。"))
    home_and_city: float = lever(
        0.5, unit="correlation", within=(0, 1),
        prior=between(0.2, 0.8, "sign known only", "仅知方向"),
        en="Pay at home and in the city", zh="本地与城市工资相关",
        help=("Correlation of a person's log pay at home with the log wage in the city.",
              "个人本地工资对数与城市工资对数的相关系数。"))
    schooling_pay: float = lever(
        0.06, unit="log points/level", within=(0, 0.5), prior=DOUBLE,
        en="Pay for schooling", zh="教育回报",
        help=("How much more pay a further level of schooling brings, at home and in the city.",
              "文化程度每高一级，本地和城市工资的对数增量。"))
    city_loss: float = lever(
        0.005, unit="chance/month", within=(0, 0.2), prior=DOUBLE,
        en="Losing a city job", zh="城市失业率",
        help=("Chance to lose a city job in a month.", "每月失去城市工作的概率。"))
    remittance: float = lever(
        0.13, unit="share", within=(0, 1), evidence=("H13", "H15", "H16"), bound=True, prior=ODDS,
        en="Remittances", zh="汇款比例",
        help=("Share of city income sent home; settled migrants' 0.631 of what is left after saving 23.04 % and "
              "spending 56.17 % (H13, H15, H16), others send more.",
              "城市收入中寄回家的比例；已定居者为储蓄23.04%、消费56.17%后余额的0.631（H13、H15、H16），其他人更多。"))
    dependants: float = lever(
        0.98, unit="people/home worker", within=(0, 5), evidence=("L46",),
        en="Dependants", zh="抚养人数",
        help=("People not in the labour force, per worker at home when the policy starts. They stay "
              "when a worker leaves.",
              "政策开始时每名在家劳动力对应的非劳动力人数；劳动力外出时他们留在家中。"))
    festival_month: int = lever(
        2, unit="calendar month", within=(1, 12), prior=CALENDAR,
        en="Festival month", zh="春节月份",
        help=("Month of the Spring Festival.", "春节所在月份。"))


class Firms(Group):
    """Firms and services as they are at the start, and what firms face."""

    per_1000: float = lever(
        45, unit="firms/1,000 workers", within=(0, 500), evidence=("L08", "L34"), bound=True,
        prior=NEAR,
        en="Firms at the start", zh="期初企业数",
        help=("Firms that work, per 1,000 workers at the start: more are registered (L34) than the people "
              "in work outside farming could run.",
              "期初每千名劳动力的经营中企业数；登记数（L34）多于非农就业者所能经营的数量。"))
    returnee_share: float = lever(
        0.508, unit="share", within=(0, 1), evidence=("BH019",),
        en="Owned by returnees", zh="返乡者企业比例",
        help=("Share of those firms whose owner has worked away.",
              "业主曾外出务工的企业比例。"))
    lpr: float = lever(
        0.03, unit="per yr", within=(0, 0.3), prior=DECREED,
        en="Loan prime rate", zh="贷款市场报价利率",
        help=("Yearly rate to which the banks' spread is added.",
              "年利率，银行在此之上加点。"))
    tax: float = lever(
        0.03, unit="share of value added", within=(0, 0.5), prior=NEAR,
        en="Taxes", zh="税费",
        help=("Share of value added that goes in taxes.", "税费占增加值的比例。"))
    tax_threshold: float = lever(
        100_000, unit="yuan of sales/month", within=(0, 10_000_000), evidence=("BH161",),
        en="Threshold of the value added tax", zh="增值税起征点",
        help=("Monthly sales below which a small taxpayer pays no value added tax.",
              "小规模纳税人月销售额低于此额免征增值税。"))
    tax_below: float = lever(
        0.005, unit="share of value added", within=(0, 0.5), prior=DOUBLE,
        en="Taxes below the threshold", zh="起征点以下税费",
        help=("Share of value added that goes in other taxes below the threshold.",
              "起征点以下其他税费占增加值的比例。"))
    sites_vacant: float = lever(
        0.1, unit="share of sites in use", within=(0, 10), prior=DOUBLE,
        en="Vacant sites", zh="空置用地",
        help=("Sites that are vacant when the policy starts, relative to those in use; more must be built.",
              "政策开始时空置用地与在用用地之比；增加须新建。"))
    road: float = lever(
        0.5, unit="index", within=(0, 1), prior=ODDS,
        en="Present roads", zh="现有道路",
        help=("Road index of the county today; better roads cost money.",
              "县内道路现状指数；改善需要投入。"))
    incubator_places: float = lever(
        150, unit="firms", within=(0, 5000), prior=DOUBLE,
        en="Existing incubator places", zh="现有孵化工位",
        help=("Places there already are; more must be built.", "已有工位；增加须新建。"))
    training_centres: int = lever(
        3, unit="centres", within=(1, 20), prior=DOUBLE,
        en="Training centres", zh="培训机构",
        help=("Centres that hold courses.", "开办课程的机构数。"))
    hall_files: float = lever(
        150, unit="files/month", within=(0, 10_000), prior=DOUBLE,
        en="Files at the county hall", zh="县大厅办件量",
        help=("Files the county hall can handle in a month at 20 days a file.",
              "按每件20天计，县服务大厅每月可办件数。"))
    post_files: float = lever(
        5, unit="files/month", within=(0, 1000), prior=DOUBLE,
        en="Files at a post", zh="服务点办件量",
        help=("Files one township post can handle in a month.",
              "一个乡镇服务点每月可办件数。"))
    service_quality: float = lever(
        0.2, unit="log sd", within=(0, 1), prior=DOUBLE,
        en="Differences in service quality", zh="服务质量差异",
        help=("Log standard deviation of quality between providers; the mean is 1.",
              "各服务机构质量的对数标准差，均值为1。"))
    pay: float = lever(
        0.8, unit="share", within=(0.3, 1.5),
        prior=between(0.65, 1, "below other employers' pay, by no more than a third", "低于其他单位工资，幅度不超过三分之一"),
        en="Pay in small firms", zh="小微企业工资",
        help=("Pay of employees of these firms, relative to the local wage.",
              "这些企业员工工资与本地平均工资之比。"))
    company_capital: float = lever(
        170000, unit="yuan", within=(0, 10_000_000), free=True, prior=DOUBLE,
        en="Capital of a company", zh="公司资本线",
        help=("Capital from which a firm is a company rather than self-employed.",
              "资本达此数额的为公司，否则为个体工商户。"))
    fund_share: float = lever(
        0.8, unit="share", within=(0, 1), prior=ODDS,
        en="Fund's share of a default", zh="基金代偿比例",
        help=("Share of a defaulted loan that the guarantee fund pays the bank.",
              "贷款违约时担保基金向银行代偿的比例。"))
    first_owner_from: float = lever(
        22, unit="years", within=(18, 60),
        prior=between(18, 28, "acts on the start of the history only", "仅作用于历史期初"),
        en="Youngest first owners", zh="期初最年轻业主",
        help=("Age from which people own a firm when the history starts.", "历史期初业主的最低年龄。"))
    first_owner_to: float = lever(
        52, unit="years", within=(18, 70),
        prior=between(45, 60, "acts on the start of the history only", "仅作用于历史期初"),
        en="Oldest first owners", zh="期初最年长业主",
        help=("Age up to which people own a firm when the history starts.", "历史期初业主的最高年龄。"))
    first_age: float = lever(
        72, unit="months", within=(1, 360), prior=DOUBLE,
        en="Age of the first firms", zh="期初企业年龄",
        help=("Mean age of firms when the history starts.", "历史期初企业的平均年龄。"))
    first_age_most: float = lever(
        180, unit="months", within=(1, 600), prior=DOUBLE,
        en="Oldest first firms", zh="期初最老企业",
        help=("Age of the oldest firms when the history starts.", "历史期初最老企业的年龄。"))
    first_ability: float = lever(
        0.5, unit="log odds/sd", within=(0, 3), free=True, prior=SIGN,
        en="Ability of first owners", zh="期初业主能力",
        help=("By how much ability raises the odds to own a firm when the history starts.",
              "能力使历史期初成为业主的几率提高的幅度。"))
    first_money: float = lever(
        80_000, unit="yuan", within=(1000, 10_000_000), free=True, prior=DOUBLE,
        en="Money of first owners", zh="期初业主资金",
        help=("Money with which the first owners chose their sector.", "期初业主选择行业时的资金。"))
    first_cash: float = lever(
        15_000, unit="yuan", within=(0, 1_000_000), prior=DOUBLE,
        en="Cash of the first firms", zh="期初企业现金",
        help=("Money in the till of a firm when the history starts.", "历史期初企业的现金。"))
    first_vacant: float = lever(
        1.02, unit="jobs/job filled", within=(1, 2),
        prior=between(1, 1.1, "from no vacancy to one job in eleven", "从无空缺到每十一个岗位一个空缺"),
        en="Jobs at the start", zh="期初岗位",
        help=("Jobs with other employers for each that is filled when the history starts.",
              "历史期初其他单位岗位数与已就业数之比。"))


class Shock(Group):
    """One shock to the cities and the county."""

    start_month: int = lever(
        0, unit="month", within=(0, 1200), prior=SCENE,
        en="Start of the shock", zh="冲击开始月",
        help=("Month of the run in which the shock starts; 0 means none.",
              "冲击开始于第几个月；0表示无冲击。"))
    months: int = lever(
        6, unit="months", within=(1, 120), prior=SCENE,
        en="Length of the shock", zh="冲击持续月数",
        help=("Months for which wages and demand are changed.",
              "工资和需求受影响的月数。"))
    city_loss: float = lever(
        0, unit="share", within=(0, 1), prior=SCENE,
        en="City jobs lost", zh="城市失业比例",
        help=("Extra share of away workers who lose their job in the first month.",
              "首月额外失去工作的在外劳动力比例。"))
    city_wage: float = lever(
        1, unit="×", within=(0.1, 3), prior=SCENE,
        en="City wage in the shock", zh="冲击期城市工资",
        help=("Factor on city wages while the shock lasts.", "冲击期间城市工资的倍数。"))
    local_demand: float = lever(
        1, unit="×", within=(0, 3), prior=SCENE,
        en="Local demand in the shock", zh="冲击期本地需求",
        help=("Factor on demand in the county while the shock lasts.",
              "冲击期间县内需求的倍数。"))


class Shares(Group):
    """Who pays: the share of each pot that is the county's own money, the rest from above."""

    startup: float = lever(
        1, unit="share", within=(0, 1), prior=BOOKS,
        en="County's share of the start-up pot", zh="创业资金县级承担比例",
        help=("Share of the start-up pot that the county's own budget pays.",
              "创业资金中由县级财政承担的比例。"))
    employment: float = lever(
        0.2, unit="share", within=(0, 1), evidence=("P138",),
        en="County's share of the employment pot", zh="就业补助资金县级承担比例",
        help=("Share of the employment pot that the county's own budget pays.",
              "就业补助资金中由县级财政承担的比例。"))
    interest: float = lever(
        0.12, unit="share", within=(0, 1), evidence=("P200",),
        en="County's share of the interest pot", zh="贴息资金县级承担比例",
        help=("Share of the interest pot that the county's own budget pays.",
              "贴息资金中由县级财政承担的比例。"))
    works: float = lever(
        1, unit="share", within=(0, 1), prior=BOOKS,
        en="County's share of the works pot", zh="场地建设资金县级承担比例",
        help=("Share of the works pot that the county's own budget pays.",
              "场地建设资金中由县级财政承担的比例。"))
    fund: float = lever(
        1, unit="share", within=(0, 1), prior=BOOKS,
        en="County's share of the guarantee fund", zh="担保基金县级承担比例",
        help=("Share of the guarantee fund, and so of what it loses, that the county put in.",
              "担保基金及其损失中由县级财政承担的比例。"))
    tax: float = lever(
        0.5, unit="share", within=(0, 1), prior=BOOKS,
        en="County's share of taxes", zh="税收县级留成比例",
        help=("Share of firms' taxes that the county keeps, and so of relief that it forgoes.",
              "企业税收中县级留成的比例，减免亦按此由县级少收。"))


# fmt: on


def _sums_to_one(name: str, shares: list[float]) -> None:
    total = math.fsum(shares)
    if abs(total - 1) > 1e-6:
        raise ValueError(f"{name}: found a sum of {total:.8g}, allowed 1")


class County(Group):
    """A county: facts, and tables of townships, sectors and city sectors."""

    name: str = Field(strict=True, min_length=1, max_length=100)
    name_zh: str = Field(strict=True, min_length=1, max_length=100)
    labour_force: int = lever(
        685_000,
        unit="people",
        within=(1000, 5_000_000),
        evidence=("L41",),
        bound=True,
        prior=OWN,
        en="Labour force",
        zh="劳动力",
        help=(
            "Registered people of working age with those away: 57 % of the registered population.",
            "户籍劳动年龄人口，含在外者：按户籍人口的57%计。",
        ),
    )
    away_share: float = lever(
        0.396,
        unit="share",
        within=(0, 0.9),
        evidence=("L41", "L42"),
        bound=True,
        prior=OWN,
        en="Away at the start",
        zh="期初在外比例",
        help=(
            "Share of the labour force that works away at the start.",
            "期初在外务工的劳动力比例。",
        ),
    )
    people: People = group(People, en="People", zh="人口")
    ties: Ties = group(Ties, en="Ties", zh="社会关系")
    work: Work = group(Work, en="Work", zh="工作")
    firms: Firms = group(Firms, en="Firms and services", zh="企业与服务")
    shock: Shock = group(Shock, en="Shock", zh="冲击")
    shares: Shares = group(Shares, en="Who pays", zh="财政分担")
    residents: tuple[AgeGroup, ...] = Field((), max_length=9)
    children: tuple[AgeGroup, ...] = Field((), max_length=4)
    townships: tuple[Township, ...] = Field(REQUIRED, min_length=1, max_length=100)
    sectors: tuple[Sector, ...] = Field(REQUIRED, min_length=1, max_length=20)
    city_sectors: tuple[CitySector, ...] = Field(REQUIRED, min_length=1, max_length=20)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        people: dict[str, Any] = dict(self.people)
        for prefix in ("schooling_", "home_schooling_"):
            shares = [share for name, share in people.items() if name.startswith(prefix)]
            _sums_to_one(f"people.{prefix}*", shares)
        _sums_to_one("townships.*.weight", [row.weight for row in self.townships])
        _sums_to_one("city_sectors.*.share", [row.share for row in self.city_sectors])
        keys = [row.key for row in self.sectors]
        if len(set(keys)) < len(keys):
            raise ValueError(f"sectors.*.key: found {keys}, allowed each once")
        if self.work.wage_floor > self.work.local_wage:
            raise ValueError(
                f"work.wage_floor: found {self.work.wage_floor:g}, "
                f"allowed at most work.local_wage, {self.work.local_wage:g}"
            )
        self._check_pyramid()
        return self

    @property
    def adults(self) -> float:
        """Residents aged 18 to 59 in the table of them; 0 without one.

        What is simulated takes the shape of the tables, and its size from the labour force at home.
        """
        return sum((0.4 if r.age == 15 else 1) * (r.men + r.women) for r in self.residents)

    def _check_pyramid(self) -> None:
        """Refuse a pyramid with gaps, and more work than there are people at home."""
        for name, rows, first in (
            ("residents", self.residents, 15),
            ("children", self.children, 0),
        ):
            ages = [row.age for row in rows]
            wanted = list(range(first, first + (45 if first else 20), 5))
            if rows and ages != wanted:
                raise ValueError(f"{name}.*.age: found {ages}, allowed {wanted}")
            if rows and not sum(row.men + row.women for row in rows):
                raise ValueError(f"{name}: found nobody, allowed people in some rows")
        if self.people.youngest_parent > self.people.oldest_parent:
            raise ValueError(
                f"people.youngest_parent: found {self.people.youngest_parent:g}, "
                f"allowed at most people.oldest_parent, {self.people.oldest_parent:g}"
            )
        if self.work.other_jobs + self.work.farming > 1:
            raise ValueError(
                f"work.farming: found {self.work.farming:g} with work.other_jobs "
                f"{self.work.other_jobs:g}, allowed a sum of at most 1"
            )
