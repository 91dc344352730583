#!/usr/bin/env python3
"""browser.py CLAIM PAGE... - opens report.html in headless Chromium, which is asked over a pipe, and holds it against a
claim. Says what does not hold, and exits with 1 then.

    print PAGE...    on paper (A4, the page's own margins) nothing is cut: each figure fits on a sheet and is not
                     broken, tables and texts are no wider than it, what is only for the screen is gone
    opens PAGE       prints size and seconds until all of it is drawn; fails above 5 MB, and above 30 s, as even a loaded
                     machine is faster
    used PAGE...     by the keyboard alone a variant is switched off and on; a pointer over a chart is told the values;
                     a table is copied whole; all text stands out from what is behind it, light and dark (4.5 to 1)
    quiet PAGE...    wide and narrow, light and dark, the page has nothing to say on the console and scrolls one way"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

A4 = {"width": 688, "height": 1016}           # in CSS pixels, less 1.4 cm on each side

CUT = """(() => {
  const page = %s, wrong = [];
  const say = (e, what) => wrong.push(`${e.id || e.closest("figure")?.id || e.tagName}: ${what}`);
  const shown = e => e.getClientRects().length > 0;
  for (const f of document.querySelectorAll("figure")) {
    const box = f.getBoundingClientRect(), still = f.querySelector("img");
    if (!shown(f)) say(f, "is not shown");
    if (box.height > page.height) say(f, `is ${box.height} high`);
    if (getComputedStyle(f).breakInside !== "avoid") say(f, "may be broken");
    if (!still || !shown(still) || !still.naturalWidth) say(f, "has no picture");
    if (shown(f.querySelector(".live"))) say(f, "shows its canvas too");
  }
  for (const e of document.querySelectorAll("figure, img, table, p, li, pre, h1, h2, h3, caption, figcaption")) {
    const box = e.getBoundingClientRect();
    if (shown(e) && (box.right > page.width + 1 || box.left < -1)) say(e, `reaches from ${box.left} to ${box.right}`);
    if (shown(e) && e.scrollWidth > e.clientWidth + 1 && e.clientWidth && getComputedStyle(e).overflowX !== "visible")
      say(e, "is cut");
  }
  for (const e of document.querySelectorAll("nav, .tools, .legend, caption button")) if (shown(e)) say(e, "is for the screen");
  return wrong;
})()""" % json.dumps(A4)


# Light reflected by a colour, as WCAG 2 has it, and texts that are less than 4.5 times lighter or darker than their ground.
FAINT = """(() => {
  const parts = css => css.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = e => {
    for (; e; e = e.parentElement) {
      const c = parts(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const wrong = new Set(), texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = texts.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || !e.getClientRects().length || ["SCRIPT", "STYLE"].includes(e.tagName)) continue;
    const a = light(parts(getComputedStyle(e).color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) wrong.add(`${e.tagName}.${e.className} '${n.data.trim().slice(0, 30)}': ${ratio.toFixed(1)} to 1`);
  }
  return [...wrong];
})()"""

# Where the first chart that can be seen has a point, of a line across or of another series, if it is there.
POINT = """(across => {
  const charts = [...document.querySelectorAll("figure canvas")].filter(c => c.getClientRects().length).map(Chart.getChart);
  window.chart = charts.find(c => c.data.datasets.some(d => !!d.across === across));
  if (!window.chart) return null;
  chart.canvas.scrollIntoView({ block: "center" });
  const i = chart.data.datasets.findLastIndex(d => !!d.across === across), box = chart.canvas.getBoundingClientRect();
  const { x, y } = chart.getDatasetMeta(i).data.at(across ? 0 : -1).getProps(["x", "y"], true);
  return { x: box.left + x, y: box.top + y };
})"""
SAID = """(across => new Promise(done => setTimeout(() => done(
  chart.tooltip.opacity > 0 && !!chart.tooltip.dataPoints[0]?.dataset.across === across && chart.tooltip.body.length), 500)))"""
COPIED = """(async () => {
  const table = [...document.querySelectorAll("table")].find(t => t.querySelector("caption button"));
  table.querySelector("caption button").click();
  await new Promise(done => setTimeout(done, 300));
  const lines = (await navigator.clipboard.readText()).trimEnd().split("\\n");
  return { lines: lines.length, rows: table.rows.length, cells: lines[0].split("\\t").length, columns: table.rows[0].cells.length };
})()"""


class Browser:
    """Chromium with one page."""

    def __init__(self):
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        self.profile = tempfile.mkdtemp(prefix="ltcore-browser.")
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$0" "$@" 3<&{to_read} 4>&{from_write}', program, "--headless=new", "--no-sandbox",
             "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(to_read, from_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read), os.close(from_write)
        self.number, self.session, self.said, self.rest = 0, None, [], b""
        target = next(t for t in self.ask("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in "Page", "Runtime", "Log":
            self.ask(domain + ".enable")
        self.ask("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])

    def message(self):
        while b"\0" not in self.rest:
            part = os.read(self.from_read, 1 << 16)
            if not part:
                sys.exit("Chromium has gone")
            self.rest += part
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def note(self, event):
        if event.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.said.append(json.dumps(event["params"])[:300])

    def ask(self, method, **params):
        self.number += 1
        call = {"id": self.number, "method": method, "params": params}
        if self.session:
            call["sessionId"] = self.session
        os.write(self.to_write, json.dumps(call).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") != self.number:
                self.note(answer)
            elif "error" in answer:
                sys.exit(f"{method}: {answer['error']}")
            else:
                return answer["result"]

    def value(self, expression):
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            sys.exit(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def media(self, name="", scheme="light"):
        self.ask("Emulation.setEmulatedMedia", media=name,
                 features=[{"name": "prefers-color-scheme", "value": scheme}])

    def size(self, width, height):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, page):
        self.ask("Page.navigate", url=pathlib.Path(page).resolve().as_uri())
        event = {}
        while event.get("method") != "Page.loadEventFired":
            event = self.message()
            self.note(event)

    def picture(self, path):
        box = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=True, clip={**box, "scale": 1})
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def prints(browser, pages):
    """What is cut on paper."""
    for page in pages:
        browser.size(**A4)
        browser.open(page)
        browser.media("print")
        browser.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        for wrong in browser.value(CUT):
            yield f"{page}: {wrong}"


def opens(browser, pages):
    """A page that is too large or too slow."""
    size = os.path.getsize(pages[0])
    browser.size(1280, 900)
    browser.open(pages[0])
    seconds = browser.value("new Promise(done => requestAnimationFrame(() => setTimeout(() => "
                            "done(performance.now() / 1000))))")
    print(f"{pages[0]}: {size / 1e6:.2f} MB, drawn after {seconds:.2f} s")
    if size > 5e6 or seconds > 30:
        yield f"{pages[0]} is {size} bytes and took {seconds} s"


def switched(browser, page):
    """By Tab and the space bar, as who has no pointer does it."""
    def key(name, code, text=""):
        press = {"key": text or name, "code": name, "windowsVirtualKeyCode": code}
        browser.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **press)
        browser.ask("Input.dispatchKeyEvent", type="keyUp", **press)

    pressed = "document.activeElement.matches('.legend button') ? document.activeElement.getAttribute('aria-pressed') : ''"
    for _ in range(400):
        key("Tab", 9)
        before = browser.value(pressed)
        if before:
            key("Space", 32, " ")
            now = browser.value(pressed)
            key("Space", 32, " ")
            if (before, now, browser.value(pressed)) != ("true", "false", "true"):
                yield f"{page}: the space bar switches no variant off and on"
            return
    yield f"{page}: Tab reaches no variant"


def used(browser, pages):
    """What a reader does."""
    browser.size(1280, 900)
    for page in pages:
        for scheme in "light", "dark":
            browser.media(scheme=scheme)
            browser.open(page)
            yield from (f"{page}: {scheme}: {wrong}" for wrong in browser.value(FAINT))
        yield from switched(browser, page)
        for across in "false", "true":
            place = browser.value(f"{POINT}({across})")
            if place:
                browser.ask("Input.dispatchMouseEvent", type="mouseMoved", **place)
            if place and not browser.value(f"{SAID}({across})"):
                yield f"{page}: a chart says nothing under the pointer (of a line across: {across})"
        copied = browser.value(COPIED)
        if copied["lines"] != copied["rows"] or copied["cells"] != copied["columns"]:
            yield f"{page}: of a table this was copied: {copied}"


def quiet(browser, pages):
    """What is said on the console, and pages that scroll sideways."""
    for page in pages:
        for width in 1280, 400:
            for scheme in "light", "dark":
                browser.media(scheme=scheme)
                browser.size(width, 900)
                browser.open(page)
                if browser.value("document.documentElement.scrollWidth > innerWidth"):
                    yield f"{page}: at {width} pixels it scrolls sideways"
        yield from (f"{page}: {said}" for said in browser.said)


def pictures(browser, pages):
    """PAGE DIRECTORY: for a person to look at."""
    page, folder = pages
    for width in 1280, 400:
        for scheme in "light", "dark":
            browser.media(scheme=scheme)
            browser.size(width, 900)
            browser.open(page)
            browser.picture(f"{folder}/{width}-{scheme}.png")
    browser.media("print")
    browser.open(page)
    pdf = browser.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)
    pathlib.Path(folder, "print.pdf").write_bytes(base64.b64decode(pdf["data"]))
    return ()


def main(claim, *pages):
    browser = Browser()
    try:
        wrong = list({"print": prints, "opens": opens, "used": used, "quiet": quiet, "pictures": pictures}[claim](browser, pages))
    finally:
        browser.close()
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
