"""The patterns that the baseline is held against, and what one run shows of each.

A row of the model's list of patterns gives one `Pattern` for each figure in it. Those of use ``C``
may be calibrated to, those of use ``V`` never are. Bands and sources stand here; how a figure is
counted stands in `returnee.experiments.measuring.patterns`. Patterns 15 and 16 compare two runs with the same
luck and are counted in `returnee.experiments.measuring.patterns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from returnee.experiments.measuring import patterns as figures
from returnee.simulation.run import Run

FITTED, TESTED = "C", "V"


@dataclass(frozen=True)
class Pattern:
    """One figure that a county of this kind is known to show.

    Attributes
    ----------
    key : str
    number : int
        Row of the list of patterns, 1 to 16.
    use : {"C", "V"}
        Whether calibration may use it, or it is kept for validation.
    low, high : float
        Band, both ends included.
    unit : str
        ``share`` figures are parts of one; ``share points`` are differences of such.
    en, zh : str
        Label.
    sources : tuple of str
        Ids of rows of ``scenarios/evidence.csv``.
    """

    key: str
    number: int
    use: Literal["C", "V"]
    low: float
    high: float
    unit: str
    en: str
    zh: str
    sources: tuple[str, ...]

    def label(self, lang: str) -> str:
        """The label in the reader's language."""
        return self.zh if lang == "zh" else self.en

    def holds(self, value: float) -> bool:
        """Whether a figure lies in the band; never for NaN."""
        return self.low <= value <= self.high


