"""What one writes: on screen at once, never lost, never doubled, never sent by mistake."""

import pytest
from playwright.sync_api import expect

from tests.e2e.support.browser_storage import FORBID_STORAGE, until_stored
from tests.e2e.support.connection import BACK_MS, turn_on_until
from tests.e2e.support.devices import PHONE, on_both
from tests.e2e.support.frame_interceptor import FrameInterceptor, Pass
from tests.e2e.support.proxy import proxied
from tests.free_ports import free_port

pytestmark = pytest.mark.e2e

# Presses Send and looks in the very next frame, before any answer can have come.
NEXT_FRAME = """text => new Promise(done => {
  document.querySelector("button.send").click();
  requestAnimationFrame(() => {
    const rows = [...document.querySelectorAll("li[data-state]")];
    done(rows.filter(row => row.textContent.includes(text)).map(row => row.dataset.state));
  });
})"""


@pytest.mark.page_alone
@on_both
def test_a_sent_message_is_on_screen_in_the_next_frame_and_keeps_its_row(place, person, look):
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada", **look).joins(proxy.address)
        proxy.hold("down")
        ada.composer.fill("at once")
        states = ada.page.evaluate(NEXT_FRAME, "at once")
        row = ada.row("at once").element_handle()

        proxy.restore()
        expect(ada.row("at once")).to_have_attribute("data-state", "sent")

        assert states == ["sending"]
        assert row.evaluate("row => row.isConnected && row.dataset.state") == "sent"
        ada.sees("at once")


@pytest.mark.page_alone
def test_what_is_written_before_the_server_greets_is_on_screen_too(place, person):
    with place.open() as server:
        ada = person("Ada")
        greeting: list[dict] = []
        interceptor = FrameInterceptor(ada.page, down=lambda frame: greeting.append(frame) or [])
        ada.opens(server.address)
        ada.page.get_by_label("Your name").fill("Ada")
        ada.presses("Join the conversation")
        ada.says("early")

        expect(ada.row("early")).to_have_attribute("data-state", "waiting")
        assert [frame["action"] for frame in interceptor.sent] == ["hello"]


def test_a_message_whose_answer_was_lost_is_sent_again_and_stored_once(place, person):
    with place.open() as server, proxied(server.port) as proxy:
        bob = person("Bob").joins(server.address)
        ada = person("Ada").returns_soon().joins(proxy.address)
        ada.says("first")
        bob.sees("first")
        expect(ada.rows("sent")).to_have_count(1)  # acknowledged too, which comes later on AWS
        proxy.hold("down")
        ada.says("answer is lost")
        bob.sees("answer is lost")

        proxy.cut()
        proxy.restore()

        expect(ada.row("answer is lost")).to_have_attribute("data-state", "sent", timeout=BACK_MS)
        ada.says("afterwards")
        bob.sees("afterwards")
        bob.sees("answer is lost")
        ada.sees("answer is lost")


def refuse_once() -> object:
    """Refuse each nonce's first try for good, as a server does that will not have this text."""
    refused: set[str] = set()

    def up(frame: dict) -> list[dict]:
        is_bad = frame.get("message", "").startswith("bad")
        if not is_bad or frame["nonce"] in refused:
            return [frame]
        refused.add(frame["nonce"])
        return [{**frame, "message": "x" * 2_000}]

    return up


