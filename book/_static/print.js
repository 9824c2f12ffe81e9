// Paper is white: pages are printed in the light theme, whatever the screen shows.
{
  const page = document.documentElement.dataset;
  let onScreen;
  window.addEventListener("beforeprint", () => {
    onScreen = page.theme;
    page.theme = "light";
  });
  window.addEventListener("afterprint", () => (page.theme = onScreen));
}
