"""Behaviour parameters: what is uncertain about people.

Information, returning, careers and money stand here; firms, support and closing in
:mod:`scenarios.business`. Parameters marked free may be moved by calibration.
"""

from __future__ import annotations

from scenarios.business import Closing, Firm, Quality, Support
from scenarios.fields import Group, group, lever

# fmt: off


class Information(Group):
    """How workers learn of support channels, and forget them."""

    message_uptake: float = lever(
        0.025, unit="chance/message", low=0, high=1, free=True,
        en="Message uptake", zh="短信知晓率",
        help_en="Chance that one message teaches its channel.",
        help_zh="一条短信使人知晓该渠道的概率。")
    post_contacts: float = lever(
        30, unit="people/month", low=0, high=200,
        en="Contacts of a post", zh="服务点接触人数",
        help_en="People whom one township post talks to in a month.",
        help_zh="一个乡镇服务点每月交谈的人数。")
    post_uptake: float = lever(
        0.25, unit="chance/contact", low=0, high=1,
        en="Uptake at a post", zh="服务点知晓率",
        help_en="Chance that such a talk teaches a channel.",
        help_zh="一次交谈使人知晓一个渠道的概率。")
    station_contacts: float = lever(
        150, unit="people/month", low=0, high=1000,
        en="Contacts of a station", zh="驻外站接触人数",
        help_en="Away workers whom one destination station talks to in a month.",
        help_zh="一个驻外服务站每月交谈的在外务工者人数。")
    station_uptake: float = lever(
        0.3, unit="chance/contact", low=0, high=1,
        en="Uptake at a station", zh="驻外站知晓率",
        help_en="Chance that such a talk teaches a channel.",
        help_zh="一次交谈使人知晓一个渠道的概率。")
    session_reach: float = lever(
        200, unit="people/session", low=50, high=400, evidence=("P058", "P122"),
        en="Reach of a session", zh="每场宣讲人数",
        help_en="People who come to one outreach session.",
        help_zh="一场宣讲活动的到场人数。")
    session_uptake: float = lever(
        0.3, unit="chance/contact", low=0, high=1,
        en="Uptake at a session", zh="宣讲知晓率",
        help_en="Chance that a session teaches someone present a channel.",
        help_zh="一场宣讲使到场者知晓一个渠道的概率。")
    told_at_desk: float = lever(
        0.4, unit="chance", low=0, high=1,
        en="Told at registration", zh="登记时告知",
        help_en="Chance that a founder is told of each channel when the firm is registered.",
        help_zh="企业登记时创业者被告知各项扶持渠道的概率。")
    tie_rate: float = lever(
        0.0032, unit="chance/month", low=0, high=0.5, free=True,
        en="Passing on", zh="熟人传播率",
        help_en="Chance that a knowing tie at the same place passes a channel on (BH061, BH056).",
        help_zh="同地知情亲友每月告知一个渠道的概率（BH061、BH056）。")
    cross_contact: float = lever(
        0.2, unit="share", low=0, high=1,
        en="Contact across places", zh="异地联系强度",
        help_en="Contact between home and away ties, relative to ties at the same place.",
        help_zh="家乡与在外亲友的联系，相对于同地亲友。")
    festival_contact: float = lever(
        5, unit="×", low=1, high=20,
        en="Contact at the festival", zh="春节联系倍数",
        help_en="Contact between home and away in the festival month, against other months.",
        help_zh="春节当月家乡与在外亲友联系为平时的倍数。")
    forget_rate: float = lever(
        0.03, unit="chance/month", low=0, high=0.2, free=True,
        en="Forgetting", zh="遗忘率",
        help_en="Chance that a channel which is not used is forgotten.",
        help_zh="未使用的渠道每月被遗忘的概率。")


