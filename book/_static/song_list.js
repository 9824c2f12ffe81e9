// Lists of songs that play (vaeclust/your_music/song_lists.py): one bar for all songs of a page's list. Names come from
// outside, so they are only ever read and set as text.
(() => {
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  class SongList {
    constructor(root) {
      this.audio = make("audio", { preload: "none" });
      this.songs = [...root.querySelectorAll("a.song-sound")].map((link) => this.song(link));
      this.current = null;
      if (!this.songs.length) return;
      this.play = this.button("Play", "song-list-play", () => this.toggle(this.current ?? this.songs[0]));
      this.stop = this.button("Stop", "song-list-stop", () => this.end());
      this.next = this.button("Next", "song-list-next", () => this.goOn());
      this.now = make("p", { className: "song-list-now" }, "Nothing plays.");
      this.now.setAttribute("aria-live", "polite");
      const bar = make("div", { className: "song-list-bar" }, this.play, this.stop, this.next, this.now, this.audio);
      bar.setAttribute("role", "group");
      bar.setAttribute("aria-label", "Player");
      root.prepend(bar); // by keyboard it comes first; on the page it stands below, and stays in sight
      for (const event of ["play", "pause"]) this.audio.addEventListener(event, () => this.show());
      this.audio.addEventListener("ended", () => this.goOn());
      this.audio.addEventListener("error", () => this.giveUp());
      this.show();
    }

    button(text, className, press) {
      const button = make("button", { type: "button", className }, text);
      button.addEventListener("click", press);
      return button;
    }

    // A link to a sound becomes a button that plays it, before its name.
    song(link) {
      const name = link.textContent;
      const group = link.closest("section").querySelector("h3 bdi").textContent;
      const button = this.button("▶", "song-list-song", () => this.toggle(song));
      const song = { name, group, address: link.href, button, item: link.closest("li") };
      link.replaceWith(button, ...link.childNodes);
      return song;
    }

    toggle(song) {
      if (song === this.current && !this.audio.paused) this.audio.pause();
      else this.start(song);
    }

    start(song) {
      if (song !== this.current || !this.audio.hasAttribute("src")) this.audio.src = song.address;
      this.current = song;
      for (const other of document.querySelectorAll("audio")) if (other !== this.audio) other.pause();
      this.now.replaceChildren(make("bdi", {}, song.name), ` (${song.group})`);
      this.audio.play().catch(() => {}); // giveUp says it, unless another song was chosen before this one was there
      this.show();
    }

    // The song keeps its place, so that Next goes on from there.
    giveUp() {
      this.silence();
      const why = "this browser cannot play the file, or it is no longer in its place.";
      this.now.replaceChildren(make("bdi", {}, this.current.name), `: ${why}`);
      this.show();
    }

    goOn() {
      const next = this.songs[this.songs.indexOf(this.current) + 1];
      if (next) this.start(next);
      else this.end();
    }

    end() {
      this.silence();
      this.current = null;
      this.now.textContent = "Nothing plays.";
      this.show();
    }

    silence() {
      this.audio.pause();
      this.audio.removeAttribute("src");
      this.audio.load();
    }

    show() {
      const plays = this.current !== null && !this.audio.paused;
      this.play.textContent = plays ? "Pause" : "Play";
      this.stop.disabled = this.current === null;
      for (const song of this.songs) {
        const on = song === this.current;
        song.button.textContent = on && plays ? "❚❚" : "▶";
        song.button.setAttribute("aria-label", `${on && plays ? "Pause" : "Play"} ${song.name}`);
        if (on) song.item.setAttribute("aria-current", "true");
        else song.item.removeAttribute("aria-current");
      }
    }
  }

  window.addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll(".song-lists")) new SongList(root);
  });
})();
