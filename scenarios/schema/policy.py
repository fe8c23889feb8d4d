"""Policy levers: what a government sets.

Four pillars (training, services, incubation, activities) with technology and venue, finance and its
budgets, the links between them, and whom they favour. A lever never acts on an outcome: it changes
what people know, can do, can afford or must wait for.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from returnee.scenarios.schema.fields import Group, group, lever

# One lever a paragraph reads as a table; one argument a line would not.
# fmt: off


class Finance(Group):
    """Guaranteed loans, grants, tax relief and compensation."""

    loan_cap: float = lever(
        500_000, unit="yuan", within=(100_000, 600_000), evidence=("P009", "P013"),
        en="Loan cap", zh="担保贷款额度",
        help=("Largest loan, for founders who plan jobs enough.",
              "带动就业人数达标者的最高额度。"))
    first_step: float = lever(
        0.3, unit="share of the cap", within=(0, 1), evidence=("P161",),
        en="Cap with few jobs", zh="少量就业额度",
        help=("Largest loan of a founder who plans few jobs or none; 150,000 of 500,000 (P161).",
              "带动就业人数较少时的最高额度比例；50万元中的15万元（P161）。"))
    second_step: float = lever(
        0.6, unit="share of the cap", within=(0, 1), evidence=("P161",),
        en="Cap with some jobs", zh="中等就业额度",
        help=("Largest loan of a founder who plans some jobs.",
              "带动就业达到第二档时的最高额度比例。"))
    second_jobs: int = lever(
        3, unit="jobs", within=(0, 50), evidence=("P161",),
        en="Jobs for the second step", zh="第二档就业人数",
        help=("Planned jobs from which the second step holds.", "适用第二档额度的就业人数。"))
    full_jobs: int = lever(
        6, unit="jobs", within=(0, 100), evidence=("P161",),
        en="Jobs for the whole cap", zh="全额就业人数",
        help=("Planned jobs from which the whole cap holds.", "适用最高额度的就业人数。"))
    loans_allowed: int = lever(
        3, unit="loans", within=(1, 10), evidence=("P165",),
        en="Loans a person", zh="累计贷款次数",
        help=("Guaranteed loans that one person may have had.", "一人累计可获担保贷款的次数。"))
    renewals: int = lever(
        3, unit="renewals", within=(0, 10),
        en="Renewals", zh="续贷次数",
        help=("How often the loan of a sound firm is renewed at its due date.",
              "经营良好企业的贷款到期后可续贷的次数。"))
    instalment_share: float = lever(
        0.5, unit="share", within=(0, 1),
        en="Repaid in instalments", zh="分期归还比例",
        help=("Share of the principal repaid in monthly parts; the rest is due at the end.",
              "按月分期归还的本金比例，其余到期归还。"))
    young_firm: int = lever(
        60, unit="months", within=(0, 120), evidence=("P009",),
        en="Open to firms up to", zh="可申请经营年限",
        help=("Months after opening up to which a firm may ask for the loan.",
              "企业开业后可申请贷款的月数。"))
    loan_months: int = lever(
        36, unit="months", within=(12, 36), evidence=("P012",),
        en="Loan term", zh="贷款期限",
        help=("Months until a guaranteed loan must be repaid.",
              "担保贷款的还款期限。"))
    rate_spread: float = lever(
        50, unit="basis points", within=(0, 50), evidence=("P018",),
        en="Spread over LPR", zh="LPR加点",
        help=("What banks may add to the loan prime rate.",
              "银行可在贷款市场报价利率上加的基点。"))
    interest_subsidy: float = lever(
        0.5, unit="share", within=(0, 1), evidence=("P016", "P022"),
        en="Interest subsidy", zh="贴息比例",
        help=("Share of the interest that the interest pot pays.",
              "由贴息资金承担的利息比例。"))
    guarantee_fund: float = lever(
        40_000_000, unit="yuan", within=(0, 200_000_000), evidence=("P030",), bound=True,
        en="Guarantee fund", zh="担保基金",
        help=("Fund that stands behind the loans; 0 means no loan scheme. A peer county's is 43 m (P030).",
              "为贷款提供担保的基金；0表示不开办。邻近同类县为4300万元（P030）。"))
    leverage: float = lever(
        10, unit="×", within=(2, 16), evidence=("P043",),
        en="Leverage of the fund", zh="放大倍数",
        help=("Loans outstanding may be this many times the fund.",
              "贷款余额可达基金的倍数。"))
    counter_guarantee_waiver: float = lever(
        100_000, unit="yuan", within=(0, 300_000), evidence=("P015", "P128"),
        en="Counter-guarantee waived up to", zh="免反担保额度",
        help=("Loans up to this sum need nobody to stand guarantor.",
              "此金额以内的贷款无需反担保人。"))
    startup_grant: float = lever(
        3000, unit="yuan", within=(0, 12_000), evidence=("P069",),
        en="Start-up grant", zh="一次性创业补贴",
        help=("Paid once to who opens a firm for the first time and qualifies.",
              "对首次创业且符合条件者一次性发放。"))
    grant_after_months: int = lever(
        6, unit="months", within=(0, 12), evidence=("P069", "P074"),
        en="Grant after", zh="补贴所需经营月数",
        help=("Months a firm must have been open before it gets the grant.",
              "领取补贴前须正常经营的月数。"))
    grant_needs_certificate: bool = lever(
        True, unit="yes/no", evidence=("P069",),
        en="Grant needs a certificate", zh="补贴须有培训证书",
        help=("Only founders with a training certificate get the grant.",
              "只有持培训证书的创业者可领补贴。"))
    job_subsidy: float = lever(
        2000, unit="yuan/post", within=(0, 3000), evidence=("P077",),
        en="Job subsidy", zh="带动就业补贴",
        help=("Paid once for each post that a new firm has held for a year.",
              "新办企业每个岗位满一年一次性发放的补贴。"))
    tax_relief: float = lever(
        20_000, unit="yuan/yr", within=(0, 24_000), evidence=("P062",),
        en="Tax relief", zh="税费扣减限额",
        help=("Most that an eligible new owner may deduct from taxes in each of three years.",
              "符合条件的新业主三年内每年可扣减税费的限额。"))
    tax_reach: float = lever(
        0.05, unit="share", within=(0, 0.3),
        en="Reach of the tax relief", zh="税费优惠覆盖率",
        help=("Share of new owners who are eligible; most returnees are not (P063).",
              "符合条件的新业主比例；多数返乡者不符合（P063）。"))
    years: int = lever(
        3, unit="years", within=(1, 10), evidence=("P062",),
        en="Years of support", zh="扶持年限",
        help=("Years in which a new firm can have tax relief, job subsidies and compensation on closing.",
              "新办企业可享受税费扣减、就业补贴和失败补偿的年限。"))
    grant_wait: int = lever(
        12, unit="months", within=(0, 60),
        en="Waiting for a grant", zh="补贴等候期",
        help=("Months for which a grant that could not be paid is asked for again.",
              "未能发放的补贴可继续申请的月数。"))
    exit_tax_share: float = lever(
        0.5, unit="share", within=(0, 1),
        en="Taxes compensated", zh="补偿占已缴税款比例",
        help=("Share of the taxes paid that is given back to an owner who closes.",
              "歇业时返还已缴税款的比例。"))
    exit_compensation: float = lever(
        10_000, unit="yuan", within=(0, 10_000), evidence=("P071",),
        en="Compensation on closing", zh="创业失败补偿",
        help=("Paid to an owner who closes: at most this, and at most a share of the taxes paid.",
              "歇业时发放，不超过此额，也不超过已缴税款的一定比例。"))

    @model_validator(mode="after")
    def _fund_bears_a_loan(self) -> Self:
        least = self.loan_cap / self.leverage
        if 0 < self.guarantee_fund < least:
            raise ValueError(
                f"guarantee_fund: found {self.guarantee_fund:g}, allowed 0 or at least "
                f"finance.loan_cap / finance.leverage, {least:g}"
            )
        return self


class Budget(Group):
    """Pots refilled each January. By rule the employment pot never pays interest (P140)."""

    startup: float = lever(
        15_000_000, unit="yuan/yr", within=(0, 300_000_000), evidence=("P068",), bound=True,
        en="Start-up fund", zh="创业专项资金",
        help=("Yearly money for start-up programmes; the county's own floor is 10 m (P068).",
              "每年用于创业扶持项目的资金；本县下限为1000万元（P068）。"))
    employment: float = lever(
        7_500_000, unit="yuan/yr", within=(0, 300_000_000),
        en="Employment subsidy fund", zh="就业补助资金",
        help=("Yearly employment money; county examples run from 8 m to 72 m (P138, P139).",
              "每年的就业补助；县级实例为808万至7165万元（P138、P139）。"))
    interest: float = lever(
        10_000_000, unit="yuan/yr", within=(0, 300_000_000),
        en="Interest fund", zh="贴息资金",
        help=("Pays the subsidised share of the interest on guaranteed loans.",
              "支付担保贷款的贴息部分。"))
    works: float = lever(
        20_000_000, unit="yuan/yr", within=(0, 500_000_000),
        en="Works fund", zh="基建资金",
        help=("Pays roads and county sites; not drawn on while neither is extended.",
              "用于道路和创业用地；未扩建时不动用。"))
    cap: float = lever(
        0, unit="yuan/yr", within=(0, 500_000_000),
        en="Cap on all spending", zh="支出总额上限",
        help=("Most that all programmes together may spend in a year; 0 means no cap. Volumes and payments are "
              "cut by one factor for the year. What the guarantee fund pays to banks counts but is not cut.",
              "各项目全年支出合计上限；0为不设上限。各项规模与补贴全年按同一系数压缩；担保基金代偿计入但不压缩。"))
    carry_over: float = lever(
        0.1, unit="share of the cap", within=(0, 1),
        en="Carried over", zh="结转比例",
        help=("Share of a year's cap that may be spent in the next if it is left; plans never hit a cap to "
              "the yuan.",
              "当年未用完的上限可结转至下一年的最大比例；计划无法精确到元。"))
    arrears: float = lever(
        0.9, unit="share", within=(0, 1),
        en="Interest subsidy paid on time", zh="贴息按时支付率",
        help=("Share of the interest subsidy paid on time; as low as 0.57 somewhere (P045).",
              "按时支付的贴息比例；个别地区低至0.57（P045）。"))


class Costs(Group):
    """What programmes cost the county, by unit."""

    desk_digital: float = lever(
        1_000_000, unit="yuan/yr", within=(0, 5_000_000),
        en="Digital one-stop desk", zh="一站式数字窗口",
        help=("Handling files in 3 days instead of 20; linear between.",
              "办件由20天减至3天的年成本；其间按比例计。"))
    desk_file: float = lever(
        60, unit="yuan/file", within=(0, 300),
        en="Staff for a file", zh="窗口办件人工",
        help=("Staff time for each file that the hall can handle in a year beyond what it handles at 30 days a "
              "file.",
              "大厅全年可办件数超出每件30天时的部分，每件所需人工费用。"))
    township_post: float = lever(
        50_000, unit="yuan/yr", within=(0, 250_000),
        en="Township post", zh="乡镇服务点",
        help=("Running one township post for a year.", "一个乡镇服务点的年运行费。"))
    station: float = lever(
        250_000, unit="yuan/yr", within=(0, 1_250_000),
        en="Station in a city", zh="驻外服务站",
        help=("Running one destination station for a year.", "一个驻外服务站的年运行费。"))
    message: float = lever(
        0.05, unit="yuan/message", within=(0, 0.25),
        en="Mass message", zh="群发短信",
        help=("Sending one text message.", "发送一条短信的费用。"))
    mentor: float = lever(
        5000, unit="yuan/yr", within=(0, 25_000),
        en="Mentor", zh="创业导师",
        help=("One mentor for a year.", "一名导师的年费用。"))
    incubator_site_once: float = lever(
        300_000, unit="yuan/50 places", within=(0, 1_500_000),
        en="New incubator site", zh="新建孵化基地",
        help=("Once for every 50 places built beyond those the county has.",
              "在现有规模之外每新建50个工位的一次性费用。"))
    incubator_site: float = lever(
        200_000, unit="yuan/yr/50 places", within=(0, 1_000_000),
        en="Incubator site", zh="孵化基地运行",
        help=("Running 50 incubator places for a year.", "每50个工位的年运行费。"))
    contest: float = lever(
        200_000, unit="yuan/contest", within=(0, 1_000_000),
        en="Contest", zh="创业大赛",
        help=("Running one contest, prizes not included.",
              "举办一次大赛的费用，不含奖金。"))
    session: float = lever(
        5000, unit="yuan/session", within=(0, 25_000),
        en="Outreach session", zh="宣讲活动",
        help=("Holding one outreach session.", "举办一场宣讲活动的费用。"))
    visit: float = lever(
        500, unit="yuan/visit", within=(0, 2500),
        en="Extension visit", zh="技术指导",
        help=("One visit by a technician.", "一次上门技术指导的费用。"))
    site_land: float = lever(
        10_000, unit="yuan/site/yr", within=(0, 50_000),
        en="County site", zh="创业用地",
        help=("Keeping one serviced site for a year.", "一块配套地块的年费用。"))
    road: float = lever(
        40_000_000, unit="yuan/index point/yr", within=(0, 200_000_000),
        en="Better roads", zh="道路改善",
        help=("A year, per point of the road index above the county's present roads.",
              "道路指数每高出现状1个点的年费用。"))
    case_officer: float = lever(
        60_000, unit="yuan/yr", within=(0, 300_000),
        en="Case officer", zh="个案专员",
        help=("One case officer for a year, who carries files from one service to the next.",
              "一名随档转介专员的年费用。"))


class Training(Group):
    """Start-up training."""

    places: float = lever(
        1000, unit="people/yr", within=(0, 10_000), evidence=("P087", "P096"), bound=True,
        en="Training places", zh="培训名额",
        help=("People who can start a course in a year, all classes together; between a county's 774 (P087) "
              "and the 2,500 of Jiangsu's counties (P096).",
              "一年内各班合计可培训的人数；介于一县774人（P087）与江苏各县约2500人（P096）之间。"))
    hours: float = lever(
        70, unit="h", within=(24, 80), evidence=("P081",),
        en="Course length", zh="培训课时",
        help=("Hours of one course; a longer course teaches more and costs more.",
              "一期课程的课时；课时越长学得越多，费用也越高。"))
    class_size: int = lever(
        30, unit="people", within=(20, 40), evidence=("P087", "P090", "P091"),
        en="Class size", zh="每班人数",
        help=("People in one class; smaller classes teach better. Mean of 32, 30 and 28 (P087, P090, P091).",
              "每班人数；小班教学效果较好。32、30、28人的均值（P087、P090、P091）。"))
    fee: float = lever(
        1000, unit="yuan/head", within=(100, 2000), evidence=("P083",),
        en="Training fee", zh="培训补贴标准",
        help=("What the county pays the training centre for a trainee with 70 hours in a class of 30; more for "
              "more hours a head.",
              "30人班、70课时下县财政按每名学员付给培训机构的补贴；人均课时越多越高。"))
    outcome_pay_share: float = lever(
        0, unit="share", within=(0, 0.5),
        en="Fee withheld until opening", zh="按创业结果付费比例",
        help=("Share of the fee withheld until the trainee opens a firm; half of it in one place (P084).",
              "学员开业后才支付的补贴比例；有地方为一半（P084）。"))
    outcome_months: int = lever(
        6, unit="months", within=(1, 24), evidence=("P084",),
        en="Months to open", zh="开业期限",
        help=("Months after the course within which a trainee must open for the withheld part to be paid.",
              "结业后须在此月数内开业，方支付预留部分。"))
    during_migration_share: float = lever(
        0.1, unit="share", within=(0, 1),
        en="Places offered at destinations", zh="在外培训名额比例",
        help=("Share of the places offered in the cities where migrants work.",
              "在务工地提供的培训名额比例。"))


class Services(Group):
    """Start-up services: desks, posts, stations, messages and mentors."""

    desk_days: float = lever(
        20, unit="working days/file", within=(3, 30),
        en="Days per file", zh="办件时限",
        help=("Working days the desk needs for one file; 13 are statutory for loans (P127).",
              "窗口办结一件所需工作日；担保贷款法定为13天（P127）。"))
    township_posts: int = lever(
        20, unit="posts", within=(0, 200), evidence=("P122",),
        en="Township service posts", zh="乡镇服务点",
        help=("Posts in the townships that tell people what support there is and take files; 1.3 a township "
              "(P122) in 14 townships, in round figures.",
              "在乡镇宣传政策并受理材料的服务点数量；14个乡镇，每乡镇1.3个（P122），取整。"))
    destination_stations: int = lever(
        3, unit="stations", within=(0, 30),
        en="Stations in the cities", zh="驻外服务站",
        help=("Stations in destination cities: support and jobs at home made known there.",
              "在务工城市设立的服务站，宣传家乡政策和岗位。"))
    mass_messages: float = lever(
        300_000, unit="messages/yr", within=(0, 5_000_000),
        en="Mass messages", zh="群发短信",
        help=("Text messages about support, sent to workers at home and away in a year.",
              "一年内向在家和在外劳动力群发的政策短信条数。"))
    mentors: int = lever(
        40, unit="people", within=(0, 500), evidence=("P124",),
        en="Mentors", zh="创业导师",
        help=("Mentors who each accompany a few young firms; about 40 a county-level unit (P124).",
              "每人辅导若干家初创企业的导师人数；每个县级单位约40人（P124）。"))


class Incubation(Group):
    """Places in incubators and help with the rent."""

    places: float = lever(
        150, unit="firms", within=(0, 1000),
        en="Incubator places", zh="孵化工位",
        help=("Firms that incubators can hold at a time, about 50 a site.",
              "孵化基地可同时容纳的企业数，每个基地约50户。"))
    rent_share: float = lever(
        1, unit="share", within=(0, 1), evidence=("P117",),
        en="Rent relief", zh="租金减免比例",
        help=("Share of the rent that a firm is spared while it has a place; all of it for three years (P117). The "
              "county pays up to the cap, the site bears the rest.",
              "在孵企业免缴租金的比例；三年全免（P117）。县财政承担至上限，其余由基地承担。"))
    rent_cap: float = lever(
        3000, unit="yuan/yr", within=(0, 20_000), evidence=("P073",),
        en="Rent relief cap", zh="租金补贴上限",
        help=("Most that the county pays towards the rent of one place in a year.",
              "每个在孵工位每年租金补贴的最高额。"))
    months: int = lever(
        36, unit="months", within=(12, 60), evidence=("P117",),
        en="Months in the incubator", zh="孵化期限",
        help=("Months after which a firm must leave and pay full rent.",
              "企业满此月数须出孵并自付全额租金。"))


class Activities(Group):
    """Contests and outreach sessions."""

    contests: int = lever(
        1, unit="per yr", within=(0, 6), evidence=("P136",),
        en="Contests", zh="创业大赛",
        help=("Start-up contests held in a year; 121 in 18 months in about 100 counties (P136).",
              "一年举办的创业大赛次数；约100个县18个月举办121场（P136）。"))
    prize_pot: float = lever(
        150_000, unit="yuan/contest", within=(0, 500_000), evidence=("P134", "P135"), bound=True,
        en="Prize pot", zh="大赛奖金",
        help=("Prize money of one contest, shared among the winners; 80,000 a track (P135) to 190,000 (P134).",
              "每次大赛的奖金总额，由获奖者分享；每赛道8万元（P135）至19万元（P134）。"))
    outreach_sessions: int = lever(
        60, unit="per yr", within=(0, 1000), evidence=("P058",), bound=True,
        en="Outreach sessions", zh="宣讲活动",
        help=("Fairs, talks and salons about support held in a year; a prefecture held 120 in half a year (P058).",
              "一年举办的招聘会、宣讲会和沙龙场次；某市半年约120场（P058）。"))


class Technology(Group):
    """Technical advice and grants to upgrade."""

    extension_visits: float = lever(
        200, unit="visits/yr", within=(0, 10_000),
        en="Extension visits", zh="技术指导次数",
        help=("Visits by technicians to firms in a year, all firms together.",
              "技术人员一年内上门指导的总次数。"))
    upgrade_grant: float = lever(
        2000, unit="yuan", within=(0, 30_000), evidence=("P072",),
        en="Upgrade grant", zh="升级补贴",
        help=("Paid to a certified owner whose household business becomes a company.",
              "个体工商户升级为企业时发放给持证业主的补贴。"))


class Venue(Group):
    """Land for firms, and roads."""

    sites_land: int = lever(
        0, unit="firm sites", within=(0, 3000),
        en="County sites for firms", zh="创业用地",
        help=("Serviced sites that the county lets to firms that need land.",
              "县里向需用地企业出租的配套地块数。"))
    road_quality: float = lever(
        0.5, unit="index", within=(0, 1),
        en="Road quality", zh="道路质量",
        help=("1 is the best road: less of the outside price is lost on the way.",
              "1为最好；道路越好，外销价格的运输损耗越小。"))


class Linkage(Group):
    """Whether one stage of support hands people on to the next."""

    referral: float = lever(
        0.1, unit="share", within=(0, 1),
        en="Referral with the file", zh="随档转介比例",
        help=("Share of finished stages handed on to the next service with the file.",
              "办结一环后连同档案转到下一环的比例。"))
    officers: float = lever(
        5, unit="people", within=(0, 1000),
        en="Case officers at full referral", zh="全额转介时的个案专员",
        help=("Officers employed when every finished stage is to be handed on; fewer in proportion to the "
              "referral share. One who is full takes no more files.",
              "全部环节均转介时的专员人数；按转介比例相应减少。满额者不再接案。"))
    certificate_speeds_loan: bool = lever(
        False, unit="yes/no",
        en="Certificate speeds the loan", zh="培训证书加快贷款",
        help=("A training certificate shortens the desk's days for the loan file.",
              "持培训证书者贷款办件时限缩短。"))
    incubator_waives_guarantee: bool = lever(
        False, unit="yes/no", evidence=("P128",), bound=True,
        en="Incubator waives the guarantor", zh="入孵免反担保",
        help=("A place in an incubator stands in for the counter-guarantee.",
              "入孵企业贷款免除反担保。"))
    contest_opens_credit: bool = lever(
        False, unit="yes/no", evidence=("P134",), bound=True,
        en="Contest opens credit", zh="获奖即授信",
        help=("A contest's winners get a credit line without a counter-guarantee.",
              "大赛获奖者直接获得授信，免反担保。"))
    training_paid_on_opening: bool = lever(
        False, unit="yes/no", evidence=("P084",), bound=True,
        en="Training paid on opening", zh="开业后付培训费",
        help=("At least half of the training fee is withheld until the trainee opens.",
              "至少一半培训补贴待学员开业后支付。"))


_WEIGHT = (
    "Weight of this group in queues and outreach; 1 is no preference.",
    "该群体在排队和宣传中的权重；1为不优先。",
)


class Targeting(Group):
    """Weights of groups in queues and outreach."""

    women: float = lever(
        1, unit="×", within=(0, 5), en="Women", zh="女性",
        help=_WEIGHT)
    under_35: float = lever(
        1, unit="×", within=(0, 5), en="Under 35", zh="35岁以下",
        help=_WEIGHT)
    low_schooling: float = lever(
        1, unit="×", within=(0, 5), en="Low schooling", zh="低学历",
        help=_WEIGHT)
    remote: float = lever(
        1, unit="×", within=(0, 5), en="Remote townships", zh="偏远乡镇",
        help=_WEIGHT)
    failed_founders: float = lever(
        1, unit="×", within=(0, 5), en="Founders who failed before", zh="创业失败者",
        help=_WEIGHT)


# fmt: on


class Policy(Group):
    """Everything a government sets, at one time."""

    training: Training = group(Training, en="Training", zh="创业培训")
    services: Services = group(Services, en="Services", zh="创业服务")
    incubation: Incubation = group(Incubation, en="Incubation", zh="创业孵化")
    activities: Activities = group(Activities, en="Activities", zh="创业活动")
    finance: Finance = group(Finance, en="Finance", zh="资金")
    technology: Technology = group(Technology, en="Technology", zh="技术")
    venue: Venue = group(Venue, en="Venue", zh="场地")
    linkage: Linkage = group(Linkage, en="Linkage", zh="联动")
    budget: Budget = group(Budget, en="Budget", zh="预算")
    targeting: Targeting = group(Targeting, en="Targeting", zh="重点群体")
    costs: Costs = group(Costs, en="Unit costs", zh="单位成本")
