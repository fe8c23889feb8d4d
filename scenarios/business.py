"""Behaviour parameters of firms, of what support does, and of closing."""

from __future__ import annotations

from scenarios.fields import Group, lever

# fmt: off


class Firm(Group):
    """Span of control (Lucas 1978), learning from sales (Jovanovic 1982), and thin cash."""

    ability_gain: float = lever(
        0.1, unit="log productivity/sd", low=0, high=1, evidence=("BH143",),
        en="Gain from ability", zh="能力收益",
        help_en="Log productivity per standard deviation of the owner's ability.",
        help_zh="业主能力每高一个标准差的对数生产率。")
    ability_convexity: float = lever(
        0.05, unit="log productivity/sd²", low=0, high=1, evidence=("BH143",),
        en="Convexity of ability", zh="能力收益凸性",
        help_en="How much faster than linear log productivity rises with ability.",
        help_zh="对数生产率随能力加速上升的程度。")
    skill_gain: float = lever(
        0.3, unit="log productivity/skill", low=0, high=2,
        en="Gain from skill", zh="技能收益",
        help_en="Log productivity per unit of the owner's skill.",
        help_zh="业主技能每增一个单位的对数生产率。")
    skill_per_year: float = lever(
        0.1, unit="skill/log year", low=0, high=1,
        en="Skill from the city", zh="务工积累技能",
        help_en="Skill gained per log year of work in the city.",
        help_zh="城市工作年数每增一个对数单位积累的技能。")
    luck_sd: float = lever(
        0.2, unit="log points", low=0, high=1, free=True,
        en="Unknown productivity", zh="未知生产率差异",
        help_en="Standard deviation of log productivity that the owner does not know at the start.",
        help_zh="业主起初不知道的对数生产率的标准差。")
    shock_sd: float = lever(
        0.35, unit="log points", low=0, high=1, free=True,
        en="Monthly shocks", zh="月度波动",
        help_en="Standard deviation of log sales from month to month.",
        help_zh="月销售额对数的标准差。")
    optimism: float = lever(
        0.05, unit="log points", low=0, high=0.5, free=True,
        en="Optimism", zh="乐观偏差",
        help_en="By how much founders overrate their log productivity.",
        help_zh="创业者高估自身对数生产率的幅度。")
    scale: float = lever(
        0.57, unit="log points", low=-3, high=3, free=True,
        en="Level of productivity", zh="生产率水平",
        help_en="Added to every firm's log productivity.",
        help_zh="加在每家企业对数生产率上的常数。")
    demand_elasticity: float = lever(
        2, unit="elasticity", low=0.5, high=10,
        en="County demand", zh="县内需求弹性",
        help_en="Price elasticity of demand within the county.", help_zh="县内需求的价格弹性。")
    transport: float = lever(
        0.03, unit="share/10 km", low=0, high=0.2,
        en="Transport loss", zh="运输损耗",
        help_en="Share of the outside price lost per 10 km on the worst road.",
        help_zh="最差道路上每10公里损失的外销价格比例。")
    hire_speed: float = lever(
        0.25, unit="share/month", low=0, high=1,
        en="Speed of hiring", zh="用工调整速度",
        help_en="Share of the gap to the wanted number of employees closed in a month.",
        help_zh="每月弥补目标用工缺口的比例。")
    cash_target: float = lever(
        3, unit="months", low=0, high=12, evidence=("BH091",),
        en="Cash target", zh="现金目标",
        help_en="Months of outlay that an owner wants to hold in cash.",
        help_zh="业主希望持有的现金可支付的月数。")
    reinvest: float = lever(
        0.04, unit="share", low=0, high=1,
        en="Reinvestment", zh="再投资比例",
        help_en="Share of cash above the target that is put into capital.",
        help_zh="超出目标的现金中用于追加资本的比例。")
    hurdle: float = lever(
        0.03, unit="per month", low=0, high=0.1,
        en="Hurdle rate", zh="投资门槛",
        help_en="Monthly marginal return below which owners don't invest (measured: BH126).",
        help_zh="月边际回报低于此值则不投资（实测见BH126）。")
    depreciation: float = lever(
        0.1, unit="per yr", low=0, high=0.5,
        en="Depreciation", zh="折旧率",
        help_en="Share of capital worn out in a year.", help_zh="一年内损耗的资本比例。")
    cushion: float = lever(
        0.25, unit="share", low=0, high=0.9,
        en="Starting cushion", zh="启动流动资金",
        help_en="Share of the money at the start that is kept as cash instead of capital.",
        help_zh="启动资金中留作现金而不投入资本的比例。")
    living: float = lever(
        1500, unit="yuan/month", low=0, high=5000,
        en="Owner's living", zh="业主生活费",
        help_en="Least that the owner draws from the firm in a month.",
        help_zh="业主每月至少从企业提取的生活费。")
    open_at_once: float = lever(
        0.4, unit="share", low=0, high=1, evidence=("BH077",),
        en="Opens at once", zh="即时开业比例",
        help_en="Share of firms that open in the month they register.",
        help_zh="登记当月即开业的企业比例。")
    opening_rate: float = lever(
        0.08, unit="chance/month", low=0, high=1, free=True,
        en="Opening later", zh="后续开业率",
        help_en="Chance a month that a registered firm opens afterwards (fitted to BH078).",
        help_zh="已登记未开业企业每月开业的概率（按BH078拟合）。")
    partner_gain: float = lever(
        0.01, unit="log productivity", low=0, high=0.2,
        en="Gain from business ties", zh="商业伙伴收益",
        help_en="Log productivity per log of one plus the owner's business ties.",
        help_zh="商业伙伴数加一的对数每增一的对数生产率。")
    partner_rate: float = lever(
        1, unit="ties/yr", low=0, high=10,
        en="Business ties in an incubator", zh="孵化期结识伙伴",
        help_en="Business ties made in a year in an incubator.",
        help_zh="在孵化基地每年新结识的商业伙伴数。")


