"""Behaviour parameters: what is uncertain about people, firms and services.

Parameters marked free may be moved by calibration.
"""

from __future__ import annotations

from returnee.scenarios.schema.fields import Group, group, lever
from returnee.scenarios.schema.priors import (
    CALENDAR,
    DOUBLE,
    NUMERICAL,
    ODDS,
    SIGN,
    SWITCH,
    TASTE,
    TRIPLE,
    WHOLE,
    around,
    between,
)

# One parameter a paragraph reads as a table; one argument a line would not.
# fmt: off


class Firm(Group):
    """Span of control (Lucas 1978), learning from sales (Jovanovic 1982), and thin cash."""

    ability_gain: float = lever(
        0.1, unit="log productivity/sd", within=(0, 1), evidence=("BH143",), bound=True,
        free=True, prior=SIGN,
        en="Gain from ability", zh="能力收益",
        help=("Log productivity per standard deviation of the owner's ability.",
              "业主能力每高一个标准差的对数生产率。"))
    ability_convexity: float = lever(
        0.05, unit="log productivity/sd²", within=(0, 1), evidence=("BH143",), bound=True,
        free=True, prior=SIGN,
        en="Convexity of ability", zh="能力收益凸性",
        help=("How much faster than linear log productivity rises with ability.",
              "对数生产率随能力加速上升的程度。"))
    skill_gain: float = lever(
        0.3, unit="log productivity/skill", within=(0, 2), prior=DOUBLE,
        en="Gain from skill", zh="技能收益",
        help=("Log productivity per unit of the owner's skill.",
              "业主技能每增一个单位的对数生产率。"))
    skill_per_year: float = lever(
        0.1, unit="skill/log year", within=(0, 1), prior=DOUBLE,
        en="Skill from the city", zh="务工积累技能",
        help=("Skill gained per log year of work in the city.",
              "城市工作年数每增一个对数单位积累的技能。"))
    luck_sd: float = lever(
        0.11, unit="log points", within=(0, 1), free=True, prior=TRIPLE,
        en="Unknown productivity", zh="未知生产率差异",
        help=("Standard deviation of log productivity that the owner does not know at the start.",
              "业主起初不知道的对数生产率的标准差。"))
    shock_sd: float = lever(
        0.4, unit="log points", within=(0, 1), prior=TRIPLE,
        en="Monthly shocks", zh="月度波动",
        help=("Standard deviation of log sales from month to month.",
              "月销售额对数的标准差。"))
    optimism: float = lever(
        0.1, unit="log points", within=(0, 0.5), prior=TRIPLE,
        en="Optimism", zh="乐观偏差",
        help=("By how much founders overrate their log productivity.",
              "创业者高估自身对数生产率的幅度。"))
    scale: float = lever(
        0.41, unit="log points", within=(-3, 3), free=True, prior=around(0.5),
        en="Level of productivity", zh="生产率水平",
        help=("Added to every firm's log productivity.",
              "加在每家企业对数生产率上的常数。"))
    demand_elasticity: float = lever(
        2, unit="elasticity", within=(0.5, 10), free=True, prior=DOUBLE,
        en="County demand", zh="县内需求弹性",
        help=("Price elasticity of demand within the county.", "县内需求的价格弹性。"))
    transport: float = lever(
        0.03, unit="share/10 km", within=(0, 0.2), prior=DOUBLE,
        en="Transport loss", zh="运输损耗",
        help=("Share of the outside price lost per 10 km on the worst road.",
              "最差道路上每10公里损失的外销价格比例。"))
    hire_speed: float = lever(
        0.25, unit="share/month", within=(0, 1), prior=ODDS,
        en="Speed of hiring", zh="用工调整速度",
        help=("Share of the gap to the wanted number of employees closed in a month.",
              "每月弥补目标用工缺口的比例。"))
    cash_target: float = lever(
        3, unit="months", within=(0, 12), evidence=("BH091",),
        en="Cash target", zh="现金目标",
        help=("Months of outlay that an owner wants to hold in cash.",
              "业主希望持有的现金可支付的月数。"))
    reinvest: float = lever(
        0.04, unit="share", within=(0, 1), prior=DOUBLE,
        en="Reinvestment", zh="再投资比例",
        help=("Share of cash above the target that is put into capital.",
              "超出目标的现金中用于追加资本的比例。"))
    hurdle: float = lever(
        0.03, unit="per month", within=(0, 0.1), prior=DOUBLE,
        en="Hurdle rate", zh="投资门槛",
        help=("Monthly marginal return below which owners don't invest (measured: BH126).",
              "月边际回报低于此值则不投资（实测见BH126）。"))
    depreciation: float = lever(
        0.1, unit="per yr", within=(0, 0.5), prior=DOUBLE,
        en="Depreciation", zh="折旧率",
        help=("Share of capital worn out in a year.", "一年内损耗的资本比例。"))
    cushion: float = lever(
        0.25, unit="share", within=(0, 0.9), prior=ODDS,
        en="Starting cushion", zh="启动流动资金",
        help=("Share of the money at the start that is kept as cash instead of capital.",
              "启动资金中留作现金而不投入资本的比例。"))
    largest_start: float = lever(
        3, unit="× median", within=(1, 20), prior=DOUBLE,
        en="Largest start", zh="最大启动规模",
        help=("Most capital that a start can use, in medians of the sector.",
              "启动时最多可用的资本,以行业中位数为单位。"))
    living: float = lever(
        1500, unit="yuan/month", within=(0, 5000), free=True, prior=DOUBLE,
        en="Owner's living", zh="业主生活费",
        help=("Least that the owner draws from the firm in a month.",
              "业主每月至少从企业提取的生活费。"))
    taste: float = lever(
        0.15, unit="log points", within=(0, 2), prior=DOUBLE,
        en="Taste for a sector", zh="行业偏好差异",
        help=("Standard deviation of a founder's taste for a sector, in log points of income.",
              "创业者行业偏好的标准差，以收入对数计。"))
    open_at_once: float = lever(
        0.4, unit="share", within=(0, 1), evidence=("BH077",),
        en="Opens at once", zh="即时开业比例",
        help=("Share of firms that open in the month they register.",
              "登记当月即开业的企业比例。"))
    opening_rate: float = lever(
        0.09, unit="chance/month", within=(0, 1), free=True, prior=TRIPLE,
        en="Opening later", zh="后续开业率",
        help=("Chance a month that a registered firm opens afterwards (fitted to BH078).",
              "已登记未开业企业每月开业的概率（按BH078拟合）。"))
    first_customers: float = lever(
        0.4, unit="share", within=(0.05, 1), prior=ODDS,
        en="Customers at the start", zh="初始客户比例",
        help=("Demand that a new firm meets, relative to a settled one; entrants are small by demand (BH160).",
              "新企业面对的需求相对于成熟企业的比例；新企业规模小源于需求少（BH160）。"))
    customer_months: float = lever(
        12, unit="months", within=(1, 120), prior=DOUBLE,
        en="Winning customers", zh="客户积累月数",
        help=("Months in which the gap to a full customer base falls to 37 % at usual sales.",
              "按正常销售，客户缺口缩小到37%所需的月数。"))
    plan_months: float = lever(
        36, unit="months", within=(1, 120), free=True, prior=DOUBLE,
        en="Months planned ahead", zh="经营预期月数",
        help=("Months over which founders and owners average the customers to come.",
              "创业者和业主预估未来客户时所平均的月数。"))
    drift_sd: float = lever(
        0.022, unit="log points/month", within=(0, 0.1), free=True, prior=DOUBLE,
        en="Drift of productivity", zh="生产率漂移",
        help=("Standard deviation of the lasting change of a firm's log productivity in a month.",
              "企业对数生产率每月持续性变动的标准差。"))
    drift_kept: float = lever(
        0.99, unit="share/month", within=(0.5, 1),
        prior=between(0.97, 1, "from a half-life of two years to a random walk", "从半衰期两年到随机游走"),
        en="Persistence of the drift", zh="漂移持续性",
        help=("Share of what has drifted that is left after a month; 1: a random walk.",
              "一个月后保留的漂移比例；1表示随机游走。"))
    residents_share: float = lever(
        0.8, unit="share", within=(0, 1), prior=ODDS,
        en="Bought by residents", zh="居民购买比例",
        help=("Share of county sales that follows residents' spending; the rest goes to visitors and the "
              "public sector.",
              "县内销售中随居民支出变化的比例；其余售予外来者和公共部门。"))
    sites_seen: float = lever(
        8, unit="sites/month", within=(1, 50), prior=DOUBLE,
        en="Sites looked at", zh="每月看地数",
        help=("Sites that a founder in search of one looks at in a month.",
              "需用地创业者每月察看的场地数。"))
    site_patience: int = lever(
        12, unit="months", within=(1, 60), prior=DOUBLE,
        en="Patience for a site", zh="等地耐心",
        help=("Months after which a founder who finds no site gives up.",
              "创业者找不到用地而放弃前的月数。"))
    price_bound: float = lever(
        3, unit="×", within=(1.01, 20), prior=NUMERICAL,
        en="Bound of county prices", zh="县内价格上限倍数",
        help=("County prices stay within this factor of balance, either way.",
              "县内价格偏离均衡的最大倍数（上下同）。"))
    most_employees: int = lever(
        600, unit="employees", within=(1, 5000), prior=NUMERICAL,
        en="Largest firm", zh="企业最大规模",
        help=("Employees beyond which a firm of these kinds does not grow.",
              "此类企业雇员数的上限。"))
    income_months: float = lever(
        12, unit="months", within=(1, 60), prior=DOUBLE,
        en="Months an income is smoothed over", zh="收入平滑月数",
        help=("Months over which owners and their ties see what a firm earns.",
              "业主及其亲友看待企业收入时所平均的月数。"))
    drawn: float = lever(
        0.5, unit="share/month", within=(0, 1), free=True, prior=ODDS,
        en="Spare cash drawn", zh="富余现金提取比例",
        help=("Share of the cash above the target that the owner draws in a month.",
              "业主每月提取超出目标现金的比例。"))
    partner_gain: float = lever(
        0.01, unit="log productivity", within=(0, 0.2), prior=SIGN,
        en="Gain from business ties", zh="商业伙伴收益",
        help=("Log productivity per log of one plus the owner's business ties.",
              "商业伙伴数加一的对数每增一的对数生产率。"))
    partner_rate: float = lever(
        1, unit="ties/yr", within=(0, 10), prior=DOUBLE,
        en="Business ties in an incubator", zh="孵化期结识伙伴",
        help=("Business ties made in a year in an incubator.",
              "在孵化基地每年新结识的商业伙伴数。"))