class Returning(Group):
    """Home against the city: random utility with a nest of options at home."""

    constant: float = lever(
        -3.05, unit="logit", low=-10, high=10, free=True,
        en="Constant", zh="常数项",
        help_en="Log odds of returning at a review when all else is equal.",
        help_zh="其他条件相同时一次权衡中返乡的对数几率。")
    income_weight: float = lever(
        1.5, unit="per log income", low=0, high=6, free=True,
        en="Weight of income", zh="收入权重",
        help_en="Log odds per log point of income at home against the city.",
        help_zh="家乡与城市收入每差一个对数点的对数几率。")
    nest_scale: float = lever(
        0.5, unit="inclusive-value parameter", low=0.1, high=1,
        en="Nest of home options", zh="家乡选项嵌套系数",
        help_en="1: options at home are unrelated; near 0: only the best of them counts.",
        help_zh="1表示各选项互不相关；接近0表示只看最好的选项。")
    settled_weight: float = lever(
        0.3, unit="per log(1+years away)", low=0, high=3,
        en="Settled in the city", zh="在外年限权重",
        help_en="Log odds of staying, per log of one plus the years away.",
        help_zh="在外年限加一的对数每增一，留城的对数几率。")
    city_home: float = lever(
        0.56, unit="log odds", low=0, high=3, evidence=("BH012",),
        en="Home in the city", zh="城市住房",
        help_en="Log odds of staying when one owns a home in the city.",
        help_zh="在城市有住房者留城的对数几率。")
    child_pull: float = lever(
        0.6, unit="log odds", low=0, high=2.6, evidence=("BH011", "BH022"),
        en="Child left behind", zh="留守子女牵挂",
        help_en="Log odds of returning to a child; BH011 is taken as the upper bound.",
        help_zh="因留守子女返乡的对数几率；BH011作上限。")
    elder_pull: float = lever(
        0.6, unit="log odds", low=0, high=2.6, evidence=("BH011", "BH022"),
        en="Elder needing care", zh="老人照料牵挂",
        help_en="Log odds of returning to an elder; BH011 is taken as the upper bound.",
        help_zh="因老人需照料返乡的对数几率；BH011作上限。")
    age_pull: float = lever(
        0.4, unit="per decade", low=0, high=3,
        en="Age", zh="年龄作用",
        help_en="Log odds of returning per decade of age above 40.",
        help_zh="40岁以上每增十岁返乡的对数几率。")
    attachment_sd: float = lever(
        0.5, unit="log odds", low=0, high=2,
        en="Attachment to home", zh="乡土依恋差异",
        help_en="Standard deviation between people in how much they want to be home.",
        help_zh="人与人之间恋乡程度的标准差。")
    peers_weight: float = lever(
        1, unit="log odds", low=0, high=5, evidence=("BH013",),
        en="Ties at home", zh="在家亲友作用",
        help_en="Log odds of returning when all ties are at home, against none.",
        help_zh="亲友全部在家相对于全不在家的返乡对数几率。")
    midyear_review: float = lever(
        0.15, unit="share", low=0, high=1,
        en="Review in mid-year", zh="年中权衡比例",
        help_en="Share of away workers who also review between April and November (fitted to H08).",
        help_zh="在四月至十一月也会权衡去留的在外者比例（按H08拟合）。")
    odd_jobs: float = lever(
        0.1, unit="share of wage", low=0.01, high=1,
        en="Odd jobs in the city", zh="城市零工收入",
        help_en="Share of the wage earned by odd jobs until a lost city job is replaced.",
        help_zh="失去城市工作后找到新工作前的零工收入占工资的比例。")


class Careers(Group):
    """Work, leaving again, and the intention to found."""

    leave_constant: float = lever(
        -2.9, unit="logit", low=-10, high=10, free=True,
        en="Leaving again", zh="再外出常数项",
        help_en="Log odds of leaving at a review when all else is equal.",
        help_zh="其他条件相同时一次权衡中外出的对数几率。")
    leave_age: float = lever(
        0.5, unit="per decade", low=0, high=3,
        en="Age keeps at home", zh="年龄抑制外出",
        help_en="Fall of the log odds of leaving, per decade of age above 30.",
        help_zh="30岁以上每增十岁外出对数几率的下降。")
    leave_experience: float = lever(
        1, unit="log odds", low=0, high=4, evidence=("H02",),
        en="Been away before", zh="外出经历",
        help_en="Log odds of leaving for someone who has been away before.",
        help_zh="有外出经历者再外出的对数几率。")
    home_review: int = lever(
        9, unit="months", low=3, high=24,
        en="Reviews at home", zh="在家权衡间隔",
        help_en="Months between two reviews of what to do at home.",
        help_zh="在家者两次权衡之间的月数。")
    separation: float = lever(
        0.012, unit="chance/month", low=0, high=0.1,
        en="Losing a job", zh="离职率",
        help_en="Chance to lose a job with an employer outside the model's firms.",
        help_zh="在模型企业以外的雇主处失去工作的月概率。")
    job_finding: float = lever(
        0.35, unit="chance/month", low=0, high=1,
        en="Meeting a vacancy", zh="求职成功率",
        help_en="Chance that a seeker meets a vacancy when there is one for every seeker.",
        help_zh="岗位与求职者一比一时每月遇到岗位的概率。")
    referral_hiring: float = lever(
        0.69, unit="share", low=0, high=1, evidence=("BH057",),
        en="Hired through ties", zh="熟人介绍比例",
        help_en="Share of hires made through friends and relatives.",
        help_zh="通过亲友介绍完成的招聘比例。")
    seek_patience: int = lever(
        6, unit="months", low=1, high=24,
        en="Patience of seekers", zh="求职耐心",
        help_en="Months after which a seeker gives up looking for a job.",
        help_zh="求职者放弃求职前的月数。")
    intention_constant: float = lever(
        0, unit="logit", low=-5, high=5, free=True,
        en="Intention to found", zh="创业意愿常数项",
        help_en="Log odds of intending to found when all else is equal.",
        help_zh="其他条件相同时有创业意愿的对数几率。")
    attitude_weight: float = lever(
        1, unit="per log income", low=0, high=5,
        en="Attitude", zh="态度权重",
        help_en="Weight of expected owner income against the best alternative.",
        help_zh="预期经营收入与最佳替代收入之比的权重。")
    norm_weight: float = lever(
        2, unit="log odds", low=0, high=10,
        en="Norm", zh="规范权重",
        help_en="Weight of the share of ties who own firms; only its sign is known (BH063).",
        help_zh="亲友中业主比例的权重；仅知方向（BH063）。")
    control_weight: float = lever(
        1, unit="log odds", low=0, high=5,
        en="Perceived control", zh="控制感权重",
        help_en="Weight of skill, training, known support and money in sight.",
        help_zh="技能、培训、所知扶持和可得资金的权重。")
    search_rate: float = lever(
        0.3, unit="per year", low=0, high=12,
        en="Farmers' job search", zh="务农者求职",
        help_en="Rate at which a farmer starts to look for a wage job where it pays more.",
        help_zh="工资性就业收入更高时,务农者开始求职的频率。")
    care_burden: float = lever(
        0.7, unit="log points", low=0, high=3,
        en="Burden of care", zh="照料负担",
        help_en="By how much care for a child or an elder lowers the rate at which a woman can "
        "follow up a venture idea.",
        help_zh="照料子女或老人使女性跟进创业想法的频率下降的对数幅度。")
    idea_rate: float = lever(
        0.053, unit="ideas/person/yr", low=0, high=1, free=True,
        en="Venture ideas", zh="创业点子",
        help_en="Workable venture ideas a year of someone with the intention.",
        help_zh="有意愿者每年产生的可行创业点子数。")
    wage_curve: float = lever(
        0.1, unit="elasticity", low=0, high=0.5,
        en="Wage curve", zh="工资曲线",
        help_en="Fall of the local wage when there are more seekers per worker.",
        help_zh="人均求职者增多时本地工资的弹性下降。")


