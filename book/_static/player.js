// A click on a point of a map plays its track, where the point has an address.
window.addEventListener("load", () => {
  for (const map of document.querySelectorAll(".plotly-graph-div")) {
    if (!map.on || !map.data?.some((trace) => trace.customdata?.some(Boolean))) continue;
    const audio = document.createElement("audio");
    const label = document.createElement("p");
    audio.controls = true;
    label.className = "facts";
    label.textContent = "Click a point to hear it.";
    map.after(label, audio);
    map.on("plotly_click", (event) => {
      const point = event.points[0];
      if (!point.customdata) return;
      audio.src = point.customdata;
      label.textContent = point.text.replace("<br>", " · ").replace(/&(lt|gt|amp|quot|#x27);/g, (entity, name) =>
        ({ lt: "<", gt: ">", amp: "&", quot: '"', "#x27": "'" })[name],
      );
      audio.play().catch(() => (label.textContent += " (the file cannot be played here)"));
    });
  }
});