class Support(Group):
    """What services do to those they reach."""

    training_gain: float = lever(
        0.15, unit="skill", within=(0, 1), evidence=("BH117",), bound=True, prior=SIGN,
        en="Gain from training", zh="培训收益",
        help=("Skill from 70 hours in a class of 30.", "30人班70课时培训增加的技能。"))
    hours_power: float = lever(
        0.5, unit="exponent", within=(0, 1), prior=WHOLE,
        en="Returns to hours", zh="课时指数",
        help=("0: hours don't matter; 1: skill grows in proportion to them.",
              "0表示课时无关；1表示技能与课时成正比。"))
    class_power: float = lever(
        0.3, unit="exponent", within=(0, 1), prior=WHOLE,
        en="Returns to small classes", zh="小班指数",
        help=("0: class size doesn't matter; 1: half the class, twice the skill.",
              "0表示班额无关；1表示班额减半则技能加倍。"))
    control_gain: float = lever(
        0.3, unit="points", within=(0, 2), prior=SIGN,
        en="Control from a certificate", zh="证书增强控制感",
        help=("Rise of perceived control by a training certificate.",
              "培训证书带来的控制感提升。"))
    ask_rate: float = lever(
        0.02, unit="chance/review", within=(0, 1), prior=DOUBLE,
        en="Asking for training", zh="申请培训概率",
        help=("Chance a review that someone who intends and knows asks; 83 % say yes (P100).",
              "有意愿且知情者每次权衡时申请的概率；83%表示愿意（P100）。"))
    ask_founder: float = lever(
        0.833, unit="share", within=(0, 1), evidence=("P100",), bound=True,
        prior=between(0.4, 0.833, "at most the share that says it is willing (P100)", "不超过表示愿意的比例（P100）"),
        en="Founders asking", zh="创业者申请培训",
        help=("Share of those who begin a venture and know of training who ask for it; at most the share "
              "that says it is willing (P100).",
              "开始筹备创业且知晓培训者中申请培训的比例；不超过表示愿意者的比例（P100）。"))
    ask_away: float = lever(
        0.1, unit="share", within=(0, 1), prior=ODDS,
        en="Asking while away", zh="在外申请培训",
        help=("How often someone away asks for training, relative to someone at home who intends "
              "to found.",
              "在外务工者申请培训的频率,相对于在乡有创业意愿者。"))
    mentoring_gain: float = lever(
        0.04, unit="log productivity", within=(0, 0.3), evidence=("BH120", "BH121"), bound=True,
        prior=SIGN,
        en="Gain while mentored", zh="辅导期收益",
        help=("Log productivity while the firm has a mentor.",
              "有导师期间的对数生产率提升。"))
    mentoring_after: float = lever(
        0.2, unit="share", within=(0, 1), evidence=("BH120",), bound=True, prior=SIGN,
        en="Kept after mentoring", zh="辅导后保留比例",
        help=("Share of that gain kept afterwards.", "辅导结束后保留的收益比例。"))
    mentees: int = lever(
        5, unit="firms/mentor", within=(1, 20), prior=DOUBLE,
        en="Firms per mentor", zh="每位导师辅导企业数",
        help=("Firms that one mentor accompanies at a time.",
              "一名导师同时辅导的企业数。"))
    mentoring_months: int = lever(
        12, unit="months", within=(1, 36), prior=DOUBLE,
        en="Months of mentoring", zh="辅导月数",
        help=("Months for which a firm keeps its mentor.", "一家企业接受辅导的月数。"))
    technology_gain: float = lever(
        0.05, unit="log productivity/level", within=(0, 0.3), prior=SIGN,
        en="Gain from technology", zh="技术收益",
        help=("Log productivity per level of technology.",
              "技术每升一级的对数生产率提升。"))
    technology_cost: float = lever(
        20_000, unit="yuan/level", within=(0, 200_000), prior=DOUBLE,
        en="Cost of technology", zh="技术升级成本",
        help=("What one level of technology costs, before any grant.",
              "技术每升一级的成本，未扣补贴。"))
    technology_levels: int = lever(
        3, unit="levels", within=(1, 5), prior=NUMERICAL,
        en="Levels of technology", zh="技术等级数",
        help=("Highest level of technology there is.", "可达到的最高技术等级。"))
    entrants: int = lever(
        30, unit="entrants/contest", within=(5, 100), evidence=("P133",),
        en="Entrants", zh="参赛数",
        help=("Firms and founders who can enter one contest; about 30 a county heat (P133).",
              "一次大赛可参加的项目数；县级赛约30个（P133）。"))
    winners: int = lever(
        8, unit="winners/contest", within=(1, 10), evidence=("P134",),
        en="Winners", zh="获奖数",
        help=("Entrants who share the prize pot: one first, two second, three third and two other prizes (P134).",
              "分享奖金的项目数：一等1个、二等2个、三等3个、优胜2个（P134）。"))
    file_speed: float = lever(
        0.5, unit="×", within=(0, 1), prior=ODDS,
        en="Speed of a referred file", zh="转介办件系数",
        help=("Factor on desk days when a certificate or a referral speeds the file.",
              "凭证书或转介加快时办件天数的系数。"))
    bank_error: float = lever(
        0.3, unit="log points", within=(0.01, 3), prior=DOUBLE,
        en="Error of a bank", zh="银行评估误差",
        help=("Standard deviation of the error with which a bank sees a project's productivity.",
              "银行评估项目生产率的误差标准差。"))
    trainer_error: float = lever(
        0.3, unit="log points", within=(0.01, 3), prior=DOUBLE,
        en="Error of a trainer", zh="培训师评估误差",
        help=("The same for a trainer with 70 hours and a class of 30; smaller with more hours a head.",
              "培训师在30人班70课时下的同一误差；人均课时越多越小。"))
    mentor_error: float = lever(
        0.25, unit="log points", within=(0.01, 3), prior=DOUBLE,
        en="Error of a mentor", zh="导师评估误差",
        help=("The same for a mentor.", "导师的同一误差。"))
    incubator_error: float = lever(
        0.3, unit="log points", within=(0.01, 3), prior=DOUBLE,
        en="Error of an incubator", zh="孵化基地评估误差",
        help=("The same for whoever admits to an incubator.", "孵化基地入驻评审的同一误差。"))
    jury_error: float = lever(
        0.3, unit="log points", within=(0.01, 3), prior=DOUBLE,
        en="Error of a jury", zh="大赛评审误差",
        help=("The same for the jury of a contest.", "大赛评审的同一误差。"))
    optimism_corrected: float = lever(
        0.5, unit="share", within=(0, 1), prior=WHOLE,
        en="Optimism corrected by training", zh="培训纠正乐观",
        help=("Share of a founder's over-optimism that a course takes away.",
              "培训消除创业者过度乐观的比例。"))
    course_months: int = lever(
        1, unit="months", within=(0, 6),
        prior=between(0, 3, "up to a quarter of a year: no source", "最长一个季度：无来源"),
        en="Length of a course", zh="培训时长",
        help=("Months that a founder spends on a course before going on with the plan.",
              "创业者参加培训后继续筹备前的月数。"))
    training_wait: int = lever(
        3, unit="months", within=(0, 12), prior=DOUBLE,
        en="Waiting for a course", zh="等待培训",
        help=("Months for which a founder who asked for training puts off the plan for a place.",
              "已申请培训的创业者为等待名额而推迟筹备的月数。"))
    forms_again: float = lever(
        5, unit="forms", within=(0, 30), evidence=("P146",), bound=True, prior=SIGN,
        en="Forms asked again", zh="重复提交的表格",
        help=("Forms that the next office asks for again where no case officer brings the file; paperwork "
              "is the first difficulty that borrowers name.",
              "无专员随档转介时下一机构重复要求的表格数；借款者首要困难为手续繁琐。"))
    handover_days: float = lever(
        10, unit="working days", within=(0, 60), prior=DOUBLE,
        en="Days of a hand-over", zh="交接天数",
        help=("Working days between two offices where no case officer brings the file.",
              "无专员随档转介时两机构之间的工作日。"))
    handover_hazard: float = lever(
        0.002, unit="hazard/form/day", within=(0, 0.05),
        prior=between(0, 0.006, "from nobody to three times the default: no source", "从无人退出到默认值三倍：无来源"),
        en="Dropping out at a hand-over", zh="交接流失率",
        help=("Hazard that a founder drops out, for each form asked again and day of a hand-over.",
              "每份重复表格、每个交接日的流失风险。"))
    officer_load: float = lever(
        100, unit="cases", within=(1, 1000), prior=DOUBLE,
        en="Load of a case officer", zh="专员承办量",
        help=("Open cases that one officer can keep.", "一名专员可同时承办的个案数。"))
    followed_months: int = lever(
        12, unit="months", within=(0, 60), prior=DOUBLE,
        en="Followed after opening", zh="开业后跟踪",
        help=("Months after the opening for which an officer keeps a case.",
              "开业后专员继续跟踪的月数。"))
    case_patience: int = lever(
        12, unit="months", within=(1, 60), prior=DOUBLE,
        en="Case without a project", zh="无项目个案保留",
        help=("Months for which an officer keeps the case of somebody who has no project.",
              "对尚无项目者个案的保留月数。"))
    training_patience: int = lever(
        12, unit="months", within=(1, 60), prior=DOUBLE,
        en="Patience for training", zh="等待培训耐心",
        help=("Months after which somebody no longer waits for a course.",
              "等待培训超过此月数者放弃。"))
    class_months: float = lever(
        3, unit="months", within=(1, 12), prior=DOUBLE,
        en="Smallest class", zh="最小开班规模",
        help=("A centre that is too small for whole classes starts one with the places of so many months.",
              "规模较小的机构以此月数的名额开班。"))
    likely_first: float = lever(
        6, unit="months", within=(0, 36), prior=DOUBLE,
        en="Founders admitted first", zh="创业者优先入班",
        help=("Months of waiting that being a founder is worth at a centre that is paid wholly on outcome.",
              "全额按结果付费的机构中，创业者身份相当于多等待的月数。"))
    place_patience: int = lever(
        18, unit="months", within=(1, 60), prior=DOUBLE,
        en="Patience for a place", zh="等待工位耐心",
        help=("Months after which a firm no longer waits for a place in an incubator.",
              "等待孵化工位超过此月数的企业放弃。"))
    mentor_age: int = lever(
        36, unit="months", within=(1, 120), prior=DOUBLE,
        en="Age for a mentor", zh="可获辅导年限",
        help=("Months after opening up to which a firm may have a mentor.",
              "开业后可申请导师的月数。"))
    contest_age: int = lever(
        24, unit="months", within=(0, 120), prior=DOUBLE,
        en="Age for a contest", zh="可参赛年限",
        help=("Months after opening up to which an owner may enter a contest.",
              "开业后可参加大赛的月数。"))
    partners_met: int = lever(
        1, unit="ties", within=(0, 10), prior=SIGN,
        en="Ties from a contest", zh="参赛结识伙伴",
        help=("Business ties that an entrant of a contest makes.", "每次参赛建立的商业联系数。"))
    technology_payback: float = lever(
        36, unit="months", within=(6, 120), prior=DOUBLE,
        en="Payback of technology", zh="技术回收期",
        help=("Months within which a step up in technology must pay for itself.",
              "技术升级须在此月数内收回成本。"))
    known_first: float = lever(
        0.5, unit="share of a lot", within=(0, 1), prior=WHOLE,
        en="Visits to who knows", zh="知情者优先指导",
        help=("How far back in the draw for visits a firm stands that does not know the services.",
              "不了解服务的企业在技术指导抽签中后移的幅度。"))
    offer_chance: float = lever(
        0.3, unit="chance/contact", within=(0, 1), prior=ODDS,
        en="A job is passed on", zh="驻外站推荐岗位",
        help=("Chance that a talk at a station is about a job that somebody could take at home.",
              "驻外站一次交谈涉及家乡可任岗位的概率。"))
    offer_months: int = lever(
        12, unit="months", within=(1, 36), prior=DOUBLE,
        en="A job is kept", zh="岗位保留期",
        help=("Months for which an employer keeps a job for somebody away.",
              "用人单位为在外者保留岗位的月数。"))
    jobs_kept: float = lever(
        0.05, unit="share", within=(0, 1), prior=DOUBLE,
        en="Jobs kept for returns", zh="为返乡保留的岗位",
        help=("Share of the jobs with other employers that fall vacant which are kept for people who "
              "hear of them at a station.",
              "其他单位空缺岗位中经驻外站为在外者保留的比例。"))
    site_rent: float = lever(
        0.6, unit="share", within=(0, 1), prior=ODDS,
        en="Rent of a county site", zh="创业用地租金",
        help=("Share of market rent that a firm pays on a county site.",
              "县创业用地租金占市场租金的比例。"))