class Money(Group):
    """Saving, family money, guarantors and waiting."""

    saving_rate: float = lever(
        0.23, unit="share of income", low=0, high=0.6, evidence=("H13",),
        en="Saving rate", zh="储蓄率",
        help_en="Share of income that is saved.", help_zh="收入中用于储蓄的比例。")
    spending: float = lever(
        0.277, unit="share/yr", low=0, high=1, evidence=("H13", "H14", "N47"),
        en="Spending of savings", zh="储蓄支用",
        help_en="Share of savings spent in a year on houses, weddings and the like; derived: 23 % of "
        "5,634 yuan a month saved keeps a mean balance of 56,200 yuan.",
        help_zh="每年用于建房、婚嫁等的储蓄比例;推算:月均5634元储蓄23%可维持5.62万元平均余额。")
    thrift_sigma: float = lever(
        0.7, unit="log sd", low=0, high=2,
        en="Differences in thrift", zh="储蓄倾向差异",
        help_en="Log standard deviation of saving rates between people.",
        help_zh="个人储蓄率的对数标准差。")
    family_share: float = lever(
        0.1, unit="share", low=0, high=0.5,
        en="Family money", zh="亲友出资比例",
        help_en="Share of a tie's savings above the buffer that it gives.",
        help_zh="亲友储蓄超出备用金部分的出资比例。")
    family_chance: float = lever(
        0.2, unit="chance", low=0, high=1,
        en="Family gives", zh="亲友出资概率",
        help_en="Chance that a tie gives at all.", help_zh="一位亲友愿意出资的概率。")
    buffer: float = lever(
        20_000, unit="yuan", low=0, high=100_000,
        en="Buffer kept back", zh="备用金",
        help_en="Savings that people keep back and don't put into a firm.",
        help_zh="留作家用、不投入企业的储蓄。")
    guarantor_share: float = lever(
        0.12, unit="share", low=0, high=1, free=True,
        en="Willing guarantors", zh="愿担保者比例",
        help_en="Share of home ties in work who stand guarantor; a quarter lack one (BH033).",
        help_zh="在家有业亲友中愿作担保者的比例；约四分之一缺担保人（BH033）。")
    giveup: float = lever(
        0.06, unit="chance/month", low=0, high=0.5,
        en="Giving up while waiting", zh="等待中放弃",
        help_en="Chance to give up while a file waits.",
        help_zh="等待办件期间每月放弃的概率。")
    minimum_start: float = lever(
        0.4, unit="share", low=0, high=1,
        en="Smallest start", zh="最低启动比例",
        help_en="Share of the wanted capital below which none starts.",
        help_zh="资金低于期望资本的此比例则不启动。")
    risk_aversion: float = lever(
        0.3, unit="log points", low=0, high=2,
        en="Risk aversion", zh="风险厌恶",
        help_en="Income that a person of average risk tolerance asks for owning, over a wage.",
        help_zh="风险承受力一般者要求经营收入高于工资的幅度。")


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
