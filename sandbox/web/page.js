"use strict";

// Everything that players, packs and the bot write is put into the page as text.

const ended = "The sandbox has ended. Start it again with: quizbot sandbox";
const names = { slack: "Slack", discord: "Discord" };
const tries = {
  slack: ["/quiz websocket", "/quiz start webhooks 3", "/quiz leaderboard", "/quiz leaderboard chart", "/quiz help"],
  discord: ["!quiz websocket", "/quiz start webhooks 3", "/quiz leaderboard", "!quiz leaderboard chart", "!quiz help"],
};

function make(tag, cls, text) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
}

// Discord: **strong**, ||hidden||, ```lines```, "-# small", \escaped.
function discordText(into, text) {
  for (const [i, part] of text.split("```").entries()) {
    if (i % 2) { into.append(make("pre", "", part.replace(/^\n|\n$/g, ""))); continue; }
    if (part.trim() === "") continue;
    for (const [j, piece] of part.split("||").entries()) {
      if (j % 2) {
        const hidden = make("button", "spoiler", plain(piece));
        hidden.type = "button";
        hidden.title = "Show what is hidden";
        hidden.onclick = () => hidden.classList.add("open");
        into.append(hidden);
        continue;
      }
      for (const line of piece.split("\n")) {
        if (line.startsWith("-# ")) { into.append(make("div", "small", plain(line.slice(3)))); continue; }
        const div = make("div", "text");
        const strong = /^\*\*(.*)\*\*$/.exec(line);
        const link = /^(.*?):? https:\/\/\S+\/(\d+)$/.exec(line);
        if (strong) div.append(make("b", "head", plain(strong[1])));
        else if (link) div.append(goTo(plain(link[1]), link[2]));
        else div.textContent = plain(line) || " ";
        into.append(div);
      }
    }
  }
}

const plain = (s) => s.replace(/\\(.)/g, "$1");

// Slack: the blocks that the bot uses. False when there was none to show.
function slackBlocks(into, blocks, press) {
  const before = into.childElementCount;
  for (const b of blocks) {
    if (b.type === "header") into.append(make("div", "head", b.text.text));
    else if (b.type === "section" && b.text) into.append(make("div", "text", b.text.text));
    else if (b.type === "context") for (const t of b.elements) into.append(slackLink(t));
    else if (b.type === "image" && b.slack_file) into.append(picture("slack", b.slack_file.id, b.alt_text));
    else if (b.type === "actions") {
      const row = make("div", "buttons");
      for (const e of b.elements) row.append(button(e.text.text, () => press(e.action_id), ""));
      into.append(row);
    }
  }
  return into.childElementCount > before;
}

// A picture, with the words for it for those who can't see it, and below it for the rest.
function picture(kind, id, alt) {
  const figure = make("figure", "picture");
  const img = make("img");
  img.src = "/file?" + new URLSearchParams({ pane: kind, id });
  img.alt = alt;
  img.onload = () => { // its height was not known when the newest was scrolled to
    const log = figure.closest(".log");
    if (log && log.scrollHeight - log.scrollTop - log.clientHeight < img.height + 60) log.scrollTop = log.scrollHeight;
  };
  const words = make("details", "small");
  words.append(make("summary", "", "Alternative text"), make("div", "", alt));
  figure.append(img, words);
  return figure;
}

function slackLink(t) {
  const link = t.type === "mrkdwn" && /^<https?:[^|>]*\/p(\d+)\|([^>]*)>$/.exec(t.text);
  return link ? goTo(link[2], link[1]) : make("div", "small", t.text);
}

// A link to a message leads to it in its pane: there is no other place where it is.
function goTo(label, id) {
  return button(label, (e) => {
    const there = [...e.target.closest(".log").children].find((li) => li.dataset.id.replace(".", "") === id);
    if (there) there.scrollIntoView({ block: "center" });
  }, "link");
}

function button(text, onclick, cls) {
  const b = make("button", cls, text);
  b.type = "button";
  b.onclick = onclick;
  return b;
}

