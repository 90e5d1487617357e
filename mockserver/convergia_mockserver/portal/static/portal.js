// The portal works without this. With it: the list lives, the keyboard moves, the clock ticks.
"use strict";

(() => {
  const root = document.body.dataset.root;
  const $ = (selector, from = document) => from.querySelector(selector);
  const rows = () => [...document.querySelectorAll("[data-rows] .row, [data-rows] .row-link")];

  // The list, replaced by the server's own when something happened.
  const list = $("#live");
  const wanted = new Set((list?.dataset.live || "").split(" ").filter(Boolean));
  const MINIMUM_PAUSE = 400;
  const MOVING_PAUSE = 1000;
  let fetching = false;
  let again = false;
  let timer = 0;

  function plan(pause) {
    if (timer) return;
    timer = setTimeout(() => {
      timer = 0;
      refresh();
    }, pause);
  }

  async function refresh() {
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    try {
      const address = new URL(location.href);
      address.searchParams.set("fragment", "1");
      const response = await fetch(address, { credentials: "same-origin", redirect: "manual" });
      if (response.type === "opaqueredirect") location.reload();
      if (response.ok) show(await response.text());
    } catch {
      light(false); // the server went; the stream reconnects by itself
    } finally {
      fetching = false;
      if (again) {
        again = false;
        plan(MINIMUM_PAUSE);
      }
    }
  }

  function show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    const before = new Set(rows().map((row) => row.dataset.id));
    const focused = document.activeElement?.dataset?.id;
    list.replaceChildren(...fresh.childNodes);
    let news = 0;
    for (const row of rows()) {
      if (!before.has(row.dataset.id)) {
        row.classList.add("is-new");
        news += 1;
      }
      if (focused && row.dataset.id === focused) row.focus({ preventScroll: true });
    }
    const teller = $("#live-news");
    if (news && teller) {
      teller.textContent = "";
      setTimeout(() => (teller.textContent = teller.dataset.news), 50);
    }
    watch();
  }

  // Time alone changes what is pending.
  function watch() {
    if ($("[data-moving=yes]", list)) plan(MOVING_PAUSE);
  }

  function light(on) {
    const lamp = $("#live-light");
    if (!lamp) return;
    lamp.className = `live ${on ? "is-on" : "is-off"}`;
    lamp.textContent = on ? lamp.dataset.on : lamp.dataset.off;
  }

  let stream = null;
  function listen() {
    if (stream || !wanted.size) return;
    stream = new EventSource(`${root}/events`);
    stream.addEventListener("hello", () => {
      light(true);
      refresh(); // what happened between the page and the stream
    });
    stream.addEventListener("change", (event) => {
      if (JSON.parse(event.data).some((kind) => wanted.has(kind))) plan(MINIMUM_PAUSE / 4);
    });
    stream.addEventListener("error", () => light(false));
  }

  if (list && wanted.size) {
    listen();
    watch();
    // A browser opens six connections to a server at most: a page that nobody sees gives its own back.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        stream?.close();
        stream = null;
      } else listen();
    });
    addEventListener("pagehide", () => stream?.close());
  } else $("#live-light")?.remove();

  // The clock.
  const clock = $("#clock");
  if (clock?.dataset.frozen === "no") {
    const ahead = Number(clock.dataset.now) * 1000 - Date.now();
    const parts = new Intl.DateTimeFormat("sv-SE", {
      timeZone: clock.dataset.zone, dateStyle: "short", timeStyle: "medium",
    });
    setInterval(() => (clock.textContent = parts.format(Date.now() + ahead)), 250);
  }

  // How many SMS a text makes (3GPP TS 23.038).
  const text = $("[data-measure]");
  if (text) {
    const basic = new Set(
      "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
    );
    const extended = new Set("^{}\\[~]|€\f");
    const weigh = () => {
      const characters = [...text.value];
      const gsm = characters.every((each) => basic.has(each) || extended.has(each));
      const widths = characters.map((each) => (gsm ? (extended.has(each) ? 2 : 1) : each.length));
      const units = widths.reduce((sum, width) => sum + width, 0);
      const room = gsm ? 153 : 67;
      let parts = 1;
      if (units > (gsm ? 160 : 70)) {
        let used = 0;
        for (const width of widths) {
          if (used + width > room) {
            parts += 1;
            used = 0;
          }
          used += width;
        }
      }
      const values = { encoding: gsm ? "GSM-7" : "UCS-2", units, parts };
      const shown = units === 1 ? text.dataset.unit : text.dataset.units;
      $("#measure").textContent = shown.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    };
    text.addEventListener("input", weigh);
    weigh();
  }

  // The keyboard.
  const help = $("#keys");
  let gone = 0;

  function move(step) {
    const all = rows();
    const here = all.indexOf(document.activeElement);
    const next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step];
    if (next) next.focus();
  }

  function follow(relation) {
    const link = $(`link[rel=${relation}]`);
    if (link) location.assign(link.href);
    return Boolean(link);
  }

  const KEYS = {
    j: () => follow("next") || move(1),
    k: () => follow("prev") || move(-1),
    n: () => location.assign(`${root}/send`),
    "/": () => $("[data-search]")?.focus(),
    "?": () => help?.showModal(),
    Escape: () => follow("up"),
    g: () => (gone = Date.now()),
  };
  const PLACES = { i: "", s: "requests", r: "report" };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help?.open || !help) return;
    if (event.target.closest("input:not([type=hidden]), select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (Date.now() - gone < 1200 && event.key in PLACES) {
      event.preventDefault();
      location.assign(`${root}/${PLACES[event.key]}`);
      return;
    }
    if (Object.hasOwn(KEYS, event.key)) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });
  document.addEventListener("click", (event) => {
    const menu = $("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });
})();
