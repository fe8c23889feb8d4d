"""Pages whose server goes away and comes back, cut connections, and the browser's back button."""

from __future__ import annotations

from waiting import wait_until

from returnee.dashboard.app import PAGES
from returnee.dashboard.texts import words
from tests.dashboard.conftest import (
    ADDRESS,
    SMALL,
    Visitor,
    free_port,
    new_context,
    server_words,
)

CULLED = "() => !document.querySelector('.lost') && document.querySelector('.foot-line')"


def started(commands, port):
    """A server on a port that lives nothing before it is asked, and its address."""
    process = commands.start(SMALL, *server_words(port), "--cold")
    wait_until(lambda: ADDRESS.search(process.said()[1]), "the dashboard did not start")
    return process, ADDRESS.search(process.said()[1])[0]


def end(process):
    """End a server that was started here."""
    process.kill()
    process.wait()


def test_a_page_comes_back_by_itself_after_the_server_was_restarted(browser, commands):
    lang, said = "zh", "自动重新打开"
    port = free_port()
    process, address = started(commands, port)
    window = new_context(browser)  # cookies are for all servers of a machine
    visitor = Visitor(window, address)
    try:
        page = visitor.go(f"v=1&lang={lang}&training.places=1500", whole=False)
        page.evaluate("() => { window.before = true }")
        end(process)
        page.locator(".lost", has_text=said).wait_for()
        # The library's own words, in English on every page, are not shown.
        assert page.locator(".v-overlay:visible, .v-dialog:visible").count() == 0
        process, _ = started(commands, port)
        page.wait_for_function("() => !window.before && document.querySelector('.foot-line')")
        assert "training.places=1500" in page.url and f"lang={lang}" in page.url
        assert page.locator(".lost").count() == 0
        assert visitor.outside() == []
    finally:
        window.close()
        end(process)


def test_a_lever_is_no_step_back_and_cuts_show_what_is_so_in_the_end(visit):
    """A short cut loads the page again only if it then stands still; work ends while a page is cut off."""
    visitor = visit("v=1&lang=en", whole=False)
    page = visitor.page
    steps = page.evaluate("() => history.length")
    page.locator("summary", has_text="Training").first.click()
    page.locator("input[aria-label^='Training places']").first.fill("1500")
    page.keyboard.press("Tab")
    page.wait_for_function("() => location.search.includes('training.places=1500')")
    assert page.evaluate("() => history.length") == steps
    visitor.settle()
    page.evaluate("() => { window.before = true; solara.debug.dropConnection() }")
    page.wait_for_function("() => solara.debug.reconnectCount > 0")
    page.wait_for_function(CULLED)
    assert page.evaluate("() => window.before")
    # As if the answer had been lost: a progress bar that never moves.
    page.evaluate("""() => {
      const state = document.createElement("div");
      state.className = "state";
      state.append(document.createElement("progress"));
      document.body.append(state);
      solara.debug.dropConnection();
    }""")
    page.wait_for_function("() => !window.before && document.querySelector('.foot-line')")
    assert "training.places=1500" in page.url
    # The last words of work may be lost; a page that stands still after a cut loads itself again.
    page.evaluate("() => { window.returnee_drawn = false }")
    page.locator("input[id='policy.training.places']").evaluate(
        "e => { e.value = 1600; e.dispatchEvent(new Event('change')) }"
    )
    page.wait_for_function("() => location.search.includes('training.places=1600')")
    page.evaluate("() => solara.debug.dropConnection()")
    page.wait_for_function("() => document.querySelector('.state') && !document.querySelector('.state progress')")  # fmt: skip
    page.wait_for_function("() => window.returnee_drawn")


def test_back_goes_a_page_back_and_steps_that_overtake_the_server_leave_the_way_forward(visit):
    page = visit("v=1&page=sources&lang=en", whole=False).page
    for name in ("Learn", "Budget"):
        page.locator("nav .tab", has_text=name).click()
        page.wait_for_function("name => location.search.includes('page=' + name)", arg=name.lower())
    page.go_back()
    page.locator("nav .tab[aria-current]", has_text="Learn").wait_for()
    page.go_back()
    page.locator("nav .tab[aria-current]", has_text="Sources").wait_for()
    assert "page=sources" in page.url
    page.go_forward()
    page.locator("nav .tab[aria-current]", has_text="Learn").wait_for()
    assert "page=learn" in page.url
    page.go_forward()
    page.locator("nav .tab[aria-current]", has_text="Budget").wait_for()
    page.evaluate("""() => new Promise(done => {
      let steps = 0;
      window.addEventListener("popstate", () => { steps += 1; if (steps < 2) history.back(); else done() });
      history.back();
    })""")  # the second before the answer to the first
    page.locator("nav .tab[aria-current]", has_text="Sources").wait_for()
    page.wait_for_function("() => document.title.startsWith('Sources')")
    page.go_forward()
    page.locator("nav .tab[aria-current]", has_text="Learn").wait_for()
    assert "page=learn" in page.url


def test_a_lever_that_cannot_be_leaves_levers_and_nothing_is_refused_by_the_pages_own_headers(visit):  # fmt: skip
    visitor = visit("v=1&lang=zh&county.work.wage_floor=30000&saved=mine~linked~1~training.places=1500", whole=False, alone=True)  # fmt: skip
    page, refused = visitor.page, []
    page.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)  # fmt: skip
    page.locator(".notice.wrong", has_text="现为").wait_for()
    page.locator(".levers").wait_for()
    page.locator("button[data-key='reset']").click()
    page.wait_for_function("() => !document.querySelector('.notice.wrong')")
    page.wait_for_function("() => !location.search.includes('wage_floor')")
    assert "saved=mine" in page.url
    names = words("zh")["pages"]
    for key in (*list(PAGES)[1:], next(iter(PAGES))):
        page.locator("nav .tab", has_text=names[key]).click()
        page.wait_for_function("name => document.title.startsWith(name)", arg=names[key])
    page.wait_for_function("() => window.returnee_drawn")
    with page.expect_download() as picture:  # read by a script, which the headers may refuse
        page.locator(".chart .foot button", has_text="PNG").first.click()
    assert picture.value.suggested_filename.endswith(".png")
    assert refused == []
