"""What is reported every month: name, unit, kind and labels of each indicator.

``kind`` is ``stock`` (at the month's end), ``flow`` (in the month) or ``mean``; ``counts`` is true
where a figure is scaled up from the sample to the full county.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Indicator(NamedTuple):
    """One column of ``Run.monthly``."""

    name: str
    unit: str
    kind: str
    en: str
    zh: str
    better: int = 0  # 1: more is better, -1: less is better, 0: neither

    @property
    def counts(self) -> bool:
        """Whether the figure grows with the county, so that a sample is scaled up."""
        return self.unit in ("people", "firms", "jobs", "yuan", "loans", "files", "places")


INDICATORS: tuple[Indicator, ...] = tuple(
    Indicator(*row)
    for row in (
        ("labour_force", "people", "stock", "labour force", "劳动力"),
        ("away", "people", "stock", "working away", "在外务工"),
        ("home", "people", "stock", "at home", "在乡"),
        ("seeking", "people", "stock", "seeking work at home", "在乡求职"),
        ("farming", "people", "stock", "farming", "务农"),
        ("employed", "people", "stock", "employed at home", "在乡就业"),
        ("founders", "people", "stock", "preparing a firm", "筹备创业"),
        ("owners", "people", "stock", "owners of an opened firm", "企业主"),
        ("firms_registered", "firms", "stock", "firms on the register", "登记企业", 1),
        ("firms_open", "firms", "stock", "firms open", "营业企业", 1),
        ("firms_dormant", "firms", "stock", "firms dormant", "停业未注销企业", -1),
        ("returnee_firms_open", "firms", "stock", "returnee firms open", "返乡创业营业企业", 1),
        ("jobs", "jobs", "stock", "jobs in firms", "企业岗位", 1),
        ("returnee_jobs", "jobs", "stock", "jobs in returnee firms", "返乡企业岗位", 1),
        ("loans_outstanding", "yuan", "stock", "guaranteed loans outstanding", "创业担保贷款余额"),
        ("guarantee_fund", "yuan", "stock", "guarantee fund", "担保基金余额"),
        ("return_quality", "index 0-100", "stock", "return quality index", "返乡质量指数", 1),
        ("quality_productive", "share", "stock", "in productive work", "从事生产性工作", 1),
        ("quality_income", "share", "stock", "income against city wage", "收入与务工工资比", 1),
        ("quality_staying", "share", "stock", "still at home", "留乡", 1),
        ("quality_skill", "share", "stock", "at own skill level", "技能匹配", 1),
        ("quality_enterprise", "share", "stock", "in returnee enterprise", "返乡创业带动", 1),
        ("quality_steady", "share", "stock", "steady in the same job", "岗位稳定", 1),
        ("quality_pay", "share", "stock", "paid the minimum wage or more", "收入不低于最低工资", 1),
        ("quality_debt", "share", "stock", "not burdened by debt", "债务负担轻", 1),
        ("quality_family", "share", "stock", "child lives with a parent", "子女与父母同住", 1),
        ("quality_lasting", "share", "stock", "firm alive and paying tax after three years", "企业存续三年且纳税", 1),
        ("quality_second", "share", "stock", "second start after failure", "失败后再创业", 1),
        ("aware_training", "share", "stock", "know of training", "知晓创业培训", 1),
        ("aware_services", "share", "stock", "know of services", "知晓创业服务", 1),
        ("aware_incubation", "share", "stock", "know of incubation", "知晓创业孵化", 1),
        ("aware_activities", "share", "stock", "know of activities", "知晓创业活动", 1),
        ("aware_finance", "share", "stock", "know of guaranteed loans", "知晓创业担保贷款", 1),
        ("queue_training", "people", "stock", "waiting for training", "等待培训"),
        ("queue_desk", "files", "stock", "loan files waiting or in process", "贷款在办件"),
        ("queue_incubation", "firms", "stock", "waiting for an incubator place", "等待入孵"),
        ("incubator_places_used", "places", "stock", "incubator places in use", "在孵企业"),
        ("mentored", "firms", "stock", "firms with a mentor", "导师帮扶企业"),
        ("banks_lending", "share", "stock", "banks lend (1) or have withdrawn (0)", "银行放贷"),
        ("pot_startup", "yuan", "stock", "left in the start-up pot", "创业资金结余"),
        ("pot_employment", "yuan", "stock", "left in the employment pot", "就业补助资金结余"),
        ("pot_interest", "yuan", "stock", "left in the interest pot", "贴息资金结余"),
        ("pot_works", "yuan", "stock", "left in the works pot", "场地建设资金结余"),
        ("gini", "index 0-1", "stock", "Gini of incomes at home (each December)", "在乡收入基尼系数", -1),
        ("entries", "people", "flow", "turned 18", "新成长劳动力"),
        ("retirements", "people", "flow", "retired", "退休"),
        ("returns", "people", "flow", "returned", "返乡", 1),
        ("departures", "people", "flow", "left for the first time", "首次外出"),
        ("remigrations", "people", "flow", "left again", "再次外出", -1),
        ("plans", "people", "flow", "began to prepare a firm", "开始筹备创业"),
        ("giveups", "people", "flow", "gave up preparing", "放弃筹备", -1),
        ("registrations", "firms", "flow", "firms registered", "新登记企业"),
        ("returnee_registrations", "firms", "flow", "firms registered by returnees", "返乡创业登记", 1),
        ("openings", "firms", "flow", "firms opened", "开业"),
        ("stops", "firms", "flow", "firms that stopped", "停业", -1),
        ("stops_failed", "firms", "flow", "stopped: out of money", "资金耗尽停业", -1),
        ("stops_gave_up", "firms", "flow", "stopped: something better", "另有更好选择停业"),
        ("stops_retired", "firms", "flow", "stopped: owner retired", "业主退休停业"),
        ("handed_on", "firms", "flow", "handed on by a retiring owner", "退休业主交接企业"),
        ("never_opened", "firms", "flow", "registered, never opened", "登记后未开业", -1),
        ("closings", "firms", "flow", "firms struck off the register", "注销"),
        ("hires", "people", "flow", "hired by firms", "企业招用"),
        ("layoffs", "people", "flow", "laid off by firms", "企业裁员"),
        ("loans_granted", "yuan", "flow", "loans granted", "新发放担保贷款"),
        ("loans_number", "loans", "flow", "loans granted (number)", "新发放贷款笔数"),
        ("loans_repaid", "yuan", "flow", "loans repaid", "贷款回收"),
        ("loans_defaulted", "yuan", "flow", "loans defaulted", "贷款违约"),
        ("loans_compensated", "yuan", "flow", "paid to banks by the fund", "基金代偿"),
        ("loans_written_off", "yuan", "flow", "written off by banks", "银行核销"),
        ("refused_no_guarantor", "files", "flow", "loans cut: no guarantor", "无反担保人"),
        ("refused_fund", "files", "flow", "loans refused: fund exhausted", "基金额度不足"),
        ("refused_banks", "files", "flow", "loans refused: banks withdrawn", "银行停贷"),
        ("refused_not_approved", "files", "flow", "loans refused: project not approved", "银行未批准"),
        ("loans_asked", "files", "flow", "applied for a guaranteed loan", "申请担保贷款"),
        ("loans_renewed", "loans", "flow", "loans renewed", "贷款续贷"),
        ("informal_loans", "loans", "flow", "loans of ties to founders (number)", "亲友借款笔数"),
        ("informal_lent", "yuan", "flow", "lent by ties to founders", "亲友借款额"),
        ("informal_lost", "yuan", "flow", "lost by ties who lent", "亲友借款损失"),
        ("commercial_loans", "loans", "flow", "banks' own small loans (number)", "商业小额贷款笔数"),
        ("commercial_lent", "yuan", "flow", "lent by banks at their own risk", "商业小额贷款额"),
        ("commercial_lost", "yuan", "flow", "lost by banks at their own risk", "商业小额贷款损失"),
        ("trained", "people", "flow", "finished training", "完成培训"),
        ("trained_wait", "months", "mean", "wait for training", "培训等待月数", -1),
        ("desk_wait", "months", "mean", "wait for a loan decision", "贷款等待月数", -1),
        ("referrals", "files", "flow", "files handed on", "转介"),
        ("contest_entrants", "people", "flow", "entered a contest", "参赛"),
        ("visited", "firms", "flow", "firms visited by extension", "技术推广走访"),
        ("upgrades", "firms", "flow", "technology steps taken", "技术升级"),
        ("grants", "firms", "flow", "start-up grants paid", "创业补贴发放"),
        ("value_added", "yuan", "flow", "value added by firms", "企业增加值", 1),
        ("sales", "yuan", "flow", "sales of firms", "企业营业额", 1),
        ("tax", "yuan", "flow", "tax paid by firms", "企业税收", 1),
        ("public_cost", "yuan", "flow", "public spending", "财政支出", -1),
        ("county_cost", "yuan", "flow", "the county's own share of public spending", "县级财政负担", -1),
        ("net_cost", "yuan", "flow", "net fiscal cost", "财政净成本", -1),
        ("fund_capital", "yuan", "stock", "capital tied up in the guarantee fund", "担保基金占用资本", -1),
        ("fund_cost", "yuan", "flow", "opportunity cost of the fund's capital", "担保基金资本机会成本", -1),
        ("unpaid", "yuan", "flow", "due but not paid", "应付未付", -1),
        ("owner_income", "yuan/month", "mean", "owner's income", "企业主月收入", 1),
        ("owner_income_ratio", "share", "mean", "owner's income against city wage", "企业主收入与务工工资比", 1),
        ("local_wage", "yuan/month", "mean", "local wage", "本地工资"),
        ("rural_income", "yuan/head/year", "mean", "rural income per resident", "农村居民人均收入", 1),
        ("real_income", "yuan/head/year", "mean", "rural income per resident, constant prices", "农村居民人均收入（不变价）", 1),
        ("household_income", "yuan/head/year", "mean", "income of registered households, members away included", "户籍家庭人均收入（含在外成员）", 1),
        ("price_index", "index", "mean", "county price index", "县内价格指数"),
        ("consumption", "yuan", "flow", "residents' consumption", "居民消费支出"),
    )
)  # fmt: skip

BY_NAME = {indicator.name: indicator for indicator in INDICATORS}
MONTH = np.dtype([(indicator.name, "f8") for indicator in INDICATORS])
