// Runs in the panel: puts the picture into the page, and says which box was clicked or chosen with Enter.

declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

const host = acquireVsCodeApi();
const source = (document.getElementById("svg")?.textContent ?? "").replaceAll("<\\/", "</");
const picture = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
for (const own of picture.querySelectorAll("style, script, foreignObject")) {
  own.remove(); // The colours are those of the theme.
}
for (const box of picture.querySelectorAll("a[data-uri]")) {
  box.removeAttribute("href"); // VS Code would open it by itself, at another column.
  box.setAttribute("tabindex", "0");
  box.setAttribute("role", "link");
}
// A picture is one thing for screen readers, and its boxes are links that they should find.
picture.setAttribute("role", "group");

const place = document.getElementById("picture");
place?.append(document.importNode(picture, true));

function choose(event: Event): void {
  const box = event.target instanceof Element ? event.target.closest("a[data-uri]") : null;
  if (box !== null) {
    event.preventDefault();
    event.stopPropagation(); // VS Code would follow the link, and fails at those of pictures.
    const number = (name: string) => Number(box.getAttribute(name));
    host.postMessage({ uri: box.getAttribute("data-uri"), line: number("data-line"), column: number("data-column") });
  }
}

const boxes = [...(place?.querySelectorAll<SVGAElement>("a[data-uri]") ?? [])];
place?.addEventListener("click", choose);
place?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Enter" || event.key === " ") {
    choose(event);
  } else if (step !== undefined) {
    const now = boxes.indexOf(document.activeElement as SVGAElement);
    boxes[Math.min(Math.max(now + step, 0), boxes.length - 1)]?.focus();
    event.preventDefault();
  }
});
boxes[0]?.focus();
