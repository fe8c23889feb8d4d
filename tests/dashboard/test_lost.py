"""Pages whose server goes away and comes back, cut connections, and the browser's back button."""

from __future__ import annotations

from tests.dashboard.conftest import Visitor, first_address, free_port, new_context, start_server

CULLED = "() => !document.querySelector('.lost') && document.querySelector('.foot-line')"


def started(port):
    """A server on a port that lives nothing before it is asked, and its address."""
    process = start_server(port, "--cold")
    return process, first_address(process)


def end(process):
    """End a server that was started here."""
    process.kill()
    process.wait()
    process.stderr.close()


def test_a_page_comes_back_by_itself_after_the_server_was_restarted(browser):
    lang, said = "zh", "自动重新打开"
    port = free_port()
    process, address = started(port)
    window = new_context(browser)  # cookies are for all servers of a machine
    visitor = Visitor(window, address)
    try:
        page = visitor.go(f"v=1&lang={lang}&training.places=1500", whole=False)
        page.evaluate("() => { window.before = true }")
        end(process)
        page.locator(".lost", has_text=said).wait_for()
        # The library's own words, in English on every page, are not shown.
        assert page.locator(".v-overlay:visible, .v-dialog:visible").count() == 0
        process, _ = started(port)
        page.wait_for_function("() => !window.before && document.querySelector('.foot-line')")
        assert "training.places=1500" in page.url and f"lang={lang}" in page.url
        assert page.locator(".lost").count() == 0
        assert visitor.outside() == []
    finally:
        window.close()
        end(process)


def test_a_short_cut_loads_the_page_again_only_if_it_then_stands_still(visit):
    page = visit("v=1&training.places=1500").page
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


def test_work_that_ends_while_a_page_is_cut_off_is_shown(visit):
    """Its last words may be lost; a page that stands still after a cut loads itself again."""
    page = visit("v=1&training.places=1600", whole=False).page
    page.evaluate("() => solara.debug.dropConnection()")
    page.wait_for_function("() => document.querySelector('.state') && !document.querySelector('.state progress')")  # fmt: skip
    page.wait_for_function("() => window.returnee_drawn")


def test_back_goes_a_page_back_and_not_out_of_the_dashboard(visit):
    page = visit("v=1&page=sources&lang=en", whole=False).page
    page.locator("nav .tab", has_text="Learn").click()
    page.wait_for_function("() => location.search.includes('page=learn')")
    page.locator("nav .tab", has_text="Budget").click()
    page.wait_for_function("() => location.search.includes('page=budget')")
    page.go_back()
    page.locator("nav .tab[aria-current]", has_text="Learn").wait_for()
    page.go_back()
    page.locator("nav .tab[aria-current]", has_text="Sources").wait_for()
    assert "page=sources" in page.url
    page.go_forward()
    page.locator("nav .tab[aria-current]", has_text="Learn").wait_for()
    assert "page=learn" in page.url


def test_steps_back_that_overtake_the_server_leave_the_way_forward(visit):
    page = visit("v=1&page=sources&lang=en", whole=False).page
    for name in ("Learn", "Budget"):
        page.locator("nav .tab", has_text=name).click()
        page.wait_for_function("name => location.search.includes('page=' + name)", arg=name.lower())
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


def test_a_lever_is_no_step_for_the_back_button(visit):
    page = visit("v=1&lang=en", whole=False).page
    steps = page.evaluate("() => history.length")
    page.locator("summary", has_text="Training").first.click()
    page.locator("input[aria-label^='Training places']").first.fill("1500")
    page.keyboard.press("Tab")
    page.wait_for_function("() => location.search.includes('training.places=1500')")
    assert page.evaluate("() => history.length") == steps


def test_a_lever_that_cannot_be_leaves_levers_and_saved_scenarios(visit):
    page = visit("v=1&lang=zh&county.work.wage_floor=30000&saved=mine~linked~1~training.places=1500", whole=False, alone=True).page  # fmt: skip
    page.locator(".notice.wrong", has_text="现为").wait_for()
    page.locator(".levers").wait_for()
    page.locator("button[data-key='reset']").click()
    page.wait_for_function("() => !document.querySelector('.notice.wrong')")
    page.wait_for_function("() => !location.search.includes('wage_floor')")
    assert "saved=mine" in page.url


def test_no_answer_of_the_page_is_refused_by_its_own_headers(visit):
    visitor = visit("v=1&page=learn&lang=en", whole=False, alone=True)
    refused = []
    visitor.page.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)  # fmt: skip
    for name in ("Explore", "Compare", "Budget", "Paths", "Network", "Sources"):
        visitor.page.locator("nav .tab", has_text=name).click()
        visitor.page.wait_for_function("name => document.title.startsWith(name)", arg=name)
    visitor.page.locator("nav .tab", has_text="Explore").click()
    visitor.page.wait_for_function("() => window.returnee_drawn")
    with (
        visitor.page.expect_download() as picture
    ):  # read by a script, which the headers may refuse
        visitor.page.locator(".chart .foot button", has_text="PNG").first.click()
    assert picture.value.suggested_filename.endswith(".png")
    assert refused == []