@on_both
def test_a_failed_row_says_why_and_can_be_tried_again_edited_and_deleted(place, person, look):
    with place.open() as server:
        ada = person("Ada", **look)
        interceptor = FrameInterceptor(ada.page, up=refuse_once())
        ada.joins(server.address)
        for text in ("bad one", "bad two", "bad three"):
            ada.sends(text)
        expect(ada.rows("failed")).to_have_count(3)
        expect(ada.rows("failed").first).to_contain_text("Not delivered.")

        until_stored(ada, "value => value.draft?.name === 'failed'", 3)
        ada.page.reload()
        expect(ada.rows("failed")).to_have_count(3)
        for button, text in (("Try again", "bad one"), ("Edit", "bad two")):
            ada.row(text).get_by_role("button", name=button).click()
        ada.row("bad three").get_by_role("button", name="Delete").click()

        expect(ada.row("bad one")).to_have_attribute("data-state", "sent")
        expect(ada.composer).to_have_value("bad two")
        expect(ada.rows()).to_have_count(1)
        nonces = [f["nonce"] for f in interceptor.sent if f.get("message") == "bad one"]
        assert len(nonces) == 2
        assert len(set(nonces)) == 1


# As a paste may leave it: a browser's own typing never does, and no fixture can write it.
WRITE_HALF_AN_EMOJI = """field => {
  const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  set.call(field, "half of \\ud83d");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""


@pytest.mark.page_alone
def test_half_an_emoji_is_repaired_and_keeps_nothing_back(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        ada.composer.evaluate(WRITE_HALF_AN_EMOJI)
        ada.presses("Send")
        ada.says("afterwards")

        expect(ada.rows("sent").locator(".body")).to_have_text(["half of \ufffd", "afterwards"])


@pytest.mark.page_alone
def test_a_message_that_is_never_answered_fails_and_the_rest_goes_on(place, person):
    with place.open() as server:
        ada = person("Ada").returns_soon()
        swallowed: list[dict] = []
        FrameInterceptor(ada.page, up=swallowing("poison", swallowed))
        ada.page.clock.install()
        ada.joins(server.address)
        ada.says("poison")
        ada.says("afterwards")

        turn_on_until(ada, lambda: ada.rows("sent").count() == 1, most_seconds=120)

        expect(ada.row("afterwards")).to_have_attribute("data-state", "sent")
        expect(ada.row("poison")).to_contain_text("Not delivered. The server did not answer.")
        assert len(swallowed) == 4
        ada.row("poison").get_by_role("button", name="Delete").click()
        expect(ada.rows()).to_have_count(1)


def swallowing(text: str, swallowed: list[dict]) -> Pass:
    """Let everything through but what says `text`: to that the server has no answer."""

    def up(frame: dict) -> list[dict]:
        if frame.get("message") != text:
            return [frame]
        swallowed.append(frame)
        return []

    return up


@on_both
def test_what_is_written_offline_waits_and_goes_out_in_order(place, person, look):
    with place.open() as server, proxied(server.port) as proxy:
        bob = person("Bob").joins(server.address)
        ada = person("Ada", **look).returns_soon().joins(proxy.address)
        ada.context.set_offline(True)
        proxy.cut()
        texts = [f"offline {number}" for number in range(4)]
        for text in texts:
            ada.sends(text)
        expect(ada.rows("waiting")).to_have_count(4)
        expect(ada.rows("waiting").first).to_contain_text("Waiting for connection")

        proxy.restore()
        ada.context.set_offline(False)

        expect(ada.rows("sent")).to_have_count(4, timeout=BACK_MS)
        expect(bob.rows().locator(".body")).to_have_text(texts)
        expect(ada.rows().locator(".body")).to_have_text(texts)


def away(person, proxy) -> None:
    """Take the server away, but not the page: as when it comes from a cache."""
    person.page.route("**/config.json", lambda route: route.abort())
    proxy.cut_sockets()


def test_a_waiting_outbox_survives_a_reload(place, person):
    with place.open() as server, proxied(server.port) as proxy:
        bob = person("Bob").joins(server.address)
        ada = person("Ada").returns_soon().joins(proxy.address)
        ada.says("before")
        bob.sees("before")
        expect(ada.rows("sent")).to_have_count(1)
        away(ada, proxy)
        for text in ("kept one", "kept two"):
            ada.says(text)
        expect(ada.rows("waiting")).to_have_count(2)

        until_stored(ada, "value => value.draft", 2)
        ada.page.reload()
        expect(ada.rows("waiting")).to_have_count(2)
        proxy.restore()

        expect(bob.rows().locator(".body")).to_have_text(
            ["before", "kept one", "kept two"], timeout=BACK_MS
        )
        expect(ada.rows("sent")).to_have_count(3)


def test_two_tabs_do_not_send_an_outbox_twice(place, person):
    two_tabs_write_and_return(place, person, "127.0.0.1")


@pytest.mark.page_alone
@pytest.mark.long  # the page's own tests have tabs without Web Locks
def test_two_tabs_over_plain_http_do_not_send_an_outbox_twice(place, person):
    """There are no Web Locks: a tab leaves a fresh time instead."""
    two_tabs_write_and_return(place, person, "fireside.lan")


def two_tabs_write_and_return(place, person, host: str) -> None:
    port = free_port()
    with proxied(port) as proxy:
        address = f"http://{host}:{proxy.port}"
        public = {"FIRESIDE_PUBLIC_URL": address, "FIRESIDE_INVITES": "off"}
        with place.start("--port", str(port), **public):
            tabs_write_and_return(person, proxy, address)


def tabs_write_and_return(person, proxy, address: str) -> None:
    ada = person("Ada").returns_soon()
    interceptors = [FrameInterceptor(ada.page)]
    ada.joins(address)
    assert ada.page.evaluate("isSecureContext") is (address == proxy.address)
    proxy.cut_sockets()
    ada.context.route("**/config.json", lambda route: route.abort())
    ada.says("from one tab")
    expect(ada.rows("waiting")).to_have_count(1)
    other = ada.another_tab()
    interceptors.append(FrameInterceptor(other.page))
    other.opens(address)
    expect(other.composer).to_be_visible()

    proxy.restore()
    expect(ada.row("from one tab")).to_have_attribute("data-state", "sent", timeout=BACK_MS)
    expect(other.row("from one tab")).to_have_attribute("data-state", "sent", timeout=BACK_MS)

    # A tab may repeat what had no answer in time, with its nonce; the other tab may not send it.
    nonces = [
        [frame["nonce"] for frame in tab.sent if frame["action"] == "sendMessage"]
        for tab in interceptors
    ]
    [of_one_tab] = filter(None, nonces)
    assert len(set(of_one_tab)) == 1
    for tab in (ada, other):
        tab.sees("from one tab")
        expect(tab.rows()).to_have_count(1)


@pytest.mark.page_alone
def test_it_works_where_the_browser_keeps_nothing(place, person):
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada").returns_soon()
        ada.page.add_init_script(FORBID_STORAGE)
        ada.joins(proxy.address)
        ada.says("kept by the server")
        expect(ada.rows("sent")).to_have_count(1)
        proxy.cut()
        ada.says("kept by the page")
        expect(ada.rows("waiting")).to_have_count(1)

        proxy.restore()

        expect(ada.rows("sent")).to_have_count(2, timeout=BACK_MS)


def test_a_closed_tabs_outbox_is_sent_by_the_next(place, person):
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada").returns_soon().joins(proxy.address)
        proxy.cut_sockets()
        ada.says("left behind")
        expect(ada.rows("waiting")).to_have_count(1)
        until_stored(ada, "value => value.draft")
        next_tab = ada.another_tab()
        ada.page.close()

        proxy.restore()
        next_tab.opens(proxy.address)

        expect(next_tab.row("left behind")).to_have_attribute("data-state", "sent", timeout=BACK_MS)
        next_tab.sees("left behind")


@pytest.mark.page_alone
@on_both
def test_a_draft_survives_reload_disconnect_and_leaving(place, person, look):
    with place.open() as server, proxied(server.port) as proxy:
        ada = person("Ada", **look).joins(proxy.address)
        ada.composer.fill("half a thought")

        ada.page.reload()
        expect(ada.composer).to_have_value("half a thought")

        away(ada, proxy)
        ada.page.reload()
        expect(ada.composer).to_have_value("half a thought")
        proxy.restore()

        ada.presses("Settings")
        ada.presses("Join as somebody else")
        ada.page.get_by_label("Your name").fill("Grace")
        ada.presses("Join the conversation")
        expect(ada.composer).to_have_value("")
        ada.presses("Settings")
        ada.presses("Join as somebody else")
        ada.page.get_by_label("Your name").fill("Ada")
        ada.presses("Join the conversation")
        expect(ada.composer).to_have_value("half a thought")


def press_enter(person, **flags: object) -> None:
    """Press Enter as an input method's browser reports it."""
    person.composer.evaluate(
        """(field, flags) => field.dispatchEvent(new KeyboardEvent("keydown",
             {key: "Enter", bubbles: true, cancelable: true, ...flags}))""",
        flags,
    )