class Support(Group):
    """What services do to those they reach."""

    training_gain: float = lever(
        0.15, unit="skill", low=0, high=1, evidence=("BH117",),
        en="Gain from training", zh="培训收益",
        help_en="Skill from 70 hours in a class of 30.", help_zh="30人班70课时培训增加的技能。")
    hours_power: float = lever(
        0.5, unit="exponent", low=0, high=1,
        en="Returns to hours", zh="课时指数",
        help_en="0: hours don't matter; 1: skill grows in proportion to them.",
        help_zh="0表示课时无关；1表示技能与课时成正比。")
    class_power: float = lever(
        0.3, unit="exponent", low=0, high=1,
        en="Returns to small classes", zh="小班指数",
        help_en="0: class size doesn't matter; 1: half the class, twice the skill.",
        help_zh="0表示班额无关；1表示班额减半则技能加倍。")
    control_gain: float = lever(
        0.3, unit="points", low=0, high=2,
        en="Control from a certificate", zh="证书增强控制感",
        help_en="Rise of perceived control by a training certificate.",
        help_zh="培训证书带来的控制感提升。")
    ask_rate: float = lever(
        0.02, unit="chance/review", low=0, high=1,
        en="Asking for training", zh="申请培训概率",
        help_en="Chance a review that someone who intends and knows asks; 83 % say yes (P100).",
        help_zh="有意愿且知情者每次权衡时申请的概率；83%表示愿意（P100）。")
    ask_founder: float = lever(
        0.833, unit="share", low=0, high=1, evidence=("P100",),
        en="Founders asking", zh="创业者申请培训",
        help_en="Share of those who begin a venture and know of training who ask for it.",
        help_zh="开始筹备创业且知晓培训者中申请培训的比例。")
    ask_away: float = lever(
        0.1, unit="share", low=0, high=1,
        en="Asking while away", zh="在外申请培训",
        help_en="How often someone away asks for training, relative to someone at home who intends "
        "to found.",
        help_zh="在外务工者申请培训的频率,相对于在乡有创业意愿者。")
    mentoring_gain: float = lever(
        0.04, unit="log productivity", low=0, high=0.3, evidence=("BH120", "BH121"),
        en="Gain while mentored", zh="辅导期收益",
        help_en="Log productivity while the firm has a mentor.",
        help_zh="有导师期间的对数生产率提升。")
    mentoring_after: float = lever(
        0.2, unit="share", low=0, high=1, evidence=("BH120",),
        en="Kept after mentoring", zh="辅导后保留比例",
        help_en="Share of that gain kept afterwards.", help_zh="辅导结束后保留的收益比例。")
    mentees: int = lever(
        5, unit="firms/mentor", low=1, high=20,
        en="Firms per mentor", zh="每位导师辅导企业数",
        help_en="Firms that one mentor accompanies at a time.",
        help_zh="一名导师同时辅导的企业数。")
    mentoring_months: int = lever(
        12, unit="months", low=1, high=36,
        en="Months of mentoring", zh="辅导月数",
        help_en="Months for which a firm keeps its mentor.", help_zh="一家企业接受辅导的月数。")
    technology_gain: float = lever(
        0.05, unit="log productivity/level", low=0, high=0.3,
        en="Gain from technology", zh="技术收益",
        help_en="Log productivity per level of technology.",
        help_zh="技术每升一级的对数生产率提升。")
    technology_cost: float = lever(
        20_000, unit="yuan/level", low=0, high=200_000,
        en="Cost of technology", zh="技术升级成本",
        help_en="What one level of technology costs, before any grant.",
        help_zh="技术每升一级的成本，未扣补贴。")
    technology_levels: int = lever(
        3, unit="levels", low=1, high=5,
        en="Levels of technology", zh="技术等级数",
        help_en="Highest level of technology there is.", help_zh="可达到的最高技术等级。")
    entrants: int = lever(
        30, unit="entrants/contest", low=5, high=100, evidence=("P133",),
        en="Entrants", zh="参赛数",
        help_en="Firms and founders who can enter one contest.", help_zh="一次大赛可参加的项目数。")
    winners: int = lever(
        5, unit="winners/contest", low=1, high=10, evidence=("P134",),
        en="Winners", zh="获奖数",
        help_en="Entrants who share the prize pot.", help_zh="分享奖金的项目数。")
    file_speed: float = lever(
        0.5, unit="×", low=0, high=1,
        en="Speed of a referred file", zh="转介办件系数",
        help_en="Factor on desk days when a certificate or a referral speeds the file.",
        help_zh="凭证书或转介加快时办件天数的系数。")
    site_rent: float = lever(
        0.6, unit="share", low=0, high=1,
        en="Rent of a county site", zh="创业用地租金",
        help_en="Share of market rent that a firm pays on a county site.",
        help_zh="县创业用地租金占市场租金的比例。")