class Pane {
  constructor(root) {
    this.kind = root.dataset.pane;
    root.append(document.getElementById("pane").content.cloneNode(true));
    this.q = (s) => root.querySelector(s);
    this.q(".name").textContent = names[this.kind];
    this.player = ""; this.room = ""; this.last = ""; this.open = "";
    for (const t of tries[this.kind]) {
      this.q(".tries").append(button(t, () => { this.q(".say input").value = t; this.q(".say").requestSubmit(); }));
    }
    this.q(".say").onsubmit = (e) => {
      e.preventDefault();
      const input = this.q(".say input");
      const text = input.value;
      input.value = "";
      this.act({ text });
    };
    this.q(".fill").onsubmit = (e) => {
      e.preventDefault();
      const values = Object.fromEntries([...this.q(".fill .body").querySelectorAll("[name]")].map((x) => [x.name, x.value]));
      this.act({ form: this.open, values });
    };
    this.q(".cancel").onclick = () => this.act({ form: this.open });
    this.q(".modal").addEventListener("keydown", (e) => { if (e.key === "Escape") this.act({ form: this.open }); });
    this.q(".rooms").onchange = (e) => { this.room = e.target.value; this.load(); };
    this.load();
  }

  async act(what) {
    this.say("");
    let problem = "";
    try {
      const r = await fetch("/act", {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ pane: this.kind, player: this.player, room: this.room, ...what }),
      });
      if (!r.ok) problem = await r.text();
      else if (r.status === 200) { this.wrong((await r.json()).wrong); return; }
    } catch { problem = ended; }
    if (problem && what.form) this.wrong({ "": problem });
    else if (problem) {
      this.say(problem);
      const input = this.q(".say input");
      if (what.text && !input.value) input.value = what.text; // nothing typed is lost
    }
    this.load();
  }

  // What the app finds wrong with a form, by input; "" is all of it.
  wrong(found) {
    const body = this.q(".fill .body");
    for (const field of body.querySelectorAll(".field")) {
      const why = found[field.dataset.name] || "";
      field.querySelector(".wrong").textContent = why;
      field.querySelector("[name]").setAttribute("aria-invalid", why !== "");
    }
    const whole = this.q(".fill > .wrong");
    whole.textContent = found[""] || "";
    whole.hidden = !found[""];
    const first = body.querySelector("[aria-invalid=true]");
    if (first) first.focus();
  }

  // The modal stays as it is while it is open, with what was typed into it.
  modal(form) {
    const dialog = this.q(".modal");
    if (!form) {
      this.open = "";
      if (dialog.open) { dialog.close(); this.q(".say input").focus(); }
      return;
    }
    if (this.open === form.id) return;
    this.open = form.id;
    this.q(".modal h2").textContent = form.title;
    this.q(".cancel").textContent = form.cancel;
    this.q(".submit").textContent = form.submit;
    const body = this.q(".fill .body");
    body.replaceChildren(...form.texts.map((t) => make("p", "text", this.kind === "discord" ? plain(t) : t)), ...form.inputs.map((x) => this.field(x, form.id)));
    this.wrong({});
    if (!dialog.open) dialog.show();
    dialog.setAttribute("aria-label", form.title);
    const first = body.querySelector("[name]");
    if (first) first.focus();
  }

  field(x, form) {
    const label = make("label", "field");
    label.dataset.name = x.name;
    label.append(make("span", "label", x.label + (x.required ? "" : " (optional)")));
    const e = make(x.options ? "select" : x.long ? "textarea" : "input");
    for (const o of x.options || []) {
      const one = make("option", "", o.text);
      one.value = o.value;
      e.append(one);
    }
    e.name = x.name; e.value = x.value; e.required = x.required; e.autocomplete = "off";
    if (!x.options) { e.maxLength = x.max; if (x.min) e.minLength = x.min; }
    const hint = make("span", "small", x.hint), why = make("span", "wrong");
    hint.id = `${form}-${x.name}-hint`; why.id = `${form}-${x.name}-wrong`;
    e.setAttribute("aria-describedby", `${hint.id} ${why.id}`);
    label.append(e, hint, why);
    return label;
  }

  say(problem) {
    const p = this.q(".problem");
    p.textContent = problem;
    p.hidden = !problem;
  }

  async load() {
    if (this.loading) { this.again = true; return; }
    this.loading = true;
    try {
      const r = await fetch("/state?" + new URLSearchParams({ pane: this.kind, player: this.player, room: this.room }));
      if (r.ok) this.show(await r.json());
    } catch { this.say(ended); } finally { this.loading = false; }
    if (this.again) { this.again = false; this.load(); }
  }

  show(state) {
    if (!this.player) this.player = state.people[0].id;
    if (!state.rooms.some((r) => r.id === this.room)) {
      const dm = this.direct && state.rooms.at(-1);
      this.room = dm ? dm.id : state.rooms[0].id;
      if (dm) { this.load(); }
    }
    this.modal(state.form);
    const text = JSON.stringify([state, this.player, this.room]);
    if (text === this.last) return;
    this.last = text;
    this.q(".players").replaceChildren(...state.people.map((p) => {
      const b = button(p.name, () => {
        this.direct = this.room === state.rooms.at(-1).id;
        this.player = p.id; this.load();
      });
      b.setAttribute("aria-pressed", p.id === this.player);
      return b;
    }));
    this.q(".rooms").replaceChildren(...state.rooms.map((r) => {
      const o = make("option", "", r.name);
      o.value = r.id; o.selected = r.id === this.room;
      return o;
    }));
    const me = state.people.find((p) => p.id === this.player);
    const where = state.rooms.find((r) => r.id === this.room);
    this.q(".say input").placeholder = `${me ? me.name : ""} in ${where ? where.name : ""}`;
    const log = this.q(".log");
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    log.replaceChildren(...state.messages.map((m) => this.message(m, state.messages)));
    if (atEnd || this.scrolled === undefined) log.scrollTop = log.scrollHeight;
    this.scrolled = true;
  }

  message(m, all) {
    const li = make("li", m.private ? "private" : "");
    li.dataset.id = m.id;
    const head = make("div");
    head.append(make("span", "who", m.author));
    if (m.bot) head.append(make("span", "badge", "APP"));
    head.append(make("span", "meta", new Date(m.at).toLocaleTimeString() + (m.edited ? " · edited" : "") + (m.private ? " · only you can see this" : "")));
    if (m.reply_to && m.reply_to !== m.id) {
      const to = all.find((o) => o.id === m.reply_to);
      li.append(make("div", "reply", "↰ " + (to ? `${to.author}: ${plain(to.text).replaceAll("*", "").slice(0, 60)}` : "a reply")));
    }
    li.append(head);
    const press = (control) => this.act({ message: m.id, control });
    if (m.blocks && slackBlocks(li, m.blocks, press)) return li;
    if (this.kind === "slack") { li.append(make("div", "text", m.text)); return li; }
    discordText(li, m.text);
    for (const e of m.embeds || []) discordText(li, e.description || "");
    for (const f of m.files || []) li.append(picture("discord", f.id, f.alt));
    for (const row of m.components || []) {
      const div = make("div", "buttons");
      for (const c of row.components) div.append(button(c.label, () => press(c.custom_id), c.style === 1 ? "primary" : ""));
      li.append(div);
    }
    return li;
  }
}

const panes = Object.fromEntries([...document.querySelectorAll(".pane")].map((e) => [e.dataset.pane, new Pane(e)]));
const stream = new EventSource("/events");
stream.onmessage = (e) => panes[e.data] && panes[e.data].load();
// The browser tries again by itself; when the sandbox is back, so is the page.
stream.onerror = () => { for (const p of Object.values(panes)) p.say(ended); };
stream.onopen = () => { for (const p of Object.values(panes)) { p.say(""); p.load(); } };
