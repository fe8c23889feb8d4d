"""Rows of a county's tables: townships, sectors at home, sectors in the cities."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from scenarios.fields import REQUIRED, Group, lever

REMOTE_KM = 20.0
"""A township farther than this from the county seat is remote unless the county says otherwise."""

# fmt: off


class Township(Group):
    """A township or subdistrict; ``remote`` follows from the distance where it is left out."""

    name: str = Field(strict=True, min_length=1, max_length=100)
    name_zh: str = Field(strict=True, min_length=1, max_length=100)
    weight: float = lever(
        REQUIRED, unit="share", low=0, high=1, en="Share of workers", zh="劳动力占比",
        help_en="Share of the labour force registered here.", help_zh="户籍劳动力在全县的占比。")
    distance_km: float = lever(
        REQUIRED, unit="km", low=0, high=500, en="Distance to the seat", zh="距县城",
        help_en="Road distance to the county seat.", help_zh="到县城的公路距离。")
    remote: bool = lever(
        REQUIRED, unit="yes/no", en="Remote", zh="偏远",
        help_en="Whether the township counts as remote; over 20 km unless stated.",
        help_zh="是否为偏远乡镇；未注明时以20公里以上计。")

    @model_validator(mode="before")
    @classmethod
    def _remote_by_distance(cls, row: Any) -> Any:
        if isinstance(row, dict) and "remote" not in row:
            distance = row.get("distance_km")
            if isinstance(distance, int | float):
                return {**row, "remote": distance > REMOTE_KM}
        return row


class Sector(Group):
    """A sector in which firms can be founded."""

    key: str = Field(strict=True, pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    name: str = Field(strict=True, min_length=1, max_length=100)
    name_zh: str = Field(strict=True, min_length=1, max_length=100)
    labour_share: float = lever(
        REQUIRED, unit="exponent", low=0.05, high=0.9, en="Labour share", zh="劳动份额",
        help_en="Exponent of labour in value added.", help_zh="增加值中劳动的指数。")
    capital_share: float = lever(
        REQUIRED, unit="exponent", low=0.01, high=0.9, en="Capital share", zh="资本份额",
        help_en="Exponent of capital in value added.", help_zh="增加值中资本的指数。")
    capital_median: float = lever(
        REQUIRED, unit="yuan", low=1000, high=10_000_000, evidence=("BH039", "BH042"),
        en="Start-up capital", zh="启动资本",
        help_en="Median capital that a founder wants to start with.",
        help_zh="创业者期望启动资本的中位数。")
    capital_sigma: float = lever(
        REQUIRED, unit="log sd", low=0, high=3, en="Spread of capital", zh="资本差异",
        help_en="Standard deviation of the log of that capital.", help_zh="启动资本对数的标准差。")
    intermediate: float = lever(
        REQUIRED, unit="share of sales", low=0, high=0.95, en="Inputs", zh="中间投入",
        help_en="Share of sales spent on goods and services bought; margins as in BH089.",
        help_zh="外购商品和服务占销售额的比例；利润率参照BH089。")
    local: float = lever(
        REQUIRED, unit="share of sales", low=0, high=1, en="Sold in the county", zh="县内销售",
        help_en="Share sold within the county, where the price falls as supply grows.",
        help_zh="在县内销售的比例；供给增加则价格下降。")
    demand: float = lever(
        REQUIRED, unit="yuan/month/home worker", low=0, high=100_000, en="Demand", zh="需求",
        help_en="Value added a month per home worker that the county demands.",
        help_zh="县内每名在家劳动力每月所需的增加值。")
    rent: float = lever(
        REQUIRED, unit="yuan/month", low=0, high=100_000, en="Rent", zh="租金",
        help_en="Market rent of a usual site.", help_zh="一般场地的市场租金。")
    appeal: float = lever(
        REQUIRED, unit="log weight", low=-5, high=5, en="Appeal", zh="偏好",
        help_en="Liking for the sector beyond what it pays.", help_zh="收入以外对该行业的偏好。")
    needs_site: bool = lever(
        REQUIRED, unit="yes/no", en="Needs a site", zh="需要用地",
        help_en="Whether firms of this sector need land.", help_zh="该行业企业是否需要用地。")

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
        REQUIRED, unit="share", low=0, high=1, evidence=("N51",), en="Share", zh="占比",
        help_en="Share of away workers in the sector.", help_zh="在外劳动力中的占比。")
    wage: float = lever(
        REQUIRED, unit="yuan/month", low=500, high=50_000, evidence=("N49",), en="Wage", zh="工资",
        help_en="Mean monthly wage, relative to the other sectors.",
        help_zh="平均月工资，用于行业间比较。")