class Closing(Group):
    """Stopping, being struck off, default, and trying again."""

    outlook_margin: float = lever(
        0.17, unit="log points", within=(0, 2), free=True, prior=TRIPLE,
        en="Patience with the firm", zh="歇业容忍度",
        help=("How far the outlook may fall below the alternative before the owner stops.",
              "经营前景低于替代选择多少时业主歇业。"))
    strike_off: float = lever(
        0.26, unit="chance/report", within=(0, 1), prior=TRIPLE,
        en="Struck off", zh="吊销概率",
        help=("Chance at a yearly report that a dormant firm is struck off the register.",
              "年报时休眠企业被吊销的概率。"))
    dormant_months: int = lever(
        12, unit="months", within=(0, 36), free=True, prior=DOUBLE,
        en="Dormant before struck off", zh="吊销前休眠期",
        help=("Months a firm must be dormant before it can be struck off.",
              "企业休眠满此月数后方可被吊销。"))
    owner_strikes: float = lever(
        0.03, unit="chance/month", within=(0, 0.5), free=True, prior=DOUBLE,
        en="Owner deregisters", zh="主动注销率",
        help=("Chance that the owner of a dormant firm deregisters it.",
              "休眠企业业主每月主动注销的概率。"))
    salvage: float = lever(
        0.4, unit="share", within=(0, 1), prior=ODDS,
        en="Salvage", zh="残值率",
        help=("Share of capital recovered on closing.", "歇业时可收回的资本比例。"))
    debt_share: float = lever(
        0.5, unit="share of income", within=(0, 1), prior=ODDS,
        en="Paying off the debt", zh="还债比例",
        help=("Share of income above a bare living that a bank collects of a former owner and a guarantor for an "
              "overdue loan; of an open firm, of its cash.",
              "银行就逾期贷款向前业主和担保人追收的、超出基本生活费部分的收入比例；对在营企业为其现金的比例。"))
    exempt_months: float = lever(
        6, unit="months", within=(0, 36), prior=DOUBLE,
        en="Left to debtors", zh="债务人生活保留",
        help=("Months of a bare living (firm.living) that are left to an owner or guarantor of their savings.",
              "清偿时为业主或担保人保留的基本生活费月数（按firm.living计）。"))
    grace: int = lever(
        3, unit="months", within=(0, 36), evidence=("P201",),
        en="Grace for arrears", zh="逾期宽限",
        help=("Months for which a bank collects arrears before it calls on the fund: 90 days (P201).",
              "银行申请代偿前催收逾期贷款的月数：90天（P201）。"))
    withdraw: float = lever(
        0.05, unit="share", within=(0, 0.5), evidence=("P046", "BH048"), bound=True, prior=DOUBLE,
        en="Banks stop lending", zh="银行停贷线",
        help=("Share of loans outstanding compensated over a year at which banks stop.",
              "一年代偿占贷款余额达此比例时银行停贷。"))
    come_back: float = lever(
        0.02, unit="share", within=(0, 0.5),
        prior=between(0.01, 0.025, "below the share at which banks stop", "低于停贷线"),
        en="Banks lend again", zh="银行复贷线",
        help=("Share at which they lend again.", "代偿比例降至此值时银行恢复放贷。"))
    outlook_months: int = lever(
        3, unit="months", within=(1, 24), prior=DOUBLE,
        en="Months between two outlooks", zh="前景评估间隔",
        help=("Months after which an owner compares the firm with the alternatives again.",
              "业主再次比较经营与其他出路的间隔月数。"))
    months_to_open: int = lever(
        18, unit="months", within=(1, 60), prior=DOUBLE,
        en="Months to open", zh="开业期限",
        help=("A registered firm that has not opened by then never opens.",
              "登记后至此仍未开业的企业不再开业。"))
    report_month: int = lever(
        6, unit="calendar month", within=(1, 12), prior=CALENDAR,
        en="Month of yearly reports", zh="年报月份",
        help=("Month by the end of which firms report to the register.",
              "企业须在该月底前报送年报。"))
    succession: float = lever(
        0.5, unit="chance", within=(0, 1), prior=ODDS,
        en="Handing on", zh="企业传承概率",
        help=("Chance that a retiring owner hands the firm on if somebody of the household at home can "
              "take it; else it closes.",
              "家中有人可接手时，退休业主交接企业的概率；否则歇业。"))
    retry: float = lever(
        0.5, unit="log odds", within=(-3, 3), evidence=("BH082", "BH083"), bound=True, prior=SIGN,
        en="Trying again", zh="再次创业",
        help=("Log odds on the intention of someone whose firm has failed before.",
              "曾创业失败者创业意愿的对数几率增量。"))


