// The explorer (chapter 11): the maps of up to four methods side by side, one track marked in all of them. Its data are
// the JSON that vaeclust/explorer.py writes. Every name comes from outside, so it is only ever set as text.
(() => {
  const MOST_PANELS = 4;
  const MOST_SUGGESTIONS = 8;
  const MOST_BARS = 14;
  const NEAR_SHOWN = 5; // of the nearest tracks; a playlist has all that the page knows
  const MARGIN = 14; // pixels around a map
  const CLOSEST = 16; // how far one can zoom in
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  };
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  // What a cluster is called on a page: its letter, and its name where its method gives names.
  const called = (method, cluster) => [letter(cluster), method.names?.[cluster]].filter(Boolean).join(": ");
  const letter = (number) => (number < 26 ? "" : letter(Math.floor(number / 26) - 1)) + ALPHABET[number % 26];

  class Explorer {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(root.querySelector("script").textContent);
      this.count = this.data.ids.length;
      this.others = this.data.seeds - 1;
      this.panels = [];
      this.shown = new Set(this.data.shown);
      this.projection = Object.keys(this.data.projections)[0];
      this.zoom = 1;
      this.only = new Set(); // what the legend is narrowed down to; empty: everything
      this.matches = null; // what the search finds, while it is typed
      this.selected = this.hovered = null;
      this.method = this.data.methods.find((method) => this.shown.has(method.slug));
      this.colourings = this.listColourings();
      this.colouring = this.colourings[0];
      this.names = this.data.ids.map((id, track) =>
        plain([this.data.titles[track], this.data.artists[track], id, this.labels(track)].filter(Boolean).join(" ")),
      );
      this.texts = this.names.map((name, track) => [name, ...this.tags(track).map(plain)].join(" "));
      this.build();
      this.showPanels();
      this.showLegend();
      this.showTrack();
      this.showCluster();
    }

    // ---- what is known of a track

    // What the labels of the corpus say of a track: its genre, its language.
    labels(track) {
      return this.data.labels.flatMap(({ of, names }) => names[of[track]] ?? []).join(", ");
    }

    // The tags that a track has: it is in the tenth that has most of them.
    tags(track) {
      return Object.entries(this.data.tags ?? {}).flatMap(([tag, tenths]) => (tenths[track] === "9" ? [tag] : []));
    }

    title(track) {
      return this.data.titles[track] ?? this.data.ids[track];
    }

    name(track) {
      const { titles, artists, ids } = this.data;
      return [artists[track], titles[track]].filter(Boolean).join(" – ") || ids[track];
    }

    sure(track, method) {
      if (!this.others) return "";
      return `${method.agree[track]} of ${plural(this.others, "other seed")} ${this.others === 1 ? "agrees" : "agree"}`;
    }

    listColourings() {
      const { labels, clusters, colourings, sequential, grey } = this.data;
      const scale = (low, high) => (value) =>
        sequential[Math.round((high > low ? (value - low) / (high - low) : 0) * (sequential.length - 1))];
      const category = ({ title, of, names, palette, note = "", rest = "unknown" }) => {
        const key = (track) => (of[track] < palette.length ? of[track] : -1);
        const all = of.some((_, track) => key(track) < 0) ? [...palette.keys(), -1] : [...palette.keys()];
        const legend = all.map((place) => ({ key: place, name: names[place] ?? rest, colour: palette[place] ?? grey }));
        return { title, note, legend, key, colour: (track) => palette[of[track]] ?? grey };
      };
      const number = ({ title, values, note = "" }) => {
        const [low, high] = [Math.min(...values), Math.max(...values)];
        return { title, note, range: [low, high], colour: (track) => scale(low, high)(values[track]) };
      };
      const alone = this.data.methods.length === 1;
      const cluster = {
        title: "Cluster",
        note: alone ? "" : "Clusters of different methods bear one letter and colour where they share most tracks.",
        legend: clusters.map((colour, key) => ({
          key, name: alone ? called(this.data.methods[0], key) : letter(key), colour,
        })),
        key: (track, method) => method.cluster[track],
        colour: (track, method) => clusters[method.cluster[track]],
        labelled: true,
      };
      const sureness = {
        title: "Sureness of the cluster",
        note: "How many of the other seeds put the track into the same cluster.",
        range: [0, this.others],
        colour: (track, method) => scale(0, this.others)(method.agree[track]),
      };
      const tag = ({ title, tag, note }) => {
        const tenths = this.data.tags[tag];
        return { title, note, range: ["least", "most"], colour: (track) => scale(0, 9)(Number(tenths[track])) };
      };
      const own = colourings.map((one) => (one.tag ? tag(one) : one.values ? number(one) : category(one)));
      return [...labels.slice(0, 1).map(category), cluster, ...labels.slice(1).map(category), ...(this.others ? [sureness] : []), ...own];
    }

    // ---- the page

    build() {
      const { root, data } = this;
      const choice = (id, label, options, change) => {
        const select = make("select", { id }, ...options.map(([value, text]) => make("option", { value }, text)));
        select.addEventListener("change", () => change(select.value));
        return make("div", {}, make("label", { htmlFor: id }, label), select);
      };
      const projections = Object.entries(data.projections);
      const projection = choice("explorer-projection", "Map", projections, (value) => {
        this.projection = value;
        this.draw();
      });
      const colours = [...this.colourings.entries()].map(([place, { title }]) => [place, title]);
      const colour = choice("explorer-colour", "Colour by", colours, (value) => {
        this.colouring = this.colourings[value];
        this.only.clear();
        this.showLegend();
        this.draw();
      });
      const step = (text, name, factor) => {
        const button = make("button", { type: "button", "aria-label": name }, text);
        button.addEventListener("click", () => this.zoomBy(factor));
        return button;
      };
      const steps = [step("−", "Zoom out", 1 / 2), step("+", "Zoom in, around the chosen track", 2)];
      const zoom = make("div", {}, "Zoom", ...steps);
      this.boxes = data.methods.map((method) => {
        const box = make("input", { type: "checkbox", checked: this.shown.has(method.slug), value: method.slug });
        box.addEventListener("change", () => {
          if (box.checked) this.shown.add(method.slug);
          else this.shown.delete(method.slug);
          this.showPanels();
          this.showTrack();
        });
        return box;
      });
      const methods = make(
        "fieldset",
        {},
        make("legend", {}, `Methods side by side, up to ${MOST_PANELS}`),
        ...this.boxes.map((box, place) => make("label", {}, box, data.methods[place].title)),
      );
      this.lit = make("input", { type: "checkbox", checked: true });
      this.lit.addEventListener("change", () => this.draw());
      const lit = make("label", { className: "explorer-lit" }, this.lit, "Light up its cluster in every map");
      this.legend = make("div", { className: "explorer-legend", role: "group", "aria-label": "Legend: narrows down" });
      this.maps = make("div", { className: "explorer-maps" });
      this.track = make("section");
      this.cluster = make("section");
      this.table = make("section");
      this.audio = make("audio", { controls: true, preload: "none", hidden: true });
      this.heard = make("p", { className: "explorer-heard" });
      this.live = make("p", { className: "explorer-live", "aria-live": "polite" });
      const keys =
        "Click a point to choose its track and hear it. By keyboard: Tab reaches everything, arrow keys on a map go " +
        "to the nearest track in that direction, + and − zoom in on it, Enter plays it, / goes to the search, Escape " +
        "clears. A press on an entry of the legend leaves only what it stands for.";
      const beside = [this.track, this.audio, this.heard, this.cluster, lit, this.table];
      root.replaceChildren(
        make("div", { className: "explorer-bar" }, this.buildSearch(), projection, zoom, colour),
        methods,
        this.legend,
        make("div", { className: "explorer-body" }, this.maps, make("div", { className: "explorer-about" }, ...beside)),
        make("p", { className: "explorer-keys", id: "explorer-keys" }, keys),
        this.live,
      );
      document.addEventListener("keydown", (event) => this.press(event), true);
      new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
      this.resized = new ResizeObserver(() => this.draw());
    }

    buildSearch() {
      const known = this.data.labels.map(({ title }) => title.toLowerCase());
      this.found = make("ul", { id: "explorer-found", role: "listbox", "aria-label": "Tracks found", hidden: true });
      this.search = make("input", {
        id: "explorer-search",
        type: "search",
        placeholder: ["title", "artist", ...known, ...(this.data.tags ? ["tag"] : [])].join(", "),
        autocomplete: "off",
        spellcheck: false,
        role: "combobox",
        "aria-autocomplete": "list",
        "aria-controls": "explorer-found",
        "aria-expanded": "false",
      });
      this.search.addEventListener("input", () => this.suggest());
      this.search.addEventListener("blur", () => this.closeSuggestions());
      this.search.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const options = [...this.found.children].filter((option) => option.track !== undefined);
        if (step && options.length) {
          event.preventDefault();
          const now = Math.max(options.indexOf(this.found.active), step > 0 ? -1 : 0);
          const next = (now + step + options.length) % options.length;
          this.activate(options[next]);
        } else if (event.key === "Enter" && options.length) {
          event.preventDefault();
          this.choose((this.found.active ?? options[0]).track);
        }
      });
      const label = make("label", { htmlFor: "explorer-search" }, "Search");
      return make("div", { className: "explorer-search" }, label, this.search, this.found);
    }

    // ---- search

    suggest() {
      const words = plain(this.search.value).split(/\s+/).filter(Boolean);
      const fits = (texts) => (track) => words.every((word) => texts[track].includes(word));
      const found = [...this.texts.keys()].filter(fits(this.texts));
      const named = new Set(found.filter(fits(this.names))); // what is called so comes before what has such a tag
      found.sort((one, other) => named.has(other) - named.has(one));
      this.matches = words.length ? new Set(found) : null;
      const options = (words.length ? found : []).slice(0, MOST_SUGGESTIONS).map((track, place) => {
        const tags = this.tags(track).filter((tag) => words.some((word) => plain(tag).includes(word)));
        const parts = [this.data.artists[track], this.labels(track), this.data.ids[track], ...tags];
        const about = parts.filter(Boolean).join(", ");
        const option = make(
          "li",
          { role: "option", id: `explorer-option-${place}`, "aria-selected": "false" },
          make("strong", {}, this.title(track)),
          make("span", {}, about),
        );
        option.track = track;
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          this.choose(track);
        });
        return option;
      });
      const rest = found.length - options.length;
      const none = this.data.tags ? "No track is called so or has such a tag." : "No track is called so.";
      const last = !found.length ? none : words.length && rest ? `and ${rest} more` : "";
      this.found.replaceChildren(...options, ...(last ? [make("li", { className: "explorer-rest" }, last)] : []));
      this.found.hidden = !words.length;
      this.search.setAttribute("aria-expanded", String(Boolean(options.length)));
      this.activate(null);
      if (words.length) this.live.textContent = `${plural(found.length, "track")} found`;
      this.draw();
    }

    activate(option) {
      this.found.active?.setAttribute("aria-selected", "false");
      this.found.active = option;
      option?.setAttribute("aria-selected", "true");
      this.search.setAttribute("aria-activedescendant", option?.id ?? "");
    }

    closeSuggestions() {
      this.found.hidden = true;
      this.search.setAttribute("aria-expanded", "false");
    }

    choose(track) {
      this.matches = null;
      this.search.value = this.name(track);
      this.closeSuggestions();
      this.select(track);
    }

    // ---- what was chosen

    select(track, { play = false } = {}) {
      this.selected = track;
      this.hovered = null;
      if (!play) this.silence();
      this.showTrack();
      this.showCluster();
      this.draw();
      if (track === null) return;
      const cluster = `${this.method.title}: cluster ${called(this.method, this.method.cluster[track])}`;
      const parts = [this.name(track), this.labels(track), cluster, this.sure(track, this.method)];
      this.live.textContent = parts.filter(Boolean).join(", ");
      if (play) this.play(track);
    }

    play(track) {
      const address = this.data.sounds?.[track];
      this.silence();
      if (!address) {
        this.live.textContent = `${this.name(track)}. ${this.data.silence}`;
        return;
      }
      this.audio.src = address;
      this.audio.hidden = false;
      this.audio.play().catch((error) => {
        if (error.name === "AbortError") return; // another track was chosen before this one was there
        this.audio.hidden = true;
        this.heard.textContent = "This browser cannot play the file, or it is no longer in its place.";
      });
    }

    silence() {
      this.audio.pause();
      this.audio.hidden = true;
      this.heard.textContent = "";
    }

    clear() {
      this.search.value = "";
      this.matches = null;
      this.zoom = 1;
      this.only.clear();
      this.closeSuggestions();
      this.showLegend();
      this.select(null);
      this.live.textContent = "Nothing is chosen";
    }

    press(event) {
      const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog");
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === "/" && !typing) {
        event.preventDefault();
        event.stopPropagation();
        this.search.focus();
        this.search.select();
      } else if (event.key === "Escape" && (this.root.contains(event.target) || !typing)) {
        this.clear();
      }
    }

    // ---- legend

    showLegend() {
      const { legend, range, note } = this.colouring;
      const swatch = (colour) => {
        const mark = make("i", { "aria-hidden": "true" });
        mark.style.background = colour;
        return mark;
      };
      const entries = (legend ?? []).map(({ key, name, colour }) => {
        const button = make("button", { type: "button", "aria-pressed": "false" }, swatch(colour), name);
        button.addEventListener("click", () => {
          if (!this.only.delete(key)) this.only.add(key);
          button.setAttribute("aria-pressed", String(this.only.has(key)));
          this.legend.classList.toggle("explorer-narrowed", this.only.size > 0);
          this.draw();
        });
        return button;
      });
      if (range) {
        const bar = swatch(`linear-gradient(to right, ${this.data.sequential.join(", ")})`);
        bar.className = "explorer-scale";
        entries.push(make("span", {}, `${range[0]}`), bar, make("span", {}, `${range[1]}`));
      }
      this.legend.classList.remove("explorer-narrowed");
      this.legend.replaceChildren(...entries, ...(note ? [make("small", {}, note)] : []));
    }

    // ---- maps

    showPanels() {
      const { methods } = this.data;
      for (const box of this.boxes) {
        const full = this.shown.size >= MOST_PANELS && !box.checked;
        box.disabled = full || (this.shown.size === 1 && box.checked);
      }
      this.resized.disconnect();
      this.panels = methods.filter((method) => this.shown.has(method.slug)).map((method) => this.buildPanel(method));
      this.maps.dataset.count = this.panels.length;
      this.maps.replaceChildren(...this.panels.map((panel) => panel.figure));
      if (!this.shown.has(this.method.slug)) this.method = this.panels[0].method;
      for (const { canvas } of this.panels) this.resized.observe(canvas);
      this.draw();
    }

    buildPanel(method) {
      const mean = method.agree.reduce((sum, value) => sum + value, 0) / this.count / this.others;
      const canvas = make("canvas", {
        tabIndex: 0,
        role: "application",
        "aria-roledescription": "map of tracks",
        "aria-label": `${method.title}, map of ${plural(this.count, "track")}`,
        "aria-describedby": "explorer-keys",
      });
      const tip = make("div", { className: "explorer-tip", hidden: true });
      const near = make("div", { className: "explorer-near" });
      const sure = `${Math.round(100 * mean)} % of seeds agree on a track's cluster`;
      const figure = make(
        "figure",
        { className: "explorer-map" },
        make("figcaption", {}, make("strong", {}, method.title), this.others ? make("small", {}, sure) : null),
        canvas,
        tip,
        near,
      );
      const panel = { method, canvas, tip, near, figure };
      const at = (event) => this.nearest(panel, event.offsetX, event.offsetY, event.pointerType === "touch" ? 24 : 12);
      canvas.addEventListener("pointermove", (event) => this.hover(panel, at(event)));
      canvas.addEventListener("pointerleave", () => this.hover(panel, null));
      canvas.addEventListener("click", (event) => {
        this.method = method;
        const track = at(event);
        this.select(track, { play: track !== null });
      });
      canvas.addEventListener("focus", () => {
        this.method = method;
        this.showCluster();
        this.draw();
      });
      canvas.addEventListener("keydown", (event) => {
        if (event.key in ARROWS) {
          event.preventDefault();
          this.method = method;
          const next = this.next(panel, ...ARROWS[event.key]);
          if (next !== null) this.select(next);
        } else if (event.key === "+" || event.key === "-") {
          this.zoomBy(event.key === "+" ? 2 : 1 / 2);
        } else if ((event.key === "Enter" || event.key === " ") && this.selected !== null) {
          event.preventDefault();
          this.play(this.selected);
        }
      });
      return panel;
    }

    hover(panel, track) {
      if (track === this.hovered && (track === null || panel.method === this.method)) return;
      this.hovered = track;
      if (track !== null) this.method = panel.method;
      panel.canvas.style.cursor = track === null ? "" : "pointer";
      this.showCluster();
      this.draw();
    }

    // All maps zoom together, each around the chosen track.
    zoomBy(factor) {
      this.zoom = Math.min(CLOSEST, Math.max(1, this.zoom * factor));
      this.draw();
    }

    place({ method, canvas }, track) {
      const points = method.maps[this.projection];
      const { grid } = this.data;
      const around = this.zoom > 1 && this.selected !== null ? this.selected : null;
      const size = canvas.clientWidth;
      const scale = ((size - 2 * MARGIN) / grid) * this.zoom;
      const at = (axis) =>
        size / 2 + (points[2 * track + axis] - (around === null ? grid / 2 : points[2 * around + axis])) * scale;
      return [at(0), at(1)];
    }

    kept(track, method) {
      if (this.matches && !this.matches.has(track)) return false;
      return !this.only.size || this.only.has(this.colouring.key(track, method));
    }

    nearest(panel, x, y, within) {
      if (!panel.method.maps[this.projection]) return null;
      let [best, least] = [null, within ** 2];
      for (let track = 0; track < this.count; track++) {
        const [px, py] = this.place(panel, track);
        const distance = (px - x) ** 2 + (py - y) ** 2;
        if (distance <= least && this.kept(track, panel.method)) [best, least] = [track, distance];
      }
      return best;
    }

    // The nearest track to the right, say: within 45° of that direction, and rather straight ahead than aside.
    next(panel, dx, dy) {
      if (!panel.method.maps[this.projection]) return null;
      const middle = panel.canvas.clientWidth / 2;
      if (this.selected === null) return this.nearest(panel, middle, middle, Infinity);
      const [x, y] = this.place(panel, this.selected);
      let [best, least] = [null, Infinity];
      for (let track = 0; track < this.count; track++) {
        const [px, py] = this.place(panel, track);
        const ahead = (px - x) * dx + (py - y) * dy;
        const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
        const cost = ahead + 2 * aside;
        if (ahead <= 0 || aside > ahead || cost >= least || !this.kept(track, panel.method)) continue;
        [best, least] = [track, cost];
      }
      return best;
    }

    draw() {
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(() => this.panels.forEach((panel) => this.drawPanel(panel)));
    }

    drawPanel(panel) {
      const { method, canvas, tip } = panel;
      const size = canvas.clientWidth;
      const ratio = window.devicePixelRatio || 1;
      canvas.width = canvas.height = Math.round(size * ratio);
      const style = getComputedStyle(this.root);
      const [ink, paper] = ["--explorer-ink", "--explorer-paper"].map((name) => style.getPropertyValue(name));
      const pen = canvas.getContext("2d");
      pen.scale(ratio, ratio);
      tip.hidden = true;
      if (!method.maps[this.projection]) {
        pen.fillStyle = ink;
        pen.font = `14px ${style.fontFamily}`;
        pen.textAlign = "center";
        pen.fillText(`The records hold no ${this.data.projections[this.projection]} map of it.`, size / 2, size / 2);
        return;
      }
      const focus = this.hovered ?? this.selected;
      const home = this.method.cluster;
      const apart = (track) => this.lit.checked && focus !== null && home[track] !== home[focus];
      const radius = Math.min(6, Math.max(2.2, size / 4 / Math.sqrt(this.count)));
      const dot = (track, r) => {
        pen.beginPath();
        pen.arc(...this.place(panel, track), r, 0, 2 * Math.PI);
      };
      const tracks = [...this.texts.keys()];
      const strength = tracks.map((track) => (!this.kept(track, method) ? 0.08 : apart(track) ? 0.2 : 0.9));
      pen.lineWidth = 0.5;
      pen.strokeStyle = ink;
      for (const track of tracks.toSorted((one, other) => strength[one] - strength[other])) {
        pen.globalAlpha = strength[track];
        pen.fillStyle = this.colouring.colour(track, method);
        dot(track, radius);
        pen.fill();
        if (strength[track] > 0.5) pen.stroke();
      }
      pen.globalAlpha = 1;
      if (this.colouring.labelled) this.drawLetters(panel, pen, ink, paper);
      if (focus !== null) this.drawNeighbours(panel, pen, focus, radius, ink, paper);
      for (const track of new Set([focus, this.selected])) {
        if (track === null) continue;
        const rings = [
          [radius + 5, paper, 5],
          [radius + 5, ink, track === this.selected ? 3 : 1.5],
        ];
        for (const [r, colour, width] of rings) {
          dot(track, r);
          pen.lineWidth = width;
          pen.strokeStyle = colour;
          pen.stroke();
        }
        dot(track, radius + 2);
        pen.fillStyle = this.colouring.colour(track, method);
        pen.fill();
      }
      if (focus !== null && method === this.method) this.showTip(panel, focus);
    }

    drawNeighbours(panel, pen, focus, radius, ink, paper) {
      const near = panel.method.near[focus].slice(0, NEAR_SHOWN);
      const [x, y] = this.place(panel, focus);
      for (const [colour, width] of [[paper, 4], [ink, 1.5]]) {
        pen.strokeStyle = colour;
        pen.lineWidth = width;
        for (const track of near) {
          const [px, py] = this.place(panel, track);
          pen.beginPath();
          pen.moveTo(x, y);
          pen.lineTo(px, py);
          pen.moveTo(px + radius + 2, py);
          pen.arc(px, py, radius + 2, 0, 2 * Math.PI);
          pen.stroke();
        }
      }
      for (const track of near) {
        pen.beginPath();
        pen.arc(...this.place(panel, track), radius + 1, 0, 2 * Math.PI);
        pen.fillStyle = this.colouring.colour(track, panel.method);
        pen.fill();
      }
    }

    // The letter of every cluster, in the middle of its tracks.
    drawLetters(panel, pen, ink, paper) {
      const sums = this.data.clusters.map(() => [0, 0, 0]);
      panel.method.cluster.forEach((cluster, track) => {
        const [x, y] = this.place(panel, track);
        sums[cluster] = [sums[cluster][0] + x, sums[cluster][1] + y, sums[cluster][2] + 1];
      });
      pen.font = `bold 15px ${getComputedStyle(this.root).fontFamily}`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.lineJoin = "round";
      pen.lineWidth = 4;
      pen.strokeStyle = paper;
      pen.fillStyle = ink;
      sums.forEach(([x, y, count], cluster) => {
        if (!count || (this.only.size && !this.only.has(cluster))) return;
        pen.strokeText(letter(cluster), x / count, y / count);
        pen.fillText(letter(cluster), x / count, y / count);
      });
    }

    showTip({ method, canvas, tip }, track) {
      const { titles, artists, ids } = this.data;
      const joined = (...parts) => parts.filter(Boolean).join(" · ");
      const lines = [
        artists[track],
        joined(this.labels(track), titles[track] && ids[track]),
        joined(`cluster ${called(method, method.cluster[track])}`, this.sure(track, method)),
      ];
      const title = make("strong", {}, this.title(track));
      tip.replaceChildren(title, ...lines.filter(Boolean).map((line) => make("span", {}, line)));
      tip.hidden = false;
      const [x, y] = this.place({ method, canvas }, track);
      const left = Math.min(x + 14, canvas.clientWidth - tip.offsetWidth);
      const below = y + 14 + tip.offsetHeight <= canvas.clientHeight;
      tip.style.left = `${canvas.offsetLeft + Math.max(0, left)}px`;
      tip.style.top = `${canvas.offsetTop + (below ? y + 14 : Math.max(0, y - 14 - tip.offsetHeight))}px`;
    }

    // ---- beside the maps

    mark(cluster) {
      const mark = make("b", { className: "explorer-letter" }, letter(cluster));
      mark.style.borderColor = this.data.clusters[cluster];
      return mark;
    }

    showTrack() {
      const track = this.selected;
      for (const panel of this.panels) this.showNeighbours(panel);
      this.showMethods();
      if (track === null) {
        const hint = "No track is chosen. Point at one, click it, or search.";
        this.track.replaceChildren(make("h3", {}, "Track"), make("p", {}, hint));
        if (!this.data.sounds) this.track.append(make("p", {}, this.data.silence));
        return;
      }
      const about = [this.data.artists[track], this.labels(track), this.data.ids[track]].filter(Boolean).join(", ");
      let sound = make("p", {}, this.data.silence);
      if (this.data.sounds?.[track]) {
        sound = make("button", { type: "button", className: "explorer-play" }, "Play");
        sound.addEventListener("click", () => this.play(track));
      }
      const tags = this.tags(track).join(", ");
      const heard = tags ? make("p", {}, `Tags: ${tags}`) : "";
      this.track.replaceChildren(make("h3", {}, this.title(track)), make("p", {}, about), heard, sound);
    }

    showNeighbours({ method, near, canvas }) {
      if (this.selected === null) {
        near.replaceChildren();
        return;
      }
      const items = method.near[this.selected].slice(0, NEAR_SHOWN).map((track) => {
        const button = make("button", { type: "button" }, this.name(track));
        button.addEventListener("click", () => {
          this.method = method;
          this.select(track);
          canvas.focus(); // the button is gone
        });
        return make("li", {}, button);
      });
      const list = this.playlist([this.selected, ...method.near[this.selected]]);
      near.replaceChildren(make("h3", {}, `Nearest in ${method.title}`), make("ol", {}, ...items), list);
    }

    // A link that saves a track and those nearest to it as a playlist, as far as they can be heard.
    playlist(tracks) {
      const heard = tracks.filter((track) => this.data.sounds?.[track]);
      if (heard.length < 2) return "";
      const entry = (track) => {
        const name = this.name(track).replace(/\s+/g, " ");
        return `#EXTINF:-1,${name}\n${new URL(this.data.sounds[track], document.baseURI).href}`;
      };
      const text = ["#EXTM3U", ...heard.map(entry), ""].join("\n");
      const href = `data:audio/x-mpegurl;charset=utf-8,${encodeURIComponent(text)}`;
      const words = `${heard.length} songs as a playlist`;
      return make("p", {}, make("a", { href, download: "similar.m3u8" }, words));
    }

    showMethods() {
      const track = this.selected;
      if (track === null) {
        this.table.replaceChildren();
        return;
      }
      const rows = this.data.methods.map((method) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, method.title),
          make("td", {}, this.mark(method.cluster[track])),
          this.others ? make("td", {}, `${method.agree[track]} of ${this.others}`) : null,
        ),
      );
      const head = ["Method", "Cluster", ...(this.others ? ["Other seeds that agree"] : [])];
      const table = make(
        "table",
        {},
        make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
        make("tbody", {}, ...rows),
      );
      this.table.replaceChildren(make("h3", {}, "The track in every method"), table);
    }

    // What a cluster holds, against what the whole corpus holds (the tick on each bar).
    showCluster() {
      const track = this.hovered ?? this.selected;
      if (track === null) {
        const hint = "Point at a track to see what its cluster holds.";
        this.cluster.replaceChildren(make("h3", {}, "Its cluster"), make("p", {}, hint));
        return;
      }
      const { cluster, agree, title } = this.method;
      const members = cluster.flatMap((other, place) => (other === cluster[track] ? [place] : []));
      const mean = members.reduce((sum, member) => sum + agree[member], 0) / members.length;
      const share = Math.round((100 * mean) / this.others);
      const sure = this.others ? ` On average ${share} % of the other seeds agree.` : "";
      const text = `${plural(members.length, "track")} of ${this.count}.${sure}`;
      const heading = make("h3", {}, `${title}, cluster `, this.mark(cluster[track]));
      this.cluster.replaceChildren(heading, make("p", {}, text));
      this.cluster.append(...this.data.labels.map((label) => this.mix(members, label)));
    }

    mix(members, { title, of, names, palette }) {
      const held = names.map(() => 0);
      const whole = names.map(() => 0);
      for (const place of of) if (place >= 0) whole[place] += 1 / this.count;
      for (const member of members) if (of[member] >= 0) held[of[member]] += 1;
      const largest = [...held.keys()].toSorted((one, other) => held[other] - held[one]).slice(0, MOST_BARS);
      const rows = largest.toSorted((one, other) => one - other).map((place) => {
        const bar = make("i", {});
        const tick = make("u", {});
        bar.style.width = `${(100 * held[place]) / members.length}%`;
        bar.style.background = palette[place] ?? this.data.grey;
        tick.style.left = `${100 * whole[place]}%`;
        const track = make("span", { className: "explorer-bar-track", "aria-hidden": "true" }, bar, tick);
        return make("li", {}, make("span", {}, names[place]), track, make("span", {}, `${held[place]}`));
      });
      const name = title.toLowerCase();
      const note = `Tracks of each ${name} in this cluster; the line on a bar is its share of the corpus.`;
      return make("div", {}, make("ul", { className: "explorer-mix" }, ...rows), make("small", {}, note));
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll(".explorer")) new Explorer(root);
  });
})();
