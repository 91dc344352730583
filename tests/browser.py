#!/usr/bin/env python3
"""browser.py CLAIM PAGE... - opens report.html in headless Chromium, which is asked over a pipe, and holds it against a
claim. Says what does not hold, and exits with 1 then.

    print PAGE...    on paper (A4, the page's own margins) nothing is cut: each figure fits on a sheet and is not
                     broken, tables and texts are no wider than it, what is only for the screen is gone
    opens PAGE       prints size and seconds until all of it is drawn; fails above 5 MB, and above 30 s, as even a loaded
                     machine is faster
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
        wrong = list({"print": prints, "opens": opens, "quiet": quiet, "pictures": pictures}[claim](browser, pages))
    finally:
        browser.close()
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