class Quality(Group):
    """Weights of the return quality index; the authors' own, no published index was found."""

    productive: float = lever(
        0.2, unit="weight", within=(0, 1), prior=TASTE, en="Productive work", zh="生产性就业",
        help=("Weight of being in productive work.", "处于生产性工作的权重。"))
    income: float = lever(
        0.2, unit="weight", within=(0, 1), prior=TASTE, en="Income", zh="收入",
        help=("Weight of income against the former city wage.",
              "收入相对原城市工资的权重。"))
    staying: float = lever(
        0.2, unit="weight", within=(0, 1), prior=TASTE, en="Staying", zh="留乡",
        help=("Weight of still being home after 12 months.", "返乡12个月后仍在家的权重。"))
    skill: float = lever(
        0.2, unit="weight", within=(0, 1), prior=TASTE, en="Skill used", zh="技能匹配",
        help=("Weight of working at one's own level of skill.",
              "工作与自身技能相当的权重。"))
    enterprise: float = lever(
        0.2, unit="weight", within=(0, 1), prior=TASTE, en="Enterprise", zh="创业带动",
        help=("Weight of owning, or holding a job in, a returnee firm.",
              "经营返乡企业或在其中就业的权重。"))
    steady: float = lever(
        0, unit="weight", within=(0, 1), prior=TASTE, en="Same job", zh="岗位稳定",
        help=("Weight of months in the same job or firm, in full from a year on.",
              "同一岗位或企业持续月数的权重，满一年计满分。"))
    pay: float = lever(
        0, unit="weight", within=(0, 1), prior=TASTE, en="Minimum wage", zh="最低工资",
        help=("Weight of earning the wage floor or more.", "收入不低于最低工资的权重。"))
    debt: float = lever(
        0, unit="weight", within=(0, 1), prior=TASTE, en="Free of debt", zh="债务负担",
        help=("Weight of one less debt over a year's income.", "一减债务与年收入之比的权重。"))
    family: float = lever(
        0, unit="weight", within=(0, 1), prior=TASTE, en="Family together", zh="家庭团聚",
        help=("Weight of a child at home living with this parent, of those who left one behind.",
              "曾留守子女与返乡父母同住的权重。"))
    lasting: float = lever(
        0, unit="weight", within=(0, 1), prior=TASTE, en="Lasting firms", zh="企业存续",
        help=("Weight of returnee firms registered three years ago that are open and pay tax.",
              "登记满三年的返乡企业仍营业且纳税的权重。"))
    second: float = lever(
        0, unit="weight", within=(0, 1), prior=TASTE, en="Second start", zh="再次创业",
        help=("Weight of a second start, of those at home whose firm stopped.",
              "企业停业后在家者再次创业的权重。"))