# fmt: off
PATTERNS: tuple[Pattern, ...] = (
    Pattern("hazard_year_1", 1, "C", 0.01, 0.03, "share/yr",
            "struck off in the first year after registering", "登记后第1年注销率", ("BH066",)),
    Pattern("hazard_year_2", 1, "C", 0.05, 0.08, "share/yr",
            "struck off in the second year", "登记后第2年注销率", ("BH067",)),
    Pattern("hazard_year_3", 1, "C", 0.08, 0.11, "share/yr",
            "struck off in the third year", "登记后第3年注销率", ("BH068",)),
    Pattern("hazard_years_4_7", 1, "C", 0.075, 0.095, "share/yr",
            "struck off a year in years 4 to 7", "登记后第4至7年年均注销率", ("BH069",)),
    Pattern("operating_year_1", 2, "C", 0.65, 0.75, "share",
            "operating one year after registering", "登记满一年开业率", ("BH078",)),
    Pattern("persons_self_employed", 3, "C", 2.5, 3.0, "persons incl. owner",
            "persons in a self-employed firm", "个体工商户户均从业人员", ("BH085",)),
    Pattern("persons_company", 3, "C", 6.0, 8.0, "persons incl. owner",
            "persons in a small company", "小微企业户均从业人员", ("BH079",)),
    Pattern("firms_over_100", 3, "C", 0.0, 0.01, "share",
            "firms with more than 100 persons", "从业人员百人以上企业占比", ("BH097",)),
    Pattern("net_margin", 4, "C", 0.03, 0.06, "share",
            "net margin of open firms", "营业企业净利润率", ("BH089",)),
    Pattern("cash_months", 4, "C", 2.0, 4.0, "months",
            "cash in months of outlay, median", "现金可维持月数中位数", ("BH091",)),
    Pattern("aware_support", 5, "C", 0.35, 0.50, "share",
            "founders who know of support services", "创业者知晓扶持政策", ("BH053",)),
    Pattern("aware_tax", 5, "C", 0.35, 0.50, "share",
            "founders who know of finance and tax relief", "创业者知晓财税金融政策", ("BH054",)),
    Pattern("aware_training", 5, "C", 0.35, 0.50, "share",
            "founders who know of training", "创业者知晓培训政策", ("BH055",)),
    Pattern("aware_gap", 5, "C", 0.0, 0.5, "share points",
            "by how much fewer non-founders know of these", "非创业者知晓率低于创业者的幅度", ("BH053",)),
    Pattern("return_rate", 6, "C", 0.015, 0.06, "share/yr",
            "returns per worker away and year", "在外劳动力年返乡率", ("L29", "L30", "L31")),
    Pattern("festival_share", 6, "C", 0.60, 0.80, "share",
            "returns around Spring Festival", "春节前后返乡占全年比重", ("H08",)),
    Pattern("start_rate", 7, "C", 0.002, 0.007, "share/yr",
            "returnee start-ups per worker away and year", "在外劳动力年返乡创业率", ("E23", "E26", "L30")),
    Pattern("starts_per_return", 8, "V", 0.04, 0.10, "share",
            "returnee start-ups per return", "返乡创业与返乡人次之比", ("E06", "L30", "L31")),
    Pattern("jobs_per_founder", 9, "V", 2.0, 5.0, "jobs",
            "direct jobs per returnee founder", "返乡创业者人均直接带动就业",
            ("BH085", "BH092", "BH102", "BH103", "BH104", "BH105", "BH106")),
    Pattern("repeat_migration", 10, "V", 0.40, 0.60, "share",
            "returnees who leave again within five years", "返乡后五年内再次外出", ("H02",)),
    Pattern("loan_mean", 11, "C", 120_000.0, 150_000.0, "yuan",
            "mean guaranteed loan", "创业担保贷款笔均额度", ("BH043", "BH044", "P032")),
    Pattern("loan_recovery", 11, "C", 0.98, 1.0, "share",
            "guaranteed loans recovered", "创业担保贷款回收率", ("BH045", "BH046", "BH047")),
    Pattern("registered_3_years", 12, "V", 0.80, 0.87, "share",
            "still registered after three years", "登记满三年存续率", ("BH066", "BH067", "BH068")),
    Pattern("registered_5_years", 12, "V", 0.65, 0.73, "share",
            "still registered after five years", "登记满五年存续率", ("BH066", "BH067", "BH068", "BH069")),
    Pattern("founders_male", 13, "V", 0.65, 0.77, "share",
            "men among returnee founders", "返乡创业者男性占比", ("BH016", "BH017")),
    Pattern("founders_age", 13, "V", 33.0, 41.0, "years",
            "mean age of returnee founders at registration", "返乡创业者登记时平均年龄", ("BH018", "BH020")),
    Pattern("intention", 14, "V", 0.70, 0.80, "share",
            "home workers who would found a firm", "在乡劳动力创业意愿", ("BH014",)),
    Pattern("founding_rate", 14, "V", 0.0, 0.03, "share/yr",
            "home workers who register a firm in a year", "在乡劳动力年创业登记率", ("BH008",)),
    Pattern("tax_relief_effect", 15, "V", -0.02, 0.02, "share points",
            "tax relief: change of loss-making starters open after two years",
            "税收减免使亏损初创企业两年存续率变化", ("BH116",)),
    Pattern("grant_fade", 15, "V", 0.0, 1.0, "share points",
            "grant: gain in income in years 3 to 5 less gain in years 8 to 10",
            "创业补贴第3至5年增收率减第8至10年增收率", ("BH124", "BH125")),
    Pattern("crisis_come", 16, "V", 0.40, 0.60, "share",
            "crisis winter: migrants laid off who come home", "危机之冬：失业外出劳动力返乡占比", ("H05",)),
    Pattern("crisis_leave", 16, "V", 0.70, 0.90, "share",
            "crisis winter: of those, who leave again within a year", "危机之冬：返乡者一年内再外出占比",
            ("H06", "H07")),
)
# fmt: on
BY_KEY = {pattern.key: pattern for pattern in PATTERNS}
PAIRED = ("tax_relief_effect", "grant_fade", "crisis_come", "crisis_leave")
SINGLE = tuple(pattern.key for pattern in PATTERNS if pattern.key not in PAIRED)


def observed(run: Run) -> dict[str, float]:
    """Every pattern that one run under baseline policy can show.

    Parameters
    ----------
    run : Run
        Of 84 months or more, for all of them.

    Returns
    -------
    dict of str to float
        By the keys of `SINGLE`; NaN where there are too few cases, or too few months.

    Examples
    --------
    >>> from returnee.simulation import simulate
    >>> found = observed(simulate("baseline", sample=0.002, months=24))
    >>> list(found) == list(SINGLE), 0.0 < found["return_rate"] < 0.2
    (True, True)
    """
    found = {
        **figures.register(run),
        **figures.firms_open(run),
        **figures.awareness(run),
        **figures.moves(run),
        **figures.loans(run),
        **figures.founders(run),
        **figures.intentions(run),
    }
    return {key: float(found[key]) for key in SINGLE}
