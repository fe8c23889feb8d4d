"""The dashboard in a real browser: what every page must be, and what a visitor does on them."""

import csv
import io
import re
import tomllib

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from returnee.dashboard.app import PAGES
from returnee.dashboard.content import levers
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import Mix
from tests.dashboard.conftest import PATIENCE, Visitor, new_context

expect.set_options(timeout=PATIENCE)
NAMES = (*PAGES, "learn&o.village=1")
GRAVE = ("serious", "critical")
RULES = {
    "light": {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]},
    "dark": {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}},
}  # of the other theme what depends on colours
ONLY = {"resultTypes": ["violations"]}
PHONE = {"width": 390, "height": 844}
WINDOW = {"width": 1280, "height": 900}
# Elements that stand out on the right of the window and are in nothing that scrolls.
TOO_WIDE = """() => {
  const scrolls = e => { for (let p = e.parentElement; p; p = p.parentElement)
    if (/auto|scroll|hidden/.test(getComputedStyle(p).overflowX)) return true; return false };
  return [...document.querySelectorAll('main *, header *')].filter(e =>
    e.getBoundingClientRect().right > window.innerWidth + 1 && !scrolls(e))
    .map(e => e.outerHTML.slice(0, 120));
}"""


def open_group(page, lang):
    """Show the levers of training."""
    groups = levers.rooms(Mix("linked"), lang)[0]["groups"]
    named = next(group["name"] for group in groups if group["key"].endswith("training"))
    summary = page.locator(".levers summary", has_text=re.compile(f"^{named}")).first
    if not summary.evaluate("e => e.parentElement.open"):
        summary.click()


def grave(page, theme):
    """Serious and critical violations in a theme, each with the elements that show it."""
    found = Axe().run(page, options=RULES[theme] | ONLY).response["violations"]
    return [
        f"{v['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for v in found
        if v["impact"] in GRAVE
        for node in v["nodes"][:4]
    ]


@pytest.mark.parametrize("name", NAMES, scope="module")
def test_nothing_is_asked_for_outside_this_machine(shown, name):
    visitor = shown(name)
    assert len(visitor.asked) > 5
    assert visitor.outside() == []
    assert visitor.errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES, scope="module")
def test_no_serious_barrier(shown, name, theme):
    visitor = shown(name)
    page = visitor.page
    if page.evaluate("document.documentElement.dataset.theme") != theme:
        page.locator(".tools .tool").last.click()
    page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
    if name == "sources":  # some of its rows show as much as all 300
        page.locator("[data-key=asked]").fill("guarantee")
        page.keyboard.press("Tab")
        page.wait_for_function("() => document.querySelectorAll('main tr').length < 100")
    if not page.locator(".levers details[open]").count():
        for summary in page.locator(".levers details:not([open]) summary").all()[:2]:
            summary.click()
    for button in page.locator(".chart .foot button[aria-expanded=false]").all()[:1]:
        button.click()
    visitor.still()
    assert grave(page, theme) == []


def test_what_an_address_may_not_ask_is_left_out_and_said_and_is_no_script(visit):
    visitor = visit(
        "v=1&page=sources&lang=en&training.places=-5&services.mentors=1e9&nonsense=1&base=../x&o.lesson=7"
        "&title=<img src=x onerror=alert(1)>&<b>x</b>=1"
    )
    page = visitor.page
    notice = page.locator(".notice").inner_text()
    for part in (
        "training.places=-5",
        "services.mentors=1e9",
        "nonsense=1",
        "base=../x",
        "o.lesson",
    ):
        assert part in notice
        name, _, value = part.partition("=")
        page.wait_for_function(
            "part => !location.search.includes(part)", arg=f"{name}={value or name}"
        )
    page.locator("nav .tab[aria-current=page]", has_text=re.compile("^Sources$")).wait_for()
    assert "<b>" in notice and page.locator("main img, .notice b").count() == 0  # no script