@pytest.mark.page_alone
def test_an_input_method_confirms_without_sending(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        ada.composer.focus()
        devtools = ada.context.new_cdp_session(ada.page)
        composing = {"text": "かいぎ", "selectionStart": 3, "selectionEnd": 3}
        devtools.send("Input.imeSetComposition", composing)
        press_enter(ada, isComposing=True)
        devtools.send("Input.insertText", {"text": "会議"})
        # Safari: the composition is over before the key that ended it, and 229 alone still tells.
        press_enter(ada, keyCode=229)
        expect(ada.composer).to_have_value("会議")
        expect(ada.rows()).to_have_count(0)

        press_enter(ada, keyCode=13)
        ada.sees("会議")


@pytest.mark.page_alone
def test_enter_sends_and_shift_enter_breaks_the_line(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        ada.composer.press_sequentially("one")
        ada.composer.press("Shift+Enter")
        ada.composer.press_sequentially("two")
        expect(ada.composer).to_have_value("one\ntwo")

        ada.composer.press("Enter")

        expect(ada.composer).to_have_value("")
        expect(ada.rows().locator(".body")).to_have_text("one\ntwo")


@pytest.mark.page_alone
def test_enter_breaks_the_line_on_touch_and_the_button_sends(place, person):
    with place.open() as server:
        ada = person("Ada", **PHONE).joins(server.address)
        ada.composer.press_sequentially("one")
        ada.composer.press("Enter")
        ada.composer.press_sequentially("two")
        expect(ada.composer).to_have_value("one\ntwo")

        ada.page.get_by_role("button", name="Send").tap()

        expect(ada.rows().locator(".body")).to_have_text("one\ntwo")


@pytest.mark.page_alone
def test_a_setting_swaps_the_enter_key_and_is_kept(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        ada.presses("Settings")
        ada.page.get_by_role("checkbox", name="Enter starts a new line").check()
        ada.presses("Close")
        ada.page.reload()

        ada.composer.press_sequentially("one")
        ada.composer.press("Enter")
        ada.composer.press_sequentially("two")
        expect(ada.composer).to_have_value("one\ntwo")
        ada.composer.press("Control+Enter")

        expect(ada.rows().locator(".body")).to_have_text("one\ntwo")


@pytest.mark.page_alone
def test_a_block_keeps_its_indentation_and_its_lines_wherever_it_was_copied(place, person):
    with place.open() as server:
        ada, bob = person("Ada").joins(server.address), person("Bob").joins(server.address)

        ada.sends("\n    if (a) {\u2028      b();\u2029    }\n\n")
        bob.sees("    if (a) {\n      b();\n    }")
        ada.sends("  alone ")
        bob.sees("alone")
        expect(ada.rows("sent")).to_have_count(2)

        for reader in (ada, bob):
            assert texts(reader) == ["    if (a) {\n      b();\n    }", "alone"]
        ada.page.reload()
        ada.is_inside()
        assert texts(ada) == texts(bob)


def texts(person) -> list[str]:
    """Return what the rows say, to the space."""
    return person.rows().locator(".body").all_text_contents()


@pytest.mark.page_alone
def test_the_counter_counts_characters_and_nothing_is_cut(place, person):
    with place.open() as server:
        ada = person("Ada").joins(server.address)
        counter = ada.page.locator("#composer-left")
        send = ada.page.get_by_role("button", name="Send")

        ada.composer.fill("🔥" * 899)
        expect(counter).to_have_text("")
        ada.composer.fill("🔥" * 900)
        expect(counter).to_have_text("100 left")
        ada.composer.fill("🔥" * 1_001)
        expect(counter).to_have_text("1 too many")
        expect(send).to_be_disabled()
        expect(ada.page.locator(".overflow mark")).to_have_text("🔥")
        expect(ada.composer).to_have_value("🔥" * 1_001)

        ada.composer.fill("🔥" * 1_000)
        ada.composer.press("Enter")
        expect(ada.rows("sent")).to_have_count(1)


@pytest.mark.page_alone
def test_of_a_paste_as_long_as_a_book_what_fits_is_kept_and_the_rest_is_said(place, person):
    """A page that lays out two million letters answers no key for seconds."""
    book = "The last boat leaves at seven. " * 65_000
    with place.open() as server:
        ada = person("Ada", permissions=["clipboard-read", "clipboard-write"])
        ada.joins(server.address)
        full = ada.page.get_by_text("The field is full")
        ada.composer.press_sequentially("Listen: ")
        expect(full).to_have_count(0)
        ada.page.evaluate("book => navigator.clipboard.writeText(book)", book)

        ada.composer.press("Control+V")

        expect(ada.composer).to_have_value(f"Listen: {book}"[:10_000])
        expect(ada.page.locator("#composer-left")).to_have_text("9,000 too many")
        expect(full).to_contain_text("the end of your paste is missing. Send this in parts")
        ada.page.reload()
        expect(ada.composer).to_have_value(f"Listen: {book}"[:10_000])
        ada.composer.press("End")
        ada.composer.press("Backspace")
        expect(full).to_have_count(0)


@pytest.mark.page_alone
@on_both
def test_the_status_of_a_full_field_is_there_before_its_text(place, person, look):
    """A screen reader may not hear one that comes into being with its text."""
    with place.open() as server:
        ada = person("Ada", **look).joins(server.address)
        status = ada.page.locator(".foot").get_by_role("status")

        expect(status).to_have_text("")
        ada.composer.fill("x" * 10_000)

        expect(status).to_contain_text("The field is full")
        expect(status).to_be_in_viewport(ratio=1)


@pytest.mark.page_alone
@on_both
def test_the_mark_on_what_is_too_much_follows_the_field(place, person, look):
    """Past 40 % of the screen the field scrolls, and with it what lies behind."""
    with place.open() as server:
        ada = person("Ada", **look).joins(server.address)
        ada.composer.fill("word " * 160 + "\n" * 40 + "x" * 160 + "too much\n")
        expect(ada.page.locator(".overflow mark")).to_have_text("too much")
        assert ada.composer.evaluate("it => it.scrollHeight - it.clientHeight") > 100

        for where in ("it.scrollHeight", "0", "it.scrollHeight / 3", "it.scrollHeight"):
            ada.composer.evaluate(f"it => {{ it.scrollTop = {where}; }}")
            expect(ada.composer).to_have_js_property("scrollTop", scrolled(ada, ".overflow"))
        mark = ada.page.locator(".overflow mark").bounding_box()
        field = ada.composer.bounding_box()
        assert field["y"] < mark["y"] < field["y"] + field["height"]


def scrolled(person, selector: str) -> float:
    """Say how far down something is scrolled, two frames from now."""
    return person.page.locator(selector).evaluate(
        """it => new Promise(done =>
             requestAnimationFrame(() => requestAnimationFrame(() => done(it.scrollTop))))"""
    )