class Information(Group):
    """How workers learn of support channels, and forget them."""

    message_uptake: float = lever(
        0.025, unit="chance/message", within=(0, 1), prior=TRIPLE,
        en="Message uptake", zh="短信知晓率",
        help=("Chance that one message teaches its channel.",
              "一条短信使人知晓该渠道的概率。"))
    post_contacts: float = lever(
        30, unit="people/month", within=(0, 200), prior=DOUBLE,
        en="Contacts of a post", zh="服务点接触人数",
        help=("People whom one township post talks to in a month.",
              "一个乡镇服务点每月交谈的人数。"))
    post_uptake: float = lever(
        0.25, unit="chance/contact", within=(0, 1), prior=ODDS,
        en="Uptake at a post", zh="服务点知晓率",
        help=("Chance that such a talk teaches a channel.",
              "一次交谈使人知晓一个渠道的概率。"))
    station_contacts: float = lever(
        150, unit="people/month", within=(0, 1000), prior=DOUBLE,
        en="Contacts of a station", zh="驻外站接触人数",
        help=("Away workers whom one destination station talks to in a month.",
              "一个驻外服务站每月交谈的在外务工者人数。"))
    station_uptake: float = lever(
        0.3, unit="chance/contact", within=(0, 1), prior=ODDS,
        en="Uptake at a station", zh="驻外站知晓率",
        help=("Chance that such a talk teaches a channel.",
              "一次交谈使人知晓一个渠道的概率。"))
    session_reach: float = lever(
        200, unit="people/session", within=(50, 400), evidence=("P058", "P122"), bound=True,
        prior=between(162, 280, "P058 and P122", "P058和P122"),
        en="Reach of a session", zh="每场宣讲人数",
        help=("People who come to one outreach session; 162 (P058) to 280 (P122).",
              "一场宣讲活动的到场人数；162人（P058）至280人（P122）。"))
    session_uptake: float = lever(
        0.3, unit="chance/contact", within=(0, 1), prior=ODDS,
        en="Uptake at a session", zh="宣讲知晓率",
        help=("Chance that a session teaches someone present a channel.",
              "一场宣讲使到场者知晓一个渠道的概率。"))
    told_at_desk: float = lever(
        0.4, unit="chance", within=(0, 1), prior=ODDS,
        en="Told at registration", zh="登记时告知",
        help=("Chance that a founder is told of each channel when the firm is registered.",
              "企业登记时创业者被告知各项扶持渠道的概率。"))
    tie_rate: float = lever(
        0.0032, unit="chance/month", within=(0, 0.5), free=True, prior=TRIPLE,
        en="Passing on", zh="熟人传播率",
        help=("Chance that a knowing tie at the same place passes a channel on (BH061, BH056).",
              "同地知情亲友每月告知一个渠道的概率（BH061、BH056）。"))
    cross_contact: float = lever(
        0.2, unit="share", within=(0, 1), prior=ODDS,
        en="Contact across places", zh="异地联系强度",
        help=("Contact between home and away ties, relative to ties at the same place.",
              "家乡与在外亲友的联系，相对于同地亲友。"))
    festival_contact: float = lever(
        5, unit="×", within=(1, 20), prior=DOUBLE,
        en="Contact at the festival", zh="春节联系倍数",
        help=("Contact between home and away in the festival month, against other months.",
              "春节当月家乡与在外亲友联系为平时的倍数。"))
    forget_rate: float = lever(
        0.026, unit="chance/month", within=(0, 0.2), free=True, prior=TRIPLE,
        en="Forgetting", zh="遗忘率",
        help=("Chance that a channel which is not used is forgotten.",
              "未使用的渠道每月被遗忘的概率。"))


class Returning(Group):
    """Home against the city: random utility with a nest of options at home."""

    constant: float = lever(
        -3.25, unit="logit", within=(-10, 10), free=True, prior=around(2),
        en="Constant", zh="常数项",
        help=("Log odds of returning at a review when all else is equal.",
              "其他条件相同时一次权衡中返乡的对数几率。"))
    income_weight: float = lever(
        1.5, unit="per log income", within=(0, 6), free=True, prior=TRIPLE,
        en="Weight of income", zh="收入权重",
        help=("Log odds per log point of income at home against the city.",
              "家乡与城市收入每差一个对数点的对数几率。"))
    nest_scale: float = lever(
        0.5, unit="inclusive-value parameter", within=(0.1, 1), prior=DOUBLE,
        en="Nest of home options", zh="家乡选项嵌套系数",
        help=("1: options at home are unrelated; near 0: only the best of them counts.",
              "1表示各选项互不相关；接近0表示只看最好的选项。"))
    settled_weight: float = lever(
        0.3, unit="per log(1+years away)", within=(0, 3), prior=SIGN,
        en="Settled in the city", zh="在外年限权重",
        help=("Log odds of staying, per log of one plus the years away.",
              "在外年限加一的对数每增一，留城的对数几率。"))
    city_home: float = lever(
        0.56, unit="log odds", within=(0, 3), evidence=("BH012",),
        en="Home in the city", zh="城市住房",
        help=("Log odds of staying when one owns a home in the city; odds of returning fall by 42.94 % (BH012).",
              "在城市有住房者留城的对数几率；返乡几率下降42.94%（BH012）。"))
    distance: float = lever(
        0.3, unit="log odds", within=(0, 3), prior=SIGN,
        en="Far from home", zh="离家较远",
        help=("By how much work outside the province is less attractive, beyond its pay.",
              "除工资外，省外工作吸引力较低的幅度。"))
    child_pull: float = lever(
        0.6, unit="log odds", within=(0, 2.6), evidence=("BH011", "BH022"), bound=True,
        prior=between(0, 2.6, "bounded by BH011", "以BH011为上限"),
        en="Child left behind", zh="留守子女牵挂",
        help=("Log odds of returning to a child; BH011 is taken as the upper bound.",
              "因留守子女返乡的对数几率；BH011作上限。"))
    elder_pull: float = lever(
        0.6, unit="log odds", within=(0, 2.6), evidence=("BH011", "BH022"), bound=True,
        prior=between(0, 2.6, "bounded by BH011", "以BH011为上限"),
        en="Elder needing care", zh="老人照料牵挂",
        help=("Log odds of returning to an elder; BH011 is taken as the upper bound.",
              "因老人需照料返乡的对数几率；BH011作上限。"))
    age_pull: float = lever(
        0.4, unit="per decade", within=(0, 3), prior=SIGN,
        en="Age", zh="年龄作用",
        help=("Log odds of returning per decade of age above 40.",
              "40岁以上每增十岁返乡的对数几率。"))
    attachment_sd: float = lever(
        0.5, unit="log odds", within=(0, 2), prior=DOUBLE,
        en="Attachment to home", zh="乡土依恋差异",
        help=("Standard deviation between people in how much they want to be home.",
              "人与人之间恋乡程度的标准差。"))
    peers_weight: float = lever(
        1, unit="log odds", within=(0, 5), evidence=("BH013",), bound=True, free=True, prior=SIGN,
        en="Ties at home", zh="在家亲友作用",
        help=("Log odds of returning when all ties are at home, against none.",
              "亲友全部在家相对于全不在家的返乡对数几率。"))
    midyear_review: float = lever(
        0.15, unit="share", within=(0, 1), prior=ODDS,
        en="Review in mid-year", zh="年中权衡比例",
        help=("Share of away workers who also review between April and November (fitted to H08).",
              "在四月至十一月也会权衡去留的在外者比例（按H08拟合）。"))
    odd_jobs: float = lever(
        0.1, unit="share of wage", within=(0.01, 1), prior=DOUBLE,
        en="Odd jobs in the city", zh="城市零工收入",
        help=("Share of the wage earned by odd jobs until a lost city job is replaced.",
              "失去城市工作后找到新工作前的零工收入占工资的比例。"))
    months_to_find: float = lever(
        3, unit="months", within=(0.5, 12), free=True, prior=DOUBLE,
        en="Finding a city job", zh="城市求职时长",
        help=("Months without pay after a lost city job, in normal times.",
              "正常时期失去城市工作后无收入的月数。"))
    months_ahead: float = lever(
        6, unit="months", within=(1, 24), prior=DOUBLE,
        en="Looking ahead", zh="前瞻月数",
        help=("Months over which somebody without a city job looks ahead.",
              "失去城市工作者权衡时向前看的月数。"))
    recall_months: int = lever(
        12, unit="months", within=(0, 60), prior=DOUBLE,
        en="Waiting for the city", zh="等待回城期限",
        help=("Months after the city hires again for which those who came home for want of a job "
              "there go back when they find one.",
              "城市恢复招工后,因失业返乡者找到工作即回城的期限。"))
    home_worth: float = lever(
        0.2, unit="log points", within=(0, 2), prior=SIGN,
        en="Worth of being home", zh="在家的价值",
        help=("City pay that is given up for being home, when leaving again is weighed as an "
              "alternative to a firm.",
              "把再外出作为创业的替代选择时,为留在家乡愿放弃的城市收入。"))