def tab_to(page, wanted, most=80):
    """Press Tab until the element that has the focus is the wanted one."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"() => !!document.activeElement.closest({wanted!r})"):
            return
    raise AssertionError(f"{wanted} is not reached by {most} steps of Tab")


def test_keyboard_alone_moves_a_lever_and_changes_the_page(visit):
    visitor = visit("v=1&page=explore&base=linked&lang=en")
    page = visitor.page
    before = page.locator(".cards").first.inner_text()
    tab_to(page, "summary")
    page.keyboard.press("Enter")
    tab_to(page, "input[type=range]")
    slider = page.evaluate("document.activeElement.id")
    was = page.evaluate("document.activeElement.value")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == slider
    page.wait_for_function(
        """([id, name, was]) => {
          const now = document.getElementById(id).value;
          return +now > +was && location.search.includes(`${name}=${now}`);
        }""",
        arg=[slider, slider.removeprefix("policy."), was],
    )
    page.locator("main pre", has_text=f"{slider}=").wait_for()
    page.wait_for_function(
        "before => document.querySelector('.cards').innerText !== before", arg=before
    )
    visitor.settle()
    page.reload()
    visitor.settle()
    tab_to(page, "nav .tab:last-child")
    page.keyboard.press("Enter")
    page.locator("nav .tab[aria-current=page]", has_text="Sources").wait_for()
    page.wait_for_function("() => location.search.includes('page=sources')")


def leaves(table):
    """All texts of a catalogue."""
    for value in table.values() if isinstance(table, dict) else table:
        if isinstance(value, dict | list):
            yield from leaves(value)
        elif isinstance(value, str):
            yield value


def of_one_language(lang):
    """Texts that only this language has, as they stand on a page."""
    texts = {"en": set(leaves(words("en"))), "zh": set(leaves(words("zh")))}
    only = texts[lang] - texts["zh" if lang == "en" else "en"]
    return {text for text in only if "{" not in text and len(text) > 3} - {words(lang)["other"]}


SEEN = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) if (walk.currentNode.parentElement.checkVisibility()
    && !walk.currentNode.parentElement.closest('.tool, script, style')) found.push(walk.currentNode.data.trim());
  for (const e of document.querySelectorAll('[aria-label], [title], [placeholder]'))
    if (!e.closest('.tools')) found.push(e.ariaLabel, e.title, e.placeholder);
  return found.filter(text => text);
}"""


def speak(visitor, lang):
    """Switch the language if need be; the page is whole in it then."""
    page = visitor.page
    if not page.locator("html").get_attribute("lang").startswith(lang):
        page.locator(".tools .tool").first.click()
        page.wait_for_function("lang => document.documentElement.lang.startsWith(lang)", arg=lang)
        page.wait_for_function(
            "([seen, left]) => !eval(seen)().some(t => left.includes(t))",
            arg=[f"({SEEN})", list(of_one_language("en" if lang == "zh" else "zh"))],
        )
    visitor.settle()


def fit_a_phone(visitor):
    """Check that nothing stands out on the right of a narrow window."""
    page = visitor.page
    page.set_viewport_size(PHONE)
    try:
        visitor.still()
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, page.evaluate(TOO_WIDE)
        assert page.evaluate(TOO_WIDE) == []
    finally:
        page.set_viewport_size(WINDOW)