class Closing(Group):
    """Stopping, being struck off, default, and trying again."""

    outlook_margin: float = lever(
        0.3, unit="log points", low=0, high=2, free=True,
        en="Patience with the firm", zh="歇业容忍度",
        help_en="How far the outlook may fall below the alternative before the owner stops.",
        help_zh="经营前景低于替代选择多少时业主歇业。")
    strike_off: float = lever(
        0.35, unit="chance/report", low=0, high=1, free=True,
        en="Struck off", zh="吊销概率",
        help_en="Chance at a yearly report that a dormant firm is struck off the register.",
        help_zh="年报时休眠企业被吊销的概率。")
    dormant_months: int = lever(
        12, unit="months", low=0, high=36,
        en="Dormant before struck off", zh="吊销前休眠期",
        help_en="Months a firm must be dormant before it can be struck off.",
        help_zh="企业休眠满此月数后方可被吊销。")
    owner_strikes: float = lever(
        0.04, unit="chance/month", low=0, high=0.5,
        en="Owner deregisters", zh="主动注销率",
        help_en="Chance that the owner of a dormant firm deregisters it.",
        help_zh="休眠企业业主每月主动注销的概率。")
    salvage: float = lever(
        0.4, unit="share", low=0, high=1,
        en="Salvage", zh="残值率",
        help_en="Share of capital recovered on closing.", help_zh="歇业时可收回的资本比例。")
    debt_share: float = lever(
        0.5, unit="share of income", low=0, high=1,
        en="Paying off the debt", zh="还债比例",
        help_en="Share of income that a former owner pays on the loan.",
        help_zh="前业主用于偿还贷款的收入比例。")
    grace: int = lever(
        36, unit="months", low=0, high=36,
        en="Grace for arrears", zh="逾期宽限",
        help_en="Months that a bank waits for arrears before it calls on the fund.",
        help_zh="银行要求代偿前等待逾期的月数。")
    withdraw: float = lever(
        0.05, unit="share", low=0, high=0.5, evidence=("P046", "BH048"),
        en="Banks stop lending", zh="银行停贷线",
        help_en="Share of loans outstanding compensated over a year at which banks stop.",
        help_zh="一年代偿占贷款余额达此比例时银行停贷。")
    come_back: float = lever(
        0.02, unit="share", low=0, high=0.5,
        en="Banks lend again", zh="银行复贷线",
        help_en="Share at which they lend again.", help_zh="代偿比例降至此值时银行恢复放贷。")
    retry: float = lever(
        0.5, unit="log odds", low=-3, high=3, evidence=("BH082", "BH083"),
        en="Trying again", zh="再次创业",
        help_en="Log odds on the intention of someone who has owned a firm before.",
        help_zh="曾经营企业者创业意愿的对数几率增量。")


class Quality(Group):
    """Weights of the return quality index; the authors' own, no published index was found."""

    productive: float = lever(
        0.2, unit="weight", low=0, high=1, en="Productive work", zh="生产性就业",
        help_en="Weight of being in productive work.", help_zh="处于生产性工作的权重。")
    income: float = lever(
        0.2, unit="weight", low=0, high=1, en="Income", zh="收入",
        help_en="Weight of income against the former city wage.",
        help_zh="收入相对原城市工资的权重。")
    staying: float = lever(
        0.2, unit="weight", low=0, high=1, en="Staying", zh="留乡",
        help_en="Weight of still being home after 12 months.", help_zh="返乡12个月后仍在家的权重。")
    skill: float = lever(
        0.2, unit="weight", low=0, high=1, en="Skill used", zh="技能匹配",
        help_en="Weight of working at one's own level of skill.",
        help_zh="工作与自身技能相当的权重。")
    enterprise: float = lever(
        0.2, unit="weight", low=0, high=1, en="Enterprise", zh="创业带动",
        help_en="Weight of owning, or holding a job in, a returnee firm.",
        help_zh="经营返乡企业或在其中就业的权重。")