class Careers(Group):
    """Work, leaving again, and the intention to found."""

    leave_constant: float = lever(
        -4.7, unit="logit", within=(-10, 10), free=True, prior=around(2),
        en="Leaving again", zh="再外出常数项",
        help=("Log odds of leaving at a review when all else is equal.",
              "其他条件相同时一次权衡中外出的对数几率。"))
    leave_age: float = lever(
        0.5, unit="per decade", within=(0, 3), prior=SIGN,
        en="Age keeps at home", zh="年龄抑制外出",
        help=("Fall of the log odds of leaving, per decade of age above 30.",
              "30岁以上每增十岁外出对数几率的下降。"))
    leave_youth: float = lever(
        1.7, unit="per decade", within=(0, 5), free=True, prior=SIGN,
        en="The young leave", zh="青年外出倾向",
        help=("Rise of the log odds of leaving, per decade of age below 30.",
              "30岁以下每小十岁外出对数几率的上升。"))
    leave_women: float = lever(
        0.3, unit="log odds", within=(0, 3), evidence=("N34",), bound=True, prior=SIGN,
        en="Women leave less", zh="女性外出较少",
        help=("By how much the log odds of leaving are lower for women.",
              "女性外出对数几率低于男性的幅度。"))
    leave_experience: float = lever(
        1, unit="log odds", within=(0, 4), prior=SIGN,
        en="Been away before", zh="外出经历",
        help=("Log odds of leaving for someone who has been away before; 52.64 % leave again (H02).",
              "有外出经历者再外出的对数几率；52.64%会再次外出（H02）。"))
    seeker_review: int = lever(
        2, unit="months", within=(1, 12), prior=DOUBLE,
        en="Reviews of seekers", zh="求职者权衡间隔",
        help=("Mean months between the reviews of somebody who seeks work.",
              "求职者两次权衡之间的平均月数。"))
    home_review: int = lever(
        9, unit="months", within=(3, 24), prior=DOUBLE,
        en="Reviews at home", zh="在家权衡间隔",
        help=("Months between two reviews of what to do at home.",
              "在家者两次权衡之间的月数。"))
    separation: float = lever(
        0.012, unit="chance/month", within=(0, 0.1), prior=DOUBLE,
        en="Losing a job", zh="离职率",
        help=("Chance to lose a job with an employer outside the model's firms.",
              "在模型企业以外的雇主处失去工作的月概率。"))
    job_finding: float = lever(
        0.35, unit="chance/month", within=(0, 1), prior=ODDS,
        en="Meeting a vacancy", zh="求职成功率",
        help=("Chance that a seeker meets a vacancy when there is one for every seeker.",
              "岗位与求职者一比一时每月遇到岗位的概率。"))
    referral_hiring: float = lever(
        0.69, unit="share", within=(0, 1), evidence=("BH057",), bound=True, prior=ODDS,
        en="Hired through ties", zh="熟人介绍比例",
        help=("Share of vacancies for which ties are asked first; BH057 counts founders who recruit so.",
              "优先询问亲友的岗位比例；BH057为采用此方式的创业者占比。"))
    commute: float = lever(
        20, unit="km", within=(0, 200), prior=DOUBLE,
        en="Reach of a job", zh="通勤范围",
        help=("Difference in the distance to the county seat up to which people work in another township.",
              "距县城里程之差在此范围内的乡镇之间可跨镇就业。"))
    local_jobs: float = lever(
        0.3, unit="share", within=(0, 1), prior=ODDS,
        en="Other jobs that serve residents", zh="服务居民的其他岗位",
        help=("Share of the jobs with other employers that follows residents' spending.",
              "其他单位岗位中随居民支出变化的比例。"))
    usual_seekers: float = lever(
        0.05, unit="share", within=(0.005, 0.5), free=True, prior=DOUBLE,
        en="Usual seekers", zh="常态求职比例",
        help=("Share of the home labour force that seeks work when the wage is the county file's.",
              "工资等于县文件所给水平时在乡劳动力中求职者的比例。"))
    wage_step: float = lever(
        0.1, unit="share/month", within=(0, 1), prior=DOUBLE,
        en="Adjustment of wages", zh="工资调整速度",
        help=("Weight of a month in the share of seekers that wages follow.",
              "工资所随的求职者比例中最近一月的权重。"))
    chance_step: float = lever(
        0.2, unit="share/month", within=(0, 1), prior=DOUBLE,
        en="Learning the chance of a job", zh="求职预期更新",
        help=("Weight of a month in the seekers, and in those who found a job, by whom people judge their chance.",
              "人们据以判断求职机会的求职者与就业者人数中最近一月的权重。"))
    seek_patience: int = lever(
        6, unit="months", within=(1, 24), prior=DOUBLE,
        en="Patience of seekers", zh="求职耐心",
        help=("Months after which a seeker gives up looking for a job.",
              "求职者放弃求职前的月数。"))
    intention_constant: float = lever(
        0, unit="logit", within=(-5, 5), free=True, prior=around(1.5),
        en="Intention to found", zh="创业意愿常数项",
        help=("Log odds of intending to found when all else is equal.",
              "其他条件相同时有创业意愿的对数几率。"))
    attitude_weight: float = lever(
        1, unit="per log income", within=(0, 5), prior=SIGN,
        en="Attitude", zh="态度权重",
        help=("Weight of the firm's discounted income against that of the best alternative and the "
              "start money.",
              "企业折现收入相对于最佳替代收入与启动资金之和的权重。"))
    norm_weight: float = lever(
        2, unit="log odds", within=(0, 10), prior=SIGN,
        en="Norm", zh="规范权重",
        help=("Weight of the share of ties who own firms; only its sign is known (BH063).",
              "亲友中业主比例的权重；仅知方向（BH063）。"))
    control_weight: float = lever(
        1, unit="log odds", within=(0, 5), prior=SIGN,
        en="Perceived control", zh="控制感权重",
        help=("Weight of known support and training; money counts when one acts, not here.",
              "所知扶持与培训的权重;资金只在行动时起作用。"))
    search_rate: float = lever(
        0.02, unit="per year", within=(0, 12), prior=DOUBLE,
        en="Farmers' job search", zh="务农者求职",
        help=("Rate at which a farmer starts to look for a wage job where it pays more.",
              "工资性就业收入更高时,务农者开始求职的频率。"))
    care_burden: float = lever(
        0.7, unit="log points", within=(0, 3), prior=SIGN,
        en="Burden of care", zh="照料负担",
        help=("By how much care for a child or an elder lowers the rate at which a woman can "
              "follow up a venture idea.",
              "照料子女或老人使女性跟进创业想法的频率下降的对数幅度。"))
    idea_rate: float = lever(
        0.0526, unit="ideas/person/yr", within=(0, 1), free=True, prior=TRIPLE,
        en="Venture ideas", zh="创业点子",
        help=("Workable venture ideas a year, on average over the labour force at the start.",
              "期初劳动力人均每年产生的可行创业点子数。"))
    age_of_ideas: float = lever(
        33, unit="years", within=(18, 60), evidence=("BH155",), bound=True,
        prior=between(28, 38, "five years either way of BH155's peak", "BH155峰值前后五年"),
        en="Best age for ideas", zh="点子最多的年龄",
        help=("Age at which most venture ideas come: skill has risen, creativity not yet fallen.",
              "创业点子最多的年龄:技能已提高而创造力尚未下降。"))
    age_spread: float = lever(
        10, unit="years", within=(1, 60), evidence=("BH155",), bound=True, prior=DOUBLE,
        en="Spread of that age", zh="点子年龄分布宽度",
        help=("Years from the best age at which ideas are 0.61 times as many.",
              "偏离最佳年龄多少年时点子减至0.61倍。"))
    idea_months: int = lever(
        36, unit="months", within=(1, 120), free=True, prior=DOUBLE,
        en="Life of an idea", zh="点子有效期",
        help=("Months after which an idea that could not be followed up is let go.",
              "未能付诸行动的点子在此月数后被放弃。"))
    discount_rate: float = lever(
        0.1, unit="per yr", within=(0, 1), prior=DOUBLE,
        en="Discount rate", zh="贴现率",
        help=("At which would-be founders discount incomes to retirement.",
              "潜在创业者将退休前收入折现的年率。"))
    fall_back: float = lever(
        0.7, unit="hazard/month", within=(0, 5), prior=DOUBLE,
        en="Falling back on farming", zh="退而务农",
        help=("Hazard a month that a seeker out of patience goes farming.",
              "失去耐心的求职者每月转为务农的风险率。"))
    wage_curve: float = lever(
        0.1, unit="elasticity", within=(0, 0.5), prior=DOUBLE,
        en="Wage curve", zh="工资曲线",
        help=("Fall of the local wage when there are more seekers per worker.",
              "人均求职者增多时本地工资的弹性下降。"))