@pytest.mark.parametrize("name", NAMES, scope="module")
def test_language_changes_every_label_and_either_fits_a_phone(shown, name):
    visitor = shown(name)
    page = visitor.page
    speak(visitor, "en")
    assert set(page.evaluate(SEEN)) & of_one_language("en")
    fit_a_phone(visitor)
    speak(visitor, "zh")
    fit_a_phone(visitor)
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    seen = set(page.evaluate(SEEN))
    assert not seen & of_one_language("en")
    shown_as = words("zh")["pages"][name.partition("&")[0]]
    assert shown_as in seen
    page.wait_for_function("name => document.title.includes(name)", arg=shown_as)
    # No large count in plain digits; parameters' values and commands stand as they are typed.
    page.evaluate(
        "document.querySelectorAll('.foot-line, main pre, main code').forEach(e => e.hidden = true)"
    )
    figures = page.locator("main").inner_text() if name != "sources" else ""
    page.evaluate("document.querySelectorAll('main [hidden]').forEach(e => e.hidden = false)")
    plain = [line for line in figures.splitlines() if not re.search("[万亿]", line)]
    assert [line for line in plain if re.search(r"\d{3},\d{3}|\d{6,}", line)] == []
    assert name != "explore" or re.search(r"[\d.]+万", figures)
    speak(visitor, "en")
    assert not set(page.evaluate(SEEN)) & of_one_language("zh")


def saved(page, click):
    """Name and bytes of the file that a click makes the browser save."""
    with page.expect_download() as waiting:
        click()
    path = waiting.value.path()
    return waiting.value.suggested_filename, path.read_bytes()


def test_every_chart_has_a_table_and_its_figures_as_a_file(shown):
    visitor = shown("explore")
    page = visitor.page
    speak(visitor, "en")
    charts = page.locator("main .chart").all()
    assert len(charts) >= 3
    for chart in charts:
        button = chart.locator(".foot button").first
        if button.get_attribute("aria-expanded") == "false":
            button.click()
        rows = chart.locator("tbody tr")
        rows.nth(1).wait_for()
        heads = chart.locator("thead th").all_inner_texts()
        assert len(heads) > 1
        expect(rows.first.locator("td")).to_have_count(len(heads))
        name, content = saved(page, chart.locator(".foot button", has_text="CSV").click)
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert name.endswith(".csv") and len(lines) > rows.count()
        assert len(heads) <= len(lines[0]) and {len(line) for line in lines} == {len(lines[0])}
    name, content = saved(page, charts[0].locator(".foot button", has_text="PNG").click)
    assert name.endswith(".png") and content.startswith(b"\x89PNG")


BROKEN = {
    "large.toml": (b"# " + b"x" * 70_000, "70 kB"),
    "picture.png": (b"\x89PNG\r\n\x1a\n\x00\xff", "TOML"),
    "broken.toml": (b"[policy\nx = ", "TOML"),
    "unknown.toml": (b"[policy.training]\nplaces_free = 3\n", "places_free"),
    "range.toml": (b"[policy.training]\nplaces = -3\n", "-3"),
    "path.toml": (b'extends = "../../etc/passwd"\n', "extends"),
    "binary.toml": (bytes(range(256)), "binary.toml"),
    "empty.csv": (b"a;b;c\n", "a;b;c"),
    "range.csv": (b"policy.training.places,-3\n", "-3"),
}


def test_an_address_restores_levers_page_and_language_of_which_there_is_a_report(visit):
    visitor = visit("v=1&page=explore&lang=zh&base=linked&training.places=1500&chart=jobs")
    page = visitor.page
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    open_group(page, "zh")
    assert page.locator("input[id='policy.training.places']").input_value() == "1500"
    assert page.locator("[data-key=chart][aria-pressed=true]").get_attribute("data-value") == "jobs"
    assert page.locator(".notice").count() == 0
    assert "training.places=1500" in page.url
    name, content = saved(
        page, page.get_by_role("button", name=words("zh")["explore"]["report"]).click
    )
    text = content.decode()
    assert name.endswith("zh.html")
    assert re.search(r'<html[^>]+lang="zh', text)
    assert "returnee compare" in text and "<svg" in text
    assert not re.search(r"<(?:script|img|link)[^>]+(?:src|href)=.https?:", text)
    reader = page.context.new_page()
    reader.set_content(text)
    assert "本模型不能用于" in reader.inner_text("body")
    reader.close()


OFF = """Object.defineProperty(window, "localStorage", {
  configurable: true, get() { throw new DOMException("denied", "SecurityError") } })"""