class Money(Group):
    """Saving, family money, guarantors and waiting."""

    saving_rate: float = lever(
        0.23, unit="share of income", within=(0, 0.6), evidence=("H13",),
        en="Saving rate", zh="储蓄率",
        help=("Share of income that is saved.", "收入中用于储蓄的比例。"))
    spending: float = lever(
        0.277, unit="share/yr", within=(0, 1), evidence=("H13", "H14", "N47"),
        en="Spending of savings", zh="储蓄支用",
        help=("Share of savings spent in a year on houses, weddings and the like; derived: 23 % of "
              "5,634 yuan a month saved keeps a mean balance of 56,200 yuan.",
              "每年用于建房、婚嫁等的储蓄比例;推算:月均5634元储蓄23%可维持5.62万元平均余额。"))
    thrift_sigma: float = lever(
        0.7, unit="log sd", within=(0, 2), prior=DOUBLE,
        en="Differences in thrift", zh="储蓄倾向差异",
        help=("Log standard deviation of saving rates between people.",
              "个人储蓄率的对数标准差。"))
    family_share: float = lever(
        0.1, unit="share", within=(0, 0.5), prior=ODDS,
        en="Family money", zh="亲友出资比例",
        help=("Share of a tie's savings above the buffer that it gives.",
              "亲友储蓄超出备用金部分的出资比例。"))
    family_chance: float = lever(
        0.2, unit="chance", within=(0, 1), prior=ODDS,
        en="Family gives", zh="亲友出资概率",
        help=("Chance that a tie gives at all.", "一位亲友愿意出资的概率。"))
    buffer: float = lever(
        20_000, unit="yuan", within=(0, 100_000), prior=DOUBLE,
        en="Buffer kept back", zh="备用金",
        help=("Savings that people keep back and don't put into a firm.",
              "留作家用、不投入企业的储蓄。"))
    guarantor_share: float = lever(
        0.16, unit="share", within=(0, 1), prior=TRIPLE,
        en="Willing guarantors", zh="愿担保者比例",
        help=("Share of home ties in work who stand guarantor; a quarter lack one (BH033).",
              "在家有业亲友中愿作担保者的比例；约四分之一缺担保人（BH033）。"))
    giveup: float = lever(
        0.06, unit="chance/month", within=(0, 0.5), prior=DOUBLE,
        en="Giving up while waiting", zh="等待中放弃",
        help=("Chance to give up while a file waits.",
              "等待办件期间每月放弃的概率。"))
    minimum_start: float = lever(
        0.2, unit="share", within=(0, 1), prior=ODDS,
        en="Smallest start", zh="最低启动比例",
        help=("Share of the wanted capital below which none starts.",
              "资金低于期望资本的此比例则不启动。"))
    risk_aversion: float = lever(
        0.3, unit="log points", within=(0, 2), prior=SIGN,
        en="Risk aversion", zh="风险厌恶",
        help=("Income that a person of average risk tolerance asks for owning, over a wage.",
              "风险承受力一般者要求经营收入高于工资的幅度。"))
    near_post: float = lever(
        0.7, unit="×", within=(0, 1), prior=ODDS,
        en="A post nearby", zh="就近服务点",
        help=("Factor on the chance to give up and on the cost of applying, with a post in the township.",
              "本乡镇设有服务点时，放弃概率和申请成本的系数。"))
    smallest_loan: float = lever(
        120_000, unit="yuan", within=(0, 200_000), free=True, prior=DOUBLE,
        en="Want that makes one ask", zh="最低贷款需求",
        help=("Money wanting below which nobody applies for a guaranteed loan.",
              "资金缺口低于此数额则无人申请创业担保贷款。"))
    least_loan: float = lever(
        10_000, unit="yuan", within=(1, 100_000), prior=DOUBLE,
        en="Least that a bank lends", zh="银行最低放贷额",
        help=("Sum below which a loan, guaranteed or at its own risk, is not worth a bank's while.",
              "低于此数额的贷款，无论有无担保，银行均不发放。"))
    term_left: int = lever(
        12, unit="months", within=(0, 36), prior=DOUBLE,
        en="Term left to raise a loan", zh="增额所需剩余期限",
        help=("Months of the term that must be left for a loan to be raised.",
              "贷款增额时须剩余的期限。"))
    eligible: float = lever(
        0.6, unit="share", within=(0, 1), evidence=("P149",), bound=True,
        prior=between(0.37, 0.8, "above the share that has formal credit (P149), below all", "高于已获正规信贷比例（P149），低于全部"),
        en="Eligible for bank credit", zh="正规信贷资格",
        help=("Share of people with whom banks deal at all, fixed for life but for bad records; more than the "
              "37 % of returnee founders who have formal credit (P149), as these also ask and are approved.",
              "银行愿意受理的人所占比例，除不良记录外终身不变；高于已获正规信贷的返乡创业者比例37%（P149），后者还须申请并获批。"))
    visits_per_day: float = lever(
        0.25, unit="visits/working day", within=(0, 2), prior=DOUBLE,
        en="Visits to the desk", zh="办件跑动次数",
        help=("Visits that an application costs, per working day that the desk takes.",
              "申请贷款每需一个工作日办件所对应的跑动次数。"))
    visit_cost: float = lever(
        1000, unit="yuan/visit", within=(0, 20_000), evidence=("P146", "BH032"), bound=True,
        prior=DOUBLE,
        en="Cost of a visit", zh="每次跑动成本",
        help=("What a visit with its papers is worth to the median applicant, in lost work and bother; "
              "55 % name paperwork as the obstacle.",
              "中位申请人一次跑动及材料准备的误工和麻烦折算；55%以手续复杂为障碍。"))
    visit_spread: float = lever(
        1, unit="log sd", within=(0, 3), prior=DOUBLE,
        en="Differences in that cost", zh="跑动成本差异",
        help=("Log standard deviation of the cost of a visit between people.",
              "跑动成本在个人间的对数标准差。"))
    payback_months: int = lever(
        12, unit="months", within=(1, 60), prior=DOUBLE,
        en="Gain that counts", zh="计入的收益期",
        help=("Months of the gain from a loan that are set against the cost of applying.",
              "与申请成本比较时计入的贷款收益月数。"))
    cover: float = lever(
        1.2, unit="×", within=(0, 5),
        prior=between(1, 1.5, "from the instalments alone to half as much again", "从仅够还款到高出一半"),
        en="Cover that banks ask for", zh="偿债覆盖倍数",
        help=("Income that a bank must expect of a project, relative to the instalments.",
              "银行要求的项目预期收入与分期还款之比。"))
    informal_chance: float = lever(
        0.2, unit="chance", within=(0, 1), evidence=("P163", "BH038"), bound=True, prior=ODDS,
        en="A tie lends", zh="亲友出借概率",
        help=("Chance that a tie would lend for a venture.", "一位亲友愿意为创业出借的概率。"))
    informal_share: float = lever(
        0.5, unit="share", within=(0, 1), prior=ODDS,
        en="Lent by a tie", zh="亲友出借比例",
        help=("Share of its savings above the buffer that a tie lends at most.",
              "亲友最多出借其储蓄超出备用金部分的比例。"))
    informal_multiple: float = lever(
        1, unit="× yearly income", within=(0, 10), prior=DOUBLE,
        en="Limit of an informal loan", zh="民间借款上限",
        help=("Most that is lent to a person, relative to a year's income at home.",
              "一个人最多可借到的数额，相对于其在乡年收入。"))
    informal_rate: float = lever(
        0.08, unit="per yr", within=(0, 0.5), prior=DOUBLE,
        en="Interest of an informal loan", zh="民间借款利率",
        help=("Yearly interest that ties ask for.", "亲友借款的年利率。"))
    informal_months: int = lever(
        24, unit="months", within=(1, 120), prior=DOUBLE,
        en="Term of an informal loan", zh="民间借款期限",
        help=("Months over which it is repaid, in equal parts.", "等额归还的月数。"))
    commercial_rate: float = lever(
        0.1, unit="per yr", within=(0, 0.5),
        prior=between(0.08, 0.12, "the range that the text gives", "说明中给出的范围"),
        en="Interest of commercial credit", zh="商业小额贷款利率",
        help=("Yearly interest of banks' own small loans; 8–12 %.",
              "银行自营小额贷款的年利率，8%至12%。"))
    commercial_cap: float = lever(
        100_000, unit="yuan", within=(0, 1_000_000), prior=DOUBLE,
        en="Largest commercial credit", zh="商业小额贷款额度",
        help=("Most that a bank lends a small firm at its own risk.",
              "银行自担风险向小微企业发放的最高额度。"))
    commercial_months: int = lever(
        24, unit="months", within=(1, 120), prior=DOUBLE,
        en="Term of commercial credit", zh="商业小额贷款期限",
        help=("Months over which it is repaid, in equal parts.", "等额归还的月数。"))
    commercial_age: int = lever(
        12, unit="months", within=(0, 60), prior=DOUBLE,
        en="Age for commercial credit", zh="商业贷款所需经营期",
        help=("Months a firm must have been open before a bank lends at its own risk.",
              "银行自担风险放贷前企业须已开业的月数。"))
    pension: float = lever(
        250, unit="yuan/month", within=(0, 5000), prior=DOUBLE,
        en="Pension", zh="养老金",
        help=("What a retired owner or guarantor of an overdue loan lives on and pays from.",
              "逾期贷款的退休业主或担保人的养老金，亦用于还款。"))
    risk_tolerance: float = lever(
        0.3, unit="share/sd", within=(0, 1), prior=SIGN,
        en="Effect of risk tolerance", zh="风险承受力作用",
        help=("Fall of risk aversion per standard deviation of risk tolerance.",
              "风险承受力每高一个标准差,风险厌恶下降的比例。"))
    saving_up: float = lever(
        0.8, unit="share", within=(0, 1), prior=ODDS,
        en="Saving up for a firm", zh="为创业积蓄",
        help=("Share of the usual spending of savings that stops while one saves up for a venture.",
              "为创业积蓄期间停止的日常储蓄支用比例。"))