def test_a_browser_whose_storage_is_off_shows_the_page_and_what_it_does_not_keep(browser, address):
    window = new_context(browser)
    window.add_init_script(OFF)
    visitor = Visitor(window, address)
    page = visitor.go("v=1&page=compare&lang=zh", whole=False)
    page.locator(".note", has_text=words("zh")["kept"]["off"]).wait_for()
    page.locator("nav .tab", has_text=words("zh")["pages"]["learn"]).click()
    page.locator(".lesson-bar .note", has_text=words("zh")["learn"]["bar"]["no_storage"]).wait_for()
    window.close()
    visitor.check()


@pytest.fixture(scope="module")
def three(browser, context, address):
    """Visitors at once: two in one browser, with the same cookies, and one who has saved nothing before."""
    alone = new_context(browser)
    made = [Visitor(window, address) for window in (context, context, alone)]
    for visitor in made:
        visitor.go("v=1&base=siloed&lang=en", whole=False)
    yield [visitor.page for visitor in made]
    for visitor in made:
        visitor.page.close()
        visitor.check()
    alone.close()


def type_places(page, places):
    """Type a number for the places of training."""
    open_group(page, "en")
    slider = page.locator("input[id='policy.training.places']")
    page.locator(".lever", has=slider).locator("input.number").fill(places)
    page.keyboard.press("Tab")


def has_places(page, places):
    """Wait until the address has the places."""
    page.wait_for_function(
        "part => location.search.includes(part)", arg=f"training.places={places}"
    )


def test_visitors_at_once_move_levers_each_their_own(three):
    own = {str(1100 + 100 * k): page for k, page in enumerate(three)}
    for places, page in own.items():
        type_places(page, places)
    for places, page in own.items():
        has_places(page, places)
        expect(page.locator("input[id='policy.training.places']")).to_have_value(places)
    for places, page in own.items():
        command = page.locator("main pre", has_text=f"policy.training.places={places}")
        command.wait_for()
        assert command.inner_text().count("training.places") == 1


def test_a_scenario_goes_down_and_up_again(three):
    ours, _, theirs = three
    type_places(theirs, "1500")
    has_places(theirs, "1500")
    theirs.locator(".side .more summary").click()
    name, content = saved(theirs, theirs.locator("[data-key=download]").click)
    assert tomllib.loads(content.decode())["policy"]["training"]["places"] == 1500
    ours.locator("[data-key=upload]").set_input_files(
        {"name": name, "mimeType": "application/toml", "buffer": content}
    )
    has_places(ours, "1500")
    assert "base=siloed" in ours.url
    ours.locator(".notice", has_text=name).wait_for()


def test_files_that_cannot_be_used_are_refused_in_words(three):
    page = three[1]
    type_places(page, "1600")
    has_places(page, "1600")
    for name, (content, said) in BROKEN.items():
        page.locator("[data-key=upload]").set_input_files(
            {"name": name, "mimeType": "text/plain", "buffer": content}
        )
        page.locator(".notice", has_text=name).wait_for()
        notice = page.locator(".notice").inner_text()
        assert said in notice and "Traceback" not in notice
        assert "training.places=1600" in page.url


def test_what_is_typed_stays_while_the_page_hears_from_the_server(three):
    page = three[1]
    open_group(page, "en")
    field = page.locator(".room.head input.number").nth(1)
    before = field.input_value()
    field.fill("12")
    # Another lever moves meanwhile, and the focus stays where it is.
    page.locator("input[id='policy.training.places']").evaluate(
        "e => { e.value = 1900; e.dispatchEvent(new Event('change')) }"
    )
    has_places(page, "1900")
    page.locator(".lever.moved").first.wait_for()
    assert before != "12" == field.input_value()
    page.keyboard.press("Enter")
    page.wait_for_function("() => /=12(&|$)/.test(location.search)")