class Structure(Group):
    """Mechanisms that can be turned off, so that a study can ask what a result hangs on."""

    credit_market: bool = lever(
        True, unit="yes/no", prior=SWITCH, en="Credit market", zh="信贷市场",
        help=("Eligibility, applications, screening, informal and commercial credit; off: whoever knows "
              "of guaranteed loans has one in sight, and there is no other credit.",
              "资格、申请、审查、民间与商业信贷；关闭时知晓担保贷款者即可指望获得，且无其他信贷。"))
    customer_base: bool = lever(
        True, unit="yes/no", prior=SWITCH, en="Customer base", zh="客户积累",
        help=("New firms start with few customers; off: with all of them.",
              "新企业起初客户较少；关闭时一开业即有全部客户。"))
    age_hump: bool = lever(
        True, unit="yes/no", prior=SWITCH, en="Age hump of ideas", zh="创业点子年龄峰值",
        help=("Venture ideas depend on age; off: they come at every age alike.",
              "创业点子随年龄变化；关闭时各年龄相同。"))
    return_to_found: bool = lever(
        True, unit="yes/no", prior=SWITCH, en="Returning to found", zh="为创业而返乡",
        help=("Ideas come away, too, and draw home whoever could follow them; off: at home only.",
              "在外时也会产生点子并吸引其返乡创业；关闭时仅在家产生。"))
    persistent_shocks: bool = lever(
        True, unit="yes/no", prior=SWITCH, en="Persistent shocks", zh="持续性冲击",
        help=("Productivity drifts; off: it stays as it was at the start.",
              "企业生产率持续漂移；关闭时保持期初水平。"))
    succession: bool = lever(
        True, unit="yes/no", prior=SWITCH, en="Succession", zh="企业传承",
        help=("A retiring owner may hand the firm to the household; off: it closes.",
              "退休业主可将企业交给家人；关闭时企业歇业。"))
    local_demand: bool = lever(
        True, unit="yes/no", prior=SWITCH, en="Local demand", zh="本地需求",
        help=("County sales and other employers' jobs follow residents' spending; off: they stay.",
              "县内销售与其他单位岗位随居民支出变化；关闭时保持不变。"))
    signals: bool = lever(
        True, unit="yes/no", prior=SWITCH, en="Signals", zh="项目信号",
        help=("Training, mentors, incubators and juries tell something of a project's quality; off: "
              "only the bank's own look does.",
              "培训、导师、孵化和评审反映项目质量；关闭时仅有银行自身审查。"))


# fmt: on


class Behaviour(Group):
    """Everything uncertain about how people, firms and services behave."""

    information: Information = group(Information, en="Information", zh="信息")
    returning: Returning = group(Returning, en="Returning", zh="返乡")
    careers: Careers = group(Careers, en="Careers", zh="职业")
    money: Money = group(Money, en="Money", zh="资金来源")
    firm: Firm = group(Firm, en="Firms", zh="企业")
    support: Support = group(Support, en="Support", zh="扶持作用")
    closing: Closing = group(Closing, en="Closing", zh="歇业")
    quality: Quality = group(Quality, en="Return quality index", zh="返乡质量指数")
    structure: Structure = group(Structure, en="Mechanisms", zh="机制开关")
